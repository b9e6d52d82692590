"""What this node registered: per record of a register its random registration id, keyed digests, fact codes and dates.

A registration is *settled* when its digests say what the coordinator holds. Before anything is sent its digests are
emptied (`unsettle`), and filled again with the reply (`settle`): after a crash an unsettled one is simply sent again
under the same id.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.clock import from_milliseconds
from samenloop_node.store import decided, past
from samenloop_node.store.past import HeldDecision

migrations = Migrations("registrations")


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration as stored. Its digests are empty while unsettled; `epochs` are those it has tokens for.

    `added_ms` is when it was first on its way out, `changed_ms` when it was last confirmed.
    """

    register: str
    record_id: str
    registration_id: bytes
    row_digest: bytes
    facts_digest: bytes
    facts: str
    case_number: str
    frozen: bool
    epochs: frozenset[str]
    added_ms: int = 0
    changed_ms: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision beforehand as applied (R-76): keyed references of 32 bytes, ISO dates; one row per receiver."""

    registration_id: bytes
    receiver: str
    reference: bytes
    decider: bytes
    decided_on: str
    valid_until: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What the coordinator confirmed for one registration; `epochs` is None when the tokens stayed as they were."""

    registration_id: bytes
    row_digest: bytes
    facts_digest: bytes
    facts: str
    case_number: str
    epochs: Sequence[str] | None
    decisions: tuple[Decision, ...]
    at_ms: int


@migrations()
def registration_tables(db: Database) -> None:
    """Make the tables of registrations, of the epochs that they have tokens for, and of decisions beforehand."""
    db.execute(
        "CREATE TABLE registration (register TEXT NOT NULL, record_id TEXT NOT NULL, registration_id BLOB NOT NULL "
        "UNIQUE,"
        " row_digest BLOB NOT NULL, facts_digest BLOB NOT NULL, facts TEXT NOT NULL, case_number TEXT NOT NULL,"
        " frozen INTEGER NOT NULL, changed_ms INTEGER NOT NULL, PRIMARY KEY (register, record_id)) STRICT"
    )
    db.execute(
        "CREATE TABLE registration_epoch (registration_id BLOB NOT NULL REFERENCES registration (registration_id)"
        " ON DELETE CASCADE, epoch TEXT NOT NULL, PRIMARY KEY (registration_id, epoch)) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE beforehand (registration_id BLOB NOT NULL REFERENCES registration (registration_id)"
        " ON DELETE CASCADE, receiver TEXT NOT NULL, reference BLOB NOT NULL, decider BLOB NOT NULL, decided_on "
        "TEXT NOT NULL,"
        " valid_until TEXT NOT NULL, PRIMARY KEY (registration_id, receiver)) STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE INDEX beforehand_reference ON beforehand (reference)")
    db.execute("CREATE INDEX beforehand_decider ON beforehand (decider, decided_on)")


@migrations()
def registration_since(db: Database) -> None:
    """Remember since when a registration is here with its epochs; 0 for those of before: as long as anybody asks."""
    db.execute("ALTER TABLE registration ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0")


@migrations()
def registration_added(db: Database) -> None:
    """Remember when a registration was first on its way out; 0 for those of before."""
    db.execute("ALTER TABLE registration ADD COLUMN added_ms INTEGER NOT NULL DEFAULT 0")


_COLUMNS = (
    "register, record_id, registration_id, row_digest, facts_digest, facts, case_number, frozen, added_ms, changed_ms"
)


def find(db: sqlite3.Connection, register: str, record_id: str) -> Registration | None:
    """Return the registration of a record, or None."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM registration WHERE register = ? AND record_id = ?",  # noqa: S608 - fixed column list
        (register, record_id),
    ).fetchone()
    return _registration(db, row) if row else None


def by_id(db: sqlite3.Connection, registration_id: bytes) -> Registration | None:
    """Return a registration by its random id, or None."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM registration WHERE registration_id = ?",  # noqa: S608 - fixed column list
        (registration_id,),
    ).fetchone()
    return _registration(db, row) if row else None


def count(db: sqlite3.Connection, register: str) -> int:
    """Return how many registrations a register has."""
    return int(db.execute("SELECT count(*) FROM registration WHERE register = ?", (register,)).fetchone()[0])


def record_ids(db: sqlite3.Connection, register: str) -> Iterator[str]:
    """Return the record ids of a register."""
    return (row[0] for row in db.execute("SELECT record_id FROM registration WHERE register = ?", (register,)))


def between(db: sqlite3.Connection, register: str, after: bytes, until: bytes) -> dict[bytes, tuple[str, bool]]:
    """Return record id, and whether it is settled, by the registration ids of a register behind `after` up to and with
    `until`.
    """
    rows = db.execute(
        "SELECT registration_id, record_id, row_digest <> x'' FROM registration WHERE registration_id > ?"
        " AND registration_id <= ? AND register = ?",
        (after, until, register),
    )
    return {identity: (record_id, bool(settled)) for identity, record_id, settled in rows}


def without_epoch(db: sqlite3.Connection, epoch: str) -> list[tuple[str, str]]:
    """Return (register, record id) of all registrations without tokens for `epoch`."""
    rows = db.execute(
        "SELECT register, record_id FROM registration r WHERE NOT EXISTS (SELECT 1 FROM registration_epoch e"
        " WHERE e.registration_id = r.registration_id AND e.epoch = ?) ORDER BY register, record_id",
        (epoch,),
    )
    return list(rows)


def count_only_in(db: sqlite3.Connection, epoch: str) -> int:
    """Return how many registrations have tokens for no other epoch than this one."""
    row = db.execute(
        "SELECT count(*) FROM registration r WHERE NOT EXISTS (SELECT 1 FROM registration_epoch e"
        " WHERE e.registration_id = r.registration_id AND e.epoch <> ?)",
        (epoch,),
    ).fetchone()
    return int(row[0])


def unsettle(db: sqlite3.Connection, rows: Iterable[tuple[str, str, bytes]], now_ms: int) -> None:
    """Note that these (register, record id, registration id) are on their way out; new ones are added."""
    db.executemany(
        "INSERT INTO registration VALUES (?, ?, ?, x'', x'', '', '', 0, ?4, ?4, ?4)"
        " ON CONFLICT (register, record_id) DO UPDATE SET row_digest = x'', facts_digest = x''",
        [(*row, now_ms) for row in rows],
    )


def settle(db: sqlite3.Connection, confirmed: Sequence[Settled]) -> None:
    """Store what the coordinator now holds for these registrations, with what it held before (`past`), and count the
    decisions that are new to it.
    """
    _count_new(db, confirmed)
    db.executemany(
        "UPDATE registration SET row_digest = ?, facts_digest = ?, facts = ?, case_number = ?, changed_ms = ?"
        " WHERE registration_id = ?",
        [(s.row_digest, s.facts_digest, s.facts, s.case_number, s.at_ms, s.registration_id) for s in confirmed],
    )
    for s in confirmed:
        past.keep_decisions(db, s.registration_id, [_held(one) for one in s.decisions], s.at_ms)
        past.keep_epochs(db, [(s.registration_id, s.epochs)] if s.epochs is not None else [], s.at_ms)
    replaced = [(s.registration_id,) for s in confirmed if s.epochs is not None]
    db.executemany("DELETE FROM registration_epoch WHERE registration_id = ?", replaced)
    db.executemany(
        "INSERT INTO registration_epoch VALUES (?, ?)",
        [(s.registration_id, epoch) for s in confirmed for epoch in s.epochs or ()],
    )
    db.executemany("DELETE FROM beforehand WHERE registration_id = ?", [(s.registration_id,) for s in confirmed])
    db.executemany(
        "INSERT INTO beforehand VALUES (?, ?, ?, ?, ?, ?)",
        [
            (d.registration_id, d.receiver, d.reference, d.decider, d.decided_on, d.valid_until)
            for s in confirmed
            for d in s.decisions
        ],
    )


def withdrawn(db: sqlite3.Connection, registration_ids: Sequence[bytes], now_ms: int) -> None:
    """Remove registrations that the coordinator withdrew; that they were here is kept (`past`)."""
    past.keep_withdrawn(db, registration_ids, now_ms)
    remove(db, registration_ids)


def _held(one: Decision) -> HeldDecision:
    return HeldDecision(one.registration_id, one.receiver, one.reference, one.reference.hex(), one.decider.hex())


def _count_new(db: sqlite3.Connection, confirmed: Sequence[Settled]) -> None:
    for settled in confirmed:
        new = {d.reference: d.decider for d in settled.decisions if decision_owner(db, d.reference) is None}
        decided.count(db, Counter(new.values()), from_milliseconds(settled.at_ms).date().isoformat())


def remove(db: sqlite3.Connection, registration_ids: Iterable[bytes]) -> None:
    """Forget registrations that the coordinator never took."""
    db.executemany("DELETE FROM registration WHERE registration_id = ?", [(value,) for value in registration_ids])


def decisions(db: sqlite3.Connection, registration_id: bytes) -> tuple[Decision, ...]:
    """Return the decisions beforehand of a registration."""
    rows = db.execute(
        "SELECT registration_id, receiver, reference, decider, decided_on, valid_until FROM beforehand"
        " WHERE registration_id = ? ORDER BY receiver",
        (registration_id,),
    )
    return tuple(Decision(*row) for row in rows)


def decided_beforehand(db: sqlite3.Connection, today: str) -> list[tuple[str, str, Decision]]:
    """Return (register, record id, decision) of all decisions beforehand that have not ended, per receiver."""
    rows = db.execute(
        "SELECT r.register, r.record_id, b.registration_id, b.receiver, b.reference, b.decider, b.decided_on,"
        " b.valid_until FROM beforehand b JOIN registration r USING (registration_id) WHERE b.valid_until >= ?"
        " ORDER BY r.register, r.record_id, b.receiver",
        (today,),
    )
    return [(row[0], row[1], Decision(*row[2:])) for row in rows]


def decision_owner(db: sqlite3.Connection, reference: bytes) -> bytes | None:
    """Return the registration that a decision reference was used for, or None."""
    row = db.execute("SELECT registration_id FROM beforehand WHERE reference = ? LIMIT 1", (reference,)).fetchone()
    return row[0] if row else None


def _registration(
    db: sqlite3.Connection, row: tuple[str, str, bytes, bytes, bytes, str, str, int, int, int]
) -> Registration:
    epochs = db.execute("SELECT epoch FROM registration_epoch WHERE registration_id = ?", (row[2],))
    return Registration(*row[:7], bool(row[7]), frozenset(epoch for (epoch,) in epochs), *row[8:])


def remove_never_settled(db: sqlite3.Connection, registration_ids: Iterable[bytes]) -> int:
    """Forget registrations that the coordinator refused and never held before, and return how many; others stay,
    unsettled.
    """
    cursor = db.executemany(
        "DELETE FROM registration WHERE registration_id = ? AND facts = ''", [(value,) for value in registration_ids]
    )
    return cursor.rowcount if cursor.rowcount > 0 else 0


def set_frozen(db: sqlite3.Connection, registration_id: bytes, *, frozen: bool) -> None:
    """Store that a registration stands still because of an objection or a restriction (R-67), or no longer does."""
    db.execute("UPDATE registration SET frozen = ? WHERE registration_id = ?", (int(frozen), registration_id))
