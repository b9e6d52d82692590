"""Policy: what becomes of a hit, for every kind of asker, with the functions of `samenloop.decisions`."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from samenloop.catalogue import load_catalogue
from samenloop.covenant.document import Budgets
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.errors import ErrorCode
from samenloop.model import Mode, ParticipantId, RegistrationId
from samenloop_coordinator import budgets
from samenloop_coordinator.policy import Fate, Policy, Receiving, Record, Verdict, outcome
from tests.coordinator.harness import decision, facts

POLICY = Policy(load_catalogue())
TODAY = datetime.now(UTC).date()
PROBATION = Receiving(ParticipantId("reclassering-midden"), ("reclassering",), "", "samenloop", TODAY)


def _record(
    kind: str, mode: Mode | None = None, beforehand: tuple[BeforehandDecision, ...] = (), **changes: Any
) -> Record:
    found = facts(kind, **changes)
    if found.acting_for:
        found = replace(found, acting_kind=changes.get("acting_kind", "politie"))
    return Record(RegistrationId(b"r" * 16), "register", found, mode, beforehand)


@pytest.mark.parametrize(
    ("record", "fate"),
    [
        (_record("vhh_casus"), Fate.SHOWN),
        (_record("vhh_casus", acting_kind="ggz"), Fate.HIDDEN),
        (_record("burgemeester"), Fate.SHOWN),
        (_record("burgemeester", measure=""), Fate.HIDDEN),
        (_record("burgemeester", Mode.HOLDER_DECIDES), Fate.HIDDEN),
        (_record("politie"), Fate.HIDDEN),
        (_record("ggz"), Fate.HIDDEN),
        (_record("vhh_casus", protected=True), Fate.HIDDEN),
        (_record("vhh_casus", frozen=True), Fate.NOT_THERE),
        (_record("vhh_casus", review_date=TODAY - timedelta(days=1)), Fate.NOT_THERE),
        (_record("politie", task="wpg9"), Fate.NOT_THERE),
        (_record("politie", origin="wjsg"), Fate.NOT_THERE),
        (_record("politie", Mode.NEVER), Fate.NOT_THERE),
    ],
    ids=[
        "case list", "case list for a care provider", "named measure", "no measure", "tightened by covenant", "police",
        "care", "protected", "frozen", "overdue", "article 9", "foreign origin", "never",
    ],
)  # fmt: skip
def test_the_fate_of_a_hit(record: Record, fate: Fate) -> None:
    assert POLICY.judge(PROBATION, record).fate is fate


def test_an_asker_of_several_kinds_gets_the_strictest_outcome_and_one_without_a_kind_nothing() -> None:
    decided = _record("politie", beforehand=(decision(b"r" * 16, PROBATION.participant, decided_on=TODAY),))
    assert POLICY.judge(PROBATION, decided).fate is Fate.SHOWN
    both = replace(PROBATION, kinds=("reclassering", "unknown"))
    assert POLICY.judge(both, decided).fate is Fate.NOT_THERE
    assert POLICY.judge(replace(PROBATION, kinds=()), decided).fate is Fate.NOT_THERE


def test_a_decision_beforehand_shows_until_its_own_last_day_or_the_review() -> None:
    until = TODAY + timedelta(days=9)
    decided = decision(b"r" * 16, PROBATION.participant, decided_on=TODAY, valid_until=until)
    record = _record("politie", beforehand=(decided,))
    ruling = POLICY.judge(PROBATION, record)
    assert (ruling.fate, ruling.rule, ruling.until) == (Fate.SHOWN, "R-76", until)
    later = replace(PROBATION, today=until + timedelta(days=1))
    assert POLICY.judge(later, record).fate is Fate.HIDDEN
    assert POLICY.judge(replace(PROBATION, participant=ParticipantId("other")), record).fate is Fate.HIDDEN


def test_a_holder_is_known_when_any_hit_shows_and_hears_of_all_that_are_there() -> None:
    records = (_record("vhh_casus"), _record("politie"), _record("vhh_casus", frozen=True))
    rulings = [POLICY.judge(PROBATION, record) for record in records]
    shown, hidden, gone = (
        Verdict(RegistrationId(bytes([number]) * 16), "register", ruling)
        for number, ruling in enumerate(rulings, start=1)
    )
    assert outcome([hidden, shown, gone]).known
    assert [one.fate for one in outcome([gone, hidden, shown]).verdicts] == [Fate.SHOWN, Fate.HIDDEN, Fate.NOT_THERE]
    assert outcome([hidden, shown, gone]).told == (shown.registration_id, hidden.registration_id)
    assert not outcome([hidden, gone]).known
    assert outcome([gone]).told == ()
    assert outcome([]).told == ()


def test_an_evaluation_shows_every_hit() -> None:
    assert POLICY.judge(replace(PROBATION, lifted=True), _record("politie", Mode.NEVER)).fate is Fate.SHOWN


def test_counters_of_a_question_are_per_case_and_holder_per_user_and_day_and_per_partner_and_day() -> None:
    figures = Budgets(
        questions_per_case_and_holder=3,
        questions_per_user_and_day=20,
        questions_per_partner_and_day=200,
        decisions_per_decider_and_day=20,
    )
    case, user = os.urandom(32), os.urandom(32)
    limits = list(budgets.of_question(figures, "a", case, user, ["h", "i"], "2026-11-22", new_fact=False))
    assert [(one.kind, one.day, one.most) for one in limits] == [
        ("case", "", 3),
        ("case", "", 3),
        ("user", "2026-11-22", 20),
        ("partner", "2026-11-22", 200),
    ]
    assert len({one.scope for one in limits}) == 4
    again = list(budgets.of_question(figures, "a", case, user, ["h", "i"], "2026-11-22", new_fact=True))
    assert [one.kind for one in again] == ["user", "partner"]
    assert not {one.scope for one in budgets.of_own_query(figures, "a", user, "2026-11-22")} & {
        one.scope for one in limits
    }
    for one in (*limits, budgets.of_decision(figures, "a", user, "2026-11-22")):
        assert budgets.exhausted(one).code is ErrorCode.BUDGET_EXHAUSTED
