"""Who may ask whom: closed, and nothing by default."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.catalogue import load_catalogue
from samenloop.covenant.permissions import Denial, budgets, check_version, may_ask, retention_months
from samenloop.errors import ErrorCode, SamenloopError
from tests.covenant.consortium import PARTNERS, demo_covenant, following, with_row

DEMO = demo_covenant()
MAYOR, CARE, POLICE, PROBATION = PARTNERS
TODAY = date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def ask(covenant=DEMO, asker=PROBATION, holder=POLICE, purpose="casusoverleg", today=TODAY):
    return may_ask(covenant, asker=asker, holder=holder, purpose=purpose, today=today)


def test_an_agreed_question_names_the_registers_and_the_kind_of_asker() -> None:
    permission = ask()
    assert permission.allowed
    assert [row.id for row in permission.registers] == ["politie"]
    assert permission.kinds == ("reclassering",)


DENIED = {
    "another purpose (R-19)": ({"purpose": "zsm"}, Denial.OTHER_PURPOSE),
    "an unknown asker": ({"asker": "school"}, Denial.UNKNOWN_ASKER),
    "an unknown holder": ({"holder": "school"}, Denial.UNKNOWN_HOLDER),
    "no edge": ({"asker": CARE}, Denial.NOT_AGREED),
    "a network that asks (R-01)": ({"asker": "zvh-midden"}, Denial.NETWORK),
    "oneself": ({"holder": PROBATION}, Denial.NOT_AGREED),
    "a suspended asker": ({"covenant": with_row(DEMO, PROBATION, suspended_by=(MAYOR, CARE))}, Denial.ASKER_SUSPENDED),
    "a suspended holder": ({"covenant": with_row(DEMO, POLICE, suspended_by=(MAYOR, CARE))}, Denial.HOLDER_SUSPENDED),
    "an asker without a kind": ({"covenant": with_row(DEMO, PROBATION, asks_as=())}, Denial.NO_KIND),
    "a holder without registers": ({"covenant": with_row(DEMO, POLICE, registers=())}, Denial.NO_REGISTER),
    "a police decision that is not yet valid (R-06)": ({"today": date(2026, 1, 14)}, Denial.NO_DECISION),
    "a police decision that is over (R-06)": ({"today": date(2029, 1, 16)}, Denial.NO_DECISION),
    "no police decision (R-06)": ({"covenant": dataclasses.replace(DEMO, wpg20=())}, Denial.NO_DECISION),
}


@pytest.mark.parametrize(("changed", "denial"), DENIED.values(), ids=DENIED.keys())
def test_everything_else_is_denied_with_its_reason(changed: dict, denial: Denial) -> None:
    permission = ask(**changed)
    assert not permission.allowed
    assert permission.denial is denial
    assert permission.registers == ()
    assert permission.kinds == ()


def test_every_denial_has_a_rule_of_the_list() -> None:
    assert {denial.rule for denial in Denial} <= set(load_catalogue().rules)
    assert Denial.OTHER_PURPOSE.rule == "R-19"
    assert Denial.NETWORK.rule == "R-01"


def test_a_receiver_that_the_police_decision_does_not_name_is_denied() -> None:
    covenant = with_row(DEMO, CARE, may_ask=(POLICE,), asks_as=("ggz",))
    assert ask(covenant, asker=CARE).allowed
    (decision,) = covenant.wpg20
    narrower = dataclasses.replace(decision, receivers=tuple(one for one in decision.receivers if one != CARE))
    unnamed = dataclasses.replace(covenant, wpg20=(narrower,))
    assert ask(unnamed, asker=CARE).denial is Denial.NO_DECISION


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_made_up_names_are_never_allowed(asker: str, holder: str, purpose: str) -> None:
    assert not ask(asker=asker, holder=holder, purpose=purpose).allowed


def test_the_lower_of_covenant_and_own_limit_counts() -> None:
    assert budgets(DEMO, POLICE) == DEMO.budgets
    own = dataclasses.replace(
        DEMO.participant(POLICE).own_limits,
        questions_per_user_and_day=5,
        questions_per_partner_and_day=100_000,
        retention_months=12,
    )
    covenant = with_row(DEMO, POLICE, own_limits=own)
    assert budgets(covenant, POLICE).questions_per_user_and_day == 5
    assert budgets(covenant, POLICE).questions_per_partner_and_day == DEMO.budgets.questions_per_partner_and_day
    assert (retention_months(covenant, POLICE), retention_months(covenant, CARE)) == (12, 60)
    with pytest.raises(SamenloopError):
        budgets(DEMO, "school")


def test_the_version_before_is_accepted_for_ten_minutes_unless_the_new_one_tightens() -> None:
    wider, tighter = with_row(DEMO, CARE, may_ask=(POLICE,)), with_row(DEMO, POLICE, may_ask=())
    soon, late = NOW + timedelta(minutes=9, seconds=59), NOW + timedelta(minutes=10)
    assert check_version(wider, DEMO, NOW, ("zvh-demo", 2), late) is wider
    assert check_version(wider, DEMO, NOW, ("zvh-demo", 1), soon) is DEMO
    refused = (
        (wider, DEMO, ("zvh-demo", 1), late),
        (wider, DEMO, ("zvh-demo", 1), NOW - timedelta(seconds=1)),
        (tighter, DEMO, ("zvh-demo", 1), soon),
        (wider, None, ("zvh-demo", 1), soon),
        (wider, DEMO, ("zvh-demo", 3), soon),
        (wider, DEMO, ("other", 2), soon),
        (following(wider), wider, ("zvh-demo", 1), soon),
    )
    for current, previous, named, now in refused:
        with pytest.raises(SamenloopError) as error:
            check_version(current, previous, NOW, named, now)
        assert error.value.code is ErrorCode.COVENANT_MISMATCH
