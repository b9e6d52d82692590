"""A small log with everything in it: questions with three sealed halves, refusals, witnesses. Test-only keys."""

import dataclasses
import random
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from samenloop.audit import anchor as anchors
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry, export, half, log, seal, sqlite, sqlite_tree
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.seal import ContentKeys
from samenloop.audit.stamp import Stamper
from samenloop.clock import milliseconds
from samenloop.covenant import canonical, fill_keys, parse_toml
from samenloop.keys import SealingKey

ORIGIN = "log.demo.example/2026"
HOLDERS = ("ggz-midden", "politie-midden", "reclassering-midden")
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TEMPLATE = Path(__file__).parents[2] / "deploy" / "demo" / "covenant.toml"


def signing_key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def sealing_key(number: int) -> SealingKey:
    return SealingKey(X25519PrivateKey.from_private_bytes(bytes([number]) * 32))


SIGNER = NoteSigner(ORIGIN, signing_key(1))
AUDITOR = sealing_key(100)
SEALING = {name: sealing_key(number) for number, name in enumerate(HOLDERS, start=101)}
WITNESSES = {name: NoteSigner(name, signing_key(number)) for number, name in enumerate(HOLDERS, start=201)}


@dataclass
class TestClock:
    """A clock that moves when it is told to."""

    __test__ = False
    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


def covenant_bytes() -> bytes:
    """Return the demo covenant in canonical form, with the test keys of this log."""
    text = TEMPLATE.read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"@([a-z0-9_.-]+)@", text)))
    filled = parse_toml(fill_keys(text, {name: _place(name, number) for number, name in enumerate(names, start=1)}))
    keys = {name: signer.public_key().hex() for name, signer in WITNESSES.items()}
    people = tuple(
        dataclasses.replace(one, signing_key=keys.get(one.id, one.signing_key)) for one in filled.participants
    )
    coordinator = dataclasses.replace(filled.coordinator, audit_key=SIGNER.public_key().hex(), log_origin=ORIGIN)
    auditor = dataclasses.replace(filled.auditor, sealing_key=AUDITOR.public.hex)
    return canonical(dataclasses.replace(filled, participants=people, coordinator=coordinator, auditor=auditor))


def _place(name: str, number: int) -> str:
    return "127.0.0.1:9443" if name == "coordinator.address" else f"{number:064x}"


COVENANT = covenant_bytes()
ANCHOR: TrustAnchor = anchors.from_document(COVENANT)


@dataclass
class World:
    """A coordinator's two databases in one folder."""

    folder: Path
    clock: TestClock = field(default_factory=TestClock)
    source: random.Random = field(default_factory=lambda: random.Random(7))
    process: str = "00" * 7 + "01"

    def __post_init__(self) -> None:
        if not (self.folder / "main.db").exists():
            connection = self.connect()
            sqlite.create_log_tables(connection)
            connection.close()
            sqlite_tree.create_tree_file(self.folder / "tree.db", log.empty_checkpoint(SIGNER).format())
        self.open()

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.folder / "main.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = wal")
        return connection

    def open(self) -> None:
        """Start: open both files as a new process would."""
        self.connection = self.connect()
        self.entries = sqlite.SqliteEntries(self.connection)
        self.tree = sqlite_tree.open_tree_file(self.folder / "tree.db")
        self.stamper = Stamper(self.clock, process=self.process)
        self.head = log.open_head(self.entries, self.tree, SIGNER)
        self.keys: ContentKeys | None = None

    def close(self) -> None:
        self.connection.close()
        self.tree.close()

    def append(self, event: Event, public: dict[str, object], sealed: tuple[bytes, ...] = (), salt: bytes = b"") -> int:
        body = entry.build(
            event,
            {"origin": ORIGIN, "software": "0.1.0", **self.stamper.stamp(), **public},
            [entry.sealed_hash(one) for one in sealed],
            salt or self.source.randbytes(16),
        )
        self.connection.execute("BEGIN IMMEDIATE")
        seq = sqlite.append(self.connection, body, sealed)
        self.connection.execute("COMMIT")
        return seq

    def start(self) -> None:
        """Append the start entry and the content keys of the day."""
        self.append(Event.START, {"size": 0})
        day = self.clock.now().date().isoformat()
        self.keys = seal.make_content_keys(day, {name: key.public for name, key in SEALING.items()}, AUDITOR.public)
        self.append(Event.CONTENT_KEY, self.keys.public())

    def question(self, actor: str = "burgemeester-middelstad", hit: str = "none") -> int:
        """Append a question to three holders; the first of them has result `hit`."""
        assert self.keys is not None
        self.clock.advance(seconds=7)
        salt = self.source.randbytes(16)
        results = dict.fromkeys(HOLDERS, "none") | {HOLDERS[0]: hit}
        sealed = tuple(self.keys.seal(name, half.encode({"result": result}), salt) for name, result in results.items())
        return self.append(Event.QUESTION, self.question_fields(actor, hit), sealed, salt)

    def question_fields(self, actor: str, hit: str = "none") -> dict[str, object]:
        return {
            "request": self.source.randbytes(16).hex(),
            "covenant": "zvh-demo",
            "version": 1,
            "purpose": "casusoverleg",
            "case": self.source.randbytes(16).hex(),
            "user": self.source.randbytes(16).hex(),
            "actor": actor,
            "status": "answered",
            "epochs": ["2026-1"],
            "holders": [
                {"holder": name, "answer": "known" if hit == "shown" and name == HOLDERS[0] else "no_message"}
                for name in HOLDERS
            ],
        }

    def refusal(self, actor: str = "politie-midden") -> int:
        self.clock.advance(seconds=3)
        return self.append(Event.REFUSE, {"actor": actor, "status": "refused", "rule": "R-25"})

    def integrate(self) -> checkpoints.Checkpoint:
        return log.integrate(self.entries, self.tree, SIGNER)

    def cosign(self, *names: str) -> None:
        """Let witnesses cosign the present head."""
        head = checkpoints.parse(self.tree.head())
        seconds = int(self.clock.now().timestamp())
        for name in names:
            line = checkpoints.cosign(head, WITNESSES[name], seconds).line()
            log.accept_cosignature(self.tree, line, head.size, SIGNER, ANCHOR.witnesses, seconds * 1000)

    def fill(self, questions: int) -> None:
        """Append a start, questions and refusals, with signed and cosigned checkpoints on the way."""
        self.start()
        for number in range(questions):
            self.question(hit=("none", "shown", "hidden")[number % 3])
            if number % 5 == 4:
                self.refusal()
                self.integrate()
                self.cosign(HOLDERS[number % 3])
        self.integrate()
        self.cosign(*HOLDERS[:2])

    def purge_until(self, last: int, term_days: int) -> None:
        """Purge entries 0 to `last`."""
        fields = {"first": 0, "last": last, "term_days": term_days, "origin": ORIGIN, "software": "0.1.0"}
        body = entry.build(Event.PURGE, {**fields, **self.stamper.stamp()}, (), self.source.randbytes(16))
        self.connection.execute("BEGIN IMMEDIATE")
        purged = sqlite.purge(self.connection, body, checkpoints.parse(self.tree.head()).size)
        self.connection.execute("COMMIT")
        self.tree.forget(purged.first, purged.last)

    def export(self, root: Path) -> Path:
        export.write_export(root, (self.entries, self.tree), SIGNER, [COVENANT], milliseconds(self.clock.now()))
        return root
