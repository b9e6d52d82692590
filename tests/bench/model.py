"""The cost model of docs/explanation/scale.md: what a question and a person cost, on any machine and at any size.

Costs of a processor are counted in bare `hmac.digest` calls of the same machine, because its speed at those and at
everything else here goes up and down together. The number of persons enters through the lookup alone. Every run of
`make bench` holds the model against what it measured; a figure that is off by more than `TOLERANCE` is a bar not met.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.figures import LESS, Figure

TOLERANCE = 1.5
"""How many times more or less than predicted a measured figure may be."""
_MANY = 10_000_000
"""Persons from which on the log of the questions that were asked, some 100,000 of 4.1 kB, weighs little beside them."""
GB = 1e9
DAYS = 365


@dataclass(frozen=True, slots=True)
class Cost:
    """A figure of the bench that the model predicts: `calls` bare hmac.digest calls' time each, as `unit`."""

    group: str
    name: str
    calls: float
    unit: str


COSTS = (
    Cost("asking", "processor time per question, coordinator", 960, "ms"),
    Cost("asking", "processor time per question, node", 920, "ms"),
    Cost("tokenising", "one process, fields read too", 42, "persons/s"),
    Cost("registering", "prepared chunks at the wire, 30,000 more persons", 55, "persons/s"),
    Cost("registering", "sync, end to end", 160, "persons/s"),
)
PERSON_BYTES = 700.0
"""Of the coordinator's file per person in one epoch, as the loader writes them: index and registration."""
VALUES_BYTES = 340.0
"""What a real registration has besides: its values once more, for its own withdrawal."""
QUESTION_BYTES = 4_100.0
"""Of the log per question to three holders, with its sealed halves."""


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What the model says of a country: sizes in GB, the first full synchronisation in hours, load as a part."""

    index_gb: float
    log_gb_a_day: float
    log_gb_a_year: float
    sync_hours: float
    questions_a_second: float
    load: float


def read_out(persons: int, questions_a_day: int, busy_hour: float, hmac_rate: float) -> ReadOut:
    """Return the read-out for so many persons and questions; `busy_hour` is the part of a day's questions in the
    busiest hour, `hmac_rate` the machine's bare calls per second.
    """
    calls = {cost.name: cost.calls for cost in COSTS}
    asked = questions_a_day * busy_hour / 3600
    log_gb = questions_a_day * QUESTION_BYTES / GB
    return ReadOut(
        index_gb=persons * (PERSON_BYTES + VALUES_BYTES) / GB,
        log_gb_a_day=log_gb,
        log_gb_a_year=log_gb * DAYS,
        sync_hours=persons * calls["sync, end to end"] / hmac_rate / 3600,
        questions_a_second=asked,
        load=asked * calls["processor time per question, coordinator"] / hmac_rate,
    )


def compared(found: Sequence[Figure]) -> list[Figure]:
    """Return how many times each measured figure is off from what the model predicts."""
    return [*_costs(found), *_lookups(found), *_sizes(found)]


def _costs(found: Sequence[Figure]) -> Iterator[Figure]:
    rates = {one.size: one.value for one in found if one.name == "bare hmac.digest"}
    for cost in COSTS:
        for one in found:
            if (one.group, one.name) == (cost.group, cost.name) and rates:
                rate = rates.get(one.size, rates[min(rates)])
                seconds = cost.calls / rate
                yield _off(one, seconds * 1000 if cost.unit == "ms" else 1 / seconds)


def _lookups(found: Sequence[Figure]) -> Iterator[Figure]:
    """p50 among more persons is that among fewest, and what its lookup takes longer."""
    looked = {one.size: one.value for one in found if one.name == "one lookup of 60 values"}
    asked = [one for one in found if one.name == "at the wire, concurrency 1: p50"]
    if asked and looked:
        first = min(asked, key=lambda one: one.size)
        for one in asked:
            if one is not first:
                yield _off(one, first.value + looked[one.size] - looked[first.size])


def _sizes(found: Sequence[Figure]) -> Iterator[Figure]:
    for one in found:
        if one.name == "file per person" and one.size >= _MANY:
            yield _off(one, PERSON_BYTES)


def _off(measured: Figure, predicted: float) -> Figure:
    times = max(measured.value / predicted, predicted / measured.value)
    name = f"{measured.group}, {measured.name}: {measured.value:,.3g} {measured.unit}, predicted {predicted:,.3g}"
    return Figure("model", name, measured.size, times, "times off", bar=TOLERANCE, better=LESS)
