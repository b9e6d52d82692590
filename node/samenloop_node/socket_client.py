"""The caller's side of the daemon's socket: one request, progress, one outcome. Blocking."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _, language
from samenloop_node.socket_messages import MAX_LINE, Request, format_request, parse_reply


def call(
    path: Path,
    command: str,
    arguments: Mapping[str, object],
    acting: str = "",
    progress: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Send one request and return its result; raises SamenloopError, also when no daemon listens on `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
            connection.sendall(format_request(Request(command, arguments, acting, language())))
            with connection.makefile("rb") as lines:
                while line := lines.readline(16 * MAX_LINE):
                    kind, content = parse_reply(line)
                    if kind == "result":
                        return content
                    if progress is not None:
                        progress(content)
        except OSError as error:
            raise _unreachable(path) from error
    raise SamenloopError(
        ErrorCode.UNAVAILABLE, _("De node stopte voordat hij antwoord gaf. Kijk met: samenloop-node status.")
    )


def _unreachable(path: Path) -> SamenloopError:
    return SamenloopError(
        ErrorCode.UNAVAILABLE,
        _("De node luistert niet op {path}. Start hem met: samenloop-node run.", path=path),
    )
