"""A second implementation of the coordinator's store, in memory. It passes the same contract as the real one."""

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Parts, Result
from samenloop_coordinator.store.values import (
    AskedQuestion,
    CovenantRow,
    CoverageRow,
    KeyRow,
    MailRow,
    NewRegistration,
    NoticeRow,
    Place,
    Registration,
    Request,
    ShownHit,
)
from tests.audit.fakes import MemoryEntries


@dataclass
class MemoryRegistrations:
    """Registrations in dictionaries."""

    numbers: dict[Place, int] = field(default_factory=dict)
    rows: dict[int, Registration] = field(default_factory=dict)
    values: dict[int, bytes] = field(default_factory=dict)
    fresh: dict[int, str] = field(default_factory=dict)
    last: int = 0

    def place(self, place: Place) -> int | None:
        return self.numbers.get(place)

    def make_place(self, place: Place) -> int:
        return self.numbers.setdefault(place, len(self.numbers) + 1)

    def places(self, covenant: str) -> Sequence[tuple[int, Place]]:
        return [(number, place) for place, number in self.numbers.items() if place.covenant == covenant]

    def find(self, place: int, registration_id: bytes) -> Registration | None:
        same = (one for one in self.rows.values() if (one.place, one.registration_id) == (place, registration_id))
        return next(same, None)

    def rows_of(self, registration_ids: Sequence[bytes]) -> set[int]:
        return {row for row, one in self.rows.items() if one.registration_id in registration_ids}

    def lookup(self, values: Sequence[bytes]) -> list[tuple[int, int]]:
        held = [(row, set(_split(blob))) for row, blob in self.values.items()]
        return [(place, row) for place, value in enumerate(values) for row, has in held if value in has]

    def last_row(self) -> int:
        return self.last

    def fetch(self, rows: Sequence[int]) -> dict[int, Registration]:
        return {row: self.rows[row] for row in rows if row in self.rows}

    def of_place(self, place: int, limit: int) -> Sequence[Registration]:
        return [one for one in self.rows.values() if one.place == place][:limit]

    def ids_of_place(self, place: int, after: bytes, limit: int) -> Sequence[bytes]:
        found = (one.registration_id for one in self.rows.values() if one.place == place)
        return sorted(one for one in found if one > after)[:limit]

    def put(self, registration: NewRegistration) -> int:
        earlier = self.find(registration.place, registration.registration_id)
        if earlier is not None:
            self.remove(earlier.row)
        self.last += 1
        new = registration
        found = Registration(self.last, new.place, new.registration_id, new.facts, new.beforehand, new.marks)
        self.rows[self.last], self.values[self.last] = found, new.values
        return self.last

    def change(self, row: int, facts: bytes, beforehand: bytes) -> None:
        self.rows[row] = self.rows[row]._replace(facts=facts, beforehand=beforehand)

    def remove(self, row: int) -> None:
        self.rows.pop(row, None)
        self.values.pop(row, None)

    def coverage(self, place: int) -> tuple[int, tuple[CoverageRow, ...]]:
        here = [one for one in self.rows.values() if one.place == place]
        counts = Counter(mark.epoch for one in here for mark in one.marks)
        return len(here), tuple(CoverageRow(epoch, count) for epoch, count in sorted(counts.items()))

    def drop_epoch(self, place: int, epoch: str, limit: int) -> int:
        here = [one for one in self.rows.values() if one.place == place and any(m.epoch == epoch for m in one.marks)]
        for one in here[:limit]:
            self._drop(one, epoch)
        return len(here[:limit])

    def freshness(self, place: int) -> str:
        return self.fresh.get(place, "")

    def set_freshness(self, place: int, updated_until: str) -> None:
        self.fresh[place] = updated_until

    def _drop(self, one: Registration, epoch: str) -> None:
        kept, start = b"", 0
        for mark in one.marks:
            end = start + 16 * mark.values
            kept += b"" if mark.epoch == epoch else self.values[one.row][start:end]
            start = end
        self.values[one.row] = kept
        self.rows[one.row] = one._replace(marks=tuple(mark for mark in one.marks if mark.epoch != epoch))


@dataclass
class MemoryRequests:
    """Requests and counters in dictionaries."""

    kept: dict[bytes, tuple[Request, int]] = field(default_factory=dict)
    counters: dict[tuple[bytes, str], int] = field(default_factory=dict)
    until: dict[tuple[bytes, str], str] = field(default_factory=dict)

    def find(self, request_id: bytes) -> Request | None:
        found = self.kept.get(request_id)
        return found[0] if found else None

    def keep(self, request_id: bytes, request: Request, now_ms: int) -> None:
        if request_id in self.kept:
            raise SamenloopError(ErrorCode.REQUEST_REUSED, "used")
        self.kept[request_id] = (request, now_ms)

    def erase_reply(self, request_id: bytes) -> None:
        if request_id in self.kept:
            request, at_ms = self.kept[request_id]
            self.kept[request_id] = (replace(request, reply=None), at_ms)

    def forget_before(self, moment_ms: int, limit: int) -> int:
        old = [one for one, (_request, at_ms) in self.kept.items() if at_ms < moment_ms][:limit]
        for one in old:
            del self.kept[one]
        return len(old)

    def count(self, scope: bytes, day: str) -> int:
        self.counters[scope, day] = self.counters.get((scope, day), 0) + 1
        return self.counters[scope, day]

    def count_all(self, counters: Sequence[tuple[bytes, str]]) -> Sequence[int]:
        return [self.count(scope, day) for scope, day in counters]

    def counted(self, scope: bytes, day: str) -> int:
        return self.counters.get((scope, day), 0)

    def end_lasting(self, scopes: Sequence[bytes], until: str) -> None:
        self.until |= {(scope, ""): until for scope in scopes if (scope, "") in self.counters}

    def forget_counters(self, day: str) -> None:
        over = {key for key, until in self.until.items() if until < day}
        self.until = {key: until for key, until in self.until.items() if key not in over}
        self.counters = {key: count for key, count in self.counters.items() if key not in over}
        self.counters = {key: count for key, count in self.counters.items() if not key[1] or key[1] >= day}


@dataclass
class MemoryQuestions:
    """Questions and what was shown, in lists."""

    asked: dict[bytes, AskedQuestion] = field(default_factory=dict)
    shown: dict[tuple[bytes, str, bytes], ShownHit] = field(default_factory=dict)

    def keep(self, question: AskedQuestion) -> None:
        self.asked[question.question_id] = question

    def find(self, question_id: bytes) -> AskedQuestion | None:
        return self.asked.get(question_id)

    def restate(self, question: AskedQuestion) -> None:
        self.asked[question.question_id] = question

    def of_case(self, asker: str, case_ref: bytes) -> Sequence[AskedQuestion]:
        return [one for one in self.asked.values() if (one.asker, one.case_ref) == (asker, case_ref)]

    def asked_before(self, moment_ms: int, limit: int) -> Sequence[AskedQuestion]:
        found = sorted(self.asked.values(), key=lambda one: one.asked_ms)
        return [one for one in found if one.asked_ms < moment_ms][:limit]

    def forget(self, question_id: bytes) -> None:
        self.asked.pop(question_id, None)
        self.shown = {key: hit for key, hit in self.shown.items() if key[0] != question_id}

    def show(self, hits: Iterable[ShownHit]) -> None:
        self.shown |= {(hit.question_id, hit.holder, hit.handle): hit for hit in hits}

    def shown_by(self, handle: bytes) -> Sequence[ShownHit]:
        return [hit for hit in self.shown.values() if hit.handle == handle]

    def shown_until(self, day: str, limit: int) -> Sequence[ShownHit]:
        return [hit for hit in self.shown.values() if hit.until < day][:limit]

    def shown_for(self, question_id: bytes, holder: str) -> Sequence[ShownHit]:
        return [hit for hit in self.shown.values() if (hit.question_id, hit.holder) == (question_id, holder)]

    def take_back(self, hit: ShownHit) -> None:
        self.shown.pop((hit.question_id, hit.holder, hit.handle), None)


@dataclass
class MemoryMail:
    """Mailboxes and keys in lists."""

    items: list[MailRow] = field(default_factory=list)
    wrapped: dict[bytes, tuple[KeyRow, int]] = field(default_factory=dict)

    def put(self, rows: Iterable[MailRow], now_ms: int) -> None:
        self.items += rows

    def fetch(self, receiver: str, limit: int) -> Sequence[MailRow]:
        return [row for row in self.items if row.receiver == receiver][:limit]

    def acknowledge(self, receiver: str, item_ids: Sequence[bytes]) -> None:
        self.items = [row for row in self.items if row.receiver != receiver or row.item_id not in item_ids]

    def forget_others(self, receivers: Sequence[str]) -> int:
        before = len(self.items)
        self.items = [row for row in self.items if row.receiver in receivers]
        return before - len(self.items)

    def keep_keys(self, rows: Iterable[KeyRow], now_ms: int) -> None:
        self.wrapped |= {row.key_id: (row, now_ms) for row in rows}

    def keys(self, receiver: str, key_ids: Sequence[bytes]) -> Sequence[KeyRow]:
        found = [self.wrapped[key_id][0] for key_id in key_ids if key_id in self.wrapped]
        return [row for row in found if row.holder == receiver]

    def forget_keys(self, moment_ms: int) -> None:
        needed = {row.key_id for row in self.items}
        self.wrapped = {
            key_id: kept for key_id, kept in self.wrapped.items() if kept[1] >= moment_ms or key_id in needed
        }


@dataclass
class MemoryCovenants:
    """Covenant versions and notices in dictionaries."""

    versions: dict[tuple[str, int], CovenantRow] = field(default_factory=dict)
    board: list[NoticeRow] = field(default_factory=list)

    def active(self) -> Sequence[CovenantRow]:
        return [row for _key, row in sorted(self.versions.items()) if row.activated_ms]

    def find(self, covenant: str, version: int) -> CovenantRow | None:
        return self.versions.get((covenant, version))

    def keep(self, row: CovenantRow) -> None:
        earlier = self.versions.get((row.id, row.version))
        if earlier is None or not earlier.activated_ms:
            self.versions[row.id, row.version] = row

    def post(self, notice: NoticeRow, now_ms: int) -> int:
        for one in self.board:
            if replace(one, sequence=0) == notice:
                return one.sequence
        self.board.append(replace(notice, sequence=len(self.board) + 1))
        return len(self.board)

    def notices(self, covenant: str, after: int, limit: int) -> Sequence[NoticeRow]:
        return [one for one in self.board if one.covenant == covenant and one.sequence > after][:limit]

    def generation(self) -> int:
        return len(self.board) + len(self.versions)


@dataclass
class MemoryLog:
    """The audit entries."""

    stored: MemoryEntries = field(default_factory=MemoryEntries)

    def append(self, body: bytes, sealed: Sequence[bytes]) -> None:
        self.stored.append(body, sealed)


@dataclass
class MemoryStore:
    """Store in memory: a unit works on a copy that replaces the original when it succeeds."""

    journal: Journal
    parts: Parts = field(
        default_factory=lambda: Parts(
            MemoryRegistrations(),
            MemoryRequests(),
            MemoryQuestions(),
            MemoryMail(),
            MemoryCovenants(),
            MemoryLog(),
        )
    )

    async def write(self, work: Callable[[Parts], Result]) -> Result:
        trial, mark = copy.deepcopy(self.parts), self.journal.mark()
        try:
            result = work(trial)
        except BaseException:
            self.journal.undo(mark)
            raise
        self.parts = trial
        return result

    async def read(self, work: Callable[[Parts], Result]) -> Result:
        return work(self.parts)

    def entries(self) -> MemoryEntries:
        log = self.parts.log
        return log.stored if isinstance(log, MemoryLog) else MemoryEntries()

    broken: bool = False

    def judged_by(self, generation: int) -> None:
        return

    async def moved(self) -> bool:
        return False

    async def tidy(self) -> None:
        return

    async def close(self) -> None:
        return


def _split(blob: bytes) -> list[bytes]:
    return [blob[start : start + 16] for start in range(0, len(blob), 16)]
