"""Whether a text that will be stored says who somebody is."""

import pytest

from samenloop_node.identity.mentions import identifies, mentions

NAMES = ("Zebedeus", "Quispelaer", "van Houtegem")
BIRTH = "1981-03-17"


@pytest.mark.parametrize(
    "text",
    [
        "Quispelaer",
        "gesprek met QUISPELAER",
        "Quispelaers broer belde",
        "Quispelaer's broer",
        "geboren 17-3-1981",
        "geboren op 17.3.1981",
        "1981-3-17",
        "1981-03-17",
        "19810317",
        "17 maart 1981",
        "17 mrt. 1981",
        "op 17 March 1981",
        "17/03/1981",
    ],
)
def test_a_name_or_date_is_found_however_it_is_written(text: str) -> None:
    assert mentions(text, NAMES, BIRTH)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z-2026-0317",
        "17 april 1981",
        "Buren klagen sinds maart 1981",
        "3-17 en 1981",
        "van de wijk",
        "18 maart 1981",
    ],
)
def test_other_texts_are_not(text: str) -> None:
    assert not mentions(text, NAMES, BIRTH)


@pytest.mark.parametrize("reference", ["zvanhoutegem81", "quispelaerz", "Q-Quispelaer", "1981.3.17", "zebedeusq"])
def test_a_reference_made_of_a_name_says_who_it_is(reference: str) -> None:
    assert identifies(reference, NAMES, BIRTH, frozenset())


@pytest.mark.parametrize("reference", ["pol-9", "wijk-12", "kamer-12", "2026-jan-0017", "Z-2026-14"])
def test_a_number_with_a_short_word_does_not(reference: str) -> None:
    assert not identifies(reference, ("Jan", "van de Pol", "Wij"), BIRTH, frozenset())
