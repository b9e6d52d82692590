"""False hits among strangers, measured: python -m tests.quality.strangers --registered 1000000 --questions 10000.

A register of strangers and questions about people of another seed. The register and the questions take the forms of
all four
organisations in turn. Nobody in the questions is in the register, so every hit is false.
"""

import argparse
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from samenloop.profile import Profile
from tests.quality.damage import ORGANISATIONS, Clerk
from tests.quality.linkage import NL_1, Maker, Record, parsed, record_of
from tests.quality.population import Population

Hashes = NDArray[np.int64]


def records(size: int, seed: int, make: Maker = record_of) -> Iterator[Record]:
    """Yield records of one population, written by the four organisations in turn."""
    clerks = [Clerk(organisation, seed) for organisation in ORGANISATIONS]
    for number, human in enumerate(Population(seed).people(size)):
        clerk = clerks[number % len(clerks)]
        person = parsed(clerk.record(human, str(number))[0])
        if person:
            yield make(person, str(number), clerk.organisation)


class LargeIndex:
    """As `linkage.Index`, in sorted arrays of 64-bit hashes, for millions of records."""

    def __init__(self, registered: Iterable[Record], chosen: Profile = NL_1) -> None:
        self.profile = chosen
        hashes, owners, masks = array("q"), array("i"), array("i")
        for number, record in enumerate(registered):
            masks.append(record.mask)
            hashes.extend(hash(value) for value in record.values)
            owners.extend([number] * len(record.values))
        order = np.argsort(np.frombuffer(hashes, np.int64))
        self._hashes: Hashes = np.frombuffer(hashes, np.int64)[order]
        self._owners = np.frombuffer(owners, np.int32)[order]
        self._masks = masks

    def combinations(self, question: Record) -> set[str]:
        """Return the combinations that hit anybody, each judged as if it were alone, and `whole profile`."""
        agreeing: dict[int, int] = defaultdict(int)
        for value in question.values:
            first, last = (
                np.searchsorted(self._hashes, hash(value), "left"),
                np.searchsorted(self._hashes, hash(value), "right"),
            )
            for owner in self._owners[first:last]:
                agreeing[int(owner)] |= 1 << value[0]
        found: set[str] = set()
        for owner, agree in agreeing.items():
            found |= fired(self.profile, question.mask & self._masks[owner] & ~agree, agree)
        return found


def fired(chosen: Profile, conflicting: int, agreeing: int) -> set[str]:
    """Return every combination that would hit by itself, and `whole profile` if there is any."""
    names = {
        line.name for line in chosen.rule if agreeing & line.agree == line.agree and not conflicting & line.no_conflict
    }
    return names | {"whole profile"} if names else names


def measure(
    registered: int, questions: int, seed: int, make: Maker = record_of, chosen: Profile = NL_1
) -> dict[str, float]:
    """Return false hits per 10,000 questions, per combination and for the whole profile."""
    index = LargeIndex(records(registered, seed, make), chosen)
    counts: Counter[str] = Counter()
    asked = 0
    for record in islice(records(questions, seed + 1000, make), questions):
        asked += 1
        counts.update(index.combinations(record))
    names = [*(line.name for line in chosen.rule), "whole profile"]
    return {name: 1e4 * counts[name] / asked for name in names}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registered", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=11)
    chosen = parser.parse_args()
    print(
        f"{chosen.registered} strangers, {chosen.questions} questions, seed {chosen.seed}: "
        "false hits per 10,000 questions"
    )
    for name, rate in measure(chosen.registered, chosen.questions, chosen.seed).items():
        print(f"{name:20s} {rate:8.2f}")


if __name__ == "__main__":
    main()
