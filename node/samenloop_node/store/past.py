"""What was here and changed or went since, kept for as long as the own log: who had tokens when, which decision held
when, and which hits were shown. For a report of a breach (R-71) and the protocol (art. 32 Wpg), and for nothing else.

Record ids and decision numbers of this partner's own systems, account names and epochs; never facts, fields or tokens.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.model import RegistrationId
from samenloop_node.store import inbox
from samenloop_node.store.inbox import StoredHit

migrations = Migrations("past")
_TABLES = (
    """CREATE TABLE registration_past (
        registration_id BLOB NOT NULL,
        register TEXT NOT NULL,
        record_id TEXT NOT NULL,
        epochs TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        until_ms INTEGER NOT NULL,
        withdrawn INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX registration_past_by_id ON registration_past (registration_id)",
    """CREATE TABLE decision_past (
        registration_id BLOB NOT NULL,
        receiver TEXT NOT NULL,
        reference BLOB NOT NULL,
        number TEXT NOT NULL,
        decided_by TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        until_ms INTEGER
    ) STRICT""",
    "CREATE INDEX decision_past_by_registration ON decision_past (registration_id, receiver)",
    "CREATE INDEX decision_past_by_reference ON decision_past (reference)",
    """CREATE TABLE hit_past (
        question_id BLOB PRIMARY KEY,
        asker TEXT NOT NULL,
        part BLOB NOT NULL,
        shown INTEGER NOT NULL,
        asked_ms INTEGER NOT NULL,
        received_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE hit_past_registration (
        question_id BLOB NOT NULL REFERENCES hit_past (question_id) ON DELETE CASCADE,
        registration_id BLOB NOT NULL,
        PRIMARY KEY (question_id, registration_id)
    ) STRICT, WITHOUT ROWID""",
)


_PURGE = (
    "DELETE FROM registration_past WHERE until_ms < ?",
    "DELETE FROM decision_past WHERE until_ms < ?",
    "DELETE FROM hit_past WHERE asked_ms < ?",
)


@dataclass(frozen=True, slots=True)
class Spell:
    """A registration that had tokens for `epochs` from `since_ms` on; `until_ms` is None while it still has."""

    register: str
    record_id: str
    registration_id: bytes
    epochs: tuple[str, ...]
    since_ms: int
    until_ms: int | None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class HeldDecision:
    """A decision beforehand over one registration for one receiver. `number` and `decided_by` (an account) are those
    of the own systems, or else the keyed references in hex.
    """

    registration_id: bytes
    receiver: str
    reference: bytes
    number: str
    decided_by: str


@migrations()
def past_tables(db: Database) -> None:
    """Make the tables."""
    for table in _TABLES:
        db.execute(table)
    db.execute(
        "INSERT INTO decision_past SELECT registration_id, receiver, reference, lower(hex(reference)),"
        " lower(hex(decider)), 0, NULL FROM beforehand"
    )


def keep_epochs(db: sqlite3.Connection, rows: Iterable[tuple[bytes, Sequence[str]]], now_ms: int) -> None:
    """Keep with which epochs these registrations were here, before others replace them."""
    changed = [(now_ms, identity, ",".join(sorted(epochs))) for identity, epochs in rows]
    db.executemany(
        "INSERT INTO registration_past SELECT r.registration_id, register, record_id, group_concat(epoch), since_ms, ?,"
        " 0 FROM registration r JOIN registration_epoch USING (registration_id) WHERE r.registration_id = ?"
        " GROUP BY r.registration_id HAVING group_concat(epoch) <> ?",
        changed,
    )
    db.executemany(
        "UPDATE registration SET since_ms = ?1 WHERE registration_id = ?2 AND EXISTS (SELECT 1 FROM registration_past p"
        " WHERE p.registration_id = ?2 AND p.until_ms = ?1)",
        [(now_ms, identity) for _now, identity, _epochs in changed],
    )


def keep_withdrawn(db: sqlite3.Connection, registration_ids: Sequence[bytes], now_ms: int) -> None:
    """Keep that these registrations were here, before they are removed; their decisions end."""
    db.executemany(
        "INSERT INTO registration_past SELECT r.registration_id, register, record_id,"
        " coalesce(group_concat(epoch), ''), since_ms, ?, 1"
        " FROM registration r LEFT JOIN registration_epoch USING (registration_id)"
        " WHERE r.registration_id = ? GROUP BY r.registration_id",
        [(now_ms, identity) for identity in registration_ids],
    )
    for identity in registration_ids:
        keep_decisions(db, identity, (), now_ms)


def withdrawn_since(db: sqlite3.Connection, register: str, since_ms: int) -> int:
    """Return how many registrations of a register were withdrawn since a moment."""
    row = db.execute(
        "SELECT count(*) FROM registration_past WHERE register = ? AND withdrawn = 1 AND until_ms >= ?",
        (register, since_ms),
    ).fetchone()
    return int(row[0])


def keep_decisions(db: sqlite3.Connection, registration_id: bytes, held: Sequence[HeldDecision], now_ms: int) -> None:
    """Keep which decisions hold over a registration from now on; the others end."""
    rows = db.execute(
        "SELECT receiver, reference FROM decision_past WHERE registration_id = ? AND until_ms IS NULL",
        (registration_id,),
    )
    before, now = set(rows), {(one.receiver, one.reference) for one in held}
    db.executemany(
        "UPDATE decision_past SET until_ms = ? WHERE registration_id = ? AND receiver = ? AND reference = ?"
        " AND until_ms IS NULL",
        [(now_ms, registration_id, *gone) for gone in before - now],
    )
    db.executemany(
        "INSERT INTO decision_past VALUES (?, ?, ?, ?, ?, ?, NULL)",
        [
            (registration_id, one.receiver, one.reference, one.number, one.decided_by, now_ms)
            for one in held
            if (one.receiver, one.reference) not in before
        ],
    )


def name_decision(db: sqlite3.Connection, reference: bytes, number: str, decided_by: str) -> None:
    """Keep the number of a decision that holds, and who took it."""
    db.execute(
        "UPDATE decision_past SET number = ?, decided_by = ? WHERE reference = ? AND until_ms IS NULL",
        (number, decided_by, reference),
    )


def spells(db: sqlite3.Connection) -> list[Spell]:
    """Return all registrations that are or were here, by record id."""
    rows = db.execute(
        "SELECT register, record_id, r.registration_id, coalesce(group_concat(epoch), ''), since_ms, NULL, 0"
        " FROM registration r LEFT JOIN registration_epoch USING (registration_id) GROUP BY r.registration_id"
        " UNION ALL SELECT register, record_id, registration_id, epochs, since_ms, until_ms, withdrawn"
        " FROM registration_past ORDER BY 1, 2"
    )
    return [_spell(*row) for row in rows]


def record_of(db: sqlite3.Connection, registration_id: bytes) -> str:
    """Return `register/record id` of a registration that is or was here, empty when that is not known any more."""
    row = db.execute(
        "SELECT register, record_id FROM registration WHERE registration_id = ?1 UNION ALL"
        " SELECT register, record_id FROM registration_past WHERE registration_id = ?1 LIMIT 1",
        (registration_id,),
    ).fetchone()
    return f"{row[0]}/{row[1]}" if row else ""


def find_decision(db: sqlite3.Connection, reference: bytes) -> HeldDecision | None:
    """Return a decision that holds or held, or None."""
    row = db.execute(
        "SELECT registration_id, receiver, reference, number, decided_by FROM decision_past WHERE reference = ?"
        " ORDER BY since_ms DESC LIMIT 1",
        (reference,),
    ).fetchone()
    return HeldDecision(*row) if row else None


def decisions_at(db: sqlite3.Connection, hit: StoredHit) -> list[HeldDecision]:
    """Return the decisions beforehand that held for the asker of a hit when he asked, or when this node heard of it."""
    found = []
    for registration in hit.registrations:
        rows = db.execute(
            "SELECT registration_id, receiver, reference, number, decided_by FROM decision_past"
            " WHERE registration_id = ? AND receiver = ? AND since_ms <= ? AND coalesce(until_ms, ?) >= ?",
            (registration, hit.asker, hit.received_ms, hit.asked_ms, hit.asked_ms),
        )
        found += [HeldDecision(*row) for row in rows]
    return found


def keep_hit(db: sqlite3.Connection, question_id: bytes) -> None:
    """Keep of a hit that was disclosed what a protocol needs, before it is removed."""
    kept = db.execute(
        "INSERT OR IGNORE INTO hit_past SELECT question_id, asker, part, shown, asked_ms, received_ms FROM hit"
        " WHERE question_id = ? AND disclosed = 1",
        (question_id,),
    )
    if kept.rowcount == 1:
        db.execute(
            "INSERT INTO hit_past_registration SELECT * FROM hit_registration WHERE question_id = ?", (question_id,)
        )


def hits(db: sqlite3.Connection) -> list[StoredHit]:
    """Return all hits that are here, and the disclosed ones that were."""
    gone = db.execute("SELECT question_id, asker, part, shown, asked_ms, received_ms FROM hit_past").fetchall()
    return [*inbox.list_hits(db), *(_gone(db, row) for row in gone)]


def find_hit(db: sqlite3.Connection, question_id: bytes) -> StoredHit | None:
    """Return a hit that is here, or a disclosed one that was; None when there is none."""
    row = db.execute(
        "SELECT question_id, asker, part, shown, asked_ms, received_ms FROM hit_past WHERE question_id = ?",
        (question_id,),
    ).fetchone()
    return inbox.find_hit(db, question_id) or (_gone(db, row) if row else None)


def purge(db: sqlite3.Connection, before_ms: int) -> int:
    """Remove what went before a moment; returns how many rows."""
    return sum(db.execute(statement, (before_ms,)).rowcount for statement in _PURGE)


def _gone(db: sqlite3.Connection, row: tuple[bytes, str, bytes, int, int, int]) -> StoredHit:
    question_id, asker, part, shown, asked_ms, received_ms = row
    ids = db.execute("SELECT registration_id FROM hit_past_registration WHERE question_id = ?", (question_id,))
    return StoredHit(
        question_id=question_id,
        asker=asker,
        part=part,
        shown=bool(shown),
        more=False,
        asked_ms=asked_ms,
        received_ms=received_ms,
        state="lapsed",
        registrations=tuple(RegistrationId(one[0]) for one in ids),
        disclosed=True,
    )


def _spell(
    register: str, record_id: str, identity: bytes, epochs: str, since_ms: int, until_ms: int | None, withdrawn: int
) -> Spell:
    named = tuple(filter(None, epochs.split(",")))
    return Spell(register, record_id, identity, named, since_ms, until_ms, withdrawn=bool(withdrawn))
