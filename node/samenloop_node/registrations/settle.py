"""What a receipt changes here: in one transaction the registrations, the receipt to be proved, and letters to
partners.
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
from samenloop_node.registrations.prepare import Prepared, stored_decisions, stored_facts
from samenloop_node.registrations.stream import Sent
from samenloop_node.store import Transaction, consents, inbox, past, receipts, registrations
from samenloop_node.store.inbox import StoredDeclaration
from samenloop_node.store.registrations import Settled
from samenloop_node.store.syncs import RowProblem

REFUSED = overlap_pb2.ItemResult.STATUS_REFUSED
Report = Callable[[Transaction, list[RowProblem], int], None]
"""Told, inside the transaction, what was refused and how many items were done."""


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles chunks of one register; `report` is told of each."""

    app: App
    register: str
    report: Report

    async def settle(self, sent: Sent, reply: overlap_pb2.RegisterReply) -> None:
        """Store what the coordinator confirmed."""
        refused = {
            item.registration_id: result.rule
            for item, result in zip(sent.items, reply.results, strict=True)
            if result.status == REFUSED
        }
        done = [item for item in sent.items if item.registration_id not in refused]
        problems = [
            RowProblem(item.row, "", refused[item.registration_id] or "R-11")
            for item in sent.items
            if item.registration_id in refused
        ]
        now = milliseconds(self.app.clock.now())
        event = entries.parse(reply.receipt.entry).event.value

        def work(db: Transaction) -> None:
            for letter in self._letters(db, done):
                inbox.add_declaration(db, letter)
            registrations.settle(db, [_settled(item, now) for item in done if item.act != WITHDRAW])
            for item in done:
                consents.keep_details(db, item.registration_id, list(item.by_hand))
                if item.decision:
                    past.name_decision(db, item.decision.reference, item.decision.number, item.decision.decided_by)
            registrations.withdrawn(db, [item.registration_id for item in done if item.act == WITHDRAW], now)
            registrations.remove_never_settled(db, list(refused))
            receipts.add(db, reply.receipt.entry, event, now)
            self.report(db, problems, len(sent.items))

        await self.app.store.write(work)

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
