"""Write docs/reference/cli.md: what each program prints for --help, command by command. `make docs`."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from typer.testing import CliRunner

PAGE = Path(__file__).parents[1] / "reference" / "cli.md"
PROGRAMS = {
    "samenloop-node": "samenloop_node",
    "samenloop-coordinator": "samenloop_coordinator",
    "samenloop": "samenloop",
}
SCREEN = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "TERM": "dumb", "NO_COLOR": "1", "SAMENLOOP_LANG": "nl"}
INTRO = """# Commands

Three programs. The help below is what each command prints for `--help`: in Dutch, or in English with
`SAMENLOOP_LANG=en`. This page is made from the programs themselves (`make docs`), and a test compares it. Exit codes
are in [errors and exit codes](errors.md).
"""


def program(name: str) -> typer.Typer:
    """Return the Typer application of the program `name`: the `app` of its `cli` module."""
    app = importlib.import_module(f"{PROGRAMS[name]}.cli").app
    if not isinstance(app, typer.Typer):
        raise TypeError(f"{PROGRAMS[name]}.cli.app is not a typer application")
    return app


def commands(name: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (path, command) for the program itself (the empty path) and everything below it, in order of definition."""
    yield from _walk((), typer.main.get_command(program(name)))


def _walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for word, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from _walk((*path, word), below)


def help_text(name: str, path: tuple[str, ...]) -> str:
    """Return what `name path... --help` prints on a plain screen of 100 columns."""
    result = CliRunner().invoke(program(name), [*path, "--help"], prog_name=name, env=SCREEN)
    if result.exit_code != 0:
        raise RuntimeError(f"{name} {' '.join(path)} --help: exit code {result.exit_code}")
    return "\n".join(line.rstrip() for line in result.output.strip("\n").splitlines()).strip("\n")


def render() -> str:
    """Return the whole page."""
    parts = [INTRO]
    for name in PROGRAMS:
        for path, _command in commands(name):
            title = " ".join((name, *path))
            parts.append(f"{'##' if not path else '###'} {title}\n\n```text\n{help_text(name, path)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
