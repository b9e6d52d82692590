"""What the mailbox brought: real hits of others' questions, letters about cases, and what this node declares itself.

Names of people are in none of these tables. A dummy item leaves no row here and no line in any log.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.model import RegistrationId

migrations = Migrations("inbox")
_TABLES = (
    """CREATE TABLE hit (
        question_id BLOB PRIMARY KEY CHECK (length(question_id) = 16),
        asker TEXT NOT NULL,
        part BLOB NOT NULL,
        shown INTEGER NOT NULL,
        more INTEGER NOT NULL,
        asked_ms INTEGER NOT NULL,
        received_ms INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('shown', 'hidden', 'released', 'withheld', 'lapsed')),
        decided_by TEXT NOT NULL DEFAULT '',
        decided_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE TABLE hit_registration (
        question_id BLOB NOT NULL REFERENCES hit (question_id),
        registration_id BLOB NOT NULL,
        PRIMARY KEY (question_id, registration_id)
    ) STRICT""",
    """CREATE TABLE case_letter (
        network TEXT NOT NULL,
        registration_id BLOB NOT NULL,
        case_number TEXT NOT NULL,
        received_ms INTEGER NOT NULL,
        PRIMARY KEY (network, registration_id)
    ) STRICT""",
    "CREATE INDEX case_letter_by_case ON case_letter (case_number)",
    """CREATE TABLE declaration (
        request_id BLOB PRIMARY KEY CHECK (length(request_id) = 16),
        kind TEXT NOT NULL,
        request BLOB NOT NULL,
        subject TEXT NOT NULL,
        made_ms INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused'))
    ) STRICT""",
)


@migrations()
def inbox_tables(db: Database) -> None:
    """Make the tables of hits, letters and declarations."""
    for table in _TABLES:
        db.execute(table)


@migrations()
def hit_disclosed(db: Database) -> None:
    """Remember that a hit was shown to its asker, also after it was taken back or lapsed (R-50, R-65)."""
    db.execute("ALTER TABLE hit ADD COLUMN disclosed INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE hit SET disclosed = 1 WHERE shown = 1 OR state IN ('shown', 'released')")


@dataclass(frozen=True, slots=True)
class StoredHit:
    """A hit of another participant's question on registrations of this holder. `disclosed`: its asker was shown it."""

    question_id: bytes
    asker: str
    part: bytes
    shown: bool
    more: bool
    asked_ms: int
    received_ms: int
    state: str
    registrations: tuple[RegistrationId, ...] = ()
    decided_by: str = ""
    decided_ms: int = 0
    disclosed: bool = False


@dataclass(frozen=True, slots=True)
class StoredDeclaration:
    """A signed declaration: stored first, sent until the coordinator has it. `subject` is an id of this node's own."""

    request_id: bytes
    kind: str
    request: bytes
    subject: str
    made_ms: int
    state: str = "open"


def add_hit(db: sqlite3.Connection, hit: StoredHit) -> bool:
    """Store a hit; returns False when this question was received before."""
    added = db.execute(
        "INSERT OR IGNORE INTO hit (question_id, asker, part, shown, more, asked_ms, received_ms, state, disclosed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(hit.question_id, hit.asker, hit.part, int(hit.shown), int(hit.more)),
            *(hit.asked_ms, hit.received_ms, hit.state, int(hit.shown)),
        ),
    )
    if added.rowcount == 1:
        db.executemany(
            "INSERT OR IGNORE INTO hit_registration VALUES (?, ?)",
            [(hit.question_id, registration) for registration in hit.registrations],
        )
    return added.rowcount == 1


def list_hits(db: sqlite3.Connection, states: Sequence[str] = ()) -> list[StoredHit]:
    """Return hits, newest first; `states` narrows them."""
    wanted = states or ("shown", "hidden", "released", "withheld", "lapsed")
    marks = ", ".join("?" * len(wanted))
    rows = db.execute(f"{_HIT} WHERE state IN ({marks}) ORDER BY asked_ms DESC", tuple(wanted)).fetchall()
    return [_hit(db, row) for row in rows]


def find_hit(db: sqlite3.Connection, question_id: bytes) -> StoredHit | None:
    """Return one hit, or None."""
    row = db.execute(f"{_HIT} WHERE question_id = ?", (question_id,)).fetchone()
    return _hit(db, row) if row else None


def decide_hit(db: sqlite3.Connection, question_id: bytes, state: str, decided_by: str, now_ms: int) -> None:
    """Store what the decision-maker decided about one hit."""
    db.execute(
        "UPDATE hit SET state = ?, decided_by = ?, decided_ms = ?, disclosed = disclosed OR ? = 'released'"
        " WHERE question_id = ?",
        (state, decided_by, now_ms, state, question_id),
    )


def undo_release(db: sqlite3.Connection, question_id: bytes) -> None:
    """Hide a hit again whose release the coordinator refused. Its asker saw it only if it was shown at once, or by an
    earlier release, which was then taken back.
    """
    db.execute(
        "UPDATE hit SET disclosed = shown OR EXISTS"
        " (SELECT 1 FROM declaration WHERE subject = ? AND kind = 'release_withdrawn') WHERE question_id = ?",
        (question_id.hex(), question_id),
    )
    db.execute(
        "UPDATE hit SET state = 'hidden', decided_by = '', decided_ms = 0 WHERE question_id = ? AND state = 'released'",
        (question_id,),
    )


def lapse_hit(db: sqlite3.Connection, question_id: bytes) -> None:
    """Note that the case of a hit was closed: nothing is decided about it any more."""
    db.execute("UPDATE hit SET state = 'lapsed' WHERE question_id = ?", (question_id,))


def disclosed_hits(db: sqlite3.Connection) -> list[StoredHit]:
    """Return the hits that their askers were shown, newest first, also what was taken back or lapsed since."""
    rows = db.execute(f"{_HIT} WHERE disclosed = 1 ORDER BY asked_ms DESC").fetchall()
    return [_hit(db, row) for row in rows]


def add_case_letter(
    db: sqlite3.Connection, network: str, registration_id: bytes, case_number: str, now_ms: int
) -> None:
    """Store that a case list holds this registration for this case of ours."""
    db.execute("INSERT OR IGNORE INTO case_letter VALUES (?, ?, ?, ?)", (network, registration_id, case_number, now_ms))


def count_listed(db: sqlite3.Connection) -> int:
    """Return how many own cases stand on the list of a Veiligheidshuis, as the case nodes told by letter."""
    return int(db.execute("SELECT count(*) FROM case_letter").fetchone()[0])


def listed_registrations(db: sqlite3.Connection, case_number: str) -> dict[RegistrationId, str]:
    """Return registration id -> network for a case of ours, as the networks' letters said."""
    rows = db.execute("SELECT registration_id, network FROM case_letter WHERE case_number = ?", (case_number,))
    return {RegistrationId(row[0]): row[1] for row in rows}


def erase_letters(db: sqlite3.Connection, case_number: str) -> None:
    """Erase the letters of a closed case."""
    db.execute("DELETE FROM case_letter WHERE case_number = ?", (case_number,))


def add_declaration(db: sqlite3.Connection, row: StoredDeclaration) -> None:
    """Store a signed declaration before it is sent."""
    db.execute(
        "INSERT INTO declaration (request_id, kind, request, subject, made_ms, state) VALUES (?, ?, ?, ?, ?, 'open')",
        (row.request_id, row.kind, row.request, row.subject, row.made_ms),
    )


def open_declarations(db: sqlite3.Connection) -> list[StoredDeclaration]:
    """Return declarations that the coordinator has not confirmed yet, oldest first."""
    rows = db.execute(
        "SELECT request_id, kind, request, subject, made_ms, state FROM declaration"
        " WHERE state = 'open' ORDER BY made_ms, rowid"
    )
    return [StoredDeclaration(*row) for row in rows]


def is_open(db: sqlite3.Connection, request_id: bytes) -> bool:
    """Say whether a declaration is still to be sent: another may have sent, renewed or dropped it."""
    return bool(
        db.execute("SELECT 1 FROM declaration WHERE request_id = ? AND state = 'open'", (request_id,)).fetchone()
    )


def renew_declaration(db: sqlite3.Connection, request_id: bytes, renewed: StoredDeclaration) -> bool:
    """Replace an open declaration by the same act signed anew, which keeps its turn; False when it is closed by now."""
    done = db.execute(
        "UPDATE declaration SET request_id = ?, request = ? WHERE request_id = ? AND state = 'open'",
        (renewed.request_id, renewed.request, request_id),
    )
    return done.rowcount == 1


def close_declaration(db: sqlite3.Connection, request_id: bytes, state: str) -> bool:
    """Mark an open declaration done or refused; its body is no longer needed. False when it was closed before."""
    done = db.execute(
        "UPDATE declaration SET state = ?, request = x'' WHERE request_id = ? AND state = 'open'", (state, request_id)
    )
    return done.rowcount == 1


def drop_release(db: sqlite3.Connection, question_id: bytes) -> None:
    """Close a release that may not have left yet: it is taken back, and is not sent again after that."""
    db.execute(
        "UPDATE declaration SET state = 'refused', request = x''"
        " WHERE subject = ? AND kind = 'release' AND state = 'open'",
        (question_id.hex(),),
    )


_HIT = (
    "SELECT question_id, asker, part, shown, more, asked_ms, received_ms, state, decided_by, decided_ms, disclosed"
    " FROM hit"
)


def _hit(db: sqlite3.Connection, row: Any) -> StoredHit:
    found = db.execute("SELECT registration_id FROM hit_registration WHERE question_id = ?", (row[0],))
    registrations = tuple(RegistrationId(one[0]) for one in found)
    values: list[Any] = [*row[:3], bool(row[3]), bool(row[4]), *row[5:8], registrations, *row[8:10], bool(row[10])]
    return StoredHit(*values)
