"""What all commands share: options, exit codes, asking the daemon, printing a result or one sentence of error."""

import base64
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.texts import _
from samenloop_node.socket_client import call
from samenloop_node.socket_messages import format_error

DEFAULT_SOCKET: Final = Path("/run/samenloop-node/node.sock")
DEFAULT_CONFIG: Final = Path("/etc/samenloop/node.toml")
FAILED, USAGE, PARTLY, REFUSED, LATER = 1, 2, 3, 4, 5
_EXIT: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.INVALID_INPUT: USAGE,
    ErrorCode.TOO_LARGE: USAGE,
    ErrorCode.REFUSED: REFUSED,
    ErrorCode.NOT_PERMITTED: REFUSED,
    ErrorCode.NOT_AUTHENTICATED: REFUSED,
    ErrorCode.BUDGET_EXHAUSTED: REFUSED,
    ErrorCode.UNAVAILABLE: LATER,
    ErrorCode.BUSY: LATER,
    ErrorCode.CLOCK_SKEW: LATER,
    ErrorCode.STORAGE_FULL: LATER,
}

SocketOption = Annotated[
    Path, typer.Option("--socket", envvar="SAMENLOOP_NODE_SOCKET", help="Socket van de draaiende node.")
]
ConfigOption = Annotated[
    Path, typer.Option("--config", envvar="SAMENLOOP_NODE_CONFIG", help="Configuratie van de node (TOML).")
]
AsOption = Annotated[str, typer.Option("--as", help="Handel als dit account; alleen in een demo.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Toon het resultaat als JSON.")]


@contextmanager
def one_sentence(*, as_json: bool = False) -> Iterator[None]:
    """Turn an expected error into its sentence (or JSON) and an exit code; anything else is a bug and shows."""
    try:
        yield
    except SamenloopError as error:
        if as_json:
            typer.echo(format_error(error).decode().rstrip())
        else:
            for line in _error_lines(error):
                typer.echo(line, err=True)
        raise typer.Exit(exit_code(error)) from error


def _error_lines(error: SamenloopError) -> Iterator[str]:
    """Yield the sentence of an error; of a refusal its rule, and all that is missing with the codes concerned."""
    if not isinstance(error, Refused):
        yield error.text
        return
    from samenloop.catalogue import load_catalogue
    from samenloop.decisions.explain import spelled_out

    first, *rest = spelled_out(load_catalogue(), error.missing) or (error.text,)
    if not first.startswith(error.text):
        first, rest = error.text, [first, *rest]
    yield _("{text} (regel {rule})", text=first, rule=error.rule) if error.rule else first
    for line in rest:
        yield _("Nog nodig: {text}", text=line)


def exit_code(error: SamenloopError) -> int:
    """Return the exit code of an expected error (the help of the program names them)."""
    return _EXIT.get(error.code, FAILED)


@dataclass(frozen=True, slots=True)
class Daemon:
    """The running node, as one command line reaches it."""

    socket: Path
    acting: str = ""
    as_json: bool = False

    def ask(
        self,
        command: str,
        arguments: Mapping[str, object],
        progress: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Have the node carry out a command; ends the program with one sentence when it fails."""
        with one_sentence(as_json=self.as_json):
            return call(self.socket, command, arguments, self.acting, progress)

    def show(self, result: Mapping[str, Any], lines: Callable[[Mapping[str, Any]], Iterator[str]]) -> None:
        """Print a result, as JSON or as lines for people."""
        show(result, lines, as_json=self.as_json)


def show(result: Mapping[str, Any], lines: Callable[[Mapping[str, Any]], Iterator[str]], *, as_json: bool) -> None:
    """Print a result, as JSON or as lines for people."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True))
        return
    for line in lines(result):
        typer.echo(line)


def red(text: str) -> str:
    """Return a text that somebody must act on, red where colours are shown."""
    return typer.style(text, fg=typer.colors.RED)


def on_terminal() -> bool:
    """Say whether somebody is looking: then there is a progress bar; in cron there is none."""
    return sys.stderr.isatty()


def write_files(daemon: Daemon, command: str, request: Mapping[str, object], out: Path) -> None:
    """Ask the daemon for a report and write its files into a folder."""
    from samenloop.reports.writing import write

    result = daemon.ask(command, request)
    contents = {name: base64.b64decode(content) for name, content in result.pop("files").items()}
    with one_sentence(as_json=daemon.as_json):
        paths = write(out, contents)
    daemon.show({**result, "files": [str(path) for path in paths]}, _written)


def _written(result: Mapping[str, Any]) -> Iterator[str]:
    if "clock" in result:
        yield _("Melden aan de AP voor {deadline}. {clock}.", **result)
    yield from result["files"]
