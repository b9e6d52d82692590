"""A coordinator inside the test's own process, over real files, with a clock that the test moves."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from samenloop.clock import milliseconds
from samenloop.logs import open_log
from samenloop.model import ParticipantId
from samenloop.tls import PeerIdentity
from samenloop.wire.v1 import mailbox_pb2, overlap_pb2
from samenloop_coordinator.asking import Asking
from samenloop_coordinator.declaring import Declaring
from samenloop_coordinator.epochs import LiveEpochs
from samenloop_coordinator.gate import Gate
from samenloop_coordinator.owning import FindingOwn
from samenloop_coordinator.registering import RegisterChunks
from samenloop_coordinator.server import Coordinator, prepare
from samenloop_coordinator.store.contract import Parts
from tests.coordinator.consortium import Consortium, make_consortium
from tests.coordinator.harness import (
    EPOCH,
    REGISTERS,
    chunk_request,
    opened,
    own_request,
    question_request,
    statement_request,
)


@dataclass(slots=True)
class MovingClock:
    """The time of this machine, moved by `ahead`."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the moved time."""
        return datetime.now(UTC) + self.ahead


@dataclass(slots=True)
class World:
    """The use cases of one coordinator, called as any participant."""

    consortium: Consortium
    coordinator: Coordinator
    clock: MovingClock
    asking: Asking
    registering: RegisterChunks
    declaring: Declaring
    owning: FindingOwn

    def peer(self, name: str) -> PeerIdentity:
        """Return a participant as its certificate would name it."""
        return PeerIdentity(ParticipantId(name), "1", "ab" * 32, datetime.now(UTC), "X25519MLKEM768", True)

    async def ask(self, name: str, holders: Sequence[str], person: Any, **changes: Any) -> overlap_pb2.AskReply:
        """Ask one question."""
        changes.setdefault("sent_ms", milliseconds(self.clock.now()))
        request = question_request(self.consortium.parties[name], holders, person, **changes)
        return await self.asking.ask(self.peer(name), request)

    async def register(self, name: str, items: Sequence[Any], register: str = "") -> overlap_pb2.RegisterReply:
        """Register one chunk."""
        party, sent_ms = self.consortium.parties[name], milliseconds(self.clock.now())
        request = chunk_request(party, register or REGISTERS[name], items, sent_ms=sent_ms)
        return await self.registering.register(self.peer(name), request)

    async def declare(self, name: str, act: Any, grounds: Any = None) -> Any:
        """Declare one statement."""
        request = statement_request(self.consortium.parties[name], act, grounds)
        return await self.declaring.declare(self.peer(name), request)

    async def find_own(self, name: str, person: str, purpose: str = "access") -> overlap_pb2.FindOwnReply:
        """Find own registrations."""
        return await self.owning.find(self.peer(name), own_request(self.consortium.parties[name], person, purpose))

    async def mail(self, name: str) -> list[mailbox_pb2.MailContent]:
        """Fetch, open and acknowledge a mailbox."""

        def take(parts: Parts) -> list[mailbox_pb2.MailContent]:
            rows = parts.mail.fetch(name, 10_000)
            wraps = parts.mail.keys(name, list({row.key_id for row in rows}))
            found = [mailbox_pb2.KeyWrap(key_id=one.key_id, wrapped=one.wrapped) for one in wraps]
            parts.mail.acknowledge(name, [row.item_id for row in rows])
            items = [mailbox_pb2.MailItem(item_id=row.item_id, key_id=row.key_id, sealed=row.sealed) for row in rows]
            return [opened(self.consortium.parties[name], item, found) for item in items]

        return await self.coordinator.store.write(take)

    async def table(self, work: Callable[[Parts], Any]) -> Any:
        """Read from the store."""
        return await self.coordinator.store.read(work)

    def counts(self) -> dict[str, int]:
        """Return how many rows each table of the database has."""
        connection = self.coordinator.store._connection
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        kept = [name for name in names if not name.startswith(("sqlite_", "_sqlite"))]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in kept}  # noqa: S608


@asynccontextmanager
async def opened_world(consortium: Consortium, **options: Any) -> AsyncIterator[World]:
    """Open the coordinator of a consortium in this process, with one live epoch."""
    clock = MovingClock()
    coordinator = await prepare(consortium.config, clock, open_log("test", io.StringIO()), **options)
    desk = coordinator.desk
    desk.agreement.epochs = LiveEpochs((EPOCH,), (EPOCH,))
    try:
        yield World(
            consortium,
            coordinator,
            clock,
            Asking(desk, coordinator.policy, Gate(desk.agreement.catalogue)),
            RegisterChunks(desk, coordinator.lapsing),
            Declaring(desk, coordinator.lapsing),
            FindingOwn(desk),
        )
    finally:
        await coordinator.integrator.close()
        await coordinator.store.close()


def play(consortium: Consortium, scenario: Callable[[World], Awaitable[None]], **options: Any) -> None:
    """Run one scenario in a fresh event loop."""

    async def playing() -> None:
        async with opened_world(consortium, **options) as world:
            await scenario(world)

    asyncio.run(playing())


def copied(consortium: Consortium, folder: Path) -> Consortium:
    """Return a copy of a consortium in another folder, as it was when it was made."""
    target = folder / "consortium"
    shutil.copytree(consortium.folder, target)
    return Consortium(
        target,
        consortium.covenant,
        consortium.parties,
        consortium.auditor,
        consortium.port,
        target / consortium.config_file.name,
    )


def fresh(folder: Path, edit: Callable[[str], str] = lambda text: text) -> Consortium:
    """Make a consortium below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return make_consortium(folder, edit)
