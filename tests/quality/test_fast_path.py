"""The fast path of `tests/quality/linkage.py` gives the hits of the product: keyed, peppered, stored and looked up by
the coordinator's own code, and through `make evaluate` with real processes."""

import asyncio
import csv
from dataclasses import replace
from pathlib import Path

import pytest

from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.profile import EpochProfiles, Profile
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.sqlite import create_store, open_store
from tests.quality.coordinator import Coordinator, Questions, Rows
from tests.quality.linkage import NL_1, link, parsed, read, record_of
from tests.quality.test_evaluate import evaluate, short

DEV = Path(__file__).parent / "data" / "dev"
EPOCH = "2026-1"
__all__ = ["short"]


def sample(persons: int) -> Rows:
    """Return the records of so many persons of the developer set: those known at several places, twins first."""
    with (DEV / "truth-dev.csv").open(encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))
    at: dict[str, set[str]] = {}
    for line in truth:
        at.setdefault(line["person_id"], set()).add(line["organisation"])
    twins = {line["person_id"] for line in truth if line["situation"] == "twin"}
    wanted = set(sorted(at, key=lambda one: (one not in twins, -len(at[one]), one))[:persons])
    chosen = {line["record_id"] for line in truth if line["person_id"] in wanted}
    found: dict[str, list[dict[str, str]]] = {}
    for path in sorted(DEV.glob("people-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["record_id"] in chosen]
        found[rows[0]["organisation"]] = rows
    return found


def fast(rows: Rows, chosen: Profile = NL_1) -> Questions:
    made = {
        name: [record_of(person, row["record_id"], name, chosen) for row in mine if (person := parsed(row))]
        for name, mine in rows.items()
    }
    return {(hit.asked, hit.organisation) for hit in link(made, chosen)}


@pytest.fixture(scope="module")
def rows() -> Rows:
    return sample(300)


@pytest.fixture(scope="module")
def real(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Questions:
    path = tmp_path_factory.mktemp("store") / "store.db"
    create_store(path)

    async def playing() -> Questions:
        store = open_store(path, Journal("test.example/log", Stamper(SystemClock())), 4)
        try:
            coordinator = Coordinator(rows, [EPOCH], EpochProfiles(NL_1))
            await coordinator.register(store, [EPOCH])
            return await coordinator.hits(store, [EPOCH])
        finally:
            await store.close()

    return asyncio.run(playing())


def test_the_fast_path_finds_exactly_the_hits_of_the_coordinators_own_search(rows: Rows, real: Questions) -> None:
    assert len(real) > 500
    assert fast(rows) == real


@pytest.mark.parametrize("line", [one.name for one in NL_1.rule if one.no_conflict])
def test_a_rule_that_differs_in_one_conflict_test_is_noticed(rows: Rows, real: Questions, line: str) -> None:
    """Control: the comparison catches a combination that is looser than the product's."""
    rule = tuple(replace(one, no_conflict=0) if one.name == line else one for one in NL_1.rule)
    assert fast(rows, replace(NL_1, rule=rule)) > real


@pytest.mark.parametrize("line", ["surname-initial", "words", "home"])
def test_a_rule_without_one_combination_is_noticed(rows: Rows, real: Questions, line: str) -> None:
    """Control: the comparison catches a combination that is missing."""
    rule = tuple(one for one in NL_1.rule if one.name != line)
    assert fast(rows, replace(NL_1, rule=rule)) < real


def test_the_fast_path_finds_exactly_the_hits_of_make_evaluate(tmp_path: Path, short: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "hits.csv"
    data.mkdir()
    for name, mine in [*sample(100).items()][:2]:
        with (data / f"people-{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, mine[0].keys())
            writer.writeheader()
            writer.writerows(mine)
    done = evaluate(data, out, short / "t")
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        through_processes = {(row["record_id"], row["organisation"]) for row in csv.DictReader(file)}
    assert len(through_processes) > 30
    assert {(hit.asked, hit.organisation) for hit in link(read(data))} == through_processes
