"""Requests, counters and questions on PostgreSQL."""

from collections.abc import Iterable, Sequence

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.store.postgres_group import Group, Row
from samenloop_coordinator.store.values import AskedQuestion, Request, ShownHit, pack_holders, unpack_holders

_KEEP_REQUEST = """INSERT INTO request (id, participant, payload_hash, reply, at_ms)
                   SELECT * FROM unnest(%b::bytea[], %b::text[], %b::bytea[], %b::bytea[], %b::bigint[])"""
_FIND_REQUEST = "SELECT participant, payload_hash, reply FROM request WHERE id = %s"
_FORGET = """DELETE FROM request WHERE id = ANY(ARRAY(
                 SELECT id FROM request WHERE at_ms < %s ORDER BY at_ms LIMIT %s))"""
_COUNT = """INSERT INTO counter (scope, day, count) SELECT * FROM unnest(%b::bytea[], %b::text[], %b::bigint[])
            ON CONFLICT (scope, day) DO UPDATE SET count = counter.count + excluded.count"""
_COUNTED = """SELECT wanted.scope, wanted.day, counter.count FROM unnest(%b::bytea[], %b::text[]) AS wanted (scope, day)
              JOIN counter USING (scope, day)"""
_KEEP = """INSERT INTO question (id, covenant, asker, case_ref, asked_ms, holders)
           SELECT * FROM unnest(%b::bytea[], %b::text[], %b::text[], %b::bytea[], %b::bigint[], %b::text[])"""
_FIND = "SELECT id, covenant, asker, case_ref, asked_ms, holders FROM question WHERE id = %s"
_OF_CASE = """SELECT id, covenant, asker, case_ref, asked_ms, holders FROM question
              WHERE case_ref = %s AND asker = %s ORDER BY asked_ms"""
_ASKED_BEFORE = """SELECT id, covenant, asker, case_ref, asked_ms, holders FROM question
                   WHERE asked_ms < %s ORDER BY asked_ms LIMIT %s"""
_SHOW = """INSERT INTO shown (question, holder, handle, until, acting_as, purpose, released)
           SELECT DISTINCT ON (question, holder, handle) question, holder, handle, until, acting_as, purpose, released
           FROM unnest(%b::bytea[], %b::text[], %b::bytea[], %b::text[], %b::text[], %b::text[], %b::boolean[])
                WITH ORDINALITY AS given (question, holder, handle, until, acting_as, purpose, released, n)
           ORDER BY question, holder, handle, n DESC
           ON CONFLICT (question, holder, handle) DO UPDATE SET
               until = excluded.until, acting_as = excluded.acting_as, purpose = excluded.purpose,
               released = excluded.released"""
_SHOWN = "SELECT question, holder, handle, until, acting_as, purpose, released FROM shown"
_SHOWN_BY = f"{_SHOWN} WHERE handle = %s"
_SHOWN_UNTIL = f"{_SHOWN} WHERE until < %s LIMIT %s"
_SHOWN_FOR = f"{_SHOWN} WHERE question = %s AND holder = %s"


class PostgresRequests:
    """See `samenloop_coordinator.store.contract.Requests`."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._known: dict[bytes, Request | None] = {}
        self._counts: dict[tuple[bytes, str], int] = {}

    def find(self, request_id: bytes) -> Request | None:
        """Return the request with this id; within a group it is read once, or taken for new (see `Group`)."""
        if request_id not in self._known:
            if self._group.trusting:
                self._group.trusted = True
                return None
            row = self._group.row(_FIND_REQUEST, request_id)
            self._group.remember(self._known, request_id, Request(*row) if row else None)
        return self._known[request_id]

    def keep(self, request_id: bytes, request: Request, now_ms: int) -> None:
        """Keep a handled request with its reply."""
        if self.find(request_id) is not None:
            raise SamenloopError(ErrorCode.REQUEST_REUSED, _("Dit verzoeknummer is al gebruikt."))
        self._group.add(_KEEP_REQUEST, request_id, request.participant, request.payload_hash, request.reply, now_ms)
        self._group.remember(self._known, request_id, request)

    def erase_reply(self, request_id: bytes) -> None:
        """Forget the reply, keep the id."""
        self._group.settle(_KEEP_REQUEST)
        self._group.forget(self._known)
        self._group.change("UPDATE request SET reply = NULL WHERE id = %s", request_id)

    def forget_before(self, moment_ms: int, limit: int) -> int:
        """Delete up to `limit` older requests."""
        self._group.settle(_KEEP_REQUEST)
        self._group.forget(self._known)
        return self._group.change(_FORGET, moment_ms, limit)

    def count_all(self, counters: Sequence[tuple[bytes, str]]) -> Sequence[int]:
        """Add one to each counter and return the new values; what this group did not read yet is read in one go."""
        self._read([key for key in counters if key not in self._counts])
        found = []
        for key in counters:
            self._group.sum(_COUNT, key, 1)
            self._group.remember(self._counts, key, self._counts[key] + 1)
            found.append(self._counts[key])
        return found

    def counted(self, scope: bytes, day: str) -> int:
        """Return a counter."""
        if (scope, day) not in self._counts:
            self._read([(scope, day)])
        return self._counts[scope, day]

    def forget_counters(self, day: str) -> None:
        """Delete the counters of earlier days, and those that counted until one."""
        self._group.settle(_COUNT)
        self._group.forget(self._counts)
        self._group.change("DELETE FROM counter WHERE day <> '' AND day < %s", day)
        self._group.change("DELETE FROM counter WHERE until <> '' AND until < %s", day)

    def end_lasting(self, scopes: Sequence[bytes], until: str) -> None:
        """Let the counters without a day of these scopes count until this ISO day."""
        self._group.settle(_COUNT)
        sql = "UPDATE counter SET until = %s WHERE day = '' AND scope = ANY(%b::bytea[])"
        self._group.change(sql, until, list(scopes))

    def _read(self, counters: Sequence[tuple[bytes, str]]) -> None:
        if counters:
            scopes, days = [key[0] for key in counters], [key[1] for key in counters]
            found = {(row[0], row[1]): int(row[2]) for row in self._group.rows(_COUNTED, scopes, days)}
            for key in counters:
                self._group.remember(self._counts, key, found.get(key, 0))


class PostgresQuestions:
    """See `samenloop_coordinator.store.contract.Questions`."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def keep(self, question: AskedQuestion) -> None:
        """Keep a question."""
        self._group.add(
            _KEEP,
            question.question_id,
            question.covenant,
            question.asker,
            question.case_ref,
            question.asked_ms,
            pack_holders(question.holders),
        )

    def find(self, question_id: bytes) -> AskedQuestion | None:
        """Return a question."""
        self._group.settle(_KEEP)
        row = self._group.row(_FIND, question_id)
        return _question(row) if row else None

    def restate(self, question: AskedQuestion) -> None:
        """Keep what changed about the holders of a question."""
        self._group.settle(_KEEP)
        holders = pack_holders(question.holders)
        self._group.change("UPDATE question SET holders = %s WHERE id = %s", holders, question.question_id)

    def of_case(self, asker: str, case_ref: bytes) -> Sequence[AskedQuestion]:
        """Return the questions of one case."""
        self._group.settle(_KEEP)
        return [_question(row) for row in self._group.rows(_OF_CASE, case_ref, asker)]

    def asked_before(self, moment_ms: int, limit: int) -> Sequence[AskedQuestion]:
        """Return up to `limit` questions that were asked before a moment, the oldest first."""
        self._group.settle(_KEEP)
        return [_question(row) for row in self._group.rows(_ASKED_BEFORE, moment_ms, limit)]

    def forget(self, question_id: bytes) -> None:
        """Delete a question and what was shown for it."""
        self._group.settle(_KEEP, _SHOW)
        self._group.change("DELETE FROM shown WHERE question = %s", question_id)
        self._group.change("DELETE FROM question WHERE id = %s", question_id)

    def show(self, hits: Iterable[ShownHit]) -> None:
        """Keep what was shown."""
        for hit in hits:
            values = (hit.question_id, hit.holder, hit.handle, hit.until, hit.acting_as, hit.purpose, hit.released)
            self._group.add(_SHOW, *values)

    def shown_by(self, handle: bytes) -> Sequence[ShownHit]:
        """Return what was shown on this keyed reference."""
        self._group.settle(_SHOW)
        return [ShownHit(*row) for row in self._group.rows(_SHOWN_BY, handle)]

    def shown_until(self, day: str, limit: int) -> Sequence[ShownHit]:
        """Return shown hits whose last day lies before `day`."""
        self._group.settle(_SHOW)
        return [ShownHit(*row) for row in self._group.rows(_SHOWN_UNTIL, day, limit)]

    def shown_for(self, question_id: bytes, holder: str) -> Sequence[ShownHit]:
        """Return what is still shown of this holder for a question."""
        self._group.settle(_SHOW)
        return [ShownHit(*row) for row in self._group.rows(_SHOWN_FOR, question_id, holder)]

    def take_back(self, hit: ShownHit) -> None:
        """Delete one shown hit."""
        self._group.settle(_SHOW)
        sql = "DELETE FROM shown WHERE question = %s AND holder = %s AND handle = %s"
        self._group.change(sql, hit.question_id, hit.holder, hit.handle)


def _question(row: Row) -> AskedQuestion:
    return AskedQuestion(row[0], row[1], row[2], row[3], row[4], unpack_holders(row[5]))
