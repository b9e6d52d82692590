"""Two recipes change nothing on the developer set. Where do they earn their place?

python -m tests.quality.earning [--records 20000]. `name` is for a wrong sex, `home-initials` for relatives at one
address whose names were exchanged or split; each is measured on people of its own with and without it.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from samenloop.profile import Profile, profile
from tests.quality.generate import AS_COUNTED, Mix, registers, write
from tests.quality.linkage import link, read
from tests.quality.mixes import MIXES
from tests.quality.score import Score, read_truth, score

NL_1 = profile("nl-1")
WRONG_SEX = 0.05
"""Share of the records whose sex is wrong."""
_OTHER = {"M": "V", "V": "M"}
_SPLIT = "3 times the exchanged and split names, twice the married names"


def without(recipe: str) -> Profile:
    """Return nl-1 without the use of one recipe: its own combination and every test of its conflict."""
    bit = 1 << NL_1.recipes.index(recipe)
    rest = [line for line in NL_1.rule if not line.agree & bit]
    return replace(NL_1, rule=tuple(replace(line, no_conflict=line.no_conflict & ~bit) for line in rest))


def measure(mix: Mix, records: int, seed: int, wrong_sex: float, profiles: Sequence[Profile]) -> list[Score]:
    """Return the figures of each profile on one population."""
    chance = random.Random(seed)
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        made = list(registers(records, seed, mix))
        for row, *_about in made:
            if chance.random() < wrong_sex:
                row["geslacht"] = _OTHER.get(row["geslacht"], row["geslacht"])
        write(directory, made)
        people, truth = read(directory), read_truth(directory)
        return [score(truth, {(hit.asked, hit.organisation) for hit in link(people, one)}) for one in profiles]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    records = parser.parse_args().records
    print("| people | recipe | with it: recall, false per 10,000 queries | without it |\n|---|---|---|---|")
    for name, mix, seed, wrong, recipe in (
        ("one sex of twenty is wrong", AS_COUNTED, 801, WRONG_SEX, "name"),
        (_SPLIT, MIXES[_SPLIT], 805, 0.0, "home-initials"),
    ):
        both = measure(mix, records, seed, wrong, (NL_1, without(recipe)))
        figures = [f"{one.recall:.4f}, {one.per_queries:.2f}" for one in both]
        print(f"| {name} | `{recipe}` | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
