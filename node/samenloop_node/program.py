"""The entry of `samenloop-node`. It imports nothing until it is called: every process that makes tokens imports it too."""


def main() -> None:
    """Start the program."""
    from samenloop_node.cli import main as run

    run()
