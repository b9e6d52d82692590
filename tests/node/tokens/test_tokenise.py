"""Tokens: fixed vectors, padding, the cap, and that contexts never mix (security.md T4, T12)."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.errors import InvalidInput
from samenloop.model import GROUP_SIZES, MAX_TOKENS, EpochId, TokenSet
from samenloop.profile import Profile, profile
from samenloop_node.identity.person import parse_person
from samenloop_node.tokens import features
from samenloop_node.tokens.features import features_of, prefixed
from samenloop_node.tokens.keys import EpochKeys, length_prefixed
from samenloop_node.tokens.recipes import RECIPES, messages_of
from samenloop_node.tokens.tokenise import fitting, tokenise

PATH = Path(__file__).parents[2] / "vectors" / "tokens.json"
NL_1 = profile("nl-1")
SECRET = bytes.fromhex("5f1e0c9ab37d248866d1f0a9c4b2e871330f5ad7c6984e21b05a77d3ee4c9102")
SANNE = {"voornamen": "Sanne Maria", "voorvoegsel": "de", "geslachtsnaam": "Vries", "geboortedatum": "1988-04-17",
         "partner_voorvoegsel": "van den", "partner_geslachtsnaam": "Berg", "geslacht": "V", "postcode": "3521AB",
         "huisnummer": "14", "geboorteplaats": "Utrecht"}  # fmt: skip
AHMAD = {"voornamen": "Ahmad", "geslachtsnaam": "Al Hassan", "geboortedatum": "1980-00-00", "geboorteplaats": "Aleppo",
         "geslacht": "M", "postcode": "3991PX"}  # fmt: skip
BARE = {"voornamen": "Mitchell", "geslachtsnaam": "Greene", "geboortedatum": "1956-04-09", "postcode": "2119"}
MANY = {"roepnaam": "Bert", "geslachtsnaam": "Garcia Lopez-de Vries", "partner_geslachtsnaam": "Berg-Jansen Smit",
        "geboortedatum": "1970-03-04", "postcode": "3521AB", "huisnummer": "1", "geboorteplaats": "Oss"}  # fmt: skip


def keys(covenant: str = "test", purpose: str = "zvh", epoch: str = "2026-1", secret: bytes = SECRET) -> EpochKeys:
    return EpochKeys(secret, covenant, purpose, EpochId(epoch), NL_1.recipes)


def groups(tokens: TokenSet) -> dict[str, set[bytes]]:
    """Tokens per recipe name."""
    found: dict[str, set[bytes]] = {}
    for place, number in enumerate(tokens.each_recipe()):
        found.setdefault(NL_1.recipes[number], set()).add(tokens.tokens[place * 16 : place * 16 + 16])
    return found


def test_what_stands_for_a_person_never_shows_it() -> None:
    person = parse_person(SANNE)
    made = features_of(person)
    dates, named = features._dates(person.geboortedatum), features._named_keys(("sanne",), ())
    shown = [repr(one) for one in (person, person.geboortedatum, made, made.surname, made.first, dates, named)]
    assert not [text for text in shown for value in ("anne", "ries", "ris", "1988", "0417") if value in text]
    # The control: as plain values they do show.
    assert "1988" in repr(tuple(dates))
    assert "0417" in repr(tuple(made))


def vectors() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for fields in (SANNE, AHMAD, BARE):
        person = parse_person(fields)
        made = groups(tokenise(person, NL_1, keys(), bytes))
        tokens = {name: sorted(token.hex() for token in group if any(token)) for name, group in made.items()}
        found.append({"fields": fields, "tokens": tokens})
    return found


def test_the_published_vectors_hold() -> None:
    assert json.loads(PATH.read_text("utf-8"))["persons"] == vectors()


def test_every_recipe_of_the_profile_is_known_at_the_node() -> None:
    assert set(NL_1.recipes) == set(RECIPES)


def test_the_same_person_gives_the_same_tokens_and_other_padding() -> None:
    one, other = (groups(tokenise(parse_person(MANY), NL_1, keys())) for _time in range(2))
    made = dict(zip(NL_1.recipes, map(len, messages_of(parse_person(MANY), NL_1)), strict=True))
    for name, group in one.items():
        assert len(group & other[name]) == made[name]
        assert len(group) in GROUP_SIZES


@pytest.mark.parametrize(
    "other", [keys(covenant="ander"), keys(purpose="ander"), keys(epoch="2026-2"), keys(secret=SECRET[::-1])]
)
def test_tokens_of_two_contexts_never_compare_equal(other: EpochKeys) -> None:
    mine = set().union(*groups(tokenise(parse_person(SANNE), NL_1, keys())).values())
    theirs = set().union(*groups(tokenise(parse_person(SANNE), NL_1, other)).values())
    assert not mine & theirs


def test_tokens_of_two_recipes_never_compare_equal() -> None:
    made = groups(tokenise(parse_person(SANNE), NL_1, keys()))
    assert sum(map(len, made.values())) == len(set().union(*made.values()))


def test_at_most_48_tokens_and_whole_recipes_are_dropped() -> None:
    fit = list(fitting([["x"] * 12] * 5 + [["y"]]))
    assert [number for number, _values, _size in fit] == [0, 1, 2, 3]
    tokens = tokenise(parse_person(MANY), NL_1, keys())
    assert sum(tokens.counts) <= MAX_TOKENS
    made = messages_of(parse_person(MANY), NL_1)
    dropped = [number for number, values in enumerate(made) if values and not tokens.mask >> number & 1]
    assert dropped
    assert all(not tokens.mask >> number & 1 for number in dropped)


def test_no_clear_fact_leaves_the_node() -> None:
    assert tokenise(parse_person(SANNE), NL_1, keys()).facts == 0


@pytest.mark.parametrize("date", ["1980-00-00", "1980-01-01", "1980-05-00"])
def test_name_and_date_recipes_give_nothing_for_default_and_unknown_dates(date: str) -> None:
    person = parse_person({"voornamen": "Ahmad", "geslachtsnaam": "Hassan", "geboortedatum": date, "geslacht": "M"})
    assert not any(messages_of(person, NL_1))


@pytest.mark.parametrize("known", [{}, {"geslacht": "M"}, {"geboorteplaats": "Oss"}, {"huisnummer": "1"}])
def test_the_recipe_for_bare_records_is_made_only_where_nothing_but_names_date_and_postcode_is_known(
    known: dict[str, str],
) -> None:
    made = groups(tokenise(parse_person(BARE | known), NL_1, keys()))
    assert ("bare" in made) == (not known)


def test_an_unknown_day_or_month_is_never_completed() -> None:
    known = messages_of(parse_person(SANNE), NL_1)
    unknown = messages_of(parse_person(SANNE | {"geboortedatum": "1988-04-00"}), NL_1)
    shared = {name for name, a, b in zip(NL_1.recipes, known, unknown, strict=True) if set(a) & set(b)}
    assert shared == {"home", "home-first"} | ({"home-initials"} & shared)


@settings(max_examples=300)
@given(st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=4))
def test_field_boundaries_cannot_be_moved(one: list[str], other: list[str]) -> None:
    same = one == other
    assert ("".join(map(prefixed, one)) == "".join(map(prefixed, other))) is same
    assert (length_prefixed(one) == length_prefixed(other)) is same


def test_without_length_prefixes_the_boundary_check_fails() -> None:
    """Control: plain joining makes two different lists of fields equal."""
    assert "".join(["ab", "c"]) == "".join(["a", "bc"])


@pytest.mark.parametrize(
    "secret",
    [b"", bytes(32), b"x" * 32, bytes(range(32)), SECRET[:31], SECRET + b"1",
     b"change-me-change-me-change-me-ok", b"0123456789abcdef0123456789abcdef"],
    ids=["empty", "zero", "one letter", "counter", "short", "long", "default text", "hexadecimal text"],
)  # fmt: skip
def test_a_secret_that_is_not_random_is_refused(secret: bytes) -> None:
    with pytest.raises(InvalidInput):
        keys(secret=secret)


def test_random_secrets_are_accepted() -> None:
    for _draw in range(2000):
        keys_of = EpochKeys(os.urandom(32), "c", "p", EpochId("2026-1"), ())
        assert "2026-1" in repr(keys_of)


def test_keys_show_nothing_in_their_repr() -> None:
    shown = repr(keys())
    assert all(key.hex() not in shown and repr(key) not in shown for key in keys().by_recipe.values())


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(InvalidInput):
        messages_of(parse_person(SANNE), Profile("xx-1", ("no-such-recipe",), ()))


if __name__ == "__main__":
    content = json.loads(PATH.read_text("utf-8")) | {"persons": vectors()}
    PATH.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
