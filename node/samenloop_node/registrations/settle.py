"""What a receipt changes here: in one transaction the registrations, the receipt to be proved, and letters to
partners.

A decision beforehand is never a reason to lose a registration: an item that is refused while a decision of its file
goes with it is sent once more without that decision, and the decision is reported.
"""

from collections.abc import Callable
from dataclasses import dataclass

from samenloop.audit import entry as entries
from samenloop.clock import milliseconds
from samenloop.model import RegistrationId
from samenloop.wire.register import WITHDRAW
from samenloop.wire.v1 import overlap_pb2
from samenloop_node import declaring, letters
from samenloop_node.app import App
from samenloop_node.process import today
from samenloop_node.registrations.by_hand import by_hand
from samenloop_node.registrations.prepare import Prepared, stored_decisions, stored_facts, without_decision
from samenloop_node.registrations.rows import facts_digest
from samenloop_node.registrations.setting import decisions_per_day, setting_of
from samenloop_node.registrations.stream import Sent
from samenloop_node.store import Transaction, consents, decided, inbox, past, receipts, registrations
from samenloop_node.store.inbox import StoredDeclaration
from samenloop_node.store.registrations import Settled
from samenloop_node.store.syncs import RowProblem

REFUSED = overlap_pb2.ItemResult.STATUS_REFUSED
_DAY_IS_FULL = "R-76"
"""What the coordinator says of a decision over the number of the day; the rest of R-76 this node judged before."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a chunk: what was refused, which decisions were not applied, and how many items are done with.

    `not_added` and `not_changed` are the registrations that were refused: those that would have been new, and others.
    """

    refused: list[RowProblem]
    not_applied: list[RowProblem]
    done: int
    not_added: int
    not_changed: int


Report = Callable[[Transaction, Outcome], None]
"""Told of each chunk inside its transaction."""


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles chunks of one register; `report` is told of each.

    `again` takes what is to be sent once more without its decision; without it such an item is refused as it is.
    """

    app: App
    register: str
    report: Report
    again: list[Prepared] | None = None

    async def settle(self, sent: Sent, reply: overlap_pb2.RegisterReply) -> None:
        """Store what the coordinator confirmed."""
        pairs = list(zip(sent.items, reply.results, strict=True))
        refused = [(item, result.rule or "R-11") for item, result in pairs if result.status == REFUSED]
        done = [item for item, result in pairs if result.status != REFUSED]
        retried = [(item, rule) for item, rule in refused if self._goes_again(item)]
        final = [(item, rule) for item, rule in refused if not self._goes_again(item)]
        now = milliseconds(self.app.clock.now())
        event = entries.parse(reply.receipt.entry).event.value

        def work(db: Transaction) -> list[Prepared]:
            for letter in self._letters(db, done):
                inbox.add_declaration(db, letter)
            registrations.settle(db, [_settled(item, now) for item in done if item.act != WITHDRAW])
            for item in done:
                consents.keep_details(db, item.registration_id, list(item.by_hand))
                if item.decision:
                    past.name_decision(db, item.decision.reference, item.decision.number, item.decision.decided_by)
            registrations.withdrawn(db, [item.registration_id for item in done if item.act == WITHDRAW], now)
            self._note_full(db, refused)
            again = [self._without(db, item, rule) for item, rule in retried]
            registrations.remove_never_settled(db, [item.registration_id for item, _rule in retried])
            not_added = registrations.remove_never_settled(db, [item.registration_id for item, _rule in final])
            receipts.add(db, reply.receipt.entry, event, now)
            outcome = Outcome(
                refused=[_problem(item, rule) for item, rule in final],
                not_applied=[RowProblem(item.row, "besluit", item.dropped) for item in done if item.dropped],
                done=len(sent.items) - len(retried),
                not_added=not_added,
                not_changed=sum(item.act != WITHDRAW for item, _rule in final) - not_added,
            )
            self.report(db, outcome)
            return again

        again = await self.app.store.write(work)
        if self.again is not None:
            self.again.extend(again)

    def _goes_again(self, item: Prepared) -> bool:
        return self.again is not None and item.decision is not None

    def _note_full(self, db: Transaction, refused: list[tuple[Prepared, str]]) -> None:
        for item, rule in refused:
            if item.decision is not None and rule == _DAY_IS_FULL:
                decided.fill(db, item.decision.decider, today(self.app).isoformat(), decisions_per_day(self.app))

    def _without(self, db: Transaction, item: Prepared, rule: str) -> Prepared:
        setting, said = setting_of(self.app, self.register), item.said
        if said is None:
            return item
        row = registrations.by_id(db, item.registration_id)
        standing = by_hand(db, row, said.facts, None, setting.today).standing if row and row.facts else ()
        return without_decision(item, facts_digest(setting, said, None), standing, _reason(rule))

    def _letters(self, db: Transaction, items: list[Prepared]) -> list[StoredDeclaration]:
        """Tell the acting partner under which registration id his case is listed, when that is news to him."""
        made = []
        for item in items:
            said = item.said
            if said is None or not (said.case_number and said.facts.acting_for):
                continue
            before = registrations.by_id(db, item.registration_id)
            if before is not None and (before.facts, before.case_number) == (stored_facts(said), said.case_number):
                continue
            act = letters.seal_case_letter(
                self.app.covenant(),
                self.app.config.participant,
                said.facts.acting_for,
                said.case_number,
                RegistrationId(item.registration_id),
            )
            made.append(declaring.prepare(self.app, act, item.registration_id.hex()))
        return made


def _reason(rule: str) -> str:
    return "decisions_of_day" if rule == _DAY_IS_FULL else "decision_refused"


def _problem(item: Prepared, rule: str) -> RowProblem:
    if item.decision is not None and rule == _DAY_IS_FULL:
        return RowProblem(item.row, "besluit", _reason(rule))
    return RowProblem(item.row, "", rule)


def _settled(item: Prepared, now_ms: int) -> Settled:
    said = item.said
    return Settled(
        registration_id=item.registration_id,
        row_digest=item.row_digest,
        facts_digest=item.facts_digest,
        facts=stored_facts(said) if said else "",
        case_number=said.case_number if said else "",
        epochs=item.epochs,
        decisions=stored_decisions(item),
        at_ms=now_ms,
    )
