"""Matching: which registrations a question meets, whatever else is there; always four judged."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from samenloop.model import EpochId, TokenSet
from samenloop.profile import EpochProfiles, Side, profile
from samenloop_coordinator.matching import (
    JUDGED,
    AskedEpoch,
    Candidate,
    Probe,
    asked_epochs,
    candidates,
    choose,
    dummy_rows,
    judge,
)

NL = profile("nl-1")
ALL = EpochProfiles(NL)
FULL = (1 << len(NL.recipes)) - 1


def _question(mask: int = FULL) -> TokenSet:
    return TokenSet(EpochId("2026-1"), mask, 6, bytes([1] * mask.bit_count()), bytes(16 * mask.bit_count()))


def test_candidates_gather_what_agrees_per_register_and_epoch_and_leave_out_the_excluded() -> None:
    probes = [Probe(0, 0, 3), Probe(0, 1, 3), Probe(1, 0, 5)]
    found = [(0, 10), (1, 10), (0, 11), (2, 12), (2, 13)]
    assert candidates(probes, found, 2, {13}) == [{10: {0: 8, 1: 8}, 11: {0: 8}}, {12: {0: 32}}]


def _asked(epochs: int = 2) -> tuple[AskedEpoch, ...]:
    return asked_epochs(ALL, [_question()] * epochs)


def _strength(agreeing: dict[int, int]) -> tuple[int, int]:
    """Count again, by the names of the rule's recipes."""
    found = []
    for mask in agreeing.values():
        complete = [line for line in NL.rule if not line.agree & ~mask]
        found.append((len(complete), bin(mask).count("1")))
    return max(found)


@given(
    st.dictionaries(
        st.integers(1, 99), st.dictionaries(st.integers(0, 1), st.integers(1, FULL), min_size=1), max_size=12
    )
)
def test_exactly_four_are_chosen_those_with_most_complete_combinations_first(rows: dict[int, dict[int, int]]) -> None:
    chosen = choose(rows, count(1000), _asked())
    assert len(chosen) == JUDGED
    real = [one for one in chosen if one.agreeing]
    assert len(real) == min(len(rows), JUDGED)
    strengths = [_strength(one.agreeing) for one in real]
    assert strengths == sorted(strengths, reverse=True)
    left = [_strength(agreeing) for row, agreeing in rows.items() if row not in {one.row for one in real}]
    assert not left or not strengths or max(left) <= min(strengths)
    assert all(one.row >= 1000 for one in chosen if not one.agreeing)


def test_strangers_who_share_what_makes_no_hit_push_nobody_out() -> None:
    """Five of one first name and year at one postcode, and the person himself, who moved: known by place and year."""
    at_home, himself = _recipes("home-first", "home-initials"), _recipes("place-year")
    rows = {**{row: {0: at_home} for row in range(1, 6)}, 9: {0: himself}}
    assert choose(rows, count(1000), _asked(1))[0].row == 9
    by_number = sorted(rows, key=lambda row: -bin(rows[row][0]).count("1"))
    assert 9 not in by_number[:JUDGED], "control: by the number of agreeing recipes alone he would not be judged"


def _recipes(*names: str) -> int:
    return sum(1 << NL.recipes.index(name) for name in names)


def test_full_agreement_is_a_hit_and_a_dummy_never_is() -> None:
    sides = {"2026-1": Side(FULL, 6)}
    assert judge(asked_epochs(ALL, [_question()]), Candidate(1, {0: FULL}), sides)
    assert not judge(asked_epochs(ALL, [_question()]), Candidate(1, {}), sides)
    assert not judge(asked_epochs(ALL, [_question()]), Candidate(1, {}), {})


def test_agreement_counts_within_one_epoch_only() -> None:
    """Half of the recipes in each of two epochs is less than all of them in one."""
    half = FULL & 0x5555555555555555
    other = FULL & ~half
    two = [
        _question(),
        TokenSet(EpochId("2026-2"), FULL, 6, bytes([1] * FULL.bit_count()), bytes(16 * FULL.bit_count())),
    ]
    sides = {"2026-1": Side(FULL, 6), "2026-2": Side(FULL, 6)}
    split = judge(asked_epochs(ALL, two), Candidate(1, {0: half, 1: other}), sides)
    alone = judge(asked_epochs(ALL, two[:1]), Candidate(1, {0: half}), sides) or judge(
        asked_epochs(ALL, two[1:]), Candidate(1, {0: other}), {"2026-2": Side(FULL, 6)}
    )
    assert split == alone


def test_dummies_are_rows_that_may_exist() -> None:
    assert list(dummy_rows(10, (9).to_bytes(8, "big") + (10).to_bytes(8, "big"))) == [10, 1]
    assert list(dummy_rows(0, bytes(8))) == [1]
