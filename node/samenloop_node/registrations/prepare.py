"""From planned rows to items for the coordinator. Persons and tokens exist here only, in memory, a few hundred at a
time.
"""

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import tee

from samenloop.model import RegistrationId, TokenSet
from samenloop.wire.register import FACTS, PUT, WITHDRAW, Act, Item, item_bytes, said_with
from samenloop_node.csvfile import CsvFile, Record
from samenloop_node.registrations.by_hand import by_hand, facts_as_kept, read_decision
from samenloop_node.registrations.facts import RowDecision, RowFacts, beforehand
from samenloop_node.registrations.rows import RowReader
from samenloop_node.registrations.survey import has_changed
from samenloop_node.store import Store, Transaction, registrations, syncs
from samenloop_node.store.consents import Detail
from samenloop_node.store.registrations import Decision
from samenloop_node.store.syncs import PlanRow
from samenloop_node.tokens.streams import Making, tokenise_rows

MAX_ITEMS = 200
MAX_BYTES = 190 * 1024
"""A chunk closes at 200 persons or 200 KiB, its frame included."""
_READ = 500


@dataclass(frozen=True, slots=True)
class Prepared:
    """One item ready to go, and what to keep once the coordinator confirmed it (nothing for a withdrawal).

    `dropped` is the reason code for which the decision of its file does not go with it.
    """

    row: int
    record_id: str
    registration_id: bytes
    act: Act
    data: bytes
    row_digest: bytes = b""
    facts_digest: bytes = b""
    said: RowFacts | None = None
    decision: RowDecision | None = None
    epochs: tuple[str, ...] | None = None
    by_hand: tuple[Detail, ...] = ()
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the items of one synchronisation come from."""

    store: Store
    sync: int
    file: CsvFile
    reader: RowReader
    making: Making
    processes: int
    purpose: str


def withdrawals(source: Source) -> Iterator[Prepared]:
    """Yield a withdrawal for every registration that is not in the file."""
    after, register = "", source.reader.setting.register
    while rows := source.store.read_now(
        partial(syncs.absent, sync=source.sync, register=register, after=after, limit=_READ)
    ):
        for record_id, registration_id in rows:
            yield withdrawal(record_id, registration_id)
        after = rows[-1][0]


def facts_only(source: Source) -> Iterator[Prepared]:
    """Yield changed facts of records whose person stayed the same."""
    for plan, record in _records(source, FACTS):
        said = source.reader.said(record)
        yield prepared(plan, said, None, source.purpose, _by_hand(source, plan, said))


def puts(source: Source) -> Iterator[Prepared]:
    """Yield added and changed persons with their tokens for every write epoch."""
    planned, others = tee(_records(source, PUT))
    rows = (source.reader.person_fields(record) for _plan, record in others)
    token_sets = tokenise_rows(rows, source.making, source.processes)
    for (plan, record), made in zip(planned, token_sets, strict=True):
        said = source.reader.said(record)
        yield prepared(plan, said, made, source.purpose, _by_hand(source, plan, said))


def chunks(items: Iterator[Prepared]) -> Iterator[list[Prepared]]:
    """Group items into chunks of at most 200 and about 190 KiB."""
    chunk: list[Prepared] = []
    size = 0
    for item in items:
        if chunk and (len(chunk) == MAX_ITEMS or size + len(item.data) > MAX_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += len(item.data) + 4
    if chunk:
        yield chunk


def everything(source: Source, *, withdraw: bool) -> Generator[list[Prepared], None, None]:
    """Yield all chunks of a synchronisation, withdrawals first; a chunk holds one kind of act."""
    if withdraw:
        yield from chunks(withdrawals(source))
    yield from chunks(facts_only(source))
    yield from chunks(puts(source))


def again(items: Sequence[Prepared]) -> Generator[list[Prepared], None, None]:
    """Yield the chunks of items that are sent once more; a chunk holds one kind of act."""
    for act in (FACTS, PUT):
        yield from chunks(item for item in items if item.act == act)


def prepared(
    plan: PlanRow,
    said: RowFacts,
    token_sets: tuple[TokenSet, ...] | None,
    purpose: str,
    standing: tuple[Detail, ...] = (),
) -> Prepared:
    """Return the item of a planned row: with token sets a PUT, without them FACTS; `standing` go with it."""
    decision = applied(plan, said)
    act = FACTS if token_sets is None else PUT
    of_file = (beforehand(decision, plan.registration_id, purpose),) if decision else ()
    item = Item(
        registration_id=RegistrationId(plan.registration_id),
        act=act,
        token_sets=token_sets or (),
        facts=replace(said.facts, frozen=True) if plan.frozen else said.facts,
        beforehand=(*of_file, *map(read_decision, standing)),
    )
    return Prepared(
        row=plan.row,
        record_id=plan.record_id,
        registration_id=plan.registration_id,
        act=act,
        data=item_bytes(item),
        row_digest=plan.row_digest,
        facts_digest=plan.facts_digest,
        said=said,
        decision=decision,
        epochs=None if token_sets is None else tuple(tokens.epoch for tokens in token_sets),
        by_hand=standing,
    )


def applied(plan: PlanRow, said: RowFacts) -> RowDecision | None:
    """Return the decision of a row when it was planned to be applied."""
    return said.decision if said.decision and said.decision.reference == plan.decision else None


def withdrawal(record_id: str, registration_id: bytes) -> Prepared:
    """Return the item that withdraws a registration; `record_id` is empty for one that this node does not know."""
    item = Item(RegistrationId(registration_id), WITHDRAW, (), None, ())
    return Prepared(0, record_id, registration_id, WITHDRAW, item_bytes(item))


def without_decision(item: Prepared, facts_digest: bytes, standing: tuple[Detail, ...], reason: str) -> Prepared:
    """Return an item that the coordinator refused, without the decision of its file but with those by hand."""
    return replace(
        item,
        data=said_with(item.data, tuple(map(read_decision, standing))),
        facts_digest=facts_digest,
        decision=None,
        by_hand=standing,
        dropped=reason,
    )


def stored_facts(said: RowFacts) -> str:
    """Return the facts of a record as the node keeps them: codes and dates."""
    return json.dumps(facts_as_kept(said.facts))


def stored_decisions(item: Prepared) -> tuple[Decision, ...]:
    """Return what was decided of a record as the node keeps it, one row per receiver."""
    decisions = [*([item.decision] if item.decision else ()), *map(read_decision, item.by_hand)]
    return tuple(
        Decision(
            item.registration_id,
            receiver,
            one.reference,
            one.decider,
            one.decided_on.isoformat(),
            one.valid_until.isoformat(),
        )
        for one in decisions
        for receiver in one.receivers
    )


def _by_hand(source: Source, plan: PlanRow, said: RowFacts) -> tuple[Detail, ...]:
    if not plan.by_hand:
        return ()

    def look(db: Transaction) -> tuple[Detail, ...]:
        registered, today = registrations.by_id(db, plan.registration_id), source.reader.setting.today
        return by_hand(db, registered, said.facts, applied(plan, said), today).standing

    return source.store.read_now(look)


def _records(source: Source, act: Act) -> Iterator[tuple[PlanRow, Record]]:
    """Read planned rows again; raises InvalidInput for one that changed, since it may be about another person now."""
    after, references = 0, source.reader.setting.references
    while plans := source.store.read_now(partial(syncs.todo, sync=source.sync, act=act, after=after, limit=_READ)):
        for plan in plans:
            record = source.file.record_at(plan.offset, plan.row)
            if references.record(record.fields) != plan.record_digest:
                raise has_changed()
            yield plan, record
        after = plans[-1].row
