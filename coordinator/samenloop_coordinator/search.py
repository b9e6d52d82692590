"""Looking a person up in registers: all tokens, all registers, all epochs, whatever is found. One snapshot.

Any failure raises; there is no partial result (invariant 7).
"""

import functools
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from samenloop.model import RegistrationId, TokenSet
from samenloop.profile import EpochProfiles
from samenloop_coordinator import matching
from samenloop_coordinator.matching import AskedEpoch, Candidate, Probe
from samenloop_coordinator.pepper import RegisterPepper
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import Registration

_GONE = Registration(0, 0, RegistrationId(bytes(16)), b"", b"", ())
Random = Callable[[int], bytes]


class Judged(NamedTuple):
    """One of the four registrations judged per register; `hit` is False for dummies and for too weak agreement."""

    registration: Registration
    hit: bool


@dataclass(frozen=True, slots=True)
class Probes:
    """What is looked up: one value per token and register."""

    probes: tuple[Probe, ...]
    values: tuple[bytes, ...]
    registers: int


def prepare(peppers: Sequence[RegisterPepper], token_sets: Sequence[TokenSet]) -> Probes:
    """Pepper every token once per register."""
    values = [value for pepper in peppers for tokens in token_sets for value in pepper.pepper(tokens)]
    recipes = tuple(tuple(tokens.each_recipe()) for tokens in token_sets)
    return Probes(_layout(len(peppers), recipes), tuple(values), len(peppers))


@functools.lru_cache(1024)
def _layout(registers: int, recipes: tuple[tuple[int, ...], ...]) -> tuple[Probe, ...]:
    """Return the probes for so many registers, given per epoch the recipe of each token."""
    return tuple(
        Probe(register, epoch, recipe)
        for register in range(registers)
        for epoch, numbers in enumerate(recipes)
        for recipe in numbers
    )


def search(
    parts: Parts,
    probes: Probes,
    token_sets: Sequence[TokenSet],
    profiles: EpochProfiles,
    excluded: Sequence[bytes],
    random: Random = secrets.token_bytes,
) -> list[list[Judged]]:
    """Return per register exactly four judged registrations."""
    left_out = parts.registrations.rows_of(excluded)
    found = parts.registrations.lookup(probes.values)
    rows = matching.candidates(probes.probes, found, probes.registers, left_out)
    noise = random(probes.registers * matching.JUDGED * matching.DUMMY_BYTES)
    dummies = matching.dummy_rows(parts.registrations.last_row(), noise)
    asked = matching.asked_epochs(profiles, token_sets)
    chosen = [matching.choose(one, dummies, asked) for one in rows]
    fetched = parts.registrations.fetch([one.row for per_register in chosen for one in per_register])
    return [[_judged(fetched, one, asked) for one in per_register] for per_register in chosen]


def _judged(fetched: dict[int, Registration], candidate: Candidate, asked: Sequence[AskedEpoch]) -> Judged:
    registration = fetched.get(candidate.row, _GONE)
    return Judged(registration, matching.judge(asked, candidate, registration.sides))
