"""A small consortium in memory: the demo covenant with keys of our own, a coordinator, and nodes that talk to it."""

import dataclasses
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit import tree
from samenloop.audit.checkpoint import TreeHead
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.seal import ContentKeys, make_content_keys, seal_fixed
from samenloop.clock import Clock, from_milliseconds, milliseconds
from samenloop.commitment import tokens_digest
from samenloop.covenant import Covenant, Participant, canonical, fill_keys, fingerprint, parse_toml
from samenloop.covenant.signatures import format_signatures, sign
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import SealingKey, SigningKey, VerifyKey, load_private
from samenloop.model import EpochId, ParticipantId, QuestionId, RegistrationId, TokenSet
from samenloop.wire.ask import Ask, Part, Question, build_ask, hit_notice, parse_ask, verify_ask
from samenloop.wire.convert import CovenantRef
from samenloop.wire.declare import (
    Act,
    Anchor,
    CaseClosed,
    Letter,
    Release,
    Statement,
    build_declare,
    parse_declare,
    verify_statement,
)
from samenloop.wire.mail import MAIL_BYTES, pack_mail
from samenloop.wire.own import parse_find_own
from samenloop.wire.v1 import audit_pb2, common_pb2, covenant_pb2, mailbox_pb2, overlap_pb2
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.config import NodeConfig
from samenloop_node.keyring import Keyring

TEMPLATE = Path(__file__).parents[3] / "deploy" / "demo" / "covenant.toml"
SALT, SEED = bytes(range(32)), bytes(range(1, 33))
NOW_MS = 1_800_000_000_000


@dataclass
class Kit:
    """Keys of everybody, the covenant, and builders of what goes over the wire."""

    covenant: Covenant
    signing: dict[str, SigningKey]
    sealing: dict[str, SealingKey]
    audit: Ed25519PrivateKey
    raw: dict[str, Ed25519PrivateKey]
    files: Path
    secret: bytes = field(default_factory=lambda: os.urandom(32))
    part_changes: dict[str, object] = field(default_factory=dict)
    question_id: QuestionId = field(default_factory=lambda: QuestionId(os.urandom(16)))
    versions: dict[int, covenant_pb2.CovenantDocument] = field(default_factory=dict)

    def rotate(self, owner: str, kind: str) -> None:
        """Activate a covenant version with a new signing or sealing key of `owner`, signed by everybody who must."""
        old = self.covenant
        fresh = SigningKey.generate() if kind == "signing" else SealingKey.generate()
        keys = {**getattr(self, kind), owner: fresh}
        rows = tuple(
            dataclasses.replace(row, **{f"{kind}_key": fresh.public.hex}) if row.id == owner else row
            for row in old.participants
        )
        self._activate(rows)
        setattr(self, kind, keys)

    def leave(self, gone: str) -> None:
        """Activate a covenant version without this participant, signed by everybody who must."""

        def others(names: Iterable[str]) -> tuple[str, ...]:
            return tuple(name for name in names if name != gone)

        old = self.covenant
        rows = tuple(
            dataclasses.replace(row, may_ask=others(row.may_ask)) for row in old.participants if row.id != gone
        )
        self._activate(
            rows, wpg20=tuple(dataclasses.replace(one, receivers=others(one.receivers)) for one in old.wpg20)
        )

    def _activate(self, rows: tuple[Participant, ...], **changes: object) -> None:
        old = self.covenant
        following = {"version": old.version + 1, "predecessor": fingerprint(old), "participants": rows}
        new = dataclasses.replace(old, **{**following, **changes})
        signers = [row.id for row in old.participants if not row.network]
        signatures = format_signatures([sign(new, name, self.signing[name]) for name in signers])
        self.versions[new.version] = covenant_pb2.CovenantDocument(document=canonical(new), signatures=signatures)
        self.covenant = new

    def raw_files(self, owner: str, folder: Path) -> None:
        """Copy the key files of a participant into the folder of its node."""
        for kind in ("signing", "sealing"):
            target = folder / f"{kind}.pem"
            target.write_bytes((self.files / f"{owner}.{kind}").read_bytes())
            target.chmod(0o400)
        (folder / "references.key").write_bytes(os.urandom(32))
        (folder / "references.key").chmod(0o400)

    def part(self, holder: str, asker: str = "reclassering-midden", **changes: object) -> Part:
        """Return a part as an asker would fill it in."""
        values: dict[str, object] = {
            "nonce": os.urandom(16),
            "question_id": self.question_id,
            "covenant": self.covenant.id,
            "asker": ParticipantId(asker),
            "holder": ParticipantId(holder),
            "purpose": self.covenant.purpose.id,
            "proportionality": "ernstig",
            "subsidiarity": "niet-anoniem",
            "give_basis": "wpg20",
            "receive_basis": "rr1995",
            "inform_basis": "rr1995",
            "acting_as": "reclassering",
            "reason": "recent",
        }
        return Part(**{**values, **self.part_changes, **changes})  # type: ignore[arg-type]

    def question(self, asker: str = "reclassering-midden", **changes: object) -> Question:
        """Return the whole question for `tokens()`."""
        values: dict[str, object] = {
            "covenant": CovenantRef(self.covenant.id, self.covenant.version),
            "question_id": self.question_id,
            "asker": ParticipantId(asker),
            "sent_ms": NOW_MS,
            "case_ref": b"c" * 32,
            "user_ref": b"u" * 32,
            "responsible_ref": b"r" * 32,
            "purpose": self.covenant.purpose.id,
            "epochs": (EpochId("2026-1"),),
            "digest": tokens_digest(SALT, self.tokens()),
        }
        return Question(**{**values, **changes})  # type: ignore[arg-type]

    def tokens(self) -> tuple[TokenSet, ...]:
        """Return the tokens of nobody."""
        return (TokenSet(EpochId("2026-1"), 0b1, 0, bytes([1]), b"t" * 16),)

    def request(
        self, *holders: str, asker: str = "reclassering-midden", signer: str | None = None
    ) -> overlap_pb2.AskRequest:
        """Return a signed request; `signer` may be another than the asker."""
        parts = [self.part(holder, asker) for holder in holders]
        key = self.signing[signer or asker]
        return build_ask(self.question(asker), parts, self.tokens(), (), SALT, SEED, key)

    def ask(self, *holders: str, asker: str = "reclassering-midden", signer: str | None = None) -> Ask:
        """Return the request as the coordinator would parse it."""
        return parse_ask(self.request(*holders, asker=asker, signer=signer))

    def hit(self, holder: str, *, shown: bool = False, signer: str | None = None) -> mailbox_pb2.MailContent:
        """Return the mail that tells `holder` of a hit."""
        notice = hit_notice(
            self.ask(holder, signer=signer),
            0,
            shown=shown,
            registrations=[RegistrationId(b"1" * 16)],
            asked_ms=NOW_MS,
        )
        return mailbox_pb2.MailContent(hit=notice)

    def signed(self, act: Act, author: str, signer: str | None = None, sent_ms: int = NOW_MS) -> common_pb2.Signed:
        """Return a statement of `author`; `signer` may be a forger."""
        statement = Statement(CovenantRef(self.covenant.id, 1), os.urandom(16), ParticipantId(author), sent_ms, act)
        signed = build_declare(statement, self.signing[signer or author]).statement
        return common_pb2.Signed(body=signed.body, signature=signed.signature)


def reply_to(
    kit: Kit, request: overlap_pb2.AskRequest, /, known: tuple[str, ...] = (), **changed: object
) -> overlap_pb2.AskReply:
    """Answer as an honest coordinator does; `changed` replaces public fields of the entry."""
    ask = parse_ask(request)
    answers = [
        overlap_pb2.HolderAnswer(
            holder=part.holder,
            known=part.holder in known,
            contact=kit.covenant.participant(part.holder).contact if part.holder in known else "",
            updated_until="2026-11-20",
        )
        for part in ask.parts
    ]
    public = {**_public(kit, ask, answers), **changed}
    sealed = [os.urandom(32) for _part in ask.parts]
    body = entries.build(Event.QUESTION, public, sealed, entries.new_salt())
    return overlap_pb2.AskReply(answers=answers, receipt=common_pb2.Receipt(entry=body))


def _public(kit: Kit, ask: Ask, answers: list[overlap_pb2.HolderAnswer]) -> dict[str, object]:
    question = ask.question
    filled = [
        {
            "holder": part.holder,
            "answer": "known" if answer.known else "no_message",
            "purpose": part.purpose,
            "necessity": part.proportionality,
            "give": part.give_basis,
            "receive": part.receive_basis,
            "inform": part.inform_basis,
            "acting_as": part.acting_as,
            "updated": answer.updated_until,
        }
        for part, answer in zip(ask.parts, answers, strict=True)
    ]
    rows = [{name: value for name, value in row.items() if value} for row in filled]
    return {
        **_always(kit),
        "request": question.question_id.hex(),
        "covenant": question.covenant.id,
        "version": question.covenant.version,
        "purpose": question.purpose,
        "case": question.case_ref.hex(),
        "actor": question.asker,
        "user": question.user_ref.hex(),
        "responsible": question.responsible_ref.hex(),
        "status": "answered",
        "holders": rows,
        "epochs": list(question.epochs),
        "commitment": question.digest.hex(),
        "signature": ask.signature.hex(),
    }


def _always(kit: Kit) -> dict[str, object]:
    return {
        "origin": kit.covenant.coordinator.log_origin,
        "software": "samenloop-coordinator/test",
        "process": "00" * 8,
        "n": 1,
        "start_ms": NOW_MS,
        "end_ms": NOW_MS,
        "clock": "ok",
    }


class Coordinator:
    """A second, small implementation of what a node calls: honest unless told otherwise."""

    def __init__(self, kit: Kit, clock: Clock) -> None:
        self.kit, self.clock = kit, clock
        self.known: set[str] = set()
        self.entries: list[bytes] = []
        self.replies: dict[bytes, bytes] = {}
        self.asked: list[bytes] = []
        self.declared: list[Statement] = []
        self.statements: list[common_pb2.Signed] = []
        self.mail: dict[bytes, mailbox_pb2.MailItem] = {}
        self.acknowledged: list[bytes] = []
        self.cosigned: list[int] = []
        self.shown: list[bytes] = []
        self.faults: list[SamenloopError] = []
        self.lose_replies = 0
        self.change: dict[str, object] = {}
        self.find: list[bytes] = []
        self.counts: dict[str, int] | None = None
        self.epochs = ("2026-1",)
        self.older = b""
        self.witnesses: tuple[str, ...] = ("ggz-midden", "zvh-oost")
        self._day = f"{clock.now():%Y-%m-%d}"
        self._contents: list[ContentKeys] = []
        self.renew_content_keys()

    async def ask(self, request: overlap_pb2.AskRequest) -> overlap_pb2.AskReply:
        self._fault()
        ask = parse_ask(request)
        verify_ask(ask, VerifyKey(self.kit.covenant.participant(ask.question.asker).signing_key))
        self.asked.append(ask.payload_hash)
        stored = self.replies.get(ask.question.question_id)
        if stored is None:
            reply = reply_to(self.kit, request, known=tuple(self.known), **self.change)
            self.entries.append(reply.receipt.entry)
            stored = self.replies[ask.question.question_id] = reply.SerializeToString()
        self._lose()
        return overlap_pb2.AskReply.FromString(stored)

    async def declare(self, request: overlap_pb2.DeclareRequest) -> common_pb2.Receipt:
        self._fault()
        statement = parse_declare(request).statement
        author = self.kit.covenant.participant(statement.author)
        verify_statement(request.statement.body, request.statement.signature, VerifyKey(author.signing_key))
        stored = self.replies.get(statement.request_id)
        if stored is None:
            self.declared.append(statement)
            self.statements.append(request.statement)
            stored = self.replies[statement.request_id] = self._entry(*_declared(statement))
        self._lose()
        return common_pb2.Receipt(entry=stored)

    async def find_own(self, request: overlap_pb2.FindOwnRequest) -> overlap_pb2.FindOwnReply:
        self._fault()
        finding = parse_find_own(request)
        query = finding.query
        public = {"request": query.request_id.hex(), "covenant": query.covenant.id, "actor": query.author}
        entry = self._entry(Event.FIND_OWN, {**public, "commitment": query.digest.hex(), **self.change})
        return overlap_pb2.FindOwnReply(registration_ids=self.find, receipt=common_pb2.Receipt(entry=entry))

    async def get_state(self, request: covenant_pb2.GetStateRequest) -> covenant_pb2.CovenantState:
        return covenant_pb2.CovenantState(
            version=self.kit.covenant.version,
            fingerprint=bytes.fromhex(fingerprint(self.kit.covenant)),
            now_ms=milliseconds(self.clock.now()),
            read_epochs=self.epochs,
            write_epochs=self.epochs,
        )

    async def get_covenant(self, request: covenant_pb2.GetCovenantRequest) -> covenant_pb2.CovenantDocument:
        return self.kit.versions[request.version]

    def renew_content_keys(self) -> None:
        """Seal from now on to the sealing keys that everybody has now."""
        keys = {row.id: self.kit.sealing[row.id].public for row in self.kit.covenant.participants}
        self._contents.append(make_content_keys(self._day, keys, SealingKey.generate().public))

    def post(self, receiver: str, content: mailbox_pb2.MailContent, item_id: bytes | None = None) -> bytes:
        """Put mail into the box of `receiver`."""
        item_id = item_id or os.urandom(16)
        key = self._contents[-1].keys[receiver]
        sealed = seal_fixed(key, pack_mail(content), MAIL_BYTES + 2, item_id + receiver.encode())
        self.mail[item_id] = mailbox_pb2.MailItem(item_id=item_id, key_id=key.key_id, sealed=sealed)
        return item_id

    async def fetch_mail(self, request: mailbox_pb2.FetchRequest) -> mailbox_pb2.FetchReply:
        self._fault()
        wraps = [
            mailbox_pb2.KeyWrap(key_id=one.key_id, wrapped=self._day.encode() + one.for_holder)
            for content in self._contents
            for one in content.wrapped
        ]
        items = list(self.mail.values())[: request.limit]
        return mailbox_pb2.FetchReply(items=items, keys=wraps, more=len(self.mail) > len(items))

    async def acknowledge_mail(self, request: mailbox_pb2.AcknowledgeRequest) -> mailbox_pb2.AcknowledgeReply:
        self._fault()
        for item_id in request.item_ids:
            self.acknowledged.append(item_id)
            self.mail.pop(item_id, None)
        return mailbox_pb2.AcknowledgeReply()

    def head(self) -> bytes:
        """Return the checkpoint over all entries, cosigned by the other witnesses."""
        leaves = [tree.leaf_hash(body) for body in self.entries]
        origin = self.kit.covenant.coordinator.log_origin
        signed = checkpoints.sign(TreeHead(origin, len(leaves), tree.root(leaves)), NoteSigner(origin, self.kit.audit))
        for name in self.witnesses:
            signer = NoteSigner(name, self.kit.raw[name])
            line = checkpoints.cosign(signed, signer, int(self.clock.now().timestamp()))
            signed = checkpoints.add_cosignature(signed, line)
        return signed.format()

    async def get_checkpoint(self, request: audit_pb2.GetCheckpointRequest) -> audit_pb2.Checkpoint:
        self._fault()
        self.shown.append(request.accepted)
        return audit_pb2.Checkpoint(note=self.head(), cosigned=self.older)

    async def get_consistency(self, request: audit_pb2.GetConsistencyRequest) -> audit_pb2.Proof:
        return audit_pb2.Proof(hashes=tree.consistency(request.old_size, request.new_size, self._node()))

    async def get_inclusion(self, request: audit_pb2.GetInclusionRequest) -> audit_pb2.InclusionReply:
        leaves = [tree.leaf_hash(body) for body in self.entries]
        found = [self._inclusion(leaf, leaves, request.tree_size) for leaf in request.leaf_hashes]
        return audit_pb2.InclusionReply(inclusions=found)

    async def cosign(self, request: audit_pb2.CosignRequest) -> audit_pb2.CosignReply:
        self.cosigned.append(request.tree_size)
        return audit_pb2.CosignReply()

    async def count_own(self, request: audit_pb2.CountOwnRequest) -> audit_pb2.CountOwnReply:
        counts = self.counts if self.counts is not None else {}
        return audit_pb2.CountOwnReply(counts=[audit_pb2.EventCount(event=name, count=n) for name, n in counts.items()])

    def certificate_warning(self) -> None:
        """Nothing to warn of: there is no certificate."""

    async def close(self) -> None:
        """Nothing to close."""

    def _inclusion(self, leaf: bytes, leaves: list[bytes], size: int) -> audit_pb2.Inclusion:
        if leaf not in leaves:
            return audit_pb2.Inclusion(found=False)
        index = leaves.index(leaf)
        return audit_pb2.Inclusion(found=True, index=index, hashes=tree.inclusion(index, size, self._node()))

    def _node(self) -> Callable[[int, int], bytes]:
        nodes = tree.extend(tree.Frontier(), [tree.leaf_hash(body) for body in self.entries])[1]
        hashes = {(node.level, node.index): node.hash for node in nodes}
        return lambda level, index: hashes[level, index]

    def _entry(self, event: Event, public: dict[str, object]) -> bytes:
        body = entries.build(event, {**_always(self.kit), **public}, [], entries.new_salt())
        self.entries.append(body)
        return body

    def _fault(self) -> None:
        if self.faults:
            raise self.faults.pop(0)

    def _lose(self) -> None:
        if self.lose_replies:
            self.lose_replies -= 1
            raise SamenloopError(ErrorCode.UNAVAILABLE, "De coördinator is niet bereikbaar.")


def _declared(statement: Statement) -> tuple[Event, dict[str, object]]:
    public: dict[str, object] = {
        "request": statement.request_id.hex(),
        "covenant": statement.covenant.id,
        "actor": statement.author,
    }
    act = statement.act
    if isinstance(act, CaseClosed):
        return Event.CASE_CLOSED, {**public, "case": act.case_ref.hex()}
    if isinstance(act, Letter):
        return Event.LETTER, {**public, "action": "send", "receiver": act.receiver}
    if isinstance(act, Anchor):
        return Event.NODE_ANCHOR, {"actor": statement.author, "anchor": act.digest.hex()}
    assert isinstance(act, Release)
    event = Event.RELEASE_WITHDRAWN if act.withdrawn else Event.RELEASE
    return event, {**public, "question": act.question_id.hex(), "receiver": act.receiver}


class FixedClock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.at = from_milliseconds(NOW_MS)

    def now(self) -> datetime:
        return self.at


def user_of(name: str, *roles: Role) -> User:
    """Return an account that is in order."""
    day = date(2020, 1, 1)
    return User(name, name, frozenset(roles), name, day, day, date(2099, 1, 1))


@pytest.fixture(name="user_of")
def _user_of() -> Callable[..., User]:
    return user_of


def open_node(kit: Kit, participant: str, folder: Path, coordinator: Coordinator) -> App:
    """Open a node of `participant`; a second call on the same folder is a restart."""
    folder.mkdir(exist_ok=True)
    document = canonical(kit.covenant)
    (folder / "covenant.json").write_bytes(document)
    (folder / "accounts.toml").write_text(_ACCOUNTS)
    secrets = folder / "secrets"
    if not secrets.exists():
        kit.raw_files(participant, folder)
        Keyring(secrets).add(EpochId("2026-1"), kit.secret)
    config = NodeConfig(
        participant=participant,
        state=folder / "state",
        socket=folder / "node.sock",
        authorisations=folder / "accounts.toml",
        covenant={"document": folder / "covenant.json", "fingerprint": fingerprint(kit.covenant)},
        tls={"certificate": folder / "c", "key": folder / "k", "ca": folder / "a"},
        keys={
            "signing": folder / "signing.pem",
            "sealing": folder / "sealing.pem",
            "references": folder / "references.key",
            "secrets": secrets,
        },
    )
    app = App.open(config, coordinator.clock)
    return dataclasses.replace(app, connection=coordinator)


_ACCOUNTS = """
[[account]]
name = "anna"
os_user = "anna"
roles = ["case_worker"]
secrecy_statement = 2020-01-01
valid_from = 2020-01-01
valid_until = 2099-01-01
"""


@pytest.fixture(name="clock")
def _clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(name="coordinator")
def _coordinator(kit: Kit, clock: FixedClock) -> Coordinator:
    return Coordinator(kit, clock)


@pytest.fixture(name="node")
def _node(kit: Kit, coordinator: Coordinator, tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Return a function that opens (or restarts) the node of a participant."""
    running: dict[str, App] = {}

    def open_(participant: str) -> App:
        if participant in running:
            running[participant].store.close()
        running[participant] = open_node(kit, participant, tmp_path / participant, coordinator)
        return running[participant]

    yield open_
    for app in running.values():
        app.store.close()


@pytest.fixture(name="kit")
def _kit(consortium: Kit) -> Kit:
    """Return the consortium with a question of its own, so that no test sees what another changed."""
    return dataclasses.replace(consortium, question_id=QuestionId(os.urandom(16)), part_changes={}, versions={})


@pytest.fixture(scope="session", name="consortium")
def _consortium(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    folder = tmp_path_factory.mktemp("keys")
    text = re.sub(r"^#.*$", "", TEMPLATE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    names = sorted(set(re.findall(r"@([a-z0-9_.-]+)@", text)))
    owners = {name.rpartition(".")[0] for name in names if name.endswith(".signing_key")}
    signing = {owner: SigningKey.generate(folder / f"{owner}.signing") for owner in owners}
    sealing = {owner: SealingKey.generate(folder / f"{owner}.sealing") for owner in owners}
    raw = {owner: load_private(folder / f"{owner}.signing") for owner in owners}
    audit = Ed25519PrivateKey.generate()
    values = {name: f"{number:064x}" for number, name in enumerate(names, start=1)}
    values |= {"coordinator.address": "127.0.0.1:9443"}
    values |= {"coordinator.audit_key": audit.public_key().public_bytes_raw().hex()}
    values |= {f"{owner}.signing_key": key.public.hex for owner, key in signing.items()}
    values |= {f"{owner}.sealing_key": key.public.hex for owner, key in sealing.items()}
    return Kit(parse_toml(fill_keys(text, values)), signing, sealing, audit, raw, folder)


@pytest.fixture(name="reply_to")
def _reply_to() -> object:
    return reply_to
