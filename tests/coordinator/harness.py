"""A real coordinator process with a throw-away consortium, and raw clients of it. Reusable by tests/e2e."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from samenloop import model
from samenloop.audit import entry as entries
from samenloop.audit.entry import Entry
from samenloop.audit.seal import WrappedKey, open_fixed, open_wrapped
from samenloop.audit.store import Search
from samenloop.clock import SystemClock, milliseconds
from samenloop.commitment import items_digest, tokens_digest
from samenloop.covenant import epochs
from samenloop.covenant.notices import Notice, Verified, verify_notice
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.modes import RecordFacts
from samenloop.model import EpochId, ParticipantId, QuestionId, RegisterId, RegistrationId, TokenSet
from samenloop.profile import Facts, profile
from samenloop.tls import TlsFiles, channel_credentials, channel_options, coordinator_certificate
from samenloop.wire.ask import Part, Question, build_ask
from samenloop.wire.convert import CovenantRef
from samenloop.wire.declare import Act, Grounds, Statement, build_declare
from samenloop.wire.mail import MAIL_BYTES, parse_mail
from samenloop.wire.own import OwnList, OwnQuery, build_find_own, build_list_own
from samenloop.wire.register import FACTS, PUT, WITHDRAW, Chunk, Item, build_register, item_bytes
from samenloop.wire.status import error_from_rpc
from samenloop.wire.v1 import (
    audit_pb2_grpc,
    covenant_pb2,
    covenant_pb2_grpc,
    mailbox_pb2,
    mailbox_pb2_grpc,
    overlap_pb2,
    overlap_pb2_grpc,
)
from samenloop_coordinator import operating
from samenloop_node.ceremony import Ceremony
from tests.coordinator.consortium import Consortium, Party

EPOCH = EpochId("2026-1")
PROBATION, MAYOR, POLICE, CARE = "reclassering-midden", "burgemeester-middelstad", "politie-midden", "ggz-midden"
HOUSE, OTHER_HOUSE = "zvh-midden", "zvh-oost"
REGISTERS = {MAYOR: "openbare_orde", POLICE: "politie", PROBATION: "reclassering", CARE: "ggz", HOUSE: "casussen"}
_TASKS = {
    "burgemeester": "openbare_orde",
    "politie": "wpg8",
    "reclassering": "toezicht",
    "ggz": "zorg",
    "vhh_casus": "casus",
}
_GIVE = {MAYOR: "gemeentewet172", POLICE: "wpg20", CARE: "wgs229", HOUSE: "wgs_zvh", OTHER_HOUSE: "wgs_zvh"}
_INFORM = {MAYOR: "rr37_straf", POLICE: "rr37_straf", CARE: "rr37_zorg", HOUSE: "rr37_straf", OTHER_HOUSE: "rr37_straf"}
_PROFILE = profile("nl-1")


def tokens(person: str, *, epoch: str = EPOCH, initials: int = 2) -> TokenSet:
    """Return the tokens of an imaginary person: one per recipe, all recipes made, so that equal persons always meet."""
    count = min(len(_PROFILE.recipes), model.MAX_TOKENS)
    values = [hashlib.sha256(f"{person}/{epoch}/{recipe}".encode()).digest()[:16] for recipe in range(count)]
    return TokenSet(
        EpochId(epoch), (1 << count) - 1, Facts(initials, True).pack(), bytes([1] * count), b"".join(values)
    )


def facts(kind: str, **changes: Any) -> RecordFacts:
    """Return the facts of an ordinary record: a named measure at the mayor, a case listed for the police."""
    given = RecordFacts(
        kind=kind,
        task=_TASKS[kind],
        framework="maatregel",
        origin="eigen",
        measure="gebiedsverbod" if kind == "burgemeester" else "",
        protected=False,
        tightened=None,
        review_date=datetime.now(UTC).date() + timedelta(days=200),
        acting_for=POLICE if kind == "vhh_casus" else "",
    )
    return replace(given, **changes)


def put(
    kind: str,
    person: str,
    registration_id: bytes | None = None,
    beforehand: Sequence[BeforehandDecision] = (),
    **changes: Any,
) -> Item:
    """Return the item that registers a person."""
    found = RegistrationId(registration_id or os.urandom(16))
    return Item(found, PUT, (tokens(person),), facts(kind, **changes), tuple(beforehand))


def change(kind: str, registration_id: bytes, beforehand: Sequence[BeforehandDecision] = (), **changes: Any) -> Item:
    """Return the item that replaces the facts of a registration."""
    return Item(RegistrationId(registration_id), FACTS, (), facts(kind, **changes), tuple(beforehand))


def withdraw(registration_id: bytes) -> Item:
    """Return the item that withdraws a registration."""
    return Item(RegistrationId(registration_id), WITHDRAW, (), None, ())


def decision(registration_id: bytes, receiver: str, **changes: Any) -> BeforehandDecision:
    """Return a police decision beforehand for one receiver."""
    today = datetime.now(UTC).date()
    given = BeforehandDecision(
        registration=registration_id,
        receivers=(ParticipantId(receiver),),
        purpose="casusoverleg",
        basis="wpg20",
        breach_ground="wpg20",
        valid_until=today + timedelta(days=100),
        reference=os.urandom(32),
        decider=os.urandom(32),
        decided_on=today,
    )
    return replace(given, **changes)


def part(asker: str, holder: str, question_id: bytes, **changes: Any) -> Part:
    """Return what one holder is asked, with codes that pass the gate for the probation service."""
    given = Part(
        nonce=os.urandom(16),
        question_id=QuestionId(question_id),
        covenant="zvh-demo",
        asker=ParticipantId(asker),
        holder=ParticipantId(holder),
        purpose="samenloop",
        proportionality="tegenstrijdige_aanpak",
        subsidiarity="geen_lichter_middel",
        give_basis=_GIVE[holder],
        receive_basis="rr8",
        inform_basis=_INFORM[holder],
        acting_as="",
        reason="genoemd_in_dossier",
    )
    return replace(given, **changes)


def question_request(
    party: Party,
    holders: Sequence[str],
    person: str | TokenSet,
    *,
    question_id: bytes | None = None,
    case_ref: bytes | None = None,
    user_ref: bytes = b"\x11" * 32,
    excluded: Sequence[bytes] = (),
    sent_ms: int | None = None,
    version: int = 1,
    parts: Sequence[Part] | None = None,
    **changes: Any,
) -> overlap_pb2.AskRequest:
    """Return a signed question of `party` about a person to these holders."""
    found = (tokens(person) if isinstance(person, str) else person,)
    salt, identity = os.urandom(32), question_id or os.urandom(16)
    given = Question(
        covenant=CovenantRef("zvh-demo", version),
        question_id=QuestionId(identity),
        asker=ParticipantId(party.name),
        sent_ms=milliseconds(SystemClock().now()) if sent_ms is None else sent_ms,
        case_ref=case_ref or os.urandom(32),
        user_ref=user_ref,
        responsible_ref=b"\x22" * 32,
        purpose="casusoverleg",
        epochs=tuple(one.epoch for one in found),
        digest=tokens_digest(salt, found, excluded),
    )
    made = parts or [part(party.name, holder, identity) for holder in holders]
    ids = [RegistrationId(one) for one in excluded]
    return build_ask(replace(given, **changes), made, found, ids, salt, os.urandom(32), party.signing)


def chunk_request(
    party: Party,
    register: str,
    items: Iterable[Item],
    *,
    request_id: bytes | None = None,
    sent_ms: int | None = None,
    version: int = 1,
) -> overlap_pb2.RegisterRequest:
    """Return a signed chunk of registrations."""
    blobs, salt = [item_bytes(one) for one in items], os.urandom(32)
    chunk = Chunk(
        covenant=CovenantRef("zvh-demo", version),
        request_id=request_id or os.urandom(16),
        participant=ParticipantId(party.name),
        register=RegisterId(register),
        sent_ms=milliseconds(SystemClock().now()) if sent_ms is None else sent_ms,
        digest=items_digest(salt, blobs),
        count=len(blobs),
    )
    return build_register(chunk, blobs, salt, party.signing)


def statement_request(
    party: Party,
    act: Act,
    grounds: Grounds | None = None,
    request_id: bytes | None = None,
    sent_ms: int | None = None,
) -> overlap_pb2.DeclareRequest:
    """Return a signed statement."""
    sent_ms = sent_ms or milliseconds(SystemClock().now())
    author, identity = ParticipantId(party.name), request_id or os.urandom(16)
    return build_declare(Statement(CovenantRef("zvh-demo", 1), identity, author, sent_ms, act), party.signing, grounds)


def own_request(party: Party, person: str, purpose: str = "access") -> overlap_pb2.FindOwnRequest:
    """Return a signed search among a party's own registrations."""
    found, salt = (tokens(person),), os.urandom(32)
    query = OwnQuery(
        covenant=CovenantRef("zvh-demo", 1),
        request_id=os.urandom(16),
        author=ParticipantId(party.name),
        sent_ms=milliseconds(SystemClock().now()),
        user_ref=b"\x33" * 32,
        purpose=purpose,
        epochs=(EPOCH,),
        digest=tokens_digest(salt, found),
    )
    return build_find_own(query, found, salt, party.signing)


def list_request(party: Party, register: str, after: bytes = b"") -> overlap_pb2.ListOwnRequest:
    """Return a signed request for one page of a party's own register."""
    query = OwnList(
        covenant=CovenantRef("zvh-demo", 1),
        request_id=os.urandom(16),
        author=ParticipantId(party.name),
        sent_ms=milliseconds(SystemClock().now()),
        user_ref=b"\x33" * 32,
        register=RegisterId(register),
        after=after,
    )
    return build_list_own(query, party.signing)


@dataclass(slots=True)
class Process:
    """A coordinator in its own process. `prelude` is Python that runs first: so a test makes a weak build."""

    consortium: Consortium
    options: tuple[str, ...] = ()
    prelude: str = ""
    _running: "subprocess.Popen[str] | None" = None
    lines: list[dict[str, Any]] = field(default_factory=list)

    def start(self, seconds: float = 120.0) -> None:
        """Start it and wait until it serves; the log goes to `coordinator.log`."""
        log = self.consortium.folder / "coordinator.log"
        before = log.stat().st_size if log.exists() else 0
        program = [sys.executable, "-c", f"{self.prelude}\nfrom samenloop_coordinator.cli import main; main()", "serve"]
        with log.open("a", encoding="utf-8") as stream:
            self._running = subprocess.Popen(
                [*program, "--config", str(self.consortium.config_file), *self.options],
                stdout=stream,
                stderr=stream,
                text=True,
            )
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        while '"event": "ready"' not in log.read_text(encoding="utf-8")[before:]:
            if self._running.poll() is not None or datetime.now(UTC) > deadline:
                pytest.fail(f"the coordinator did not start: {log.read_text(encoding='utf-8')[before:]}")
            self._pause()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        return self._end(signal.SIGTERM)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._running.pid if self._running else 0

    @property
    def running(self) -> bool:
        """Tell whether it still runs."""
        return self._running is not None and self._running.poll() is None

    def log(self) -> list[dict[str, Any]]:
        """Return what it logged."""
        text = (self.consortium.folder / "coordinator.log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def _end(self, number: signal.Signals) -> int:
        if self._running is None:
            return 0
        self._running.send_signal(number)
        code = self._running.wait(20)
        self._running = None
        return code

    def _pause(self) -> None:
        if self._running is not None:
            try:
                self._running.wait(0.03)
            except subprocess.TimeoutExpired:
                return


@dataclass(slots=True)
class Client:
    """One participant's raw calls over its own mutual TLS channel."""

    party: Party
    channel: grpc.aio.Channel
    overlap: Any
    covenant: Any
    mailbox: Any
    audit: Any

    async def ask(self, holders: Sequence[str], person: str | TokenSet, **changes: Any) -> overlap_pb2.AskReply:
        """Ask one question; raises the coordinator's error as ours."""
        return await self.send(self.overlap.Ask, question_request(self.party, holders, person, **changes))

    async def register(self, items: Iterable[Item], register: str | None = None) -> overlap_pb2.RegisterReply:
        """Register one chunk."""
        name = register or REGISTERS[self.party.name]
        return (await self.register_all([chunk_request(self.party, name, items)]))[0]

    async def register_all(self, requests: Sequence[overlap_pb2.RegisterRequest]) -> list[overlap_pb2.RegisterReply]:
        """Send chunks over one stream and return all replies."""
        try:
            return [reply async for reply in self.overlap.Register(iter(requests), timeout=60)]
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error) from error

    async def declare(self, act: Act, grounds: Grounds | None = None) -> Any:
        """Declare one statement."""
        return await self.send(self.overlap.Declare, statement_request(self.party, act, grounds))

    async def send(self, method: Any, request: Any) -> Any:
        """Call and translate the error."""
        try:
            return await method(request, timeout=15)
        except grpc.aio.AioRpcError as error:
            raise error_from_rpc(error) from error

    async def mail(self, *, acknowledge: bool = True) -> list[mailbox_pb2.MailContent]:
        """Fetch, open and acknowledge everything in the mailbox."""
        found: list[mailbox_pb2.MailContent] = []
        while True:
            reply = await self.send(self.mailbox.Fetch, mailbox_pb2.FetchRequest(limit=100))
            found += [opened(self.party, item, reply.keys) for item in reply.items]
            ids = [item.item_id for item in reply.items]
            if ids and acknowledge:
                await self.send(self.mailbox.Acknowledge, mailbox_pb2.AcknowledgeRequest(item_ids=ids))
            if not reply.more or not acknowledge:
                return found


def opened(party: Party, item: mailbox_pb2.MailItem, wraps: Iterable[mailbox_pb2.KeyWrap]) -> mailbox_pb2.MailContent:
    """Open a mailbox item as its receiver."""
    wrap = next(one for one in wraps if one.key_id == item.key_id)
    day = wrap.wrapped[:10].decode()
    key = open_wrapped(WrappedKey(party.name, wrap.key_id, wrap.wrapped[10:], b""), day, party.sealing, auditor=False)
    return parse_mail(open_fixed(key, item.sealed, MAIL_BYTES + 2, item.item_id + party.name.encode()))


def signed_entries(consortium: Consortium, wanted: Search, limit: int) -> list[Entry]:
    """Return the newest matching entries under the signed checkpoint, newest first."""
    with operating.log_files(consortium.config) as files:
        places = [row.seq for row in files.tree.find(wanted, limit)]
        found = [one for seq in places for one in files.entries.entries(seq, 1)]
    return [entries.parse(one.body) for one in found if one.body is not None]


def connect(consortium: Consortium, name: str) -> Client:
    """Open a participant's channel to the coordinator."""
    party = consortium.parties[name]
    files = TlsFiles(party.folder / "tls.key", party.folder / "tls.pem", party.folder / "ca.pem")
    place = consortium.covenant.coordinator
    server = coordinator_certificate(files, consortium.address, consortium.covenant.trust_domain, place.tls_pin)
    credentials = channel_credentials(files, server, datetime.now(UTC))
    options = [*channel_options(), ("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.aio.secure_channel(consortium.address, credentials, options)
    return Client(
        party,
        channel,
        overlap_pb2_grpc.OverlapServiceStub(channel),  # type: ignore[no-untyped-call]
        covenant_pb2_grpc.CovenantServiceStub(channel),  # type: ignore[no-untyped-call]
        mailbox_pb2_grpc.MailboxServiceStub(channel),  # type: ignore[no-untyped-call]
        audit_pb2_grpc.AuditServiceStub(channel),  # type: ignore[no-untyped-call]
    )


async def hold_ceremony(consortium: Consortium, epoch: str = EPOCH) -> bytes:
    """Make an epoch live: two contributors, every participant accepts. Returns the secret."""
    pair, board = (POLICE, PROBATION), Board(consortium)
    bytes_of = {name: os.urandom(32) for name in pair}
    for name in pair:
        await board.post(epochs.announce(consortium.covenant, epoch, pair, name, consortium.parties[name].signing))
    for name in pair:
        await board.post(board.ceremony(name, epoch).contribute(bytes_of[name], consortium.parties[name].signing))
    for name in pair:
        await board.post(board.ceremony(name, epoch).reveal(bytes_of[name], consortium.parties[name].signing))
    for name in pair:
        party = consortium.parties[name]
        await board.post(board.ceremony(name, epoch).confirm(party.sealing, party.signing))
    secret = b""
    for name, party in consortium.parties.items():
        secret, notice = board.ceremony(name, epoch).accept(party.sealing, party.signing)
        await board.post(notice)
    await board.close()
    return secret


@dataclass(slots=True)
class Board:
    """Posts notices as their authors and keeps the verified ones."""

    consortium: Consortium
    verified: list[Verified] = field(default_factory=list)
    _clients: dict[str, Client] = field(default_factory=dict)

    async def post(self, notice: Notice) -> None:
        """Post one notice as its author."""
        if notice.author not in self._clients:
            self._clients[notice.author] = connect(self.consortium, notice.author)
        client = self._clients[notice.author]
        message = covenant_pb2.Notice(
            covenant=self.consortium.covenant.id,
            kind=notice.kind,
            author=notice.author,
            body=notice.body,
            signature=notice.signature,
        )
        await client.send(client.covenant.PostNotice, message)
        self.verified.append(verify_notice(self.consortium.covenant, notice))

    def ceremony(self, name: str, epoch: str) -> Ceremony:
        """Return the ceremony as one participant sees it."""
        return Ceremony(self.consortium.covenant, epoch, name, self.verified)

    async def close(self) -> None:
        """Close every channel."""
        for client in self._clients.values():
            await client.channel.close()
