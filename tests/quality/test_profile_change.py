"""nl-1 -> nl-2 by dual writing, as for a key epoch: each epoch is judged with its own profile; no hit is missed."""

from dataclasses import dataclass
from itertools import product

import pytest

from samenloop.profile import Profile, combination
from tests.quality.generate import registers
from tests.quality.linkage import NL_1, Index, Record, parsed, record_of

_RECIPES = ("surname-initial", "name", "words", "home", "name-loose", "initials", "home-first")
NL_2 = Profile(
    "nl-2",
    _RECIPES,
    (
        combination(_RECIPES, "name", "name"),
        combination(_RECIPES, "surname-initial", "surname-initial", "name-loose initials"),
        combination(_RECIPES, "words", "words"),
        combination(_RECIPES, "home", "home", "home-first"),
    ),
)
"""A later profile for this test: other recipes, other order, so that a mask of the one means nothing in the other."""
PROFILES = {"2026-1": NL_1, "2026-2": NL_2}


@dataclass(frozen=True, slots=True)
class State:
    """Epochs in which the holder has written and from which a question reads."""

    written: frozenset[str]
    read: frozenset[str]


BEFORE = State(frozenset({"2026-1"}), frozenset({"2026-1"}))
DUAL_WRITE = State(frozenset({"2026-1", "2026-2"}), frozenset({"2026-1"}))
DUAL_READ = State(frozenset({"2026-1", "2026-2"}), frozenset({"2026-1", "2026-2"}))
AFTER = State(frozenset({"2026-2"}), frozenset({"2026-2"}))


@pytest.fixture(scope="module")
def records() -> dict[str, list[dict[str, Record]]]:
    """Per organisation the records of a small data set, made under both profiles."""
    found: dict[str, list[dict[str, Record]]] = {}
    for row, *_truth in registers(3_000, 5):
        person = parsed(row)
        if person:
            made = {e: record_of(person, row["record_id"], row["organisation"], p) for e, p in PROFILES.items()}
            found.setdefault(row["organisation"], []).append(made)
    return found


def hits(records: dict[str, list[dict[str, Record]]], state: State) -> set[tuple[str, str]]:
    """A holder is hit if any read epoch, judged alone with its own profile, gives a hit."""
    found: set[tuple[str, str]] = set()
    for epoch, (holder, registered) in product(sorted(state.read & state.written), records.items()):
        index = Index((made[epoch] for made in registered), PROFILES[epoch])
        for asker, mine in records.items():
            if asker != holder:
                found |= {(hit.asked, holder) for made in mine for hit in index.hits(made[epoch])}
    return found


def test_no_hit_is_missed_at_any_step_of_the_change(records: dict[str, list[dict[str, Record]]]) -> None:
    old, new = hits(records, BEFORE), hits(records, AFTER)
    assert old
    assert new
    assert hits(records, DUAL_WRITE) == old
    assert hits(records, DUAL_READ) == old | new


def test_reading_the_new_epoch_before_all_have_written_it_misses_hits(
    records: dict[str, list[dict[str, Record]]],
) -> None:
    """Control: skipping the dual phase is caught."""
    assert not hits(records, State(BEFORE.written, AFTER.read)) >= hits(records, BEFORE)
