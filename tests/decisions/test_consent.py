"""Consent (R-46..R-52)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.decisions.consent import CONSENT, ConsentEvent, ConsentInput, covers
from samenloop.decisions.consent_facts import ConsentState
from samenloop.errors import Refused
from samenloop.model import ParticipantId

from .good import CARE, LAW, PROBATION, TODAY, consent, consent_form, consent_input, refused

S, E = ConsentState, ConsentEvent
PARENT = {"signers": ("vertegenwoordiger",), "representative": "ouder_of_voogd"}
ALL_FIELDS = tuple(LAW.codes["consent_fields"])


def given_with(rule: str = "", missing: str = "", **form: object) -> None:
    facts = consent_input(form)
    if rule:
        refused(lambda: CONSENT.step(LAW, S.DRAFTED, E.GIVE, facts), rule, missing)
    else:
        assert CONSENT.step(LAW, S.DRAFTED, E.GIVE, facts) is S.GIVEN


def test_R46_consent_is_explicit_specific_and_explained() -> None:
    given_with()
    given_with("R-46", "explicit", explicit=False)
    given_with("R-46", "specific", specific=False)
    given_with("R-46", "explained_how", explained_how="zomaar")
    given_with("R-46", "necessity_judged", necessity_judged=False)
    given_with("R-46", "professional", recorded_by_professional=False)


@pytest.mark.parametrize("field", [one for one in ALL_FIELDS if one != "vertegenwoordiger"])
def test_R47_every_field_of_the_form_is_filled_in(field: str) -> None:
    given_with("R-47", field, fields=tuple(one for one in ALL_FIELDS if one != field))


def test_R47_a_representative_is_on_the_form_when_one_signs() -> None:
    without = tuple(one for one in ALL_FIELDS if one != "vertegenwoordiger")
    given_with("R-47", "vertegenwoordiger", age_band="onder_12", **PARENT, fields=without)
    given_with(age_band="onder_12", **PARENT, fields=ALL_FIELDS)


@pytest.mark.parametrize("told", list(LAW.codes["consent_told"]))
def test_R48_the_person_was_told_everything_beforehand(told: str) -> None:
    given_with("R-48", told, told=tuple(one for one in LAW.codes["consent_told"] if one != told))
    given_with("R-48", "told_on", told_on=date(2026, 4, 21))
    given_with("R-48", "told_on", told_on=None)


# age band, capable, signers, representative, exception -> valid?
SIGNING = [
    ("onder_12", True, ("vertegenwoordiger",), "ouder_of_voogd", "", True),
    ("onder_12", True, ("persoon",), "", "", False),
    ("onder_12", True, ("vertegenwoordiger",), "partner", "", False),
    ("van_12_tot_16", True, ("persoon", "vertegenwoordiger"), "ouder_of_voogd", "", True),
    ("van_12_tot_16", True, ("persoon",), "", "", False),
    ("van_12_tot_16", True, ("vertegenwoordiger",), "ouder_of_voogd", "", False),
    ("van_12_tot_16", True, ("persoon",), "", "kind_blijft_erbij", True),
    ("van_12_tot_16", True, ("persoon",), "", "ernstig_nadeel", True),
    ("van_12_tot_16", True, ("persoon",), "", "handig", False),
    ("vanaf_16", True, ("persoon",), "", "", True),
    ("vanaf_16", True, ("vertegenwoordiger",), "curator_of_mentor", "", False),
    ("vanaf_16", True, ("persoon",), "", "kind_blijft_erbij", False),
    ("vanaf_16", False, ("vertegenwoordiger",), "curator_of_mentor", "", True),
    ("vanaf_16", False, ("vertegenwoordiger",), "ouder_of_voogd", "", False),
    ("vanaf_16", False, ("persoon",), "", "", False),
    ("vanaf_16", True, ("buurman",), "", "", False),
    ("", True, ("persoon",), "", "", False),
]


@pytest.mark.parametrize(("band", "capable", "signers", "representative", "exception", "valid"), SIGNING)
def test_R49_the_right_people_sign_by_age_and_capacity(
    band: str, capable: bool, signers: tuple[str, ...], representative: str, exception: str, valid: bool
) -> None:
    given_with(
        "" if valid else "R-49",
        age_band=band,
        capable=capable,
        signers=signers,
        representative=representative,
        exception=exception,
        fields=ALL_FIELDS,
    )


def test_R49_a_representative_of_higher_rank_goes_first() -> None:
    form = {"capable": False, "signers": ("vertegenwoordiger",), "representative": "broer_of_zus", "fields": ALL_FIELDS}
    given_with(**{**form, "age_band": "vanaf_16"})
    given_with("R-49", "representative", **{**form, "age_band": "vanaf_16", "higher_available": True})


@pytest.mark.parametrize("state", [S.DRAFTED, S.GIVEN, S.USED])
@settings(deadline=None)
@given(data=st.data())
def test_R50_withdrawing_is_always_possible(state: ConsentState, data: st.DataObject) -> None:
    facts = consent_input({"explicit": data.draw(st.booleans()), "pressure": data.draw(st.text(max_size=5))})
    assert CONSENT.step(LAW, state, E.WITHDRAW, facts) is S.WITHDRAWN


def test_R50_a_withdrawn_consent_covers_nothing_and_never_comes_back() -> None:
    exchange = (PROBATION, "samenloop", "zaak-7", TODAY)
    assert covers(consent(), *exchange)
    assert not covers(type(consent())(consent_form(), S.WITHDRAWN), *exchange)
    for event in E:
        with pytest.raises(Refused):
            CONSENT.step(LAW, S.WITHDRAWN, event, consent_input())


@pytest.mark.parametrize("pressure", ["drang", "dwang", "afhankelijk", "", "onbekend"])
def test_R51_there_is_no_consent_under_pressure(pressure: str) -> None:
    given_with("R-51", "pressure", pressure=pressure)


@pytest.mark.parametrize("kind", ["burgemeester", "college_wmo", "college_jeugd", "college_schuldhulp", "onbekend"])
def test_R51_there_is_no_consent_for_the_municipality(kind: str) -> None:
    given_with("R-51", "holder_kind", holder_kind=kind)


def test_R52_one_consent_is_for_one_exchange() -> None:
    given_with("R-52", "one_exchange", case="")
    given_with("R-52", "one_exchange", purpose="alles")
    given_with("R-52", "one_exchange", purpose="casusoverleg")
    given_with("R-52", "one_exchange", receiver=CARE)
    given_with("R-52", "dates", valid_until=None)


@pytest.mark.parametrize("change", [{"used_case": "zaak-8"}, {"used_purpose": "toezicht"}, {"used_receiver": CARE}])
def test_R52_it_is_not_used_for_another_exchange(change: dict[str, object]) -> None:
    refused(lambda: CONSENT.step(LAW, S.GIVEN, E.USE, consent_input(**change)), "R-52", "same_exchange")


def test_R52_it_is_used_once_and_expires_with_the_case() -> None:
    assert CONSENT.step(LAW, S.GIVEN, E.USE, consent_input()) is S.USED
    refused(lambda: CONSENT.step(LAW, S.USED, E.USE, consent_input()), "R-52", "order")
    assert CONSENT.step(LAW, S.USED, E.EXPIRE, consent_input(case_closed=True)) is S.EXPIRED
    refused(lambda: CONSENT.step(LAW, S.USED, E.EXPIRE, consent_input(case_closed=False)), "R-52", "case_closed")


@settings(deadline=None)
@given(
    st.sampled_from(["zaak-7", "zaak-8"]), st.sampled_from(["samenloop", "toezicht"]), st.dates(), st.sampled_from(S)
)
def test_R52_a_consent_covers_exactly_what_it_says(case: str, purpose: str, day: date, state: ConsentState) -> None:
    one = type(consent())(consent_form(), state)
    expected = (case, purpose, state) == ("zaak-7", "samenloop", S.GIVEN) and date(2026, 4, 20) <= day <= date(
        2026, 8, 1
    )
    assert covers(one, PROBATION, purpose, case, day) is expected
    assert not covers(one, ParticipantId("iemand"), purpose, case, day)


def test_the_input_of_a_consent_is_frozen() -> None:
    with pytest.raises(AttributeError):
        consent_input().today = TODAY  # type: ignore[misc]
    assert isinstance(consent_input(), ConsentInput)
