"""What this node accepted of the coordinator's log, its own entries' proofs, and who else cosigned. Hashes only."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.audit.tree import EMPTY_ROOT
from samenloop.audit.vouching import Looked, Vouching, vouch
from samenloop.audit.witness import Reason, WitnessState

migrations = Migrations("witness")
MOST_CONTRADICTIONS = 100


@dataclass(frozen=True, slots=True)
class OwnProof:
    """An own entry found in the log: leaf hash (32 bytes), event code, UTC day of the entry, and a tlog-proof."""

    leaf: bytes
    event: str
    day: str
    proof: bytes


@dataclass(frozen=True, slots=True)
class Contradiction:
    """At `at_ms` (Unix ms) the coordinator showed the checkpoint `shown`, which does not go with `accepted`."""

    at_ms: int
    reason: str
    accepted: bytes
    shown: bytes


@migrations()
def witness_tables(db: Database) -> None:
    """Make the tables of the accepted state, own proofs and cosignatures."""
    db.execute(
        "CREATE TABLE witness (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, root BLOB NOT NULL,"
        " note BLOB NOT NULL, since_ms INTEGER NOT NULL, advanced_ms INTEGER NOT NULL, stopped TEXT NOT NULL,"
        " counted_day TEXT NOT NULL DEFAULT '') STRICT"
    )
    db.execute("CREATE TABLE cosignature (witness TEXT PRIMARY KEY, seconds INTEGER NOT NULL) STRICT")
    db.execute(
        "CREATE TABLE own_proof (leaf BLOB PRIMARY KEY, event TEXT NOT NULL, day TEXT NOT NULL, proof BLOB NOT NULL)"
        " STRICT"
    )
    db.execute("CREATE INDEX own_proof_day ON own_proof (day, event)")


@migrations()
def lost_history_table(db: Database) -> None:
    """Make the table of checkpoints whose history the coordinator lost: the evidence of what there was."""
    db.execute("CREATE TABLE lost_checkpoint (at_ms INTEGER NOT NULL, note BLOB NOT NULL) STRICT")


@migrations()
def cosigned_sizes(db: Database) -> None:
    """Keep of each witness how far it looked, not only when; what was kept before counts until its time."""
    for column in ("covered_ms", "mark_size", "mark_ms"):
        db.execute(f"ALTER TABLE cosignature ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE cosignature SET covered_ms = seconds * 1000, mark_ms = seconds * 1000 WHERE seconds < 1 << 40")


@migrations()
def contradiction_table(db: Database) -> None:
    """Make the table of checkpoints that contradict what this node had accepted: the proof of a fork or a rollback."""
    db.execute(
        "CREATE TABLE contradiction (at_ms INTEGER NOT NULL, reason TEXT NOT NULL, accepted BLOB NOT NULL,"
        " shown BLOB NOT NULL UNIQUE) STRICT"
    )


def state(db: sqlite3.Connection) -> WitnessState | None:
    """Return the accepted state, or None on a fresh node."""
    row = db.execute("SELECT size, root, note, since_ms, advanced_ms, stopped FROM witness").fetchone()
    if row is None:
        return None
    size, root, note, since_ms, advanced_ms, stopped = row
    return WitnessState(size, root, note, since_ms, advanced_ms, Reason(stopped) if stopped else None)


def keep_state(db: sqlite3.Connection, new: WitnessState) -> None:
    """Keep the accepted state: never a smaller tree, and a stop stays until `clear_stop`, whoever writes meanwhile."""
    stopped = new.stopped.value if new.stopped else ""
    db.execute(
        "INSERT INTO witness (id, size, root, note, since_ms, advanced_ms, stopped) VALUES (1, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note,"
        " advanced_ms = excluded.advanced_ms, stopped = CASE stopped WHEN '' THEN excluded.stopped ELSE stopped END"
        " WHERE excluded.size >= witness.size",
        (new.size, new.root, new.note, new.since_ms, new.advanced_ms, stopped),
    )


def clear_stop(db: sqlite3.Connection) -> None:
    """Let the node go on after a person has looked."""
    db.execute("UPDATE witness SET stopped = ''")


def begin_again(db: sqlite3.Connection, now_ms: int) -> None:
    """Keep the accepted checkpoint as evidence, and accept the log from nothing as on a fresh node."""
    db.execute("INSERT INTO lost_checkpoint SELECT ?, note FROM witness", (now_ms,))
    db.execute(
        "UPDATE witness SET size = 0, root = ?, note = x'', since_ms = ?, advanced_ms = ?, stopped = ''",
        (EMPTY_ROOT, now_ms, now_ms),
    )
    db.execute("UPDATE cosignature SET mark_size = 0, mark_ms = ?", (now_ms,))


def keep_contradiction(db: sqlite3.Connection, one: Contradiction) -> None:
    """Keep a checkpoint as evidence, once; the first hundred tell enough."""
    db.execute(
        "INSERT OR IGNORE INTO contradiction SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM contradiction) < ?",
        (one.at_ms, one.reason, one.accepted, one.shown, MOST_CONTRADICTIONS),
    )


def contradictions(db: sqlite3.Connection) -> list[Contradiction]:
    """Return the kept contradictions, oldest first."""
    rows = db.execute("SELECT at_ms, reason, accepted, shown FROM contradiction ORDER BY at_ms, rowid").fetchall()
    return [Contradiction(*row) for row in rows]


def lost_checkpoints(db: sqlite3.Connection) -> list[bytes]:
    """Return the checkpoints whose history was lost, oldest first."""
    return [row[0] for row in db.execute("SELECT note FROM lost_checkpoint ORDER BY at_ms").fetchall()]


def counted_day(db: sqlite3.Connection) -> str:
    """Return the last UTC day whose own entries were counted, empty when none was."""
    row = db.execute("SELECT counted_day FROM witness").fetchone()
    return row[0] if row else ""


def keep_counted(db: sqlite3.Connection, day: str) -> None:
    """Remember that a day was counted."""
    db.execute("UPDATE witness SET counted_day = ?", (day,))


def keep_cosignatures(
    db: sqlite3.Connection, seen: Mapping[str, Looked], before_size: int, accepted: WitnessState, now_ms: int
) -> None:
    """Keep per witness what its cosignature says about the tree that was accepted just now, and the one before."""
    known = _vouchings(db)
    for name, looked in seen.items():
        after = vouch(known.get(name), looked, before_size, accepted, now_ms)
        if after is not None:
            db.execute(
                "INSERT OR REPLACE INTO cosignature (witness, seconds, covered_ms, mark_size, mark_ms)"
                " VALUES (?, ?, ?, ?, ?)",
                (name, after.seconds, after.covered_ms, after.mark_size, after.mark_ms),
            )


def cosignatures(db: sqlite3.Connection) -> dict[str, int]:
    """Return up to when each witness vouches for the log, Unix seconds."""
    return {name: one.until for name, one in _vouchings(db).items()}


def _vouchings(db: sqlite3.Connection) -> dict[str, Vouching]:
    rows = db.execute("SELECT witness, seconds, covered_ms, mark_size, mark_ms FROM cosignature").fetchall()
    return {name: Vouching(*values) for name, *values in rows}


def keep_proof(db: sqlite3.Connection, proof: OwnProof) -> None:
    """Keep the proof of an own entry."""
    db.execute("INSERT OR IGNORE INTO own_proof VALUES (?, ?, ?, ?)", (proof.leaf, proof.event, proof.day, proof.proof))


def proof_of(db: sqlite3.Connection, leaf: bytes) -> bytes | None:
    """Return the kept tlog-proof of an own entry, or None."""
    row = db.execute("SELECT proof FROM own_proof WHERE leaf = ?", (leaf,)).fetchone()
    return row[0] if row else None


def count_proofs(db: sqlite3.Connection, day: str) -> dict[str, int]:
    """Return per event code how many own entries of a UTC day were found in the log."""
    return dict(db.execute("SELECT event, count(*) FROM own_proof WHERE day = ? GROUP BY event", (day,)).fetchall())


def oldest_unproved_ms(db: sqlite3.Connection) -> int | None:
    """Return when the oldest own entry that was not found in the log yet was received, or None."""
    row = db.execute("SELECT min(received_ms) FROM receipt WHERE log_index IS NULL").fetchone()
    return row[0] if row else None
