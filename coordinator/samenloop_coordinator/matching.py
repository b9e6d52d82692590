"""Which registrations a question meets. Pure: values in, hits out; no store, no policy, no names.

1. Every token of every epoch is looked up in every register, whatever was found before.
2. Candidates of a register are its registrations with at least one equal token; excluded ones are dropped.
3. Exactly four are judged per register and epoch: first those with most combinations of the rule whose recipes agree,
   so that nobody who could be a hit stands behind people who only share recipes that make none; then dummies.
4. A registration is a hit when the rule of an epoch's profile says so within that epoch.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from samenloop.model import TokenSet
from samenloop.profile import EpochProfiles, Profile, Side

JUDGED = 4
DUMMY_BYTES = 8

Agreeing = dict[int, int]
"""Position of an epoch in the question -> bit mask of the recipes with an equal token."""


class Probe(NamedTuple):
    """One value to look up: which register of the question, which of its epochs, which recipe."""

    register: int
    epoch: int
    recipe: int


class Candidate(NamedTuple):
    """A registration to judge, by its row in the store; `agreeing` is empty for a dummy."""

    row: int
    agreeing: Agreeing


class AskedEpoch(NamedTuple):
    """What the hit rule sees of a question in one epoch, and the profile that it is judged by."""

    epoch: str
    side: Side
    profile: Profile


def candidates(
    probes: Sequence[Probe], found: Iterable[tuple[int, int]], registers: int, excluded: Collection[int]
) -> list[dict[int, Agreeing]]:
    """Return per register: row -> what agrees. `found` has (position of the probe, row) for each equal value."""
    rows: list[dict[int, Agreeing]] = [{} for _register in range(registers)]
    for position, row in found:
        if row not in excluded:
            register, epoch, recipe = probes[position]
            agreeing = rows[register].setdefault(row, {})
            agreeing[epoch] = agreeing.get(epoch, 0) | 1 << recipe
    return rows


def choose(rows: Mapping[int, Agreeing], dummies: Iterator[int], asked: Sequence[AskedEpoch]) -> list[Candidate]:
    """Return exactly four candidates, then dummies: most complete combinations in one epoch first, of equal ones those
    with most agreeing recipes, of these the oldest row.
    """
    ordered = sorted(rows, key=lambda row: (*_weakness(rows[row], asked), row))
    chosen = [Candidate(row, rows[row]) for row in ordered[:JUDGED]]
    return chosen + [Candidate(next(dummies), {}) for _place in range(JUDGED - len(chosen))]


def judge(asked: Sequence[AskedEpoch], candidate: Candidate, sides: Mapping[str, Side]) -> bool:
    """Tell whether a candidate is a hit. Judges every epoch, always; `sides` is what its registration holds."""
    hit = False
    for place, (epoch, side, profile) in enumerate(asked):
        agree = candidate.agreeing.get(place, 0)
        line = profile.judge(side, sides.get(epoch, _BLANK), agree)
        hit |= line is not None and agree > 0
    return hit


def asked_epochs(profiles: EpochProfiles, question: Sequence[TokenSet]) -> tuple[AskedEpoch, ...]:
    """Return what the hit rule sees of a question, per epoch in its order."""
    return tuple(
        AskedEpoch(tokens.epoch, Side(tokens.mask, tokens.facts), profiles.of(tokens.epoch)) for tokens in question
    )


def dummy_rows(last_row: int, noise: bytes) -> Iterator[int]:
    """Yield a row of any register for every 8 bytes of `noise`, which is random; a dummy may no longer exist."""
    for start in range(0, len(noise), DUMMY_BYTES):
        yield 1 + int.from_bytes(noise[start : start + DUMMY_BYTES]) % max(last_row, 1)


_BLANK = Side(0, 0)


def _weakness(agreeing: Agreeing, asked: Sequence[AskedEpoch]) -> tuple[int, int]:
    return min((-asked[place].profile.complete(mask), -mask.bit_count()) for place, mask in agreeing.items())
