"""The coordinator's side of the question gate: permissions of the covenant, then every rule whose facts it can see."""

from datetime import date

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant, Participant, Register
from samenloop.covenant.permissions import Permission, budgets, may_ask
from samenloop.decisions.question import HolderFacts, HolderPart, QuestionFacts, gate_visible
from samenloop.errors import Refused
from samenloop.model import ParticipantId
from samenloop.texts import _
from samenloop.wire.ask import Ask, Part


class Gate:
    """Checks questions by one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._holders: dict[tuple[str, int, str, date], tuple[HolderFacts, ...]] = {}

    def check(self, covenant: Covenant, ask: Ask, today: date) -> list[tuple[Register, ...]]:
        """Return per part the registers that may be looked in; raises Refused with the R-id."""
        permissions = [_permitted(covenant, ask, part, today) for part in ask.parts]
        gate_visible(self._catalogue, self.question_facts(covenant, ask, today))
        return [permission.registers for permission in permissions]

    def question_facts(self, covenant: Covenant, ask: Ask, today: date) -> QuestionFacts:
        """Return the facts of a question as the coordinator sees them; repeats are counted when it is written
        (R-28).
        """
        question, asker = ask.question, covenant.participant(ask.question.asker)
        return QuestionFacts(
            asker=question.asker,
            asker_kinds=asker.asks_as,
            purpose=question.purpose,
            region=asker.region,
            parts=tuple(_holder_part(part) for part in ask.parts),
            holders=self._askable(covenant, asker, today),
            respell_limit=budgets(covenant, asker.id).questions_per_case_and_holder,
            today=today,
            power=question.power,
            region_reason=question.region_reason,
            new_fact=question.new_fact,
        )

    def _askable(self, covenant: Covenant, asker: Participant, today: date) -> tuple[HolderFacts, ...]:
        key = (covenant.id, covenant.version, asker.id, today)
        found = self._holders.get(key)
        if found is None:
            others = [row for row in covenant.participants if row.id in asker.may_ask]
            found = tuple(_holder(covenant, row, asker, today) for row in others)
            self._holders = {key: found, **{old: one for old, one in self._holders.items() if old[3] == today}}
        return found


def _permitted(covenant: Covenant, ask: Ask, part: Part, today: date) -> Permission:
    question = ask.question
    permission = may_ask(covenant, asker=question.asker, holder=part.holder, purpose=question.purpose, today=today)
    if permission.denial is not None:
        denial = permission.denial
        text = _(
            "Het convenant laat deze vraag aan {where} niet toe ({reason}).", where=part.holder, reason=denial.value
        )
        raise Refused(denial.rule, text, (f"{denial.rule} {denial.value}",))
    return permission


def _holder_part(part: Part) -> HolderPart:
    return HolderPart(
        holder=part.holder,
        purpose=part.purpose,
        proportionality=part.proportionality,
        subsidiarity=part.subsidiarity,
        give_basis=part.give_basis,
        receive_basis=part.receive_basis,
        inform_basis=part.inform_basis,
        acting_as=part.acting_as,
        reason=part.reason,
    )


def _holder(covenant: Covenant, row: Participant, asker: Participant, today: date) -> HolderFacts:
    permission = may_ask(covenant, asker=asker.id, holder=row.id, purpose=covenant.purpose.id, today=today)
    return HolderFacts(
        holder=ParticipantId(row.id),
        kinds=tuple(register.kind for register in permission.registers),
        region=row.region,
        wpg20_receiver=covenant.wpg20_covers(asker.id, row.id, today),
    )
