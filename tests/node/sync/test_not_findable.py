"""Rows about people of whom too little is known: named in the report, not registered, and in nobody's way."""

import os

from samenloop_node.keyring import Keyring
from samenloop_node.registrations import rows
from samenloop_node.registrations import sync as module
from samenloop_node.registrations.reasons import explain
from samenloop_node.registrations.rows import RowReader
from samenloop_node.tokens.streams import Making
from tests.node.kit import EPOCH
from tests.node.sync.test_sync import _coordinator, _partner, _sync, person, write  # noqa: F401 - fixtures

SURNAME_ONLY = {"voornamen": ""}
LENIENT = {"drop_optional": True}


def test_a_row_that_nobody_can_find_is_named_and_the_others_are_registered(coordinator, sync, tmp_path):
    report = sync(write(tmp_path / "export.csv", [person(0), person(1, **SURNAME_ONLY), person(2)]))
    assert (report["added"], report["failed"], report["unidentified"], len(coordinator.registered)) == (2, 1, 0, 2)
    text = explain("", "not_findable")
    assert report["problems"] == [{"row": 3, "column": "", "reason": "not_findable", "text": text}]
    assert "postcode" in text


def test_a_row_that_nobody_can_find_any_more_keeps_its_registration_and_holds_up_no_withdrawal(
    coordinator, sync, tmp_path
):
    file = tmp_path / "export.csv"
    sync(write(file, [person(n) for n in range(3)]))
    before = dict(coordinator.registered)
    report = sync(write(file, [person(0), person(1, **SURNAME_ONLY)]))
    assert (report["failed"], report["withdrawn"], report["unchanged"]) == (1, 1, 1)
    assert coordinator.registered.items() < before.items()
    assert sync(file)["failed"] == 1, "it is told every time"


def test_who_was_registered_that_way_before_is_named_and_goes_along_into_a_new_epoch(
    coordinator, partner, sync, tmp_path, monkeypatch
):
    file = write(tmp_path / "export.csv", [person(0), person(1, **SURNAME_ONLY)])
    monkeypatch.setattr(rows, "is_findable", lambda *_given: True)
    assert sync(file)["added"] == 2
    monkeypatch.undo()
    report = sync(file)
    assert (report["unchanged"], report["failed"], [one["row"] for one in report["problems"]]) == (2, 0, [3])
    coordinator.epochs = [EPOCH, "2026-2"]
    Keyring(partner.config().keys.secrets).add("2026-2", os.urandom(32))
    report = sync(file)
    assert (report["changed"], report["failed"], [one["row"] for one in report["problems"]]) == (2, 0, [3])


def test_in_an_evaluation_whoever_can_be_found_without_what_was_left_out_is_registered(
    coordinator, sync, tmp_path, monkeypatch
):
    for name, kind in (("RowReader", RowReader), ("Making", Making)):
        monkeypatch.setattr(module, name, lambda *given, _kind=kind, **named: _kind(*given, **{**named, **LENIENT}))
    asked = [person(0, postcode="onbekend"), person(1, voornamen="", postcode="onbekend"), person(2)]
    report = sync(write(tmp_path / "export.csv", asked))
    assert [(one["row"], one["reason"]) for one in report["problems"]] == [(3, "not_findable")]
    assert len(coordinator.registered) == 2
