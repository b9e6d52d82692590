"""What the operator's commands ask of a running coordinator, over a Unix socket that only its own user can open.

Three orders: log that somebody looked or exported (before the command shows anything), log what a reviewer did, and
activate a signed covenant version.
"""

import asyncio
import hashlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import _, known, language, speak
from samenloop.wire.status import error_detail, error_from_detail
from samenloop_coordinator.config import CoordinatorConfig
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import Request

_MOST = 4 << 20
_SECONDS = 30.0
ACTOR = "coordinator-operator"


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody searched (`filters`, `count` of rows shown) or exported (`size` entries) the log."""

    event: Event
    filters: tuple[str, ...] = ()
    count: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Activate:
    """A covenant version with its signatures, in canonical form."""

    document: bytes
    signatures: bytes


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review adds to the log: event and public fields, in order; only events of `REVIEW`."""

    entries: tuple[tuple[Event, Mapping[str, object]], ...]


REVIEW = frozenset({Event.SAMPLE, Event.SIGN_OFF, Event.ESCALATE, Event.ADMIN, Event.ALARM})
Order = Looked | Activate | Reviewed
Obey = Callable[[Order], Awaitable[None]]
Report = Callable[[BaseException], None]


def control_path(config: CoordinatorConfig) -> Path:
    """Return where the socket stands: beside the database file. On a shared database commands work without it."""
    database = config.data.database
    if not isinstance(database, Path):
        raise SamenloopError(ErrorCode.INTERNAL, _("Een gedeelde database heeft geen socket voor opdrachten."))
    return database.with_name(database.name + ".control")


def record_view(parts: Parts, journal: Journal, looked: Looked) -> None:
    """Log that somebody looked or exported; part of a unit of work."""
    public: dict[str, object] = {"actor": ACTOR, "role": "operator", "count": looked.count}
    more = {"filters": list(looked.filters)} if looked.event is Event.LOG_VIEW else {"size": looked.size}
    parts.log.append(journal.body(looked.event, {**public, **more}), ())


def record_review(parts: Parts, journal: Journal, reviewed: Reviewed) -> None:
    """Log what a review brought; part of a unit of work. Raises InvalidInput for any other event or a wrong field,
    REQUEST_REUSED for a draw on a promise that another draw has used since this one was made.
    """
    for event, public in reviewed.entries:
        if event not in REVIEW:
            raise InvalidInput("order", _("Deze opdracht is niet bekend."))
        if event is Event.SAMPLE:
            _use_promise(parts, journal, str(public.get("document", "")))
        parts.log.append(journal.body(event, public), ())


def _use_promise(parts: Parts, journal: Journal, seed: str) -> None:
    """Let each promised seed serve one draw. What is drawn was read before this unit began, beside other draws; later
    ones read the newer promise, so that a handled request is remembered long enough.
    """
    digest = hashlib.sha256(b"review promise" + seed.encode()).digest()
    if parts.requests.find(digest[:16]) is not None:
        raise SamenloopError(
            ErrorCode.REQUEST_REUSED, _("Er is juist al een steekproef getrokken. Kijk met: review list.")
        )
    now_ms = milliseconds(journal.stamper.clock.now())
    parts.requests.keep(digest[:16], Request(ACTOR, digest, b""), now_ms)


async def serve_control(path: Path, obey: Obey, report: Report) -> asyncio.Server:
    """Listen for orders; the socket is made with mode 0600. `report` is told of what is no expected error."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await obey(_order(await asyncio.wait_for(reader.readline(), _SECONDS)))
            reply = b""
        except SamenloopError as error:
            reply = error_detail(error)
        except TimeoutError:
            reply = error_detail(
                SamenloopError(ErrorCode.UNAVAILABLE, _("De opdracht kwam niet op tijd. Probeer het opnieuw."))
            )
        except Exception as error:  # noqa: BLE001 - whoever gave the order waits for an answer
            report(error)
            reply = error_detail(
                SamenloopError(ErrorCode.INTERNAL, _("De coördinator kon deze opdracht niet uitvoeren."))
            )
        writer.write(reply.hex().encode() + b"\n")
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(handle, sock=_own_socket(path), limit=_MOST)


def _own_socket(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    with _short(path) as name:
        listening.bind(name)
    path.chmod(0o600)
    return listening


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a name of a few characters: a socket's name has 107 bytes at most, a path may be longer."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def send(path: Path, order: Order) -> None:
    """Give an order to the running coordinator; raises its error, UNAVAILABLE when none runs or none answers.

    Only its answer says that the order was carried out: a connection that just ends says nothing.
    """
    try:
        with _short(path) as name:
            reader, writer = await asyncio.open_unix_connection(name)
    except OSError:
        raise SamenloopError(ErrorCode.UNAVAILABLE, _("Er draait geen coördinator op deze database.")) from None
    reply = b""
    with suppress(OSError, TimeoutError):
        writer.write(_line(order))
        await writer.drain()
        reply = await asyncio.wait_for(reader.readline(), _SECONDS)
    writer.close()
    if not reply.endswith(b"\n"):
        text = _("De coördinator gaf geen antwoord. Kijk of de opdracht is uitgevoerd en geef haar anders nog eens.")
        raise SamenloopError(ErrorCode.UNAVAILABLE, text)
    detail = bytes.fromhex(reply.decode().strip())
    if detail:
        raise error_from_detail(detail)


def _line(order: Order) -> bytes:
    if isinstance(order, Activate):
        table: dict[str, object] = {"document": order.document.hex(), "signatures": order.signatures.hex()}
    elif isinstance(order, Reviewed):
        table = {"review": [[event.value, dict(public)] for event, public in order.entries]}
    else:
        table = {"event": order.event.value, "filters": order.filters, "count": order.count, "size": order.size}
    return json.dumps({**table, "language": language()}).encode() + b"\n"


def _order(line: bytes) -> Order:
    try:
        table = json.loads(line)
        speak(known(str(table["language"])))
        if "document" in table:
            return Activate(bytes.fromhex(table["document"]), bytes.fromhex(table["signatures"]))
        if "review" in table:
            return Reviewed(tuple((Event(event), dict(public)) for event, public in table["review"]))
        event = Event(table["event"])
        looked = Looked(event, tuple(map(str, table["filters"])), int(table["count"]), int(table["size"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("order", _("Deze opdracht is niet bekend.")) from error
    if event not in (Event.LOG_VIEW, Event.EXPORT):
        raise InvalidInput("order", _("Deze opdracht is niet bekend."))
    return looked
