"""The one connection of a process that writes: groups of units, each group one durable transaction.

1. A group begins by taking the write lock of the database (one row), so that of all processes one writes at a time:
   counters, request ids and numbers of log entries that a unit reads are true until the group commits, and time in the
   log goes on from its newest entry, also when the clocks of two processes differ.
2. In the same transaction the group counts itself in the row of this process. After a commit whose outcome was lost
   the next group reads that count, under the lock, and so learns what became of it.
3. A serialization failure or deadlock stored nothing: the group is run again, with the same effect.
4. A request id that is new to the group is not read first; when the unique key says that it was there, the group runs
   again and reads.
5. When a group cannot be stored as a whole because of one unit, its units are run one by one.
6. A count below what was acknowledged means that the database went back in time: writing stops for good.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from samenloop.audit.log import index_row
from samenloop.audit.stamp import Mark
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.postgres_group import Group
from samenloop_coordinator.store.postgres_link import (
    WRITING,
    Connection,
    Link,
    may_be_tried_again,
    our_error,
    said_no,
)
from samenloop_coordinator.store.postgres_log import COUNT, NEWEST, PostgresLog
from samenloop_coordinator.store.postgres_mail import PostgresCovenants, PostgresMail
from samenloop_coordinator.store.postgres_registrations import PostgresRegistrations
from samenloop_coordinator.store.postgres_requests import PostgresQuestions, PostgresRequests

TRIES = 5
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_LOCK = "SELECT generation FROM state WHERE id = 0 FOR UPDATE"
_STATE = f"SELECT ({COUNT}), ({NEWEST}), coalesce((SELECT groups FROM process WHERE name = %s), 0)"  # noqa: S608  # fixed names
_COUNTED = """INSERT INTO process (name, groups) VALUES (%s, %s)
              ON CONFLICT (name) DO UPDATE SET groups = excluded.groups, seen = now()"""
Work = Callable[[Parts], Any]


@dataclass(slots=True)
class Outcome:
    """What became of one unit: its result, or the error to raise."""

    result: Any = None
    error: BaseException | None = None


class PostgresSession:
    """Runs groups, one at a time, always from one thread at a time."""

    def __init__(self, dsn: str, journal: Journal) -> None:
        self._link = Link(dsn, WRITING)
        self._journal = journal
        self._spare: list[int] = []
        self._groups = 0
        self._doubt: Mark | None = None
        self.followed: int | None = None
        self.newest = 0

    def run(self, works: Sequence[Work]) -> list[Outcome]:
        """Run units as one transaction; on return each is durable, or has its error and left nothing.

        Raises UNAVAILABLE when the outcome is not known yet, IntegrityError when nobody can ever know it.
        """
        trusting = True
        for _try in range(TRIES):
            try:
                return self._once(works, trusting=trusting)
            except psycopg.IntegrityError as error:
                if not trusting:
                    return self._apart(works, our_error(error))
                trusting = False
            except psycopg.Error as error:
                if not (may_be_tried_again(error) or (self._link.broken and _try == 0)):
                    return self._apart(works, our_error(error))
        return self._apart(
            works, SamenloopError(ErrorCode.BUSY, _("De database van de coördinator is bezet. Probeer het zo weer."))
        )

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def _apart(self, works: Sequence[Work], error: SamenloopError) -> list[Outcome]:
        if error.code is ErrorCode.INTEGRITY and len(works) > 1:
            return [outcome for work in works for outcome in self.run([work])]
        return [Outcome(error=error) for _work in works]

    def _once(self, works: Sequence[Work], *, trusting: bool) -> list[Outcome]:
        connection = self._connected()
        begun = self._journal.mark()
        try:
            group = self._begin(connection)
            begun = self._journal.mark()
            group.trusting = trusting
            parts = parts_of(group, self._spare)
            outcomes = [self._unit(group, parts, work) for work in works]
            if all(outcome.error is not None for outcome in outcomes):
                connection.execute("ROLLBACK")
            else:
                self._commit(connection, group, begun)
        except BaseException:
            if self._doubt is None:
                self._journal.undo(begun)
            self._roll_back(connection)
            raise
        return outcomes

    def _connected(self) -> Connection:
        made, connection = self._link.made, self._link.connection()
        if self._link.made != made:
            self._spare.clear()
        return connection

    def _begin(self, connection: Connection) -> Group:
        with connection.pipeline():
            connection.execute(_BEGIN)
            locked = connection.execute(_LOCK)
            state = connection.execute(_STATE, (self._journal.stamper.process,))
            generation, counted = locked.fetchone(), state.fetchone()
        if generation is None or counted is None:
            raise IntegrityError(_("De database van de coördinator is niet te gebruiken: {error}.", error="state"))
        self._resolve(int(counted[2]))
        self._follow(int(counted[0]), counted[1])
        self.newest = int(generation[0])
        group = Group(connection, snapshot=False)
        group.next_seq = int(counted[0])
        return group

    def _follow(self, count: int, newest: bytes | None) -> None:
        """Stamp nothing before the newest entry, of whichever process with whichever clock: the lock is held."""
        if newest is not None:
            self._journal.stamper.go_on_from(index_row(count - 1, newest).end_ms)

    def _resolve(self, counted: int) -> None:
        """Learn what became of a commit without answer; refuse a database that lost what was acknowledged."""
        if self._doubt is not None and counted == self._groups - 1:
            self._journal.undo(self._doubt)
            self._groups = counted
        self._doubt = None
        if counted != self._groups:
            raise IntegrityError(
                _("De database is teruggezet: wat al bevestigd was, is weg. Start de coördinator opnieuw na controle.")
            )

    def _unit(self, group: Group, parts: Parts, work: Work) -> Outcome:
        mark = self._journal.mark()
        try:
            if self.followed is not None and self.followed != self.newest:
                raise SamenloopError(ErrorCode.BUSY, _("Het convenant is net veranderd. Probeer het zo weer."))
            return Outcome(group.run(lambda: work(parts)))
        except psycopg.Error:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, it is this unit's answer and nobody else's
            self._journal.undo(mark)
            return self._reading(group, parts, work) if group.trusted else Outcome(error=error)

    def _reading(self, group: Group, parts: Parts, work: Work) -> Outcome:
        """Run a unit once more that failed after it had taken a request for new: perhaps it was answered already."""
        group.trusting = False
        try:
            return self._unit(group, parts, work)
        finally:
            group.trusting = True

    def _commit(self, connection: Connection, group: Group, begun: Mark) -> None:
        """Send what waits and commit, in one go. An error of the server means that nothing was stored; silence means
        that nobody knows until the next group.
        """
        self._doubt, self._groups = begun, self._groups + 1
        try:
            with connection.pipeline():
                group.finish()
                connection.execute(_COUNTED, (self._journal.stamper.process, self._groups))
                connection.execute("COMMIT")
        except psycopg.Error as error:
            if not said_no(error):
                connection.close()
                raise our_error(error) from error
            self._doubt, self._groups = None, self._groups - 1
            raise
        self._doubt = None

    def _roll_back(self, connection: Connection) -> None:
        if not connection.closed:
            try:
                connection.execute("ROLLBACK")
            except psycopg.Error:
                connection.close()


def parts_of(group: Group, spare: list[int]) -> Parts:
    """Return the parts of the store, bound to one transaction."""
    return Parts(
        PostgresRegistrations(group, spare),
        PostgresRequests(group),
        PostgresQuestions(group),
        PostgresMail(group),
        PostgresCovenants(group),
        PostgresLog(group),
    )
