"""The national number is recognised in every form and never named (security.md T14)."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.bsn import is_bsn
from samenloop_node.identity.bsn import ColumnJudge, is_forbidden_column, refuse_bsn
from samenloop_node.identity.errors import FieldError

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "bsn.json").read_text("utf-8"))
FORMS = ("{}{}{}", "{}.{}.{}", "{} {} {}", "{}-{}-{}", "{}/{}/{}", "BSN {}{}{}", "NL{}{}{}B01", "nr. {} {} {}, dossier")


def valid_numbers(amount: int) -> list[str]:
    """Numbers that pass the eleven test; random, so they are nobody's on purpose."""
    chosen = random.Random(5)
    found: list[str] = []
    while len(found) < amount:
        digits = [chosen.randint(0, 9) for _place in range(8)]
        rest = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
        if rest < 10 and any(digits):
            found.append("".join(map(str, [*digits, rest])))
    return found


@pytest.mark.parametrize("text", VECTORS["refused"])
def test_a_bsn_is_recognised_in_each_form_people_write(text: str) -> None:
    assert is_bsn(text)


@pytest.mark.parametrize("text", VECTORS["allowed"])
def test_what_is_no_bsn_is_left_alone(text: str) -> None:
    assert not is_bsn(text)


def test_ten_thousand_valid_numbers_are_refused_in_all_forms() -> None:
    for place, number in enumerate(valid_numbers(10_000)):
        form = FORMS[place % len(FORMS)].format(number[:3], number[3:6], number[6:])
        assert is_bsn(form), form


def test_ten_thousand_dates_with_separators_are_not_refused() -> None:
    chosen = random.Random(6)
    for _draw in range(10_000):
        year, month, day = chosen.randint(1900, 2030), chosen.randint(1, 12), chosen.randint(1, 28)
        for text in (f"{year}-{month:02}-{day:02}", f"{day:02}-{month:02}-{year}", f"op {day}-{month}-{year} gezien"):
            assert not is_bsn(text), text


def test_the_error_names_column_and_reason_and_never_the_value() -> None:
    with pytest.raises(FieldError) as caught:
        refuse_bsn("opmerking", "zie 123456782")
    assert (caught.value.column, caught.value.reason) == ("opmerking", "bsn")
    assert "123456782" not in caught.value.text + repr(caught.value) + str(caught.value.args)


def test_a_column_of_bsns_is_refused_from_ten_values_on() -> None:
    judge = ColumnJudge()
    for number in valid_numbers(9):
        judge.feed(number)
    assert not judge.refused()
    judge.feed("111222333")
    assert judge.refused()


def test_a_column_of_chance_numbers_is_not_refused() -> None:
    chosen, judge = random.Random(7), ColumnJudge()
    for _draw in range(1000):
        judge.feed(str(chosen.randint(100_000_000, 999_999_999)))
    assert not judge.refused()


@pytest.mark.parametrize(
    "name", ["bsn", "BSN", " Sofi-Nr ".replace("-", ""), "burgerservicenummer", "A-nummer", "a nummer"]
)
def test_a_column_name_that_announces_a_number_is_forbidden(name: str) -> None:
    assert is_forbidden_column(name)


@given(st.text())
def test_no_text_makes_the_recogniser_fail(text: str) -> None:
    assert is_bsn(text) in (True, False)
