"""A bad file gives one clear sentence with what, where and how to mend it; nothing is stored or sent."""

import csv
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samenloop.errors import SamenloopError
from samenloop_node.config import RegisterSettings
from samenloop_node.csvfile import MAX_RECORD, CsvFile
from samenloop_node.references import References
from samenloop_node.registrations.survey import survey
from tests.node.kit import DEFAULTS
from tests.node.sync.test_sync import PERSON, person, write

SETTINGS = RegisterSettings(defaults=DEFAULTS)
REFERENCES = References(bytes(range(32)))
HEADER = ",".join(PERSON)
ROW = ",".join(PERSON.values())


def judged(path: Path, settings: RegisterSettings = SETTINGS):
    return survey(path, settings, REFERENCES)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "leeg"),
        (b"\n\n", "leeg"),
        (f"{HEADER}\n{ROW}\n".replace(",", "\t").encode(), "gescheiden met tabs"),
        (f"{HEADER}\r{ROW}\r".encode(), "losse CR"),
        (HEADER.encode() + b"\n", "geen rijen"),
        (f"{HEADER}\n{ROW}".encode(), "ontbreekt het regeleinde"),
        (f"{HEADER}\n{ROW}\n{ROW[:20]}\n".encode(), "Rij 3|rij 3 heeft"),
        (f'{HEADER}\n"{ROW}\n{ROW}\n'.encode(), "aanhalingsteken"),
        (f"{HEADER}\n{ROW.replace('Utrecht', 'Utr' + chr(0))}\n".encode(), "Rij 2 bevat een NUL"),
        (f"{HEADER}\n{ROW.replace('Utrecht', 'Zürich')}\n".encode("cp1252"), "Rij 2 is geen UTF-8"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "geen UTF-8"),
        (f"{HEADER}\n{ROW.replace('Utrecht', 'U' * 1_000_000)}\n".encode(), "Rij 2 is langer dan 65536 bytes"),
        (f"{HEADER},bsn\n{ROW},1\n".encode(), "Kolom bsn mag niet"),
        (f"{HEADER},A-nummer\n{ROW},1\n".encode(), "Kolom A-nummer mag niet"),
        (f"{HEADER},diagnose\n{ROW},x\n".encode(), "Kolom diagnose is niet bekend"),
        (f"{HEADER},taak,taak\n{ROW},x,y\n".encode(), "taak staat twee keer"),
        (f"{HEADER.replace('geboortedatum', 'datum')}\n{ROW}\n".encode(), "Kolom geboortedatum ontbreekt"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_wrong_as_a_whole_is_refused_with_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(SamenloopError, match=sentence) as refused:
        judged(path)
    assert "Heijdenrijk" not in refused.value.text


def test_a_missing_fact_column_without_default_is_named(tmp_path):
    defaults = {name: value for name, value in DEFAULTS.items() if name != "herkomst"}
    with pytest.raises(SamenloopError, match="Kolom herkomst ontbreekt en heeft geen standaardwaarde"):
        judged(write(tmp_path / "export.csv", [PERSON]), RegisterSettings(defaults=defaults))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SamenloopError, match=r"nergens.csv kan niet worden gelezen"):
        judged(tmp_path / "nergens.csv")


def test_a_column_of_national_numbers_as_record_ids_is_refused_and_a_column_of_other_numbers_is_not(tmp_path):
    passing = [f"{n}" for n in range(111222300, 111232300) if _eleven(n)][:20]
    path = write(tmp_path / "export.csv", [person(0, record_id=one) for one in passing])
    with pytest.raises(SamenloopError, match="burgerservicenummers"):
        judged(path)
    others = [str(n) for n in range(200000000, 200000100)]
    assert judged(write(path, [person(0, record_id=one) for one in others])).rows == 100


def test_columns_are_mapped_ignored_and_absent_on_purpose(tmp_path):
    row = {**PERSON, "achternaam": PERSON["geslachtsnaam"], "opmerking": "x"}
    row.pop("geslachtsnaam")
    row.pop("geslacht")
    settings = RegisterSettings(
        columns={"geslachtsnaam": "achternaam", "geslacht": ""}, ignore=("opmerking",), defaults=DEFAULTS
    )
    layout = judged(write(tmp_path / "export.csv", [row]), settings).layout
    assert "geslacht" not in layout.places
    assert layout.places["geslachtsnaam"] == list(row).index("achternaam")


def test_the_same_decision_on_two_records_is_seen_and_on_the_same_record_twice_is_not(tmp_path):
    rows = [{**person(n), "besluit": decision} for n, decision in ((1, "b-1"), (2, "b-1"), (3, "b-3"), (3, "b-3"))]
    assert judged(write(tmp_path / "export.csv", rows)).repeated_decisions == {REFERENCES.decision("b-1")}


TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), max_size=30)


@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=6), bom=st.booleans())
def test_each_record_can_be_read_again_at_its_offset(tmp_path_factory, rows, bom):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([["a", "b", "c"], *rows])
    with CsvFile(path) as file:
        records = list(file.records())
        assert [list(record.fields) for record in records] == rows
        for record in reversed(records):
            assert file.record_at(record.offset, record.row) == record


@given(st.binary(max_size=400))
@example(b"\r\x01")
def test_whatever_bytes_come_the_reader_has_one_exit(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(content)
    with suppress(SamenloopError), CsvFile(path) as file:
        records = list(file.records())
        if records:
            file.check_last(records[-1])


def test_rows_count_as_a_spreadsheet_shows_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'a;b\n1;2\n\n"x\ny";3\n5;6\n')
    with CsvFile(path) as file:
        assert [(record.row, list(record.fields)) for record in file.records()] == [
            (2, ["1", "2"]),
            (4, ["x\ny", "3"]),
            (5, ["5", "6"]),
        ]


def test_a_record_of_the_greatest_length_is_read_and_one_byte_more_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n" + b"x" * (MAX_RECORD - 1) + b"\n")
    with CsvFile(path) as file:
        assert len(list(file.records())) == 1
    path.write_bytes(b"a\n" + b"x" * MAX_RECORD + b"\n")
    with CsvFile(path) as file, pytest.raises(SamenloopError, match="langer"):
        list(file.records())


def _eleven(number: int) -> bool:
    digits = [int(digit) for digit in f"{number:09d}"]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 11 == 0
