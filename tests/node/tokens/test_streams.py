"""Rows to token sets, in one process and in several."""

import random
from collections.abc import Iterator
from hashlib import sha256

import pytest

from samenloop.model import EpochId, TokenSet
from samenloop.profile import profile
from samenloop_node.identity.errors import FieldError
from samenloop_node.identity.person import PERSON_COLUMNS, parse_person
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.streams import Making, Row, tokenise_rows
from samenloop_node.tokens.tokenise import tokenise

NL_1 = profile("nl-1")
OLD, NEW = (
    EpochKeys(sha256(epoch.encode()).digest(), "zvh", "samenloop", EpochId(epoch), NL_1.recipes)
    for epoch in ("2026-1", "2026-2")
)
MAKING = Making(((NL_1, OLD), (NL_1, NEW)))


def row(**fields: str) -> Row:
    return tuple(fields.get(column, "") for column in PERSON_COLUMNS)


def population(size: int) -> list[Row]:
    chosen = random.Random(3)
    names = ["Jan", "Piet", "Fatima", "Łukasz", "J.P.", "Anne-Marie"]
    surnames = ["de Vries", "El Amrani", "Berg-de Jong", "Kuijpers"]
    return [
        row(
            voornamen=chosen.choice(names),
            geslachtsnaam=chosen.choice(surnames),
            geboortedatum=f"19{chosen.randint(40, 99)}-05-{chosen.randint(10, 28)}",
        )
        for _number in range(size)
    ]


def tokens_of(one: TokenSet) -> set[bytes]:
    return {one.tokens[at : at + 16] for at in range(0, len(one.tokens), 16)}


@pytest.mark.parametrize("processes", [1, 2])
def test_rows_come_back_in_order_with_a_set_per_epoch_whatever_the_number_of_processes(processes: int) -> None:
    rows = population(1_300)
    made = list(tokenise_rows(rows, MAKING, processes))
    for given, sets in zip(rows, made, strict=True):
        person = parse_person(dict(zip(PERSON_COLUMNS, given, strict=True)))
        assert [one.epoch for one in sets] == ["2026-1", "2026-2"]
        for keys, one in zip((OLD, NEW), sets, strict=True):
            wanted = tokenise(person, NL_1, keys, bytes)
            assert (one.mask, one.counts, one.facts) == (wanted.mask, wanted.counts, wanted.facts)
            assert {token for token in tokens_of(wanted) if any(token)} <= tokens_of(one)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_refused_field_is_told_by_column_and_reason_whatever_the_number_of_processes(processes: int) -> None:
    wrong = row(geslachtsnaam="Vries", geboortedatum="1980-02-03", geslacht="vrouw")
    with pytest.raises(FieldError) as caught:
        list(tokenise_rows([*population(20), wrong], MAKING, processes))
    assert (caught.value.column, caught.value.reason) == ("geslacht", "not_a_sex")


def test_in_an_evaluation_a_refused_optional_field_is_left_empty() -> None:
    wrong = row(geslachtsnaam="Vries", geboortedatum="1980-02-03", geslacht="vrouw")
    left_out = row(geslachtsnaam="Vries", geboortedatum="1980-02-03")
    lenient = Making(MAKING.epochs, drop_optional=True)
    assert [one.mask for one in lenient.token_sets(wrong)] == [one.mask for one in lenient.token_sets(left_out)]


def test_a_chunk_of_rows_gives_what_each_row_gives_by_itself() -> None:
    rows = population(3)
    masks = [[mask for mask, _counts, _tokens in one] for one in MAKING.chunk(rows)]
    assert masks == [[one.mask for one in MAKING.token_sets(given)] for given in rows]


def test_several_processes_read_only_a_little_ahead() -> None:
    read = 0

    def stream() -> Iterator[Row]:
        nonlocal read
        for one in population(8_000):
            read += 1
            yield one

    made = tokenise_rows(stream(), MAKING, 2)
    next(made)
    assert read <= 4_000
    made.close()
