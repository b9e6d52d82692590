"""nl-1 -> nl-2 by dual writing, as for a key epoch: each epoch keeps its own profile, and no hit is missed.

Through the nodes' own tokens and the coordinator's own pepper, store and search; who switches when is the rule of
epochs: everybody writes both before anybody reads the new one, and the old one goes when all have the new one.
"""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from samenloop import profile as profiles
from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.covenant import Covenant
from samenloop.covenant.document import KeptProfile
from samenloop.errors import InvalidInput, Refused
from samenloop.model import EpochId
from samenloop.profile import EpochProfiles, Profile, combination
from samenloop_coordinator.covenants import check_profiles
from samenloop_coordinator.epochs import LiveEpochs
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.sqlite import create_store, open_store
from tests.covenant.consortium import demo_covenant
from tests.quality.coordinator import Coordinator, Questions
from tests.quality.linkage import NL_1
from tests.quality.test_fast_path import sample

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
OLD, NEW = "2026-1", "2026-2"
PROFILES = EpochProfiles(NL_2, ((OLD, NL_1),))


@dataclass(frozen=True, slots=True)
class State:
    """Epochs in which the holders have written, and those of which questions carry tokens."""

    written: tuple[str, ...]
    read: tuple[str, ...]


BEFORE = State((OLD,), (OLD,))
DUAL_WRITE = State((OLD, NEW), (OLD,))
DUAL_READ = State((OLD, NEW), (OLD, NEW))
AFTER = State((NEW,), (NEW,))


@pytest.fixture(scope="module")
def coordinator() -> Coordinator:
    return Coordinator(sample(200), [OLD, NEW], PROFILES)


def hits(coordinator: Coordinator, path: Path, state: State, judged_by: EpochProfiles | None = None) -> Questions:
    create_store(path / "store.db")

    async def playing() -> Questions:
        store = open_store(path / "store.db", Journal("test.example/log", Stamper(SystemClock())), 4)
        try:
            await coordinator.register(store, state.written)
            return await coordinator.hits(store, state.read, judged_by)
        finally:
            await store.close()

    return asyncio.run(playing())


@pytest.fixture(scope="module")
def old(coordinator: Coordinator, tmp_path_factory: pytest.TempPathFactory) -> Questions:
    return hits(coordinator, tmp_path_factory.mktemp("old"), BEFORE)


@pytest.fixture(scope="module")
def new(coordinator: Coordinator, tmp_path_factory: pytest.TempPathFactory) -> Questions:
    return hits(coordinator, tmp_path_factory.mktemp("new"), AFTER)


def test_the_two_profiles_find_different_people(old: Questions, new: Questions) -> None:
    assert len(old) > 300
    assert len(new) > 300
    assert old != new


def test_no_hit_is_missed_while_all_write_both_and_read_the_old_one(
    coordinator: Coordinator, tmp_path: Path, old: Questions
) -> None:
    assert hits(coordinator, tmp_path, DUAL_WRITE) == old


def test_no_hit_of_either_profile_is_missed_while_both_are_read(
    coordinator: Coordinator, tmp_path: Path, old: Questions, new: Questions
) -> None:
    assert hits(coordinator, tmp_path, DUAL_READ) == old | new


def test_reading_the_new_epoch_before_it_is_written_misses_hits(
    coordinator: Coordinator, tmp_path: Path, old: Questions
) -> None:
    """Control: skipping the dual phase is caught."""
    assert not hits(coordinator, tmp_path, State(BEFORE.written, AFTER.read)) >= old


def test_judging_both_epochs_with_the_new_profile_is_caught(
    coordinator: Coordinator, tmp_path: Path, old: Questions, new: Questions
) -> None:
    """Control: a coordinator that forgets that an epoch keeps its profile gives other answers."""
    assert hits(coordinator, tmp_path, DUAL_READ, EpochProfiles(NL_2)) != old | new


def changed(**epochs: object) -> Covenant:
    return replace(DEMO, token_profile="nl-2", epochs=replace(DEMO.epochs, **epochs))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nl-2 a profile of this installation."""
    monkeypatch.setitem(profiles._PROFILES, "nl-2", NL_2)


DEMO = demo_covenant()
LIVE = LiveEpochs((EpochId(OLD),), (EpochId(OLD),))


@pytest.mark.usefixtures("known")
def test_a_covenant_that_names_the_running_epoch_gives_each_epoch_its_profile() -> None:
    kept = changed(kept_profiles=(KeptProfile(epoch=EpochId(OLD), profile="nl-1"),))
    check_profiles(DEMO, kept, LIVE)
    assert kept.profiles() == PROFILES
    assert [kept.profiles().of(epoch).name for epoch in (OLD, NEW)] == ["nl-1", "nl-2"]


@pytest.mark.usefixtures("known")
def test_a_covenant_that_changes_the_profile_of_a_running_epoch_is_not_activated() -> None:
    with pytest.raises(Refused):
        check_profiles(DEMO, changed(), LIVE)
    check_profiles(DEMO, changed(), LiveEpochs())


def test_a_profile_that_this_installation_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidInput):
        check_profiles(DEMO, changed(), LIVE)
