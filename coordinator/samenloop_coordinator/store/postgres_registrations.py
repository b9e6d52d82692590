"""Registrations on PostgreSQL: rows, facts, counts per epoch, and the index of their values."""

from collections.abc import Sequence

from samenloop.errors import InvalidInput
from samenloop.model import RegistrationId
from samenloop.texts import _
from samenloop_coordinator.pepper import VALUE_BYTES
from samenloop_coordinator.store.postgres_group import Group, Row
from samenloop_coordinator.store.values import (
    MOST_PROBES,
    CoverageRow,
    Mark,
    NewRegistration,
    Place,
    Registration,
    pack_marks,
    unpack_marks,
)

_ROWS_AT_ONCE = 64

_COLUMNS = "id, place, registration_id, facts, beforehand, marks"
_FIND = f"SELECT {_COLUMNS} FROM registration WHERE registration_id = %s AND place = %s"  # noqa: S608  # fixed names
_FETCH = f"SELECT {_COLUMNS} FROM registration WHERE id = ANY(%b::bigint[])"  # noqa: S608  # fixed names
_WITH_EPOCH = f"""SELECT {_COLUMNS} FROM registration
                  WHERE place = %s AND position(%b::bytea IN marks) > 0 ORDER BY id LIMIT %s"""  # noqa: S608  # fixed names
_OF_PLACE = f"SELECT {_COLUMNS} FROM registration WHERE place = %s ORDER BY id LIMIT %s"  # noqa: S608  # fixed names
_IDS_OF_PLACE = """SELECT registration_id FROM registration
                   WHERE registration_id > %s AND place = %s ORDER BY registration_id LIMIT %s"""
_ROWS_OF = "SELECT id FROM registration WHERE registration_id = ANY(%b::bytea[])"
_LOOKUP = """SELECT n, token.registration FROM generate_series(0, %s - 1) AS n
             JOIN token ON token.value = substring(%b::bytea FROM n * 16 + 1 FOR 16)"""
_LAST_ROW = "SELECT coalesce(max(id), 0) FROM registration"
_FRESHNESS = "SELECT id, updated_until FROM place"
_QUESTION = f"""SELECT 'value', found.n, found.registration, '' FROM ({_LOOKUP}) AS found
                UNION ALL SELECT 'last', 0, ({_LAST_ROW}), ''
                UNION ALL SELECT 'fresh', 0, id, updated_until FROM place"""  # noqa: S608  # fixed names
"""What a question needs besides its candidates, in one statement."""
_NEW_ROWS = "SELECT nextval('registration_row') FROM generate_series(1, %s)"

_ADD = """INSERT INTO registration (id, place, registration_id, facts, beforehand, marks)
          SELECT * FROM unnest(%b::bigint[], %b::integer[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])"""
_ADD_HANDLE = "INSERT INTO handle (registration, tokens) SELECT * FROM unnest(%b::bigint[], %b::bytea[])"
_ADD_TOKENS = """INSERT INTO token (value, registration)
                 SELECT DISTINCT substring(added.tokens FROM part.n FOR 16) AS value, added.registration
                 FROM unnest(%b::bigint[], %b::bytea[]) AS added (registration, tokens)
                 CROSS JOIN LATERAL generate_series(1, length(added.tokens), 16) AS part (n)
                 ORDER BY value"""
_REGISTERED = """UPDATE place SET registered = registered + added.step
                 FROM unnest(%b::integer[], %b::bigint[]) AS added (place, step) WHERE id = added.place"""
_COVERAGE = """INSERT INTO coverage (place, epoch, count) SELECT * FROM unnest(%b::integer[], %b::text[], %b::bigint[])
               ON CONFLICT (place, epoch) DO UPDATE SET count = coverage.count + excluded.count"""
_PLACED = (_ADD, _ADD_HANDLE, _ADD_TOKENS)


class PostgresRegistrations:
    """See `samenloop_coordinator.store.contract.Registrations`."""

    def __init__(self, group: Group, spare: list[int]) -> None:
        self._group = group
        self._spare = spare
        self._known: dict[tuple[int, bytes], Registration | None] = {}
        self._fresh: dict[int, str] = {}
        self._last: int | None = None

    def place(self, place: Place) -> int | None:
        """Return the number of a place."""
        sql = "SELECT id FROM place WHERE covenant = %s AND participant = %s AND register = %s"
        row = self._group.row(sql, place.covenant, place.participant, place.register)
        return row[0] if row else None

    def make_place(self, place: Place) -> int:
        """Return the number of a place, made if need be."""
        found = self.place(place)
        if found is not None:
            return found
        sql = "INSERT INTO place (covenant, participant, register) VALUES (%s, %s, %s)"
        self._group.change(sql, place.covenant, place.participant, place.register)
        return self.place(place) or 0

    def places(self, covenant: str) -> Sequence[tuple[int, Place]]:
        """Return every place under a covenant."""
        sql = "SELECT id, covenant, participant, register FROM place WHERE covenant = %s ORDER BY id"
        return [(row[0], Place(*row[1:])) for row in self._group.rows(sql, covenant)]

    def find(self, place: int, registration_id: bytes) -> Registration | None:
        """Return one registration; within a group it is read once, because nobody else can change it meanwhile."""
        key = (place, registration_id)
        if key not in self._known:
            row = self._group.row(_FIND, registration_id, place)
            self._group.remember(self._known, key, _registration(row) if row else None)
        return self._known[key]

    def rows_of(self, registration_ids: Sequence[bytes]) -> set[int]:
        """Return the rows that carry one of these ids."""
        self._group.settle(_ADD)
        return {row[0] for row in self._group.rows(_ROWS_OF, list(registration_ids))} if registration_ids else set()

    def lookup(self, values: Sequence[bytes]) -> list[tuple[int, int]]:
        """Return (position, row) for every registration that has an equal value."""
        if len(values) > MOST_PROBES:
            raise InvalidInput("tokens", _("Deze vraag heeft te veel tokens."))
        if self._group.snapshot:
            return self._question(values)
        self._group.settle(*_PLACED)
        return [(int(row[0]), int(row[1])) for row in self._group.rows(_LOOKUP, len(values), b"".join(values))]

    def last_row(self) -> int:
        """Return a number that no row exceeds."""
        if self._last is None or not self._group.snapshot:
            self._group.settle(_ADD)
            row = self._group.row(_LAST_ROW)
            self._last = int(row[0]) if row else 0
        return self._last

    def fetch(self, rows: Sequence[int]) -> dict[int, Registration]:
        """Return the registrations with these rows."""
        self._group.settle(_ADD)
        return {row[0]: _registration(row) for row in self._group.rows(_FETCH, list(rows))}

    def of_place(self, place: int, limit: int) -> Sequence[Registration]:
        """Return up to `limit` registrations of a place."""
        self._group.settle(_ADD)
        return [_registration(row) for row in self._group.rows(_OF_PLACE, place, limit)]

    def ids_of_place(self, place: int, after: bytes, limit: int) -> Sequence[bytes]:
        """Return the next registration ids of a place."""
        self._group.settle(_ADD)
        return [bytes(row[0]) for row in self._group.rows(_IDS_OF_PLACE, after, place, limit)]

    def put(self, registration: NewRegistration) -> int:
        """Add a registration, or replace the one with its id in its place wholly."""
        earlier = self.find(registration.place, registration.registration_id)
        if earlier is not None:
            self.remove(earlier.row)
        new, row, group = registration, self._new_row(), self._group
        group.add(_ADD, row, new.place, new.registration_id, new.facts, new.beforehand, pack_marks(new.marks))
        group.add(_ADD_HANDLE, row, new.values)
        group.add(_ADD_TOKENS, row, new.values)
        stored = Registration(row, new.place, new.registration_id, new.facts, new.beforehand, new.marks)
        group.remember(self._known, (new.place, new.registration_id), stored)
        self._count(new.place, new.marks, 1)
        return row

    def change(self, row: int, facts: bytes, beforehand: bytes) -> None:
        """Replace facts and decisions of one registration."""
        self._group.settle(_ADD)
        self._group.forget(self._known)
        self._group.change("UPDATE registration SET facts = %s, beforehand = %s WHERE id = %s", facts, beforehand, row)

    def remove(self, row: int) -> None:
        """Delete a registration with all its values."""
        for registration in self.fetch([row]).values():
            self._group.settle(*_PLACED)
            self._delete_values(row, self._values(row))
            self._group.change("DELETE FROM handle WHERE registration = %s", row)
            self._group.change("DELETE FROM registration WHERE id = %s", row)
            self._group.forget(self._known)
            self._count(registration.place, registration.marks, -1)

    def coverage(self, place: int) -> tuple[int, tuple[CoverageRow, ...]]:
        """Return how many registrations a place has, and how many of them per epoch."""
        self._group.settle(_REGISTERED, _COVERAGE)
        row = self._group.row("SELECT registered FROM place WHERE id = %s", place)
        sql = "SELECT epoch, count FROM coverage WHERE place = %s AND count > 0 ORDER BY epoch"
        return (row[0] if row else 0), tuple(CoverageRow(*one) for one in self._group.rows(sql, place))

    def drop_epoch(self, place: int, epoch: str, limit: int) -> int:
        """Delete the values of an epoch from up to `limit` registrations."""
        self._group.settle(*_PLACED)
        self._group.forget(self._known)
        pattern = bytes([len(epoch)]) + epoch.encode()
        rows = [_registration(row) for row in self._group.rows(_WITH_EPOCH, place, pattern, limit)]
        for registration in rows:
            self._drop_marks(registration, epoch)
        return len(rows)

    def freshness(self, place: int) -> str:
        """Return the ISO date until which a register is up to date."""
        if not self._group.snapshot or not self._fresh:
            self._fresh = dict(self._group.rows(_FRESHNESS))
        return self._fresh.get(place, "")

    def set_freshness(self, place: int, updated_until: str) -> None:
        """Keep the date until which a register is up to date."""
        self._group.change("UPDATE place SET updated_until = %s WHERE id = %s", updated_until, place)

    def _question(self, values: Sequence[bytes]) -> list[tuple[int, int]]:
        """Look values up, and read along what is sure to be asked next of the same snapshot."""
        found: list[tuple[int, int]] = []
        for kind, position, number, day in self._group.rows(_QUESTION, len(values), b"".join(values)):
            if kind == "value":
                found.append((position, number))
            elif kind == "fresh":
                self._fresh[number] = day
            else:
                self._last = int(number)
        return found

    def _new_row(self) -> int:
        if not self._spare:
            self._spare += [row[0] for row in reversed(self._group.rows(_NEW_ROWS, _ROWS_AT_ONCE))]
        return self._spare.pop()

    def _values(self, row: int) -> bytes:
        found = self._group.row("SELECT tokens FROM handle WHERE registration = %s", row)
        return bytes(found[0]) if found else b""

    def _delete_values(self, row: int, values: bytes) -> None:
        gone = [values[start : start + VALUE_BYTES] for start in range(0, len(values), VALUE_BYTES)]
        self._group.change("DELETE FROM token WHERE value = ANY(%b::bytea[]) AND registration = %s", gone, row)

    def _drop_marks(self, registration: Registration, epoch: str) -> None:
        values, start = self._values(registration.row), 0
        kept, gone = b"", b""
        for mark in registration.marks:
            end = start + mark.values * VALUE_BYTES
            kept, gone = (kept, gone + values[start:end]) if mark.epoch == epoch else (kept + values[start:end], gone)
            start = end
        marks = tuple(mark for mark in registration.marks if mark.epoch != epoch)
        self._delete_values(registration.row, gone)
        self._group.change("UPDATE handle SET tokens = %s WHERE registration = %s", kept, registration.row)
        self._group.change("UPDATE registration SET marks = %s WHERE id = %s", pack_marks(marks), registration.row)
        self._group.sum(_COVERAGE, (registration.place, epoch), -1)

    def _count(self, place: int, marks: tuple[Mark, ...], step: int) -> None:
        self._group.sum(_REGISTERED, (place,), step)
        for mark in marks:
            self._group.sum(_COVERAGE, (place, mark.epoch), step)


def _registration(row: Row) -> Registration:
    return Registration(row[0], row[1], RegistrationId(row[2]), row[3], row[4], unpack_marks(row[5]))
