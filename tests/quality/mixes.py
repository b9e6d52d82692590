"""Shifted error mixes: does nl-1 hold where the errors, the families or the names are other ones than were counted?

python -m tests.quality.mixes [--records 40000]. Every mix has its own seed, so its own people.
"""

import argparse
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.quality.damage import RATES
from tests.quality.generate import AS_COUNTED, Mix, registers, write
from tests.quality.linkage import link, read
from tests.quality.population import TWIN_BIRTHS, Society
from tests.quality.score import Score, read_truth, score

FIRST_SEED = 401
_TYPING = ("typo_", "spelling_", "translit_")


def _times(factor: float, *starts: str) -> dict[str, float]:
    return {kind: factor for kind in RATES if kind.startswith(starts)}


_MISSING = {
    **_times(2, "gender_missing", "initials_only", "first_only"),
    **_times(1.6, "address_missing", "birthplace_missing"),
}
_DATES = {**_times(4, "dob_swap_dm"), **_times(2, "dob_digit", "dob_partly", "dob_year", "dob_two", "dob_transposed")}

MIXES: Mapping[str, Mix] = {
    "as counted in the developer set": AS_COUNTED,
    "twice the typing, spelling and transliteration errors": Mix(factors=_times(2, *_TYPING)),
    "twice the records without sex or with initials only; 1.6 times without address or place": Mix(factors=_MISSING),
    "4 times the exchanged days and months, twice the other date errors": Mix(factors=_DATES),
    "3 times the exchanged and split names, twice the married names": Mix(
        factors=_times(3, "name_swap", "surname_part", "prefix") | _times(2, "married_", "partner_changed", "callname")
    ),
    "4 times the twins": Mix(Society(twin_births=4 * TWIN_BIRTHS)),
    "6 of 10 people with names from elsewhere": Mix(Society(dutch=0.4)),
    "9 of 10 Dutch first names in no table": Mix(Society(composed=0.9)),
    "surnames 5 times as concentrated": Mix(Society(concentration=5)),
    "all of it together": Mix(
        Society(5, 2 * TWIN_BIRTHS, dutch=0.55, composed=0.5),
        factors=_times(2, *_TYPING, "name_swap", "married_", "prefix", "dob_") | _MISSING,
    ),
}


def measure(mix: Mix, records: int, seed: int) -> Score:
    """Return the figures of nl-1 on one mix."""
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        write(directory, registers(records, seed, mix))
        return score(read_truth(directory), {(hit.asked, hit.organisation) for hit in link(read(directory))})


def table(records: int) -> list[str]:
    """Return a Markdown table with a line per mix."""
    lines = ["| mix | records | recall | precision | false per 10,000 queries |", "|---|---|---|---|---|"]
    for (name, mix), seed in zip(MIXES.items(), count(FIRST_SEED)):
        s = measure(mix, records, seed)
        lines.append(f"| {name} | {s.records} | {s.recall:.4f} | {s.precision:.4f} | {s.per_queries:.2f} |")
    return lines


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=40_000)
    print("\n".join(table(parser.parse_args().records)))


if __name__ == "__main__":
    main()
