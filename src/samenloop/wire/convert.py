"""Messages to frozen values and back, for the values that several calls share."""

from collections.abc import Sequence
from dataclasses import dataclass

from samenloop import model
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.modes import RecordFacts
from samenloop.errors import InvalidInput
from samenloop.model import Mode, TokenSet
from samenloop.texts import _
from samenloop.wire import fields
from samenloop.wire.v1 import common_pb2, overlap_pb2

MAX_STEPS = 8


@dataclass(frozen=True, slots=True)
class CovenantRef:
    """The agreement that a message falls under."""

    id: str
    version: int


def covenant_ref(message: common_pb2.CovenantRef, where: str = "covenant") -> CovenantRef:
    """Parse a covenant reference; version 0 is refused."""
    if message.version < 1:
        raise InvalidInput(where, _("{where} noemt geen versie van het convenant.", where=where))
    return CovenantRef(model.code(message.id, where), message.version)


def covenant_message(ref: CovenantRef) -> common_pb2.CovenantRef:
    """Return the message of a covenant reference."""
    return common_pb2.CovenantRef(id=ref.id, version=ref.version)


def token_sets(messages: Sequence[common_pb2.TokenSet], where: str = "tokens") -> tuple[TokenSet, ...]:
    """Parse the token sets of one person: one per epoch, 1 to `MAX_EPOCHS` epochs."""
    fields.between(messages, 1, model.MAX_EPOCHS, where)
    values = tuple(
        TokenSet(model.epoch_id(item.epoch, where), item.mask, item.facts, item.counts, item.tokens)
        for item in messages
    )
    if len({value.epoch for value in values}) != len(values):
        raise InvalidInput(where, _("{where} noemt een tijdvak tweemaal.", where=where))
    return values


def token_set_message(value: TokenSet) -> common_pb2.TokenSet:
    """Return the message of a token set."""
    return common_pb2.TokenSet(
        epoch=value.epoch, mask=value.mask, facts=value.facts, counts=value.counts, tokens=value.tokens
    )


def record_facts(message: overlap_pb2.RecordFacts, kind: str) -> RecordFacts:
    """Parse the facts of a record in a register of catalogue kind `kind`."""
    if message.tightened not in (0, *Mode):
        raise InvalidInput("facts.tightened", _("De strengere regel van deze registratie bestaat niet."))
    return RecordFacts(
        kind=kind,
        task=fields.code(message.task, "facts.task"),
        framework=fields.code(message.framework, "facts.framework"),
        origin=fields.code(message.origin, "facts.origin"),
        measure=fields.optional_code(message.measure, "facts.measure"),
        protected=message.protected,
        tightened=Mode(message.tightened) if message.tightened else None,
        review_date=fields.iso_date(message.review_date, "facts.review_date"),
        acting_for=model.participant_id(message.acting_for, "facts.acting_for") if message.acting_for else "",
        frozen=message.frozen,
        origin_permission=message.origin_permission,
    )


def record_facts_message(value: RecordFacts) -> overlap_pb2.RecordFacts:
    """Return the message of a record's facts; kind and acting kind come from the covenant and do not travel."""
    return overlap_pb2.RecordFacts(
        task=value.task,
        framework=value.framework,
        origin=value.origin,
        measure=value.measure,
        protected=value.protected,
        tightened=int(value.tightened or 0),
        review_date=value.review_date.isoformat(),
        acting_for=value.acting_for,
        frozen=value.frozen,
        origin_permission=value.origin_permission,
    )


def beforehand(message: overlap_pb2.Beforehand, registration: bytes, where: str = "beforehand") -> BeforehandDecision:
    """Parse a decision beforehand over this registration for one receiver (R-76)."""
    fields.between(message.steps, 0, MAX_STEPS, f"{where}.steps")
    return BeforehandDecision(
        registration=registration,
        receivers=(model.participant_id(message.receiver, f"{where}.receiver"),),
        purpose=fields.code(message.purpose, f"{where}.purpose"),
        basis=fields.code(message.give_basis, f"{where}.give_basis"),
        breach_ground=fields.optional_code(message.breach_ground, f"{where}.breach_ground"),
        valid_until=fields.iso_date(message.valid_until, f"{where}.valid_until"),
        reference=fields.digest(message.reference, f"{where}.reference"),
        decider=fields.digest(message.decider, f"{where}.decider"),
        decided_on=fields.iso_date(message.decided_on, f"{where}.decided_on"),
        steps=tuple(fields.code(step, f"{where}.steps") for step in message.steps),
    )


def beforehand_messages(value: BeforehandDecision) -> list[overlap_pb2.Beforehand]:
    """Return one message per receiver of a decision beforehand."""
    return [
        overlap_pb2.Beforehand(
            receiver=receiver,
            purpose=value.purpose,
            give_basis=value.basis,
            breach_ground=value.breach_ground,
            valid_until=value.valid_until.isoformat(),
            reference=value.reference,
            decider=value.decider,
            decided_on=value.decided_on.isoformat(),
            steps=list(value.steps),
        )
        for receiver in value.receivers
    ]
