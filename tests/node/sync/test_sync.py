"""`sync` against a coordinator behind real mutual TLS: what is sent, what is kept, and what a crash or fault leaves."""

import asyncio
import csv
import dataclasses
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.wire.declare import Freshness
from samenloop.wire.register import FACTS, PUT, WITHDRAW
from samenloop_node.app import App
from samenloop_node.identity.person import PERSON_COLUMNS
from samenloop_node.registrations.jobs import resume, synchronise
from samenloop_node.registrations.sync import Order
from samenloop_node.store import past, registrations, syncs
from tests.node.kit import EPOCH, REGISTER, FakeCoordinator, Partner, utc_now, world
from tests.ports import free_port

PERSON = {
    "record_id": "p-1",
    "voornamen": "Anna Maria",
    "roepnaam": "",
    "voorvoegsel": "van der",
    "geslachtsnaam": "Heijdenrijk",
    "partner_voorvoegsel": "",
    "partner_geslachtsnaam": "",
    "geboortedatum": "1980-03-17",
    "geboorteplaats": "Utrecht",
    "geslacht": "V",
    "postcode": "3511 AB",
    "huisnummer": "12",
}
TODAY = utc_now().date()


def person(number: int, **changes: str) -> dict[str, str]:
    return {**PERSON, "record_id": f"p-{number}", "geboortedatum": f"19{number % 90 + 10}-03-17", **changes}


def write(path: Path, rows: list[dict[str, str]], separator: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(name="coordinator")
def _coordinator(tmp_path: Path) -> Iterator[FakeCoordinator]:
    made, partner = world(tmp_path)
    made.partner = partner  # type: ignore[attr-defined]
    with made.serving():
        yield made


@pytest.fixture(name="partner")
def _partner(coordinator: FakeCoordinator) -> Partner:
    return coordinator.partner  # type: ignore[attr-defined, no-any-return]


@pytest.fixture(name="sync")
def _sync(partner: Partner) -> Callable[..., dict[str, Any]]:
    """Return a function that opens the node, synchronises a file, and closes the node."""

    def sync(path: Path, register: str = REGISTER, confirmed: int = 0) -> dict[str, Any]:
        async def main() -> dict[str, Any]:
            app = App.open(partner.config())
            try:
                return await synchronise(app, Order(register, path, confirmed, "o.operator"), lambda _message: None)
            finally:
                await app.background.stop()
                await app.close()

        return asyncio.run(main())

    return sync


def test_a_first_sync_registers_everybody_and_declares_the_day_of_the_file(coordinator, sync, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(250)])
    os.utime(file, (time.time(), time.time() - 3 * 86400))
    report = sync(file)
    assert (report["added"], report["failed"], report["problems"]) == (250, 0, [])
    assert len(coordinator.registered) == 250
    assert [count for _request, count in coordinator.chunks] == [200, 50]
    assert coordinator.statements == [Freshness(REGISTER, (utc_now() - timedelta(days=3)).date())]


@pytest.mark.parametrize("name", ["node.sqlite", "node.sqlite-wal", "node.sqlite-shm", "ownlog.tree"])
def test_a_file_of_the_node_itself_is_refused_unopened_under_any_name(partner, tmp_path, name):
    """Opening and closing it would drop the locks that keep other programs from removing the write-ahead log."""
    link = tmp_path / "export.csv"
    link.symlink_to(partner.config().state / name)

    async def main() -> None:
        app = App.open(partner.config())
        try:
            for path in (partner.config().state / name, link):
                with pytest.raises(InvalidInput, match="een bestand van de node zelf"):
                    await synchronise(app, Order(REGISTER, path, 0, "o.operator"), lambda _message: None)
        finally:
            await app.background.stop()
            await app.close()

    asyncio.run(main())


def test_the_same_file_again_sends_nothing(coordinator, sync, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(5)])
    sync(file)
    chunks = len(coordinator.chunks)
    assert sync(file)["unchanged"] == 5
    assert len(coordinator.chunks) == chunks


def test_additions_changes_and_withdrawals_are_told_apart(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, [person(n, taak="wpg8") for n in range(4)]))
    known = dict(coordinator.registered)
    coordinator.acts.clear()
    rows = [
        person(0, taak="wpg8"),
        person(1, taak="wpg8", roepnaam="Ans"),
        person(2, taak="wpg13"),
        person(9, taak="wpg8"),
    ]
    report = sync(write(file, rows))
    assert (report["added"], report["changed"], report["withdrawn"], report["unchanged"]) == (1, 2, 1, 1)
    assert sorted(coordinator.acts) == sorted([WITHDRAW, FACTS, PUT, PUT])
    assert len(set(known) & set(coordinator.registered)) == 3


def test_a_failing_row_keeps_its_earlier_registration_and_is_reported_without_its_value(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, [person(0), person(1)]))
    before = dict(coordinator.registered)
    report = sync(write(file, [person(0), person(1, geboortedatum="1980-13-45")]))
    assert coordinator.registered == before
    assert report["problems"] == [
        {"row": 3, "column": "geboortedatum", "reason": "not_a_date", "text": report["problems"][0]["text"]}
    ]
    assert "1980-13-45" not in str(report)


def test_a_row_without_a_record_id_forbids_all_withdrawals(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, [person(0), person(1)]))
    report = sync(write(file, [person(0), person(1, record_id="")]))
    assert len(coordinator.registered) == 2
    assert report["withdrawn"] == 0
    assert report["unidentified"] == 1


def test_a_record_that_stands_twice_is_counted_or_with_other_data_left_as_it_is(coordinator, sync, tmp_path):
    rows = [person(0), person(0), person(1), person(1, roepnaam="Ans")]
    report = sync(write(tmp_path / "export.csv", rows))
    assert (report["duplicates"], report["failed"]) == (1, 1)
    assert [problem["reason"] for problem in report["problems"]] == ["duplicate_record"]
    assert len(coordinator.registered) == 1


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8-sig"), (",", "utf-8-sig"), (";", "utf-8")])
def test_separator_and_byte_order_mark_do_not_matter(coordinator, sync, tmp_path, separator, encoding):
    assert sync(write(tmp_path / "export.csv", [person(0)], separator, encoding))["added"] == 1


@pytest.mark.parametrize(
    ("before", "after", "asked"), [(40, 3, 37), (9, 4, 5), (10, 5, 0), (50, 1, 49), (7, 3, 0), (5, 1, 0), (6, 1, 5)]
)
def test_most_of_a_small_register_is_not_withdrawn_without_asking(coordinator, sync, tmp_path, before, after, asked):
    """A truncated export; at most half, or fewer than five, is a change of every day."""
    file = write(tmp_path / "export.csv", [person(n) for n in range(before)])
    sync(file)
    write(file, [person(n) for n in range(after)])
    if not asked:
        assert sync(file)["withdrawn"] == before - after
        return
    with pytest.raises(SamenloopError, match=f"--confirm-withdrawals {asked}") as refused:
        sync(file)
    assert refused.value.code is ErrorCode.REFUSED
    assert len(coordinator.registered) == before
    assert sync(file, confirmed=asked)["withdrawn"] == asked


def test_numbers_that_became_names_withdraw_no_small_register_without_asking(coordinator, sync, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(20)])
    sync(file)
    write(file, [{**person(n), "record_id": f"Jansen {n}"} for n in range(20)])
    with pytest.raises(SamenloopError, match="--confirm-withdrawals 20"):
        sync(file)
    assert len(coordinator.registered) == 20


def test_more_than_fifty_and_five_percent_withdrawals_need_their_number(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, [person(n) for n in range(60)]))
    write(file, [person(n) for n in range(3)])
    with pytest.raises(SamenloopError, match="--confirm-withdrawals 57") as refused:
        sync(file)
    assert refused.value.code is ErrorCode.REFUSED
    assert len(coordinator.registered) == 60
    with pytest.raises(SamenloopError):
        sync(file, confirmed=56)
    assert sync(file, confirmed=57)["withdrawn"] == 57
    assert len(coordinator.registered) == 3


def test_a_row_refused_by_the_coordinator_is_reported_with_its_rule_and_tried_again(coordinator, sync, tmp_path):
    coordinator.refuse = {"wpg13": "R-14"}
    file = write(tmp_path / "export.csv", [person(0, taak="wpg8"), person(1, taak="wpg13")])
    report = sync(file)
    assert [(one["row"], one["reason"]) for one in report["problems"]] == [(3, "R-14")]
    coordinator.refuse = {}
    assert sync(file)["added"] == 1
    assert len(coordinator.registered) == 2


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_broken_line_loses_nothing_and_sends_nothing_twice(coordinator, sync, tmp_path, fault):
    coordinator.faults = [None, fault, None, fault]
    report = sync(write(tmp_path / "export.csv", [person(n) for n in range(900)]))
    assert report["added"] == 900
    assert len(coordinator.registered) == 900
    assert sum(count for _request, count in coordinator.chunks) == 900


def test_a_new_covenant_or_epoch_in_the_middle_is_fetched_and_the_rest_goes_on(coordinator, sync, tmp_path):
    coordinator.faults = [None, ErrorCode.EPOCH_MISMATCH]
    assert sync(write(tmp_path / "export.csv", [person(n) for n in range(500)]))["failed"] == 0
    assert len(coordinator.registered) == 500


def test_a_receipt_for_something_else_stops_the_sync(coordinator, sync, tmp_path):
    coordinator.wrong_receipt = True
    with pytest.raises(SamenloopError) as stopped:
        sync(write(tmp_path / "export.csv", [person(0)]))
    assert stopped.value.code is ErrorCode.INTEGRITY
    assert coordinator.statements == []


def test_a_second_epoch_makes_everybody_registered_anew_in_both(coordinator, partner, sync, tmp_path):
    from samenloop_node.keyring import Keyring

    file = write(tmp_path / "export.csv", [person(n) for n in range(3)])
    sync(file)
    Keyring(partner.config().keys.secrets).add("2026-2", os.urandom(32))
    coordinator.epochs = [EPOCH, "2026-2"]
    assert sync(file)["changed"] == 3
    assert all(len(item.token_sets) == 2 for item in coordinator.registered.values())


NOTHING_DECIDED = {
    "bescherming": "nee",
    **dict.fromkeys(("besloten_voor", "besluit", "beslisser", "besloten_op", "geldig_tot"), ""),
}


def decided(number: int, **changes: str) -> dict[str, str]:
    facts = {
        "bescherming": "nee",
        "besloten_voor": "reclassering-midden",
        "besluit": f"b-{number}",
        "beslisser": "b.boss",
        "besloten_op": day_ago(0),
        "geldig_tot": day_ago(-30),
    }
    return {**person(number), **facts, **changes}


def test_R76_a_decision_beforehand_goes_with_its_record(coordinator, sync, tmp_path):
    sync(write(tmp_path / "export.csv", [decided(1, besluit="besluit-2026-1")]))
    (item,) = coordinator.registered.values()
    assert item.beforehand[0].receivers == ("reclassering-midden",)
    assert item.beforehand[0].basis == "wpg20"
    assert b"besluit" not in item.beforehand[0].reference


def test_R76_this_node_keeps_the_number_of_a_decision_and_who_took_it_after_both_are_gone(partner, sync, tmp_path):
    sync(write(tmp_path / "export.csv", [decided(1), person(2)]))
    sync(write(tmp_path / "later.csv", [person(2)]))
    app = App.open(partner.config())
    decision = app.store.read_now(lambda db: past.find_decision(db, app.references.decision("b-1")))
    spells = app.store.read_now(past.spells)
    asyncio.run(app.close())
    assert decision is not None
    assert (decision.number, decision.decided_by) == ("b-1", "b.boss")
    assert [(one.record_id, one.withdrawn, one.epochs) for one in spells] == [
        (person(1)["record_id"], True, (EPOCH,)),
        (person(2)["record_id"], False, (EPOCH,)),
    ]


def test_R76_at_most_so_many_decisions_of_one_decider_and_day_are_applied(coordinator, sync, tmp_path):
    report = sync(write(tmp_path / "export.csv", [decided(n) for n in range(23)]))
    assert report["decisions_not_applied"] == 3
    assert {one["reason"] for one in report["problems"]} == {"decisions_of_day"}
    assert sum(bool(item.beforehand) for item in coordinator.registered.values()) == 20
    assert len(coordinator.registered) == 23
    again = sync(tmp_path / "export.csv")
    assert (again["unchanged"], again["decisions_not_applied"]) == (23, 3)


NAMED = {"voornamen": "Zebedeus", "geslachtsnaam": "Quispelaer"}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"record_id": "Quispelaer Zebedeus"}, "record_id"),
        ({"record_id": "d-quispelaer-1"}, "record_id"),
        ({"record_id": "Quispelaer 2", "geboortedatum": "1980-13-45"}, "geboortedatum"),
        ({"record_id": "Quispelaer 3", "toetsdatum": "morgen"}, "toetsdatum"),
        ({"record_id": "19810317-1"}, "record_id"),
        ({"besluit": "Besluit Quispelaer"}, "besluit"),
        ({"zaak": "Zaak Quispelaer"}, "zaak"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_invariant_1_a_reference_that_names_the_person_is_refused_and_written_nowhere(
    coordinator, partner, sync, tmp_path, change, column
):
    toetsdatum = partner.config().registers[REGISTER].defaults["toetsdatum"]
    rows = [{**decided(n), "zaak": "", "toetsdatum": toetsdatum, **NAMED} for n in range(2)]
    file = write(tmp_path / "export.csv", [rows[0], {**rows[1], "geboortedatum": "1981-03-17", **change}])
    report = sync(file)
    assert [(one["row"], one["column"]) for one in report["problems"]] == [(3, column)]
    assert (report["added"], report["failed"], len(coordinator.registered)) == (1, 1, 1)
    assert "uispelaer" not in str(report).lower()
    kept = b"".join(path.read_bytes() for path in (partner.folder / "state").rglob("*") if path.is_file())
    assert b"uispelaer" not in kept.lower()
    said = re.findall(rb"[0-9a-f]*19810317[0-9a-f]*", kept)
    assert [one for one in said if len(one) < 16] == [], "the digits of an id or a digest may hold it by chance"


@pytest.mark.parametrize("record_id", ["van-12", "der 3", "ZVH-2026-17", "an-3", "1980-0317"])
def test_a_record_id_is_not_refused_for_a_prefix_a_code_or_a_number(coordinator, sync, tmp_path, record_id):
    report = sync(write(tmp_path / "export.csv", [person(0, record_id=record_id, voornamen="An Maria")]))
    assert report["problems"] == []
    assert len(coordinator.registered) == 1


@pytest.mark.parametrize(
    ("born", "reason"),
    [
        (lambda today: f"{today + timedelta(days=1)}", "future_date"),
        (lambda today: f"{today.year + 1}-00-00", "future_date"),
        (lambda today: f"{today.year + 9}-01-00", "future_date"),
        (lambda today: f"{today}", ""),
        (lambda today: f"{today.year}-00-00", ""),
        (lambda today: f"{today.year}-{today.month:02}-00", ""),
    ],
    ids=["tomorrow", "next year", "nine years on", "today", "this year", "this month"],
)
def test_nobody_is_registered_who_would_be_born_after_today(coordinator, sync, tmp_path, born, reason):
    report = sync(write(tmp_path / "export.csv", [person(0, geboortedatum=born(utc_now().date()))]))
    assert [(one["column"], one["reason"]) for one in report["problems"]] == (
        [("geboortedatum", reason)] if reason else []
    )
    assert len(coordinator.registered) == (0 if reason else 1)


def day_ago(days: int) -> str:
    return (utc_now().date() - timedelta(days=days)).isoformat()


def beforehand_of(coordinator: FakeCoordinator) -> int:
    return sum(bool(item.beforehand) for item in coordinator.registered.values())


def a_new_day(partner: Partner, coordinator: FakeCoordinator) -> None:
    """Let what was counted at both sides be of yesterday."""
    coordinator.decided.clear()
    with sqlite3.connect(partner.folder / "state" / "node.sqlite") as db:
        db.execute("UPDATE decided_count SET day = ?", (day_ago(1),))


def test_R76_decisions_of_several_days_are_counted_by_the_day_on_which_they_arrive(
    coordinator, partner, sync, tmp_path
):
    coordinator.decisions_per_day = 20
    file = write(tmp_path / "export.csv", [decided(n, besloten_op=day_ago(n % 5)) for n in range(25)])
    report = sync(file)
    assert (report["added"], report["failed"], report["decisions_not_applied"]) == (25, 0, 5)
    assert {(one["column"], one["reason"]) for one in report["problems"]} == {("besluit", "decisions_of_day")}
    assert (len(coordinator.registered), beforehand_of(coordinator)) == (25, 20)
    again = sync(file)
    assert (again["unchanged"], again["failed"], again["decisions_not_applied"]) == (25, 0, 5)
    a_new_day(partner, coordinator)
    later = sync(file)
    assert (later["changed"], later["unchanged"], later["problems"]) == (5, 20, [])
    assert beforehand_of(coordinator) == 25


def test_R76_a_decision_that_was_taken_back_today_still_counts(coordinator, sync, tmp_path):
    coordinator.decisions_per_day = 20
    file = tmp_path / "export.csv"
    sync(write(file, [decided(n) for n in range(20)]))
    report = sync(write(file, [*(decided(n) for n in range(1, 20)), person(0, **NOTHING_DECIDED), decided(30)]))
    assert (report["failed"], report["decisions_not_applied"]) == (0, 1)
    assert len(coordinator.registered) == 21


@pytest.mark.parametrize("known", [False, True], ids=["new persons", "changed persons"])
def test_R76_a_record_whose_decision_the_coordinator_does_not_count_is_registered_without_it(
    coordinator, partner, sync, tmp_path, known
):
    file = tmp_path / "export.csv"
    if known:
        sync(write(file, [person(n, **NOTHING_DECIDED) for n in range(6)]))
    coordinator.decisions_per_day = 2  # the node does not know that 18 came another way, from a copy of its database
    report = sync(write(file, [decided(n) for n in range(6)]))
    assert (report["changed" if known else "added"], report["failed"], report["decisions_not_applied"]) == (6, 0, 4)
    assert [(one["row"], one["column"], one["reason"]) for one in report["problems"]] == [
        (row, "besluit", "decisions_of_day") for row in (4, 5, 6, 7)
    ]
    assert (len(coordinator.registered), beforehand_of(coordinator)) == (6, 2)
    chunks = len(coordinator.chunks)
    again = sync(file)
    assert (again["unchanged"], again["decisions_not_applied"]) == (6, 4)
    assert len(coordinator.chunks) == chunks, "what was refused today is not sent again today"
    a_new_day(partner, coordinator)
    coordinator.decisions_per_day = 20
    assert (sync(file)["changed"], beforehand_of(coordinator)) == (4, 6)


def test_R76_a_record_that_is_refused_without_its_decision_too_is_refused(coordinator, sync, tmp_path):
    coordinator.refuse = {"wpg13": "R-11"}
    report = sync(write(tmp_path / "export.csv", [decided(1, taak="wpg13"), decided(2, taak="wpg8")]))
    assert (report["failed"], report["decisions_not_applied"]) == (1, 0)
    assert [(one["row"], one["reason"]) for one in report["problems"]] == [(2, "R-11")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"besluit": "b-0"}, "duplicate_decision"),
        ({"beslisser": "o.nobody"}, "not_a_decision_maker"),
        ({"beslisser": "w.worker"}, "not_a_decision_maker"),
        ({"besloten_voor": "iemand-anders"}, "unknown_partner"),
        ({"besloten_op": 1}, "decision_in_future"),
        ({"geldig_tot": 300}, "after_review"),
        ({"geldig_tot": ""}, "decision_incomplete"),
        ({"geldig_tot": -1}, "decision_ends_before"),
        ({"besloten_op": -9, "geldig_tot": -1}, "decision_over"),
        ({"besluit": "123456782"}, "bsn"),
        ({"bescherming": "ja"}, "decision_protected"),
        ({"besloten_voor": "zvh-oost"}, "decision_never_shown"),
        ({"besloten_voor": "reclassering-midden|reclassering-midden"}, "decision_receivers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_R76_a_wrong_decision_is_reported_and_not_applied(coordinator, sync, tmp_path, change, reason):
    said = {name: day_ago(-value) if isinstance(value, int) else value for name, value in change.items()}
    report = sync(write(tmp_path / "export.csv", [decided(0), decided(1, **said)]))
    assert reason in {one["reason"] for one in report["problems"]}
    shown = [item for item in coordinator.registered.values() if item.beforehand]
    assert len(coordinator.registered) == 2
    assert len(shown) == (0 if reason == "duplicate_decision" else 1)


@pytest.mark.parametrize(
    ("grounds", "reason"),
    [
        ({"give_basis": "wpg20"}, "decision_breach_ground"),
        ({"give_basis": "art6_1_f", "breach_ground": "wpg20"}, "decision_basis"),
    ],
)
def test_R76_a_decision_on_grounds_that_never_hold_is_reported_row_by_row(
    coordinator, partner, tmp_path, grounds, reason
):
    file = write(tmp_path / "export.csv", [decided(1), decided(2), person(3, bescherming="nee")])
    register = {**partner.config().registers[REGISTER].model_dump(), "beforehand": grounds}
    partner.settings = {"registers": {REGISTER: register}}

    async def main() -> dict[str, Any]:
        app = App.open(partner.config())
        report = await synchronise(app, Order(REGISTER, file, 0, "o.operator"), lambda _message: None)
        await app.close()
        return report

    report = asyncio.run(main())
    assert report["decisions_not_applied"] == 2
    assert [(one["row"], one["column"], one["reason"]) for one in report["problems"]] == [
        (2, "besloten_voor", reason),
        (3, "besloten_voor", reason),
    ]
    assert len(coordinator.registered) == 3
    assert not any(item.beforehand for item in coordinator.registered.values())


def test_an_interrupted_sync_goes_on_by_itself_if_the_file_is_the_same(coordinator, partner, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(700)])
    coordinator.faults = [None, None, ErrorCode.STORAGE_FULL]

    async def main() -> list[Any]:
        app = App.open(partner.config())
        with pytest.raises(SamenloopError, match="vanzelf verder"):
            await synchronise(app, Order(REGISTER, file, 0, "o.operator"), lambda _message: None)
        assert len(await app.store.read(syncs.unfinished)) == 1
        await resume(app)
        left = await app.store.read(syncs.unfinished)
        await app.close()
        return left

    assert asyncio.run(main()) == []
    assert len(coordinator.registered) == 700
    assert len(coordinator.statements) == 1


def test_a_full_disk_of_this_node_in_the_middle_loses_nothing(coordinator, partner, tmp_path, monkeypatch):
    from samenloop_node.registrations import stream

    file = write(tmp_path / "export.csv", [person(n) for n in range(500)])
    honest, calls = stream.registrations.unsettle, []

    def full(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise SamenloopError(ErrorCode.STORAGE_FULL, "De schijf is vol.")
        honest(*arguments)

    async def main() -> None:
        app = App.open(partner.config())
        monkeypatch.setattr(stream.registrations, "unsettle", full)
        with pytest.raises(SamenloopError, match=r"schijf is vol.*vanzelf verder"):
            await synchronise(app, Order(REGISTER, file, 0, "o.operator"), lambda _message: None)
        await resume(app)
        assert await app.store.read(lambda db: registrations.count(db, REGISTER)) == 500
        await app.close()

    asyncio.run(main())
    assert len(coordinator.registered) == 500


def test_a_register_that_is_not_ours_is_refused_and_leaves_no_trouble_behind(partner, coordinator, tmp_path):
    async def main() -> dict[str, str]:
        app = App.open(partner.config())
        order = Order("school", write(tmp_path / "export.csv", [person(1)]), 0, "o.operator")
        with pytest.raises(SamenloopError, match="Bekend: "):
            await synchronise(app, order, lambda _message: None)
        troubles = app.background.troubles()
        await app.close()
        return troubles

    assert asyncio.run(main()) == {}


def test_an_interrupted_sync_stops_when_the_file_has_changed(coordinator, partner, tmp_path):
    file = write(tmp_path / "export.csv", [person(n) for n in range(3)])
    coordinator.faults = [ErrorCode.STORAGE_FULL]

    async def main() -> str:
        app = App.open(partner.config())
        with pytest.raises(SamenloopError):
            await synchronise(app, Order(REGISTER, file, 0, "o.operator"), lambda _message: None)
        write(file, [person(7)])
        with pytest.raises(SamenloopError, match="veranderd"):
            await resume(app)
        last = await app.store.read(lambda db: syncs.last(db, REGISTER))
        count = await app.store.read(lambda db: registrations.count(db, REGISTER))
        await app.close()
        assert count == 3
        return last.state

    assert asyncio.run(main()) == syncs.STOPPED
    assert coordinator.registered == {}


def test_coordinator_down_is_a_sentence_and_the_sync_stays_open(partner, coordinator, sync, tmp_path):
    file = write(tmp_path / "export.csv", [person(0)])

    async def main() -> None:
        app = App.open(partner.config())
        address = f"127.0.0.1:{free_port()}"
        away = app.covenant().coordinator.__class__(**{**_fields(app.covenant().coordinator), "address": address})
        import dataclasses

        app.agreement._covenant = dataclasses.replace(app.covenant(), coordinator=away)
        with pytest.raises(SamenloopError, match=r"niet bereikbaar.*gaat vanzelf verder") as failed:
            await synchronise(app, Order(REGISTER, file, 0, "o.operator"), lambda _message: None)
        assert failed.value.code is ErrorCode.UNAVAILABLE
        assert len(await app.store.read(syncs.unfinished)) == 1
        await app.close()

    asyncio.run(main())


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def test_a_clock_ten_minutes_off_is_a_sentence_and_nothing_is_sent(coordinator, sync, tmp_path):
    coordinator.skew = timedelta(minutes=10)
    with pytest.raises(SamenloopError, match="10 minuten achter"):
        sync(write(tmp_path / "export.csv", [person(0)]))
    assert coordinator.chunks == []


def test_invariant_1_names_dates_and_tokens_never_reach_the_disk(coordinator, partner, sync, tmp_path):
    file = write(tmp_path / "export.csv", [decided(1, geslachtsnaam="Zonnebloemenveld")])
    coordinator.faults = ["before"]
    sync(file)
    tokens = next(iter(coordinator.registered.values())).token_sets[0].tokens
    found = planted(partner.folder, [b"Zonnebloemenveld", b"Heijdenrijk", b"19110317", b"1911-03-17", tokens[:16]])
    assert found == []
    (partner.folder / "state" / "planted").write_bytes(b"x zonnebloemenveld y")
    assert planted(partner.folder, [b"Zonnebloemenveld"]) == ["planted"]


def test_a_build_that_keeps_a_name_is_caught(coordinator, partner, sync, tmp_path, monkeypatch):
    from samenloop_node.registrations.rows import RowReader

    honest = RowReader.said

    def keeps_the_name(self, record):
        surname = self.person_fields(record)[PERSON_COLUMNS.index("geslachtsnaam")]
        return dataclasses.replace(honest(self, record), case_number=surname)

    monkeypatch.setattr(RowReader, "said", keeps_the_name)
    sync(write(tmp_path / "export.csv", [person(1, geslachtsnaam="Zonnebloemenveld")]))
    assert planted(partner.folder, [b"Zonnebloemenveld"]) != []


def planted(folder: Path, secrets: list[bytes]) -> list[str]:
    """Return the names of files below `folder` that hold one of these, in any case."""
    wanted = [secret.lower() for secret in secrets]
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(secret in path.read_bytes().lower() for secret in wanted)
    ]
