"""The demo's source files: the synthetic people, overlaid with the facts of each register, with dates around today."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

DATA = Path(__file__).parent / "data"
REVIEW_DAYS = 180
Row = dict[str, str]

# participant: (source file, task, framework)
REGISTERS = {
    "burgemeester-middelstad": ("gemeente", "openbare_orde", "maatregel"),
    "politie-midden": ("politie", "wpg8", "maatregel"),
    "reclassering-midden": ("reclassering", "toezicht", "maatregel"),
    "ggz-midden": ("ggz", "zorg", "vrijwillig"),
}
CASE_REGISTERS = ("zvh-midden", "zvh-oost")
MEASURES = {"demo-gem-22": "gebiedsverbod", "demo-gem-30": "huisverbod", "demo-gem-10": "groepsverbod"}
# record: (receiver, reference of the decision, who decided)
DECIDED_BEFOREHAND = {"demo-pol-24": ("reclassering-midden", "besluit-2026-024", "r.oranje")}


def write_sources(folder: Path, today: date) -> dict[str, Path]:
    """Write one CSV per participant below `folder` and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    people = {row["record_id"]: row for source, _task, _frame in REGISTERS.values() for row in _people(source)}
    paths = {}
    for participant, (source, task, framework) in REGISTERS.items():
        rows = [_with_facts(row, task, framework, today) for row in _people(source)]
        paths[participant] = _write(folder / f"{participant}.csv", rows)
    cases = list(_read(DATA / "cases.csv"))
    for register in CASE_REGISTERS:
        rows = [_case(row, people[row["person"]], today) for row in cases if row["register"] == register]
        paths[register] = _write(folder / f"{register}.csv", rows)
    return paths


def listed_cases() -> dict[str, int]:
    """Return for each partner how many of its cases stand on a list of a Veiligheidshuis."""
    return dict(Counter(row["namens"] for row in _read(DATA / "cases.csv")))


def person(record_id: str) -> Row:
    """Return the identifying fields of one record, as a case worker would type them."""
    source = {"gem": "gemeente", "pol": "politie", "rec": "reclassering", "ggz": "ggz"}[record_id.split("-")[1]]
    row = next(row for row in _people(source) if row["record_id"] == record_id)
    return {name: value for name, value in row.items() if value and name not in ("record_id", "organisation")}


def _with_facts(row: Mapping[str, str], task: str, framework: str, today: date) -> Row:
    facts = {
        "taak": task,
        "kader": framework,
        "herkomst": "eigen",
        "maatregel": MEASURES.get(row["record_id"], ""),
        "toetsdatum": (today + timedelta(days=REVIEW_DAYS)).isoformat(),
        "bescherming": "nee",
        "besloten_voor": "",
        "besluit": "",
        "beslisser": "",
        "besloten_op": "",
        "geldig_tot": "",
    }
    if row["record_id"] in DECIDED_BEFOREHAND:
        receiver, reference, decider = DECIDED_BEFOREHAND[row["record_id"]]
        until = (today + timedelta(days=90)).isoformat()
        facts |= {"besloten_voor": receiver, "besluit": reference, "beslisser": decider}
        facts |= {"besloten_op": today.isoformat(), "geldig_tot": until}
    return dict(row) | facts


def _case(case: Mapping[str, str], row: Mapping[str, str], today: date) -> Row:
    own = {"record_id": case["record_id"], "organisation": case["register"]}
    facts = _with_facts(row | own, "casus", "maatregel", today)
    return facts | {"namens": case["namens"], "zaak": case["zaak"]}


def _people(source: str) -> Iterable[Row]:
    return _read(DATA / f"people-demo-{source}.csv")


def _read(path: Path) -> Iterable[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _write(path: Path, rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
