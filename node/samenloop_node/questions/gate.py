"""The node's side of the question gate: facts of covenant, account and counters for `samenloop.decisions.question`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant
from samenloop.covenant.permissions import budgets, offered
from samenloop.decisions.asking import AskerFacts, HolderFacts, HolderPart, QuestionFacts
from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.question import gate
from samenloop.errors import Refused
from samenloop.model import ParticipantId
from samenloop_node.accounts import Role, User
from samenloop_node.questions.draft import HOLDER_FIELDS, QuestionDraft

_PLACE = re.compile(r"parts\[([0-9]+)\](\.)?")


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """What was asked before in a case: `asked` counts questions per holder. A case that is not known is `reported`."""

    asked: Mapping[str, int]
    state: CaseState = CaseState.REPORTED


def pass_gate(
    catalogue: Catalogue,
    covenant: Covenant,
    asker: ParticipantId,
    user: User,
    draft: QuestionDraft,
    history: CaseHistory,
    today: date,
) -> None:
    """Raise Refused with the first failing rule, unless this user may put this question today."""
    try:
        facts = question_facts(covenant, asker, draft, history.asked, today)
        gate(catalogue, facts, _asker_facts(asker, user, draft, history.state, today))
    except Refused as refused:
        raise Refused(refused.rule, refused.text, tuple(_named(one, draft) for one in refused.missing)) from refused


def _named(missing: str, draft: QuestionDraft) -> str:
    """Name the holder that a condition is about as `--holder` does, `politie-midden,give_basis`; not by its place."""
    return _PLACE.sub(lambda found: draft.holders[int(found[1])].holder + ("," if found[2] else ""), missing)


def _asker_facts(asker: ParticipantId, user: User, draft: QuestionDraft, state: CaseState, today: date) -> AskerFacts:
    return AskerFacts(
        acting_partner=asker,
        role=Role.CASE_WORKER.value if Role.CASE_WORKER in user.roles else "",
        named=user.valid_from <= today <= user.valid_until,
        secrecy_signed=user.secrecy_statement <= today,
        case_state=state,
        case_referrer=asker,
        asked_person=draft.asked_person,
        anonymous_talk=draft.anonymous_talk,
        phone_call=draft.phone_call,
    )


def question_facts(
    covenant: Covenant, asker: ParticipantId, draft: QuestionDraft, asked_before: Mapping[str, int], today: date
) -> QuestionFacts:
    """Return what node and coordinator both see of a question."""
    own = covenant.participant(asker)
    parts = tuple(HolderPart(**{name: getattr(part, name) for name in HOLDER_FIELDS}) for part in draft.holders)
    return QuestionFacts(
        asker=asker,
        asker_kinds=own.asks_as,
        purpose=covenant.purpose.id,
        region=own.region,
        parts=parts,
        holders=tuple(_holders(covenant, asker, asked_before, today)),
        respell_limit=budgets(covenant, asker).questions_per_case_and_holder,
        today=today,
        power=draft.power,
        region_reason=draft.region_reason,
        new_fact=draft.new_fact,
    )


def _holders(
    covenant: Covenant, asker: ParticipantId, asked_before: Mapping[str, int], today: date
) -> list[HolderFacts]:
    rows = [covenant.participant(name) for name in covenant.participant(asker).may_ask]
    return [
        HolderFacts(
            holder=row.id,
            kinds=tuple(sorted({register.kind for register in offered(covenant, row, asker, today)})),
            region=row.region,
            asked_before=asked_before.get(row.id, 0),
            wpg20_receiver=covenant.wpg20_covers(asker, row.id, today),
        )
        for row in rows
        if not row.suspended and offered(covenant, row, asker, today)
    ]
