"""The entry of `samenloop-node`. It imports nothing until it is called: token processes import it too."""


def main() -> None:
    """Start the program."""
    from samenloop_node.cli import main as run

    run()
