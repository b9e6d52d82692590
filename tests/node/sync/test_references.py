"""References that may name the person: what is refused, what is a code of the own system, and what a refusal costs."""

import pytest

from samenloop_node.identity.mentions import identifies
from samenloop_node.registrations.codes import codes_among
from tests.node.sync.test_sync import _coordinator, _partner, _sync, decided, person, write  # noqa: F401 - fixtures

POL = {"voornamen": "Jan", "voorvoegsel": "van de", "geslachtsnaam": "Pol"}
BIRTH = "1981-03-17"


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        ("pol-{}", POL),
        ("politie-{}", {"geslachtsnaam": "Politie"}),
        ("2026-jan-00{}", POL),
        ("wijk-{}", {"geslachtsnaam": "Wijk", "voorvoegsel": "van"}),
        ("kamer-{}", {"geslachtsnaam": "Kamer"}),
    ],
)
def test_a_word_that_ids_of_others_hold_too_is_a_code_and_costs_nobody_anything(
    coordinator, sync, tmp_path, shape, named
):
    rows = [person(n, record_id=shape.format(n)) for n in range(5)]
    file = tmp_path / "export.csv"
    assert sync(write(file, rows))["added"] == 5
    report = sync(write(file, [*rows[:4], person(9, record_id=shape.format(9), **named)]))
    assert (report["added"], report["withdrawn"], report["problems"]) == (1, 1, [])
    assert len(coordinator.registered) == 5


@pytest.mark.parametrize("column", ["besluit", "zaak"])
def test_a_word_that_other_references_hold_too_is_a_code_in_the_other_columns_as_well(sync, tmp_path, column):
    rows = [{**decided(n), "zaak": "", column: f"wijk-{n}"} for n in range(5)]
    rows[4] |= {"geslachtsnaam": "Wijk"}
    assert sync(write(tmp_path / "export.csv", rows))["problems"] == []


def test_invariant_1_ids_made_of_surnames_are_refused_however_many_bear_the_name(coordinator, partner, sync, tmp_path):
    rows = [person(n, record_id=f"quispelaer-{n}", geslachtsnaam="Quispelaer") for n in range(6)]
    report = sync(write(tmp_path / "export.csv", [*rows, person(7)]))
    assert [one["reason"] for one in report["problems"]] == ["names_person"] * 6
    assert (report["added"], report["unidentified"], len(coordinator.registered)) == (1, 0, 1)
    kept = b"".join(path.read_bytes() for path in (partner.folder / "state").rglob("*") if path.is_file())
    assert b"uispelaer" not in kept.lower()


def test_a_refused_id_keeps_nobody_else_registered_who_is_gone(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, [person(n) for n in range(3)]))
    report = sync(write(file, [person(0), person(1, record_id="Heijdenrijk 1")]))
    assert (report["failed"], report["withdrawn"], len(coordinator.registered)) == (1, 2, 1)


def test_a_record_that_is_registered_stays_when_its_person_takes_the_name_of_the_id(coordinator, sync, tmp_path):
    file = tmp_path / "export.csv"
    sync(write(file, [person(0), person(1, record_id="zandstra-1")]))
    report = sync(write(file, [person(0), person(1, record_id="zandstra-1", partner_geslachtsnaam="Zandstra")]))
    assert (report["failed"], report["withdrawn"], len(coordinator.registered)) == (1, 0, 2)


def test_a_record_that_stands_twice_is_left_as_it_is_when_one_of_both_is_named_by_the_id(coordinator, sync, tmp_path):
    rows = [person(1, record_id="zandstra-1"), person(2, record_id="zandstra-1", geslachtsnaam="Zandstra")]
    report = sync(write(tmp_path / "export.csv", rows))
    assert (report["failed"], len(coordinator.registered)) == (1, 0)


@pytest.mark.parametrize(
    ("reference", "refused"),
    [
        ("quispelaer-1", True),
        ("Zebedeus 12", True),
        ("jan-pol-3", True),
        ("19810317-1", True),
        ("pol-19810317", True),
        ("pol-9", False),
        ("SAM-2026-1", False),
        ("code-quispelaer", False),
    ],
)
def test_invariant_1_a_reference_is_refused_when_it_says_who_somebody_is(reference, refused):
    codes = frozenset({"quispelaer"}) if reference.startswith("code") else frozenset()
    names = ("Jan Zebedeus Sam", "van de", "Pol-Quispelaer")
    assert identifies(reference, names, BIRTH, codes) is refused


def test_by_hand_a_word_of_several_registered_ids_is_a_code():
    registered = ["kamer-1", "kamer-2", "kamer-3", "zaal-1", "p-4"]
    assert codes_among(registered, "kamer-9") == {"kamer"}
    assert codes_among(registered[1:], "kamer-9") == frozenset()
    assert codes_among(["kamer-9"] * 3, "kamer-9") == frozenset()
