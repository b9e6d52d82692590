"""Copies what a coordinator keeps in SQLite files to PostgreSQL, in the open transaction, and checks all of it there.

1. Files of an older version get the tables of this one. Every table is copied, and of the rows that were read a digest
   is kept. The token index is built anew from the values of the registrations.
2. Everything is read back from the new tables: the digest of each table must be the same, the number of values must
   be right, and the whole audit log is derived again from its bodies, up to the same head.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samenloop.audit.anchor import from_document
from samenloop.audit.fsck import fsck
from samenloop.audit.verify import Progress
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.pepper import VALUE_BYTES
from samenloop_coordinator.store import postgres_schema as schema
from samenloop_coordinator.store.postgres_group import Group
from samenloop_coordinator.store.postgres_link import Connection, Link
from samenloop_coordinator.store.postgres_log import PostgresEntries
from samenloop_coordinator.store.postgres_mail import PostgresCovenants
from samenloop_coordinator.store.postgres_tree import PostgresTree
from samenloop_coordinator.store.schema import migrate as bring_up_to_date
from samenloop_coordinator.store.sqlite_link import connect as open_sqlite
from samenloop_coordinator.store.sqlite_link import translated as sqlite_translated

BATCH = 20_000
_TYPES = {"i": "int4", "b": "int8", "t": "text", "x": "bytea", "?": "bool"}
_TOKENS = """INSERT INTO token (value, registration)
             SELECT DISTINCT substring(handle.tokens FROM part.n FOR 16), handle.registration
             FROM handle CROSS JOIN LATERAL generate_series(1, length(handle.tokens), 16) AS part (n)"""
_NUMBERING = (
    "SELECT setval(pg_get_serial_sequence('place', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM place), false)",
    "SELECT setval(pg_get_serial_sequence('mail', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM mail), false)",
    """SELECT setval(pg_get_serial_sequence('notice', 'sequence'),
                     (SELECT coalesce(max(sequence), 0) + 1 FROM notice), false)""",
    "UPDATE state SET generation = generation + 1 WHERE id = 0",
)
_LAST_ROW = "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'registration'"
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name and columns there, what is read here (empty: the same), and the columns' types (`_TYPES`)."""

    name: str
    columns: str
    types: str
    source: str = ""

    @property
    def select(self) -> str:
        """Return the query of the source."""
        return self.source or f"SELECT {self.columns} FROM {self.name}"  # noqa: S608  # fixed names

    @property
    def back(self) -> str:
        """Return the query that reads the same back."""
        return f"SELECT {self.columns} FROM {self.name}"  # noqa: S608  # fixed names


STORE = (
    Table("place", "id, covenant, participant, register, updated_until, registered", "ittttb"),
    Table("coverage", "place, epoch, count", "itb"),
    Table("registration", "id, place, registration_id, facts, beforehand, marks", "bixxxx"),
    Table("handle", "registration, tokens", "bx"),
    Table("request", "id, participant, payload_hash, reply, at_ms", "xtxxb"),
    Table("counter", "scope, day, count, until", "xtbt"),
    Table("question", "id, covenant, asker, case_ref, asked_ms, holders", "xttxbt"),
    Table("shown", "question, holder, handle, until, acting_as, purpose, released", "xtxttt?"),
    Table("mail", "id, item_id, receiver, key_id, sealed, at_ms", "bxtxxb"),
    Table("content_key", "key_id, holder, wrapped, at_ms", "xtxb"),
    Table("covenant", "id, version, fingerprint, document, signatures, activated_ms", "tixxxb"),
    Table("notice", "sequence, covenant, kind, author, body, signature, at_ms, digest", "btttxxbx"),
    Table("log_entry", "seq, leaf, body, sealed_count, sealed", "bxxix"),
    Table("log_purge", "first, last, by", "bbb"),
)
TREE = (
    Table("log_head", "id, note", "ix", "SELECT id, note FROM head"),
    Table("log_node", "level, position, hash", "ibx", "SELECT level, position, hash FROM node"),
    Table(
        "log_index",
        "seq, end_ms, event, actor, user_ref, case_ref, purpose, rule",
        "bbtttttt",
        'SELECT seq, end_ms, event, actor, user, "case", purpose, rule FROM entry_index',
    ),
    Table(
        "log_checkpoint", "size, note, day, signatures", "bxii", "SELECT size, note, day, signatures FROM checkpoint"
    ),
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: rows per table, and the size of the log that was derived again."""

    rows: dict[str, int]
    log_size: int


class Digest:
    """Count and digest of a set of rows, whatever their order."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Pass rows on and take them in."""
        for row in rows:
            plain = tuple(int(value) if isinstance(value, bool) else value for value in row)
            self.count += 1
            self.total = (self.total + int.from_bytes(hashlib.sha256(repr(plain).encode()).digest(), "big")) % (
                1 << 256
            )
            yield row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digest) and (self.count, self.total) == (other.count, other.total)

    __hash__ = None  # type: ignore[assignment]  # it changes


class Held(Link):
    """A link to the one connection whose transaction is open."""

    def __init__(self, connection: Connection) -> None:
        super().__init__("", {})
        self._held = connection

    def connection(self) -> Connection:
        """Return the connection."""
        return self._held


def copied(database: Path, log_head: Path, target: Connection, progress: Progress) -> Moved:
    """Copy everything inside the open transaction of `target`, and check it there.

    Raises IntegrityError when what arrived is not what was sent or the log does not hold.
    """
    schema.migrate(target)
    with _reading(database) as source, _reading(log_head) as tree:
        bring_up_to_date(source)
        sent = {table: _copy(source, target, table) for table in STORE}
        sent |= {table: _copy(tree, target, table) for table in TREE}
        tokens = _tokens_of(source)
        last_row = source.execute(_LAST_ROW).fetchone()[0]
    target.execute(_TOKENS)
    for statement in _NUMBERING:
        target.execute(statement)
    target.execute("SELECT setval('registration_row', %s, false)", (last_row,))
    _check(target, sent, tokens)
    size = check_log(target, progress)
    return Moved({table.name: digest.count for table, digest in sent.items()}, size)


def holds_log_of(database: Path, target: Connection) -> bool:
    """Tell, in the open transaction of `target`, whether the log there begins with every entry of the log here."""
    here = Digest()
    with _reading(database) as source:
        for _row in here.over(source.execute("SELECT seq, leaf FROM log_entry")):
            pass
    return here.count > 0 and _read_back(target, f"SELECT seq, leaf FROM log_entry WHERE seq < {here.count}") == here  # noqa: S608  # a number


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_sqlite(path, 8)) as connection, sqlite_translated():
        yield connection


def _copy(source: sqlite3.Connection, target: Connection, table: Table) -> Digest:
    digest, flag = Digest(), table.types.find("?")
    cursor = source.execute(table.select)
    while rows := cursor.fetchmany(BATCH):
        with target.cursor().copy(f"COPY {table.name} ({table.columns}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([_TYPES[letter] for letter in table.types])
            for row in digest.over(rows):
                copy.write_row(row if flag < 0 else (*row[:flag], bool(row[flag]), *row[flag + 1 :]))
    return digest


def _tokens_of(source: sqlite3.Connection) -> int:
    """Return how many values the index must have: those of each registration, every value once."""
    found = source.execute("SELECT tokens FROM handle")
    return sum(len({blob[at : at + VALUE_BYTES] for at in range(0, len(blob), VALUE_BYTES)}) for (blob,) in found)


def _check(target: Connection, sent: dict[Table, Digest], tokens: int) -> None:
    for table, digest in sent.items():
        if _read_back(target, table.back) != digest:
            raise IntegrityError(_("In tabel {table} kwam iets anders aan dan was verstuurd.", table=table.name))
    if target.execute("SELECT count(*) FROM token").fetchone() != (tokens,):
        raise IntegrityError(_("In tabel {table} kwam iets anders aan dan was verstuurd.", table="token"))


def _read_back(target: Connection, query: str) -> Digest:
    arrived = Digest()
    with target.cursor(name="back") as cursor:
        cursor.itersize = BATCH
        cursor.execute(query)
        for _row in arrived.over(cursor):
            pass
    return arrived


def check_log(target: Connection, progress: Progress) -> int:
    """Derive the whole log again from what arrived; return its signed size."""
    active = PostgresCovenants(Group(target, snapshot=True)).active()
    if not active:
        raise SamenloopError(ErrorCode.NOT_FOUND, _("Er is nog geen convenant geactiveerd."))
    anchor, *earlier = (from_document(one.document) for one in reversed(active))
    link = Held(target)
    report = fsck(PostgresEntries(link), PostgresTree(link), anchor, progress, earlier)
    if report.problems:
        raise IntegrityError(_("Het logboek klopt niet: {problem}. Er is niets verhuisd.", problem=report.problems[0]))
    return report.size
