"""The overlap job on one machine, without network, audit or rules: tokenise two lists, store one, match the other.

Tokens are stored and matched as they come, while the worker processes make the next. This is the engine only. The
product has no call that compares two lists (R-28): there every person is one question.
`python -m tests.bench.engine SIZE` runs it alone, beside the peers that are installed (`make bench-peers`).
"""

import functools
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.loop import run
from samenloop.model import ID_BYTES, EpochId, RegistrationId, TokenSet
from samenloop.profile import EpochProfiles, Profile, profile
from samenloop_coordinator import matching
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.law import pack_facts
from samenloop_coordinator.matching import Probe
from samenloop_coordinator.pepper import VALUE_BYTES, Pepper, RegisterPepper, Scope
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.sqlite import SqliteStore, create_store, open_store
from samenloop_coordinator.store.values import Mark, NewRegistration, Place
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.streams import Cuts, Making, Row, tokenise_rows
from tests.bench import engine_peers
from tests.bench.figures import LESS, Figure, show
from tests.bench.loader import facts
from tests.bench.people import rows
from tests.bench.tokenising import PROFILE, as_row

PSI_SECONDS = {100_000: 22.0}
"""openmined-psi, exact intersection, on the reference machine of the issue."""
_STORED, _MATCHED = 1000, 300
"""Persons per write and per lookup."""


@dataclass(frozen=True, slots=True)
class Peppered(Making):
    """Makes tokens and peppers them at once: node and coordinator in one, as they never are in the product."""

    pepper: RegisterPepper | None = None

    def cuts(self, row: Row) -> Cuts:
        """Return what the tokens of one person are made of, each token replaced by its value."""
        assert self.pepper is not None
        sets = self.whole(Making.cuts(self, row))
        return tuple((one.mask, one.counts, b"".join(self.pepper.pepper(one))) for one in sets)


def measure(folder: Path, size: int) -> list[Figure]:
    """Find the overlap of two lists of `size` persons, half of whom stand in both; the peers do the same job."""
    people = lists(size)
    before = engine_peers.processor_seconds()
    seconds, hits = run(_job(folder / f"engine-{size}.sqlite", *people))
    busy = engine_peers.processor_seconds() - before
    peers = engine_peers.measure(*people)
    total = sum(seconds.values())
    named = [Figure("engine", f"overlap job: {name}", size, took, "s") for name, took in seconds.items()]
    psi = next((one.value for one in peers if one.name.startswith(engine_peers.PSI)), None)
    name, bar = (engine_peers.PSI, 1.0) if psi else ("", PSI_SECONDS.get(size))
    return [
        *named,
        Figure("engine", "overlap job: all", size, total, "s", name, psi, bar, LESS),
        Figure("engine", "overlap job: processor time", size, busy, "s"),
        Figure("engine", "overlap job: found of those in both", size, hits / (size / 2), "part"),
        *peers,
    ]


def lists(size: int) -> tuple[list[Row], list[Row]]:
    """Return two lists of `size` persons as rows; half of each stand in both."""
    people = [as_row(row) for row in rows(size + size // 2, seed=3)]
    return people[:size], people[size // 2 :]


async def _job(path: Path, stored: Sequence[Row], asked: Sequence[Row]) -> tuple[dict[str, float], int]:
    chosen, processes = profile(PROFILE), os.cpu_count() or 1
    keys = EpochKeys(os.urandom(32), "bench", "bench", EpochId("2026-1"), chosen.recipes)
    pepper = Pepper(os.urandom(64)).register(Scope("bench", "bench", "holder", "register"), EpochProfiles(chosen))
    create_store(path)
    store = open_store(path, Journal("bench.test/log", Stamper(SystemClock())))
    try:
        times = [time.perf_counter()]
        making = Peppered(((chosen, keys),), pepper=pepper)
        tokens = (one for (one,) in tokenise_rows(itertools.chain(stored, asked), making, processes))
        await _store(store, itertools.islice(tokens, len(stored)))
        times.append(time.perf_counter())
        hits = await _match(store, chosen, tokens)
        times.append(time.perf_counter())
    finally:
        await store.close()
    spans = [after - before for before, after in itertools.pairwise(times)]
    return dict(zip(("tokenise one and store it", "tokenise the other and match it"), spans, strict=True)), hits


async def _store(store: SqliteStore, tokens: Iterator[TokenSet]) -> None:
    place = await store.write(lambda parts: parts.registrations.make_place(Place("bench", "holder", "register")))
    while chunk := list(itertools.islice(tokens, _STORED)):
        await store.write(partial(_put, place, chunk))
        await store.tidy()


def _put(place: int, tokens: Sequence[TokenSet], parts: Parts) -> None:
    packed = pack_facts(facts())
    for one in tokens:
        mark = Mark(one.epoch, one.mask, one.facts, len(one.tokens) // VALUE_BYTES)
        identity = RegistrationId(os.urandom(ID_BYTES))
        parts.registrations.put(NewRegistration(place, identity, packed, b"", (mark,), one.tokens))


async def _match(store: SqliteStore, chosen: Profile, tokens: Iterator[TokenSet]) -> int:
    hits = 0
    while chunk := list(itertools.islice(tokens, _MATCHED)):
        hits += await store.read(partial(_hits, chosen, chunk))
    return hits


def _hits(chosen: Profile, tokens: Sequence[TokenSet], parts: Parts) -> int:
    """Return how many of these persons have a hit: looked up together, judged one by one as the coordinator does."""
    probes: list[Probe] = []
    values: list[bytes] = []
    for number, one in enumerate(tokens):
        probes += _probes(number, one.each_recipe())
        values += [one.tokens[at : at + VALUE_BYTES] for at in range(0, len(one.tokens), VALUE_BYTES)]
    rows = matching.candidates(probes, parts.registrations.lookup(values), len(tokens), ())
    profiles = EpochProfiles(chosen)
    asked = [matching.asked_epochs(profiles, [one]) for one in tokens]
    candidates = [matching.choose(one, iter(int, 1), by) for one, by in zip(rows, asked, strict=True)]
    real = {one.row for chosen_four in candidates for one in chosen_four if one.agreeing}
    sides = {row: found.sides for row, found in parts.registrations.fetch(list(real)).items()}
    return sum(
        any(one.agreeing and matching.judge(asked[number], one, sides[one.row]) for one in four)
        for number, four in enumerate(candidates)
    )


@functools.lru_cache(1 << 15)
def _probes(number: int, recipes: tuple[int, ...]) -> list[Probe]:
    """Few persons differ in what their tokens are made by, so probes are remembered as the coordinator does."""
    return [Probe(number, 0, recipe) for recipe in recipes]


def main() -> None:
    """Run the job for the sizes that are given."""
    with tempfile.TemporaryDirectory(prefix="samenloop-engine-") as folder:
        for size in sys.argv[1:]:
            show(Console(width=150), measure(Path(folder), int(size)))


if __name__ == "__main__":
    main()
