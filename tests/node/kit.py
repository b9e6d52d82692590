"""A partner's node and a small coordinator of our own behind real mutual TLS, with faults to order."""

import asyncio
import dataclasses
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant, canonical, fingerprint
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import SealingKey, SigningKey, VerifyKey
from samenloop.model import EpochId
from samenloop.tls import DenylistFile, identify, server_credentials, server_options
from samenloop.wire.declare import Anchor, Freshness, Letter, parse_declare, verify_statement
from samenloop.wire.guard import Guard, peer
from samenloop.wire.own import PAGE, OwnList, parse_list_own, verify_list_own
from samenloop.wire.register import DAY_IS_FULL, WITHDRAW, Item, parse_item, parse_register, verify_register
from samenloop.wire.v1 import common_pb2, covenant_pb2, covenant_pb2_grpc, overlap_pb2, overlap_pb2_grpc
from samenloop_node.config import NodeConfig
from samenloop_node.keyring import Keyring
from tests.ports import free_port
from tests.tls.pki import Consortium, consortium, utc_now

ME = "politie-midden"
REGISTER = "politie"
EPOCH = EpochId("2026-1")
DONE, REFUSED = overlap_pb2.ItemResult.STATUS_DONE, overlap_pb2.ItemResult.STATUS_REFUSED


@dataclass
class FakeCoordinator(overlap_pb2_grpc.OverlapServiceServicer, covenant_pb2_grpc.CovenantServiceServicer):
    """Keeps what was registered; `faults` are popped, one per chunk: None, "before", "after" or an ErrorCode.

    With `held` no chunk is registered until that is set.
    """

    made: Consortium
    covenant: Covenant
    registered: dict[bytes, Item] = field(default_factory=dict)
    registers: dict[bytes, str] = field(default_factory=dict)
    chunks: list[tuple[bytes, int]] = field(default_factory=list)
    statements: list[object] = field(default_factory=list)
    notices: list[covenant_pb2.Notice] = field(default_factory=list)
    versions: dict[int, covenant_pb2.CovenantDocument] = field(default_factory=dict)
    epochs: list[str] = field(default_factory=lambda: [EPOCH])
    faults: list[Any] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    decisions_per_day: int = 1000
    decided: dict[bytes, int] = field(default_factory=dict)
    skew: timedelta = timedelta(0)
    seconds_per_chunk: float = 0.0
    held: threading.Event | None = None
    wrong_receipt: bool = False
    acts: list[int] = field(default_factory=list)
    listed: list[OwnList] = field(default_factory=list)
    list_faults: list[str] = field(default_factory=list)
    page: int = PAGE
    order: Callable[[list[bytes]], list[bytes]] = list
    port: int = 0
    _replies: dict[bytes, overlap_pb2.RegisterReply] = field(default_factory=dict)

    async def Register(
        self, requests: AsyncIterator[overlap_pb2.RegisterRequest], context: Any
    ) -> AsyncIterator[overlap_pb2.RegisterReply]:
        async for request in requests:
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, ErrorCode):
                raise SamenloopError(fault, "zo besteld")
            if fault == "before":
                await context.abort(grpc.StatusCode.UNAVAILABLE, "")
            if self.seconds_per_chunk:
                await asyncio.sleep(self.seconds_per_chunk)
            if self.held:
                await asyncio.to_thread(self.held.wait, 120)
            reply = self._register(request)
            if fault == "after":
                await context.abort(grpc.StatusCode.UNAVAILABLE, "")
            yield reply

    def _register(self, request: overlap_pb2.RegisterRequest) -> overlap_pb2.RegisterReply:
        registering = parse_register(request)
        chunk = registering.chunk
        verify_register(registering, VerifyKey(self.covenant.participant(peer().participant).signing_key))
        if (chunk.covenant.id, chunk.covenant.version) != (self.covenant.id, self.covenant.version):
            raise SamenloopError(ErrorCode.COVENANT_MISMATCH, "andere versie")
        if chunk.request_id in self._replies:
            return self._replies[chunk.request_id]
        kind = self.covenant.participant(chunk.participant).register(chunk.register).kind
        items = [parse_item(data, kind, "item") for data in registering.item_bytes]
        for item in items:
            if item.token_sets and sorted(one.epoch for one in item.token_sets) != sorted(self.epochs):
                raise SamenloopError(ErrorCode.EPOCH_MISMATCH, "andere tijdvakken")
        results = [self._apply(item, chunk.register) for item in items]
        self.chunks.append((chunk.request_id, chunk.count))
        public = {
            "request": chunk.request_id.hex(),
            "covenant": chunk.covenant.id,
            "actor": chunk.participant,
            "register": "anders" if self.wrong_receipt else chunk.register,
            "commitment": chunk.digest.hex(),
            "count": chunk.count,
        }
        reply = overlap_pb2.RegisterReply(request_id=chunk.request_id, results=results)
        reply.receipt.entry = self._entry(Event.REGISTER, public)
        self._replies[chunk.request_id] = reply
        return reply

    def _apply(self, item: Item, register: str) -> overlap_pb2.ItemResult:
        self.acts.append(item.act)
        if item.act == WITHDRAW:
            self.registered.pop(item.registration_id, None)
            return overlap_pb2.ItemResult(status=DONE)
        assert item.facts is not None
        if item.facts.task in self.refuse:
            return overlap_pb2.ItemResult(status=REFUSED, rule=self.refuse[item.facts.task])
        before = self.registered.get(item.registration_id)
        if not self._counted(item, before):
            return overlap_pb2.ItemResult(status=REFUSED, rule=DAY_IS_FULL)
        tokens = item.token_sets or (before.token_sets if before else ())
        self.registered[item.registration_id] = dataclasses.replace(item, token_sets=tokens)
        self.registers[item.registration_id] = register
        return overlap_pb2.ItemResult(status=DONE)

    def _counted(self, item: Item, before: Item | None) -> bool:
        """Count new decisions beforehand per decider by the day of arrival (never midnight in a test)."""
        known = {one.reference for one in before.beforehand} if before else set()
        for decider in {one.reference: one.decider for one in item.beforehand if one.reference not in known}.values():
            if self.decided.get(decider, 0) >= self.decisions_per_day:
                return False
            self.decided[decider] = self.decided.get(decider, 0) + 1
        return True

    async def ListOwn(self, request: overlap_pb2.ListOwnRequest, context: Any) -> overlap_pb2.ListOwnReply:
        listing = parse_list_own(request)
        verify_list_own(listing, VerifyKey(self.covenant.participant(peer().participant).signing_key))
        query = listing.query
        self.listed.append(query)
        mine = sorted(one for one in self.registered if self.registers[one] == query.register and one > query.after)
        ids = self.order(mine[: self.page])
        public = {
            "request": query.request_id.hex(),
            "covenant": query.covenant.id,
            "actor": query.author,
            "reason": "reconcile",
            "register": "anders" if self.wrong_receipt else query.register,
            "count": len(ids),
            "commitment": listing.payload_hash.hex(),
        }
        if self.list_faults and self.list_faults.pop(0) == "after":
            await context.abort(grpc.StatusCode.UNAVAILABLE, "")
        return overlap_pb2.ListOwnReply(registration_ids=ids, receipt=self._receipt(Event.FIND_OWN, public))

    async def Declare(self, request: overlap_pb2.DeclareRequest, context: Any) -> common_pb2.Receipt:
        declaring = parse_declare(request)
        key = VerifyKey(self.covenant.participant(peer().participant).signing_key)
        verify_statement(declaring.body, declaring.signature, key)
        self.statements.append(declaring.statement.act)
        always = {
            "request": declaring.statement.request_id.hex(),
            "covenant": declaring.statement.covenant.id,
            "actor": declaring.statement.author,
        }
        match declaring.statement.act:
            case Freshness() as act:
                day = act.updated_until.isoformat()
                return self._receipt(Event.FRESHNESS, {**always, "register": act.register, "day": day})
            case Anchor() as act:
                return self._receipt(Event.NODE_ANCHOR, {**always, "anchor": act.digest.hex()})
            case Letter():
                return self._receipt(Event.LETTER, {"action": "sent", **always})
        raise SamenloopError(ErrorCode.INVALID_INPUT, "onbekend")

    async def GetState(self, request: covenant_pb2.GetStateRequest, context: Any) -> covenant_pb2.CovenantState:
        mine = [(key, item) for key, item in self.registered.items()]
        state = covenant_pb2.CovenantState(
            version=self.covenant.version,
            fingerprint=bytes.fromhex(fingerprint(self.covenant)),
            now_ms=milliseconds(utc_now() + self.skew),
            read_epochs=self.epochs,
            write_epochs=self.epochs,
        )
        for epoch in self.epochs:
            with_epoch = sum(any(one.epoch == epoch for one in item.token_sets) for _key, item in mine)
            state.coverage.add(register=REGISTER, epoch=epoch, registered=len(mine), with_epoch=with_epoch)
        return state

    async def GetCovenant(self, request: covenant_pb2.GetCovenantRequest, context: Any) -> Any:
        return self.versions[request.version]

    async def PostNotice(self, request: covenant_pb2.Notice, context: Any) -> common_pb2.Receipt:
        self.notices.append(request)
        request.sequence = len(self.notices)
        return self._receipt(Event.KEY_CEREMONY, {"covenant": request.covenant, "action": request.kind})

    async def ListNotices(self, request: covenant_pb2.ListNoticesRequest, context: Any) -> Any:
        return covenant_pb2.ListNoticesReply(notices=[one for one in self.notices if one.sequence > request.after])

    def _receipt(self, event: Event, public: dict[str, object]) -> common_pb2.Receipt:
        return common_pb2.Receipt(entry=self._entry(event, public))

    def _entry(self, event: Event, public: dict[str, object]) -> bytes:
        now = milliseconds(utc_now())
        always = {
            "origin": self.covenant.coordinator.log_origin,
            "software": "fake/1",
            "process": "0" * 16,
            "n": len(self.chunks) + len(self.statements),
            "start_ms": now,
            "end_ms": now,
            "clock": "ok",
        }
        return entries.build(event, {**always, **public}, (), entries.new_salt())

    @contextmanager
    def serving(self) -> Iterator["FakeCoordinator"]:
        """Serve on the address of the covenant in a thread of its own; may be entered again after it ended."""
        ready, stop = threading.Event(), threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready, stop)))
        thread.start()
        assert ready.wait(60)
        try:
            yield self
        finally:
            stop.set()
            thread.join()

    async def _serve(self, ready: threading.Event, stop: threading.Event) -> None:
        denylist = DenylistFile(
            self.made.authority.denylist_path, self.made.authority.certificate, self.made.authority.trust_domain
        )

        def who(context: Any) -> Any:
            return identify(context, self.covenant, denylist.current(), utc_now())

        self.problems: list[BaseException] = []
        guard = Guard(who, lambda _method, error: self.problems.append(error))
        server = grpc.aio.server(interceptors=[guard], options=server_options())
        overlap_pb2_grpc.add_OverlapServiceServicer_to_server(self, server)
        covenant_pb2_grpc.add_CovenantServiceServicer_to_server(self, server)
        server.add_secure_port(self.covenant.coordinator.address, server_credentials(self.made.coordinator))
        await server.start()
        ready.set()
        await asyncio.to_thread(stop.wait)
        await server.stop(0)


@dataclass
class Partner:
    """The folder of one partner's node, and how to configure it."""

    name: str
    folder: Path
    covenant: Covenant
    made: Consortium
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self) -> NodeConfig:
        return NodeConfig(**self.table())

    def table(self) -> dict[str, Any]:
        return {
            "participant": self.name,
            "state": self.folder / "state",
            "socket": self.folder / "node.sock",
            "authorisations": self.folder / "accounts.toml",
            "covenant": {"document": self.folder / "covenant.json", "fingerprint": fingerprint(self.covenant)},
            "tls": {
                "key": self.made.police.key,
                "certificate": self.made.police.certificate,
                "ca": self.made.police.ca,
            },
            "keys": {
                "signing": self.folder / "signing.key",
                "sealing": self.folder / "sealing.key",
                "references": self.folder / "references.key",
                "secrets": self.folder / "secrets",
            },
            "tokenise_processes": 1,
            "poll_seconds": 1,
            "registers": {
                REGISTER: {
                    "defaults": DEFAULTS,
                    "beforehand": {"give_basis": "wpg20", "breach_ground": "wpg20"},
                }
            },
            **self.settings,
        }

    def toml(self) -> str:
        """Return the configuration as a file for the program."""
        return "\n".join(_toml(self.table())) + "\n"


DEFAULTS = {
    "taak": "wpg8",
    "kader": "maatregel",
    "herkomst": "eigen",
    "maatregel": "",
    "toetsdatum": (utc_now() + timedelta(days=90)).date().isoformat(),
    "bescherming": "nee",
}
ACCOUNTS = """
[[account]]
name = "{name}"
os_user = "{os_user}"
roles = ["operator", "case_worker", "decision_maker"]
secrecy_statement = 2020-01-01
valid_from = 2020-01-01
valid_until = 2099-01-01

[[account]]
name = "b.boss"
os_user = "boss"
roles = ["decision_maker"]
secrecy_statement = 2020-01-01
valid_from = 2020-01-01
valid_until = 2099-01-01

[[account]]
name = "w.worker"
os_user = "worker"
roles = ["case_worker"]
secrecy_statement = 2020-01-01
valid_from = 2020-01-01
valid_until = 2020-06-01
"""


def world(folder: Path, os_user: str = "operator", port: int = 0) -> tuple[FakeCoordinator, Partner]:
    """Make a consortium below `folder`: a coordinator that is not yet serving and the police's node."""
    made = consortium(folder)
    mine = folder / ME
    mine.mkdir()
    signing, sealing = SigningKey.generate(mine / "signing.key"), SealingKey.generate(mine / "sealing.key")
    rows = tuple(
        dataclasses.replace(row, signing_key=signing.public.hex, sealing_key=sealing.public.hex)
        if row.id == ME
        else row
        for row in made.covenant.participants
    )
    place = dataclasses.replace(made.covenant.coordinator, address=f"127.0.0.1:{port or free_port()}")
    covenant = dataclasses.replace(made.covenant, participants=rows, coordinator=place)
    (mine / "covenant.json").write_bytes(canonical(covenant))
    (mine / "accounts.toml").write_text(ACCOUNTS.format(name="o.operator", os_user=os_user))
    Keyring(mine / "secrets").add(EPOCH, os.urandom(32))
    return FakeCoordinator(made, covenant), Partner(ME, mine, covenant, made)


def _toml(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if not isinstance(value, dict):
            yield f"{name} = {value if isinstance(value, int) else chr(34) + str(value) + chr(34)}"
    for name, value in table.items():
        if isinstance(value, dict):
            yield f"[{prefix}{name}]"
            yield from _toml(value, f"{prefix}{name}.")
