"""Samples drawn by lot, so that nobody picks what is looked at. Pure.

1. Before a period the machine commits to a seed: its SHA-256 stands in the log.
2. The lot is SHA-256(seed || bytes that another party made after the commitment). Who knows the seed cannot choose
   those bytes; who makes them does not know the seed. Without such bytes there is no draw.
3. The drawn entries are those with the smallest SHA-256(lot || place). The seed is shown with the draw, so anybody who
   has the log can draw again (`recheck`).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from samenloop.keys import SigningKey
from samenloop.texts import _

MOST_DRAWN = 1_000
"""Of one sample: its entry in the log holds no more. A share that comes to more is cut off, and `Draw.full` says so."""
SEED_LABEL = "samenloop/v1 review seed"
_LOT = b"samenloop/v1 review lot\0"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is reviewed: `share_percent` of a period by lot, at least `minimum` entries, within `within_days`."""

    share_percent: int
    minimum: int
    every_days: int
    within_days: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promised seed: the SHA-256 (hex) that stands in the log at place `seq`, and by which number it was made."""

    seq: int
    at_ms: int
    digest: str
    number: int


@dataclass(frozen=True, slots=True)
class Draw:
    """One sample: population = reviewable entries before `size` and from the earlier draw on; `seed` in hex.

    `version` is the covenant version whose plan held.
    """

    seq: int
    at_ms: int
    seed: str
    size: int
    drawn: tuple[int, ...]
    due_ms: int
    version: int = 0

    @property
    def full(self) -> bool:
        """Tell whether this is the most that one sample holds: the share of the covenant may have come to more."""
        return len(self.drawn) >= MOST_DRAWN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer said about a drawn entry: signed off, or `escalated`."""

    seq: int
    at_ms: int
    entry: int
    user: str
    escalated: bool


@dataclass(frozen=True, slots=True)
class History:
    """All that a log says about samples, in order."""

    commitments: tuple[Commitment, ...] = ()
    draws: tuple[Draw, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def open(self) -> tuple[tuple[int, Draw], ...]:
        """Return the drawn entries without a verdict, each with its draw; oldest first."""
        done = {one.entry for one in self.verdicts}
        return tuple((entry, draw) for draw in self.draws for entry in draw.drawn if entry not in done)

    def overdue(self, now_ms: int) -> tuple[int, ...]:
        """Return the drawn entries whose review is too late."""
        return tuple(entry for entry, draw in self.open() if draw.due_ms < now_ms)

    def late(self, now_ms: int) -> frozenset[int]:
        """Return the drawn entries that had no verdict when their term was over, also when they have one since."""
        judged = {one.entry: one.at_ms for one in self.verdicts}
        return frozenset(
            entry for draw in self.draws for entry in draw.drawn if draw.due_ms < judged.get(entry, now_ms)
        )

    def population_start(self, draw: Draw | None = None) -> int:
        """Return where the population of `draw` (default: of the next one) begins."""
        earlier = [one.size for one in self.draws if draw is None or one.seq < draw.seq]
        return max(earlier, default=0)

    def whole_from(self, first: int) -> tuple[Draw, ...]:
        """Return the draws of which nothing is gone when the log begins at place `first`."""
        return tuple(one for one in self.draws if self.population_start(one) >= first)


def full_text() -> str:
    """Return what people must know of a sample that is full."""
    return _(
        "Een steekproef telt hoogstens {most} regels. Dat kan minder zijn dan het aandeel in het convenant: laat daar "
        "vaker trekken (every_days).",
        most=MOST_DRAWN,
    )


def seed(key: SigningKey, number: int) -> bytes:
    """Return the seed with this number, 32 bytes: only the holder of the log's key can make it."""
    return hashlib.sha256(key.sign(SEED_LABEL, number.to_bytes(8, "big"))).digest()


def digest(seed_bytes: bytes) -> str:
    """Return what is committed to, in hex."""
    return hashlib.sha256(seed_bytes).hexdigest()


def lot(seed_bytes: bytes, outside: Sequence[bytes]) -> bytes:
    """Return the 32 bytes that decide a draw; `outside` are the other parties' bytes, in the order of the log."""
    whole = hashlib.sha256(_LOT + seed_bytes)
    for one in outside:
        whole.update(len(one).to_bytes(4, "big") + one)
    return whole.digest()


def wanted(plan: Plan, population: int) -> int:
    """Return how many of a population are drawn: the share rounded up, at least the minimum, at most all of it
    and at most `MOST_DRAWN`.
    """
    share = -(-population * plan.share_percent // 100)
    return min(max(share, plan.minimum), population, MOST_DRAWN)


def pick(lot_bytes: bytes, population: Iterable[int], count: int) -> tuple[int, ...]:
    """Return the `count` drawn places, ascending; each place has the same chance."""
    ranked = sorted(population, key=lambda place: hashlib.sha256(lot_bytes + place.to_bytes(8, "big")).digest())
    return tuple(sorted(ranked[:count]))


def recheck(
    history: History,
    draws: Iterable[Draw],
    plan_of: Callable[[Draw], Plan | None],
    population: Callable[[int, int], Sequence[int]],
    outside: Callable[[Commitment, Draw], Sequence[bytes]],
) -> tuple[int, ...]:
    """Return the places of those `draws` that are not what the lot says; empty means that all are fair.

    `plan_of(draw)` is the plan that held, None when its covenant version is not at hand: then the number of drawn
    entries is not judged. `population(first, end)` gives the reviewable places, `outside` the others' bytes between
    commitment and draw.
    """
    return tuple(draw.seq for draw in draws if not _fair(history, plan_of, population, outside, draw))


def _fair(
    history: History,
    plan_of: Callable[[Draw], Plan | None],
    population: Callable[[int, int], Sequence[int]],
    outside: Callable[[Commitment, Draw], Sequence[bytes]],
    draw: Draw,
) -> bool:
    promised = [one for one in history.commitments if one.seq < draw.seq]
    if not promised or promised[-1].digest != digest(bytes.fromhex(draw.seed)):
        return False
    given = outside(promised[-1], draw)
    if not given:
        return False
    places = population(history.population_start(draw), draw.size)
    plan = plan_of(draw)
    count = len(draw.drawn) if plan is None else wanted(plan, len(places))
    return draw.drawn == pick(lot(bytes.fromhex(draw.seed), given), places, count)
