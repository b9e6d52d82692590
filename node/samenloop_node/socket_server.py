"""The daemon's Unix socket. Who calls is what the kernel says (SO_PEERCRED), never what the request says.

1. The peer's OS user has exactly one account (R-10); `as` is taken only in a demo (covenant flag and start option).
2. The account is valid today, has its secrecy statement (R-09) and one of the command's roles.
3. Only then does the command run; a denial is an entry in the own log. An expected error goes back as a sentence; a bug
   goes back as INTERNAL, without text.
"""

import asyncio
import contextlib
import pwd
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samenloop.audit.fields import Event
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.logs import describe
from samenloop.texts import _, speak
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands import COMMANDS, Command
from samenloop_node.process import log_refusal
from samenloop_node.socket_messages import (
    MAX_LINE,
    Request,
    format_error,
    format_progress,
    format_result,
    parse_request,
)

_READ_SECONDS: Final = 10.0
_FINISH_SECONDS: Final = 10.0
_TAKE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Listening:
    """The open socket and the requests that are being handled."""

    server: asyncio.Server
    busy: "set[asyncio.Task[None]]"

    def close(self) -> None:
        """Take no new requests."""
        self.server.close()

    async def finish(self) -> None:
        """Wait until the running requests have their outcome, at most 10 seconds."""
        if self.busy:
            await asyncio.wait(self.busy, timeout=_FINISH_SECONDS)


async def serve(app: App, path: Path, commands: Mapping[str, Command] = COMMANDS) -> Listening:
    """Listen on `path` (every OS user may connect; the account decides); a stale socket file is replaced."""
    _free(path)
    busy: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(_connection(app, commands, reader, writer))
        busy.add(task)
        task.add_done_callback(busy.discard)

    server = await asyncio.start_unix_server(accept, path, limit=MAX_LINE)
    _open_to_all(path)
    return Listening(server, busy)


def _free(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def _open_to_all(path: Path) -> None:
    path.chmod(0o666)


async def _connection(
    app: App, commands: Mapping[str, Command], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        line = await _outcome(app, commands, reader, writer)
        writer.write(line)
        await writer.drain()
    except ConnectionError:
        app.log.info("caller_left")
    finally:
        writer.close()


async def _outcome(
    app: App, commands: Mapping[str, Command], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bytes:
    try:
        request = parse_request(await _line(reader))
        speak(request.language)
        user, command = await _admitted(app, commands, peer_user(writer.get_extra_info("socket")), request)
        return format_result(await command.run(app, user, request.arguments, _Emitter(writer)))
    except SamenloopError as error:
        return format_error(error)
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes INTERNAL
        app.log.error("command_failed", **describe(error))
        text = _("De node maakte een fout. Er is niets getoond. Vraag de beheerder om in het logboek te kijken.")
        return format_error(SamenloopError(ErrorCode.INTERNAL, text))


async def _admitted(app: App, commands: Mapping[str, Command], os_user: str, request: Request) -> tuple[User, Command]:
    """Return who acts and what he may do; a denial is an entry in the own log before it is told."""
    command, user = commands.get(request.command), None
    if command is None:
        raise InvalidInput("command", _("Deze opdracht bestaat niet. Zie samenloop-node --help."))
    try:
        user = caller(app, os_user, request)
        user.check(command.roles, app.clock.now().date())
    except SamenloopError as denial:
        public = {"actor": app.config.participant, "action": request.command, "status": denial.code.value}
        await log_refusal(app, user, Event.REFUSE, public, denial)
        raise
    return user, command


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.readuntil(b"\n"), _READ_SECONDS)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError) as error:
        raise InvalidInput("request", _("Het verzoek kwam niet volledig aan, of is groter dan 1 MiB.")) from error


def caller(app: App, os_user: str, request: Request) -> User:
    """Return the account that acts; raises Refused (R-10) for `as` outside a demo."""
    if not request.acting:
        return app.authorisations.by_os_user(os_user)
    if not app.demo:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("--as kan alleen in een demonstratie (R-10)."))
    return app.authorisations.named(request.acting)


def peer_user(connection: socket.socket) -> str:
    """Return the OS user at the other end, as the kernel knows it."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", raw)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


@dataclass(frozen=True, slots=True)
class _Emitter:
    writer: asyncio.StreamWriter

    def __call__(self, progress: Mapping[str, object]) -> None:
        if not self.writer.is_closing():
            self.writer.write(format_progress(progress))

    async def taken(self) -> None:
        try:
            async with asyncio.timeout(_TAKE_SECONDS):
                with contextlib.suppress(ConnectionError):
                    await self.writer.drain()
        except TimeoutError:
            self.writer.transport.abort()
            raise SamenloopError(
                ErrorCode.UNAVAILABLE, _("U nam het resultaat niet af. Probeer het opnieuw.")
            ) from None
