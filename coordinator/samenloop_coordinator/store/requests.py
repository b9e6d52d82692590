"""Requests, counters and questions on SQLite."""

import sqlite3
from collections.abc import Iterable, Sequence

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.store.values import AskedQuestion, Request, ShownHit, pack_holders, unpack_holders

_KEEP = "INSERT INTO question (id, covenant, asker, case_ref, asked_ms, holders) VALUES (?, ?, ?, ?, ?, ?)"
_FIND = "SELECT id, covenant, asker, case_ref, asked_ms, holders FROM question WHERE id = ?"
_OF_CASE = """SELECT id, covenant, asker, case_ref, asked_ms, holders FROM question
              WHERE case_ref = ? AND asker = ? ORDER BY asked_ms"""
_ASKED_BEFORE = """SELECT id, covenant, asker, case_ref, asked_ms, holders FROM question
                   WHERE asked_ms < ? ORDER BY asked_ms LIMIT ?"""
_SHOW = """INSERT OR REPLACE INTO shown (question, holder, handle, until, acting_as, purpose, released)
           VALUES (?, ?, ?, ?, ?, ?, ?)"""
_SHOWN_BY = "SELECT question, holder, handle, until, acting_as, purpose, released FROM shown WHERE handle = ?"
_SHOWN_UNTIL = """SELECT question, holder, handle, until, acting_as, purpose, released FROM shown
                  WHERE until < ? LIMIT ?"""
_SHOWN_FOR = """SELECT question, holder, handle, until, acting_as, purpose, released FROM shown
                WHERE question = ? AND holder = ?"""


class SqliteRequests:
    """See `samenloop_coordinator.store.contract.Requests`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, request_id: bytes) -> Request | None:
        """Return the request with this id."""
        sql = "SELECT participant, payload_hash, reply FROM request WHERE id = ?"
        row = self._connection.execute(sql, (request_id,)).fetchone()
        return Request(*row) if row else None

    def keep(self, request_id: bytes, request: Request, now_ms: int) -> None:
        """Keep a handled request with its reply."""
        sql = "INSERT OR IGNORE INTO request (id, participant, payload_hash, reply, at_ms) VALUES (?, ?, ?, ?, ?)"
        values = (request_id, request.participant, request.payload_hash, request.reply, now_ms)
        if self._connection.execute(sql, values).rowcount != 1:
            raise SamenloopError(ErrorCode.REQUEST_REUSED, _("Dit verzoeknummer is al gebruikt."))

    def erase_reply(self, request_id: bytes) -> None:
        """Forget the reply, keep the id."""
        self._connection.execute("UPDATE request SET reply = NULL WHERE id = ?", (request_id,))

    def forget_before(self, moment_ms: int, limit: int) -> int:
        """Delete up to `limit` older requests: rows are in the order in which requests came."""
        sql = "DELETE FROM request WHERE at_ms < ? AND rowid IN (SELECT rowid FROM request ORDER BY rowid LIMIT ?)"
        return self._connection.execute(sql, (moment_ms, limit)).rowcount

    def count_all(self, counters: Sequence[tuple[bytes, str]]) -> Sequence[int]:
        """Add one to each of several counters and return their new values."""
        if not counters:
            return []
        sql = f"""INSERT INTO counter (scope, day, count) VALUES {", ".join(["(?, ?, 1)"] * len(counters))}
                  ON CONFLICT DO UPDATE SET count = count + 1 RETURNING scope, day, count"""  # noqa: S608  # placeholders
        rows = self._connection.execute(sql, [value for counter in counters for value in counter]).fetchall()
        reached = {(scope, day): count for scope, day, count in rows}
        return [reached[counter] for counter in counters]

    def counted(self, scope: bytes, day: str) -> int:
        """Return a counter."""
        sql = "SELECT count FROM counter WHERE scope = ? AND day = ?"
        row = self._connection.execute(sql, (scope, day)).fetchone()
        return int(row[0]) if row else 0

    def forget_counters(self, day: str) -> None:
        """Delete the counters of earlier days, and those that counted until one."""
        self._connection.execute("DELETE FROM counter WHERE day <> '' AND day < ?", (day,))
        self._connection.execute("DELETE FROM counter WHERE until <> '' AND until < ?", (day,))

    def end_lasting(self, scopes: Sequence[bytes], until: str) -> None:
        """Let the counters without a day of these scopes count until this ISO day."""
        sql = "UPDATE counter SET until = ? WHERE day = '' AND scope = ?"
        self._connection.executemany(sql, [(until, scope) for scope in scopes])


class SqliteQuestions:
    """See `samenloop_coordinator.store.contract.Questions`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, question: AskedQuestion) -> None:
        """Keep a question."""
        self._connection.execute(
            _KEEP,
            (
                question.question_id,
                question.covenant,
                question.asker,
                question.case_ref,
                question.asked_ms,
                pack_holders(question.holders),
            ),
        )

    def find(self, question_id: bytes) -> AskedQuestion | None:
        """Return a question."""
        row = self._connection.execute(_FIND, (question_id,)).fetchone()
        return _question(row) if row else None

    def restate(self, question: AskedQuestion) -> None:
        """Keep what changed about the holders of a question."""
        values = (pack_holders(question.holders), question.question_id)
        self._connection.execute("UPDATE question SET holders = ? WHERE id = ?", values)

    def of_case(self, asker: str, case_ref: bytes) -> Sequence[AskedQuestion]:
        """Return the questions of one case."""
        return [_question(row) for row in self._connection.execute(_OF_CASE, (case_ref, asker)).fetchall()]

    def asked_before(self, moment_ms: int, limit: int) -> Sequence[AskedQuestion]:
        """Return up to `limit` questions that were asked before a moment, the oldest first."""
        return [_question(row) for row in self._connection.execute(_ASKED_BEFORE, (moment_ms, limit)).fetchall()]

    def forget(self, question_id: bytes) -> None:
        """Delete a question and what was shown for it."""
        self._connection.execute("DELETE FROM shown WHERE question = ?", (question_id,))
        self._connection.execute("DELETE FROM question WHERE id = ?", (question_id,))

    def show(self, hits: Iterable[ShownHit]) -> None:
        """Keep what was shown."""
        self._connection.executemany(
            _SHOW,
            [
                (hit.question_id, hit.holder, hit.handle, hit.until, hit.acting_as, hit.purpose, int(hit.released))
                for hit in hits
            ],
        )

    def shown_by(self, handle: bytes) -> Sequence[ShownHit]:
        """Return what was shown on this keyed reference."""
        return [_shown(row) for row in self._connection.execute(_SHOWN_BY, (handle,)).fetchall()]

    def shown_until(self, day: str, limit: int) -> Sequence[ShownHit]:
        """Return shown hits whose last day lies before `day`."""
        return [_shown(row) for row in self._connection.execute(_SHOWN_UNTIL, (day, limit)).fetchall()]

    def shown_for(self, question_id: bytes, holder: str) -> Sequence[ShownHit]:
        """Return what is still shown of this holder for a question."""
        rows = self._connection.execute(_SHOWN_FOR, (question_id, holder)).fetchall()
        return [_shown(row) for row in rows]

    def take_back(self, hit: ShownHit) -> None:
        """Delete one shown hit."""
        sql = "DELETE FROM shown WHERE question = ? AND holder = ? AND handle = ?"
        self._connection.execute(sql, (hit.question_id, hit.holder, hit.handle))


def _shown(row: tuple[bytes, str, bytes, str, str, str, int]) -> ShownHit:
    question, holder, handle, until, acting_as, purpose, released = row
    return ShownHit(question, holder, handle, until, acting_as, purpose, bool(released))


def _question(row: tuple[bytes, str, str, bytes, int, str]) -> AskedQuestion:
    return AskedQuestion(row[0], row[1], row[2], row[3], row[4], unpack_holders(row[5]))
