"""Saying the facts of one registration again without its person: frozen or not (R-67), with other decisions beforehand.

1. The person is not needed: the coordinator keeps the tokens.
2. Decisions that stand are said again in full, because what is left out is withdrawn. So what is to be said is worked
   out when nothing else changes the register any more: of two acts in quick succession neither undoes the other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.model import ParticipantId, RegisterId, RegistrationId
from samenloop.texts import _
from samenloop.wire.register import FACTS, Item, item_bytes
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.app import App
from samenloop_node.record_facts import facts_of
from samenloop_node.registrations.by_hand import read_decision
from samenloop_node.registrations.jobs import alone
from samenloop_node.registrations.prepare import Prepared
from samenloop_node.registrations.setting import settings_of
from samenloop_node.registrations.stream import Sent, Stream
from samenloop_node.store import Transaction, consents, receipts, registrations
from samenloop_node.store.consents import Detail
from samenloop_node.store.registrations import Decision, Registration, Settled


@dataclass(frozen=True, slots=True)
class Standing:
    """One decision beforehand as it stands; `detail` is there for one that was taken by hand."""

    decision: BeforehandDecision
    detail: Detail | None = None


@dataclass(frozen=True, slots=True)
class Restated:
    """What is to be said of a registration from now on; `told` is done in the transaction in which it is settled."""

    row: Registration
    standing: tuple[Standing, ...]
    frozen: bool
    told: Callable[[Transaction], None] = lambda _db: None


Look = Callable[[Transaction], Restated | None]
"""Works out what is to be said, None for nothing; raises SamenloopError when that may not be."""


async def restate(app: App, register: str, look: Look) -> None:
    """Send the facts and store what the coordinator confirmed; raises SamenloopError, and then nothing changed here.

    `look` is asked when nothing else changes the register. An act that may be refused asks it before as well.
    """
    await app.agreement.refresh(app.connection)
    await alone(app, register, _restate(app, look))


def find(app: App, db: Transaction, register: str, record_id: str) -> Registration:
    """Return an own registration by register and record id; raises SamenloopError(NOT_FOUND)."""
    app.participant().register(RegisterId(register))
    found = registrations.find(db, register, record_id)
    if found is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Dit dossiernummer is in register {name} niet geregistreerd.", name=register)
        )
    return found


def standing(app: App, db: Transaction, row: Registration) -> tuple[Standing, ...]:
    """Return the decisions beforehand over a registration that are in force, from files and by hand."""
    rows = registrations.decisions(db, row.registration_id)
    by_hand = {one.reference: one for one in consents.details(db, row.registration_id)}
    grounds = settings_of(app, row.register).beforehand
    found = []
    for reference in dict.fromkeys(one.reference for one in rows):
        detail = by_hand.get(reference)
        if detail is not None:
            found.append(Standing(read_decision(detail), detail))
        elif grounds is not None:
            same = [one for one in rows if one.reference == reference]
            found.append(Standing(_from_file(app, same, grounds.give_basis, grounds.breach_ground)))
    return tuple(found)


def _from_file(app: App, rows: list[Decision], basis: str, breach_ground: str) -> BeforehandDecision:
    first = rows[0]
    return BeforehandDecision(
        registration=first.registration_id,
        receivers=tuple(ParticipantId(one.receiver) for one in rows),
        purpose=app.covenant().purpose.id,
        basis=basis,
        breach_ground=breach_ground,
        valid_until=date.fromisoformat(first.valid_until),
        reference=first.reference,
        decider=first.decider,
        decided_on=date.fromisoformat(first.decided_on),
    )


async def _restate(app: App, look: Look) -> None:
    said = await app.store.read(look)
    if said is not None:
        await _send(app, said)


async def _send(app: App, said: Restated) -> None:
    item, refused = _item(app, said), list[str]()

    def once() -> Iterator[list[Prepared]]:
        yield [item]

    async def settle(_sent: Sent, reply: overlap_pb2.RegisterReply) -> None:
        result, now = reply.results[0], milliseconds(app.clock.now())
        if result.status == overlap_pb2.ItemResult.STATUS_REFUSED:
            refused.append(result.rule)

        def work(db: Transaction) -> None:
            receipts.add(db, reply.receipt.entry, Event.REGISTER.value, now)
            if refused:
                _settle(db, said.row, registrations.decisions(db, said.row.registration_id), now)
                return
            _settle(db, said.row, _rows(said), now)
            registrations.set_frozen(db, said.row.registration_id, frozen=said.frozen)
            consents.keep_details(db, said.row.registration_id, [one.detail for one in said.standing if one.detail])
            said.told(db)

        await app.store.write(work)

    await Stream(app, said.row.register, once(), settle).run()
    if refused:
        raise Refused(refused[0] or "R-11", _("De coördinator weigert deze wijziging van de registratie."))


def _item(app: App, said: Restated) -> Prepared:
    row = said.row
    kind = app.participant().register(RegisterId(row.register)).kind
    item = Item(
        registration_id=RegistrationId(row.registration_id),
        act=FACTS,
        token_sets=(),
        facts=replace(facts_of(app.catalogue, app.covenant(), kind, row), frozen=said.frozen),
        beforehand=tuple(one.decision for one in said.standing),
    )
    return Prepared(0, row.record_id, row.registration_id, FACTS, item_bytes(item))


def _rows(said: Restated) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            said.row.registration_id,
            receiver,
            one.decision.reference,
            one.decision.decider,
            one.decision.decided_on.isoformat(),
            one.decision.valid_until.isoformat(),
        )
        for one in said.standing
        for receiver in one.decision.receivers
    )


def _settle(db: Transaction, row: Registration, decisions: tuple[Decision, ...], now: int) -> None:
    registrations.settle(
        db,
        [
            Settled(
                registration_id=row.registration_id,
                row_digest=row.row_digest,
                facts_digest=row.facts_digest,
                facts=row.facts,
                case_number=row.case_number,
                epochs=None,
                decisions=decisions,
                at_ms=now,
            )
        ],
    )
