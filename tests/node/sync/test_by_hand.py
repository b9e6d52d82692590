"""A decision beforehand that was taken by hand outlives a synchronisation while what it weighed stands (R-76)."""

import asyncio
import os
from datetime import date, timedelta
from typing import Any

import pytest

from samenloop.errors import InvalidInput
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.commands import beforehand as beforehand_command
from samenloop_node.commands import register as register_command
from samenloop_node.keyring import Keyring
from samenloop_node.registrations import prepare
from tests.node.kit import REGISTER, FakeCoordinator, Partner
from tests.node.sync.test_sync import (  # noqa: F401 - fixtures
    TODAY,
    _coordinator,
    _partner,
    _sync,
    decided,
    person,
    write,
)

BOSS = User("b.boss", "boss", frozenset({Role.DECISION_MAKER}), "b.boss", date(2020, 1, 1), date(2020, 1, 1), date.max)
WORKER = User(
    "o.operator", "o", frozenset({Role.CASE_WORKER}), "o.operator", date(2020, 1, 1), date(2020, 1, 1), date.max
)
REVIEW = (TODAY + timedelta(days=90)).isoformat()
SAID = {
    "taak": "wpg8",
    "kader": "maatregel",
    "herkomst": "eigen",
    "maatregel": "",
    "toetsdatum": REVIEW,
    "bescherming": "nee",
}


def with_app(partner: Partner, act: Any) -> Any:
    async def main() -> Any:
        app = App.open(partner.config())
        try:
            return await act(app)
        finally:
            await app.background.stop()
            await app.close()

    return asyncio.run(main())


def decide(partner: Partner, number: int, receiver: str = "reclassering-midden", reference: str = "hand-1") -> None:
    given = {
        "action": "decide",
        "register": REGISTER,
        "record": f"p-{number}",
        "reference": reference,
        "receivers": [receiver],
        "purpose": "toezicht",
        "give_basis": "wpg20",
        "breach_ground": "wpg20",
        "valid_until": (TODAY + timedelta(days=60)).isoformat(),
        "motive": "Nodig voor het toezicht",
    }
    given["person"] = {name: text for name, text in person(50).items() if name != "record_id"}
    with_app(partner, lambda app: beforehand_command.run(app, BOSS, given, None))


def shown(coordinator: FakeCoordinator) -> list[tuple[str, ...]]:
    """Return the receivers of every decision that the coordinator knows."""
    return sorted(one.receivers for item in coordinator.registered.values() for one in item.beforehand)


def details(partner: Partner) -> int:
    async def count(app: App) -> int:
        return int(app.store.read_now(lambda db: db.execute("SELECT count(*) FROM beforehand_detail").fetchone()[0]))

    return int(with_app(partner, count))


@pytest.mark.parametrize(
    "change",
    [{"geslachtsnaam": "Heijdenrijk-Smit"}, {"toetsdatum": (TODAY + timedelta(days=61)).isoformat()}],
    ids=["another name", "a review day that is late enough"],
)
def test_R76_a_decision_by_hand_stands_when_only_the_person_or_the_review_day_changed(
    coordinator, partner, sync, tmp_path, change
):
    file = tmp_path / "export.csv"
    sync(write(file, [{**person(1), **SAID}, {**person(2), **SAID}]))
    decide(partner, 1)
    report = sync(write(file, [{**person(1), **SAID, **change}, {**person(2), **SAID}]))
    assert (report["changed"], report["decisions_lapsed"], report["problems"]) == (1, 0, [])
    assert shown(coordinator) == [("reclassering-midden",)]
    assert sync(file)["unchanged"] == 2
    assert details(partner) == 1


def test_R76_a_new_epoch_takes_decisions_by_hand_along(coordinator, partner, sync, tmp_path):
    file = write(tmp_path / "export.csv", [{**person(1), **SAID}])
    sync(file)
    decide(partner, 1)
    Keyring(partner.config().keys.secrets).add("2026-2", os.urandom(32))
    coordinator.epochs = [*coordinator.epochs, "2026-2"]
    assert sync(file)["changed"] == 1
    assert shown(coordinator) == [("reclassering-midden",)]


@pytest.mark.parametrize(
    "change",
    [
        {"taak": "wpg13"},
        {"kader": "vrijwillig"},
        {"bescherming": "ja"},
        {"toetsdatum": (TODAY + timedelta(days=59)).isoformat()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_R76_a_decision_by_hand_lapses_when_what_it_weighed_changed_and_the_row_is_named(
    coordinator, partner, sync, tmp_path, change
):
    file = tmp_path / "export.csv"
    sync(write(file, [{**person(1), **SAID}, {**person(2), **SAID}]))
    decide(partner, 2)
    report = sync(write(file, [{**person(1), **SAID}, {**person(2), **SAID, **change}]))
    assert [(one["row"], one["reason"]) for one in report["problems"]] == [(3, "decision_by_hand_lapsed")]
    assert report["decisions_lapsed"] == 1
    assert (shown(coordinator), details(partner)) == ([], 0)
    assert sync(file)["problems"] == [], "said once"


def test_R76_what_the_file_decides_for_the_same_receiver_goes_before(coordinator, partner, sync, tmp_path):
    file = tmp_path / "export.csv"
    columns = dict.fromkeys(("besloten_voor", "besluit", "beslisser", "besloten_op", "geldig_tot"), "")
    sync(write(file, [{**person(1), **SAID, **columns}]))
    decide(partner, 1, reference="b-1")
    same = sync(write(file, [{**decided(1), **SAID}]))
    assert (same["decisions_lapsed"], len(shown(coordinator))) == (0, 1), "the file has the same decision"
    other = sync(write(file, [{**decided(1, besluit="b-2"), **SAID}]))
    assert (other["decisions_lapsed"], len(shown(coordinator))) == (0, 1)


def test_R76_one_decision_stands_per_record_and_receiver(coordinator, partner, sync, tmp_path):
    sync(write(tmp_path / "export.csv", [{**person(1), **SAID}]))
    decide(partner, 1)
    with pytest.raises(InvalidInput, match="al vooraf besloten"):
        decide(partner, 1, reference="hand-2")
    assert len(shown(coordinator)) == 1


def test_R76_one_person_registered_again_by_hand_keeps_or_loses_it_the_same_way(coordinator, partner, sync, tmp_path):
    sync(write(tmp_path / "export.csv", [{**person(1), **SAID}]))
    decide(partner, 1)

    def again(**change: str) -> dict[str, Any]:
        given = {"register": REGISTER, "fields": {**person(1), **SAID, **change}}
        return dict(with_app(partner, lambda app: register_command.run(app, WORKER, given, None)))

    assert again(geslachtsnaam="Heijdenrijk-Smit")["decisions_lapsed"] == 0
    assert len(shown(coordinator)) == 1
    told = again(taak="wpg13")
    assert (told["decisions_lapsed"], shown(coordinator)) == (1, [])
    assert "vervallen" in told["text"]


def test_R76_control_a_build_that_says_only_the_file_loses_the_decision(
    coordinator, partner, sync, tmp_path, monkeypatch
):
    """The broken build: the row is sent without what was decided by hand, as it was before. The first test sees it."""
    file = tmp_path / "export.csv"
    sync(write(file, [{**person(1), **SAID}]))
    decide(partner, 1)
    monkeypatch.setattr(prepare, "_by_hand", lambda *_arguments: ())
    sync(write(file, [{**person(1), **SAID, "geslachtsnaam": "Heijdenrijk-Smit"}]))
    assert shown(coordinator) == []
    assert details(partner) == 0
