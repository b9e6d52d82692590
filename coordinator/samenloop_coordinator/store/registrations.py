"""Registrations on SQLite: rows, facts, counts per epoch, and the way to their values."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from samenloop.model import RegistrationId
from samenloop_coordinator.pepper import VALUE_BYTES
from samenloop_coordinator.store import tokens
from samenloop_coordinator.store.tokens import RecentTokens
from samenloop_coordinator.store.values import (
    CoverageRow,
    Mark,
    NewRegistration,
    Place,
    Registration,
    pack_marks,
    unpack_marks,
)

_FIND = """SELECT id, place, registration_id, facts, beforehand, marks FROM registration
           WHERE registration_id = ? AND place = ?"""
_FETCH = "SELECT id, place, registration_id, facts, beforehand, marks FROM registration WHERE id IN ({})"
_OF_PLACE = "SELECT id, place, registration_id, facts, beforehand, marks FROM registration WHERE place = ? LIMIT ?"
_IDS_OF_PLACE = """SELECT registration_id FROM registration
                   WHERE registration_id > ? AND place = ? ORDER BY registration_id LIMIT ?"""
_ROWS_OF = """SELECT id FROM number CROSS JOIN registration
              WHERE n < ?2 AND registration_id = substr(?1, n * 16 + 1, 16)"""
_WITH_EPOCH = """SELECT id, place, registration_id, facts, beforehand, marks FROM registration
                 WHERE place = ? AND instr(marks, ?) > 0 LIMIT ?"""
_COUNT_EPOCH = """INSERT INTO coverage (place, epoch, count) VALUES (?1, ?2, ?3)
                  ON CONFLICT DO UPDATE SET count = count + ?3"""


@dataclass(slots=True)
class Pending:
    """What the open transaction changes in the level in memory; shown to readers once it is durable."""

    changes: list[tuple[bool, int, bytes]] = field(default_factory=list)

    def settle(self, recent: RecentTokens) -> None:
        """Show the changes."""
        for added, row, values in self.changes:
            (recent.add if added else recent.drop)(row, values)
        self.changes.clear()


class SqliteRegistrations:
    """See `samenloop_coordinator.store.contract.Registrations`."""

    def __init__(self, connection: sqlite3.Connection, recent: RecentTokens, pending: Pending) -> None:
        self._connection = connection
        self._recent = recent
        self._pending = pending

    def place(self, place: Place) -> int | None:
        """Return the number of a place."""
        sql = "SELECT id FROM place WHERE covenant = ? AND participant = ? AND register = ?"
        row = self._connection.execute(sql, (place.covenant, place.participant, place.register)).fetchone()
        return row[0] if row else None

    def make_place(self, place: Place) -> int:
        """Return the number of a place, made if need be."""
        found = self.place(place)
        if found is not None:
            return found
        sql = "INSERT INTO place (covenant, participant, register) VALUES (?, ?, ?) RETURNING id"
        return int(self._connection.execute(sql, (place.covenant, place.participant, place.register)).fetchone()[0])

    def places(self, covenant: str) -> Sequence[tuple[int, Place]]:
        """Return every place under a covenant."""
        sql = "SELECT id, covenant, participant, register FROM place WHERE covenant = ? ORDER BY id"
        return [(row[0], Place(*row[1:])) for row in self._connection.execute(sql, (covenant,)).fetchall()]

    def find(self, place: int, registration_id: bytes) -> Registration | None:
        """Return one registration."""
        row = self._connection.execute(_FIND, (registration_id, place)).fetchone()
        return _registration(row) if row else None

    def rows_of(self, registration_ids: Sequence[bytes]) -> set[int]:
        """Return the rows that carry one of these ids."""
        if not registration_ids:
            return set()
        found = self._connection.execute(_ROWS_OF, (b"".join(registration_ids), len(registration_ids)))
        return {row[0] for row in found.fetchall()}

    def lookup(self, values: Sequence[bytes]) -> list[tuple[int, int]]:
        """Return (position, row) for every registration with an equal value, in either level or, in a merge, both."""
        return [*dict.fromkeys([*tokens.find_merged(self._connection, values), *self._recent.find(values)])]

    def last_row(self) -> int:
        """Return a number that no row exceeds."""
        return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM registration").fetchone()[0])

    def fetch(self, rows: Sequence[int]) -> dict[int, Registration]:
        """Return the registrations with these rows."""
        found = self._connection.execute(_FETCH.format(", ".join("?" * len(rows))), rows)
        return {row[0]: _registration(row) for row in found.fetchall()}

    def of_place(self, place: int, limit: int) -> Sequence[Registration]:
        """Return up to `limit` registrations of a place."""
        return [_registration(row) for row in self._connection.execute(_OF_PLACE, (place, limit)).fetchall()]

    def ids_of_place(self, place: int, after: bytes, limit: int) -> Sequence[bytes]:
        """Return the next registration ids of a place."""
        return [row[0] for row in self._connection.execute(_IDS_OF_PLACE, (after, place, limit)).fetchall()]

    def put(self, registration: NewRegistration) -> int:
        """Add a registration, or replace the one with its id in its place wholly."""
        earlier = self.find(registration.place, registration.registration_id)
        if earlier is not None:
            self.remove(earlier.row)
        row = self._connection.execute(
            "INSERT INTO registration (place, registration_id, facts, beforehand, marks) VALUES (?, ?, ?, ?, ?)",
            (
                registration.place,
                registration.registration_id,
                registration.facts,
                registration.beforehand,
                pack_marks(registration.marks),
            ),
        ).lastrowid
        number = int(row or 0)
        self._connection.execute(
            "INSERT INTO handle (registration, tokens) VALUES (?, ?)", (number, registration.values)
        )
        self._pending.changes.append((True, number, registration.values))
        self._count(registration.place, registration.marks, 1)
        return number

    def change(self, row: int, facts: bytes, beforehand: bytes) -> None:
        """Replace facts and decisions of one registration."""
        self._connection.execute(
            "UPDATE registration SET facts = ?, beforehand = ? WHERE id = ?", (facts, beforehand, row)
        )

    def remove(self, row: int) -> None:
        """Delete a registration with all its values."""
        for registration in self.fetch([row]).values():
            values = self._values(row)
            tokens.delete_merged(self._connection, row, values)
            self._connection.execute("DELETE FROM handle WHERE registration = ?", (row,))
            self._connection.execute("DELETE FROM registration WHERE id = ?", (row,))
            self._pending.changes.append((False, row, values))
            self._count(registration.place, registration.marks, -1)

    def coverage(self, place: int) -> tuple[int, tuple[CoverageRow, ...]]:
        """Return how many registrations a place has, and how many of them per epoch."""
        row = self._connection.execute("SELECT registered FROM place WHERE id = ?", (place,)).fetchone()
        sql = "SELECT epoch, count FROM coverage WHERE place = ? AND count > 0 ORDER BY epoch"
        rows = self._connection.execute(sql, (place,)).fetchall()
        return (row[0] if row else 0), tuple(CoverageRow(*one) for one in rows)

    def drop_epoch(self, place: int, epoch: str, limit: int) -> int:
        """Delete the values of an epoch from up to `limit` registrations."""
        pattern = bytes([len(epoch)]) + epoch.encode()
        rows = [_registration(row) for row in self._connection.execute(_WITH_EPOCH, (place, pattern, limit)).fetchall()]
        for registration in rows:
            self._drop_marks(registration, epoch)
        return len(rows)

    def freshness(self, place: int) -> str:
        """Return the ISO date until which a register is up to date."""
        row = self._connection.execute("SELECT updated_until FROM place WHERE id = ?", (place,)).fetchone()
        return str(row[0]) if row else ""

    def set_freshness(self, place: int, updated_until: str) -> None:
        """Keep the date until which a register is up to date."""
        self._connection.execute("UPDATE place SET updated_until = ? WHERE id = ?", (updated_until, place))

    def _values(self, row: int) -> bytes:
        found = self._connection.execute("SELECT tokens FROM handle WHERE registration = ?", (row,)).fetchone()
        return bytes(found[0]) if found else b""

    def _drop_marks(self, registration: Registration, epoch: str) -> None:
        values, start = self._values(registration.row), 0
        kept, gone = b"", b""
        for mark in registration.marks:
            end = start + mark.values * VALUE_BYTES
            kept, gone = (kept, gone + values[start:end]) if mark.epoch == epoch else (kept + values[start:end], gone)
            start = end
        marks = tuple(mark for mark in registration.marks if mark.epoch != epoch)
        tokens.delete_merged(self._connection, registration.row, gone)
        self._connection.execute("UPDATE handle SET tokens = ? WHERE registration = ?", (kept, registration.row))
        self._connection.execute(
            "UPDATE registration SET marks = ? WHERE id = ?", (pack_marks(marks), registration.row)
        )
        self._pending.changes.append((False, registration.row, gone))
        self._count_epoch(registration.place, epoch, -1)

    def _count(self, place: int, marks: tuple[Mark, ...], step: int) -> None:
        self._connection.execute("UPDATE place SET registered = registered + ? WHERE id = ?", (step, place))
        for mark in marks:
            self._count_epoch(place, mark.epoch, step)

    def _count_epoch(self, place: int, epoch: str, step: int) -> None:
        self._connection.execute(
            _COUNT_EPOCH,
            (place, epoch, step),
        )


def _registration(row: tuple[int, int, bytes, bytes, bytes, bytes]) -> Registration:
    return Registration(row[0], row[1], RegistrationId(row[2]), row[3], row[4], unpack_marks(row[5]))
