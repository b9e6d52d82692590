"""What a synchronisation must do: each row of the export compared with what is registered. Sends nothing, makes no
tokens.

1. A row that fails keeps its earlier registration; a row without any record id forbids every withdrawal. A record id
   that names the person is written nowhere: under an id that is not registered there is nothing to keep.
2. A record that stands twice with other data is left as it is; twice the same is counted.
3. Per decider at most so many new decisions beforehand go out on one day as the covenant says, whenever they were
   taken; the rest is reported, not applied, and goes out with a later synchronisation.
4. Somebody whom nobody can find is named and not registered. Who was registered that way before stays as he is, also
   in a new epoch, and is named too.
5. A file that changed since it was surveyed is no whole export any more: nothing may be concluded from it.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from samenloop.wire.register import FACTS, PUT
from samenloop_node.csvfile import CsvFile, Record
from samenloop_node.identity.errors import FieldError
from samenloop_node.registrations.by_hand import by_hand
from samenloop_node.registrations.facts import RowDecision
from samenloop_node.registrations.reasons import LAPSED_BY_HAND, NOT_FINDABLE, RowError
from samenloop_node.registrations.rows import Row, RowReader, facts_digest
from samenloop_node.registrations.survey import Survey, has_changed
from samenloop_node.store import Store, Transaction, decided, registrations, syncs
from samenloop_node.store.registrations import Registration
from samenloop_node.store.syncs import KEEP, PlanRow, RowProblem

BATCH = 500


@dataclass(slots=True)
class Counts:
    """How the rows of an export fared since their synchronisation began, in whatever number of rounds.

    `unidentified` rows could not be matched to any record.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    failed: int = 0
    unidentified: int = 0
    decisions_not_applied: int = 0
    decisions_lapsed: int = 0
    fields_dropped: int = 0


@dataclass(slots=True)
class Planner:
    """Plans one synchronisation, which began at `since_ms`. `decisions_per_day` is the covenant's figure, `epochs` are
    those to be written.
    """

    store: Store
    sync: int
    since_ms: int
    reader: RowReader
    survey: Survey
    epochs: frozenset[str]
    decisions_per_day: int
    counts: Counts = field(default_factory=Counts)
    _used: dict[bytes, int] = field(default_factory=dict)

    def plan(self, file: CsvFile, progress: Callable[[int], None]) -> Counts:
        """Read the whole file and store the plan; raises InvalidInput when it is not the file that was surveyed.

        Blocking; memory does not grow with the file.
        """
        records = file.records()
        while batch := list(islice(records, BATCH)):
            self.store.write_now(partial(self._plan_batch, [(record, self._judge(record)) for record in batch]))
            self.counts.rows += len(batch)
            progress(self.counts.rows)
        digest = self.reader.setting.references.file(file.chunks())
        if (self.counts.rows, digest) != (self.survey.rows, self.survey.digest):
            raise has_changed()
        return self.counts

    def _judge(self, record: Record) -> Row | RowError:
        try:
            return self.reader.read(record)
        except FieldError as error:
            return RowError(error.column, error.reason)
        except RowError as error:
            return error

    def _plan_batch(self, judged: Sequence[tuple[Record, Row | RowError]], db: Transaction) -> None:
        problems: list[RowProblem] = []
        for record, outcome in judged:
            if isinstance(outcome, RowError):
                problems.append(RowProblem(record.row, outcome.column, outcome.reason))
                self._keep_failed(db, record)
            else:
                problems.extend(self._plan_row(db, record, outcome))
        syncs.add_problems(db, self.sync, problems)

    def _keep_failed(self, db: Transaction, record: Record) -> None:
        self.counts.failed += 1
        try:
            record_id = self.reader.record_id(record)
        except RowError:
            self.counts.unidentified += 1
            return
        if syncs.planned(db, self.sync, record_id) is not None:
            syncs.keep(db, self.sync, record_id)
            return
        known = registrations.find(db, self.reader.setting.register, record_id) is not None
        if not known and self.reader.names_person(record):
            return
        syncs.plan(db, self.sync, PlanRow(record.row, record.offset, record_id, KEEP, b"", b"", b"", b""))

    def _plan_row(self, db: Transaction, record: Record, row: Row) -> Iterable[RowProblem]:
        before = syncs.planned(db, self.sync, row.record_id)
        registered = registrations.find(db, self.reader.setting.register, row.record_id)
        if before is not None:
            return self._repeated(db, record, row, before)
        named = [] if row.findable else [RowProblem(record.row, "", NOT_FINDABLE)]
        if named and (registered is None or registered.row_digest != row.row_digest):
            self._keep_failed(db, record)
            return named
        decision, problem = self._applied(db, row, registered)
        digest = facts_digest(self.reader.setting, row.said, decision)
        act = self._act(row, digest, registered)
        self._count(act, registered)
        planned = PlanRow(
            row=record.row,
            offset=record.offset,
            record_id=row.record_id,
            act=act,
            registration_id=registered.registration_id if registered else os.urandom(16),
            row_digest=row.row_digest,
            facts_digest=digest,
            decision=decision.reference if decision else b"",
            record_digest=self.reader.setting.references.record(record.fields) if act != KEEP else b"",
        )
        syncs.plan(db, self.sync, planned)
        self.counts.fields_dropped += len(row.dropped)
        problems = named + (self._lapsed(db, record, row, registered, decision) if act != KEEP else [])
        if problem is not None:
            self.counts.decisions_not_applied += 1
            problems.append(RowProblem(record.row, problem.column, problem.reason))
        return problems

    def _lapsed(
        self, db: Transaction, record: Record, row: Row, registered: Registration | None, decision: RowDecision | None
    ) -> list[RowProblem]:
        found = by_hand(db, registered, row.said.facts, decision, self.reader.setting.today)
        self.counts.decisions_lapsed += found.lapsed
        return [RowProblem(record.row, "", LAPSED_BY_HAND)] if found.lapsed else []

    def _repeated(self, db: Transaction, record: Record, row: Row, before: PlanRow) -> Iterable[RowProblem]:
        same = row.row_digest == before.row_digest and before.facts_digest in (
            facts_digest(self.reader.setting, row.said, row.said.decision),
            facts_digest(self.reader.setting, row.said, None),
        )
        if same:
            self.counts.duplicates += 1
            return ()
        self.counts.failed += 1
        syncs.keep(db, self.sync, row.record_id)
        return (RowProblem(record.row, "record_id", "duplicate_record"),)

    def _act(self, row: Row, digest: bytes, registered: Registration | None) -> int:
        if registered is None or not registered.facts:  # the latter was sent once, but never confirmed
            return PUT
        if registered.row_digest != row.row_digest or not self.epochs <= registered.epochs:
            return PUT
        return KEEP if registered.facts_digest == digest else FACTS

    def _count(self, act: int, registered: Registration | None) -> None:
        """Count what becomes of a record, or became of it in an earlier round."""
        if registered is None or not registered.facts or registered.added_ms >= self.since_ms:
            self.counts.added += 1
        elif act != KEEP or registered.changed_ms >= self.since_ms:
            self.counts.changed += 1
        else:
            self.counts.unchanged += 1

    def _applied(
        self, db: Transaction, row: Row, registered: Registration | None
    ) -> tuple[RowDecision | None, RowError | None]:
        decision = row.said.decision
        if decision is None:
            return None, row.said.problem
        owner = registrations.decision_owner(db, decision.reference)
        own = registered.registration_id if registered else None
        if decision.reference in self.survey.repeated_decisions or owner not in (None, own):
            return None, RowError("besluit", "duplicate_decision")
        if owner is None and not self._has_room(db, decision.decider):
            return None, RowError("besluit", "decisions_of_day")
        return decision, None

    def _has_room(self, db: Transaction, decider: bytes) -> bool:
        if decider not in self._used:
            self._used[decider] = decided.counted(db, decider, self.reader.setting.today.isoformat())
        if self._used[decider] >= self.decisions_per_day:
            return False
        self._used[decider] += 1
        return True
