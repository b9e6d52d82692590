"""Recipes that were tried and left out, measured beside nl-1: python -m tests.quality.candidates FEBRL3_DIRECTORY.

Among them keyed locality-sensitive tokens: bands of MinHash values over the bigrams of the names, with the full date of
birth. Strangers are measured at 100,000 registered, per 10,000 questions.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

from samenloop.profile import Profile, combination
from samenloop_node.identity.person import Person
from samenloop_node.tokens.features import Features, features_of, prefixed
from samenloop_node.tokens.recipes import Recipe, messages_of
from samenloop_node.tokens.tokenise import fitting
from tests.quality.generate import MORE_ERRORS, registers, write
from tests.quality.linkage import NL_1, Record, link, read, record_from
from tests.quality.score import Score, read_truth, score
from tests.quality.strangers import measure

DEV = Path(__file__).parent / "data" / "dev"
REGISTERED, QUESTIONS, SEED = 100_000, 20_000, 11


@dataclass(frozen=True, slots=True)
class Candidate:
    """Recipes to add to nl-1 and the combinations (what must agree, what may not conflict) that would use them."""

    name: str
    recipes: Mapping[str, Recipe]
    lines: tuple[tuple[str, str], ...]

    def profile(self) -> Profile:
        """Return nl-1 with this candidate."""
        recipes = (*NL_1.recipes, *self.recipes)
        added = tuple(combination(recipes, f"try-{n}", *line) for n, line in enumerate(self.lines))
        return Profile("try", recipes, NL_1.rule + added)

    def messages(self, person: Person) -> Sequence[Sequence[str]]:
        """Return the messages of nl-1 and of the candidate's recipes."""
        features = features_of(person)
        return [*messages_of(person, NL_1), *(recipe(features) for recipe in self.recipes.values())]

    def record(self, person: Person, record_id: str, organisation: str) -> Record:
        """Return what the coordinator would see of a person."""
        return record_from(self.messages(person), record_id, organisation)


def _bands(count: int, rows: int, wanted: Sequence[str]) -> Recipe:
    """MinHash: `count` bands of `rows` hash values each; two names share a band with chance (Jaccard index) ** rows."""

    def recipe(f: Features) -> list[str]:
        names = {"first": f.first.spoken_words[:1], "surname": f.surname.spoken_words[:1]}
        if not f.date or not all(names[which] for which in wanted):
            return []
        grams = frozenset(which + gram for which in wanted for gram in _bigrams(names[which][0]))
        hashes = _minhash(grams, count * rows)
        return [f"{n}{''.join(hashes[n * rows : (n + 1) * rows])}{f.date}" for n in range(count)]

    return recipe


def _bigrams(word: str) -> Iterator[str]:
    padded = f"^{word}$"
    return (padded[at : at + 2] for at in range(len(padded) - 1))


def _minhash(grams: frozenset[str], count: int) -> tuple[str, ...]:
    return tuple(map(min, zip(*(_hashes(gram, count) for gram in grams), strict=True)))


@cache
def _hashes(gram: str, count: int) -> tuple[str, ...]:
    return tuple(blake2b(f"{n} {gram}".encode(), digest_size=6).hexdigest() for n in range(count))


def _ends(surname_letters: int, first_letters: int) -> Recipe:
    """Start or end of the surname and of the first name, with the date."""

    def recipe(f: Features) -> list[str]:
        if not f.date or not f.first.spoken_words or not f.surname.spoken_words:
            return []
        surname, first = f.surname.spoken_words[0], f.first.spoken_words[0]
        return [
            prefixed(a) + prefixed(b) + f.date
            for a in ("s" + surname[:surname_letters], "e" + surname[-surname_letters:])
            for b in ("s" + first[:first_letters], "e" + first[-first_letters:])
        ]

    return recipe


def _address(f: Features) -> list[str]:
    return [f.postcode + f.date] if f.postcode and f.date else []


def _birthplace(f: Features) -> list[str]:
    return [f.place + f.date] if f.place and f.date else []


_CONFIRM: Mapping[str, Recipe] = {"address": _address, "birthplace": _birthplace}
_BOTH = ("first", "surname")
_APART: Mapping[str, Recipe] = {"first-bands": _bands(4, 2, ["first"]), "surname-bands": _bands(4, 2, ["surname"])}
CANDIDATES = (
    Candidate("MinHash of the whole name, 4 bands of 2", {"bands": _bands(4, 2, _BOTH)}, (("bands", ""),)),
    Candidate("MinHash of the whole name, 8 bands of 4", {"bands": _bands(8, 4, _BOTH)}, (("bands", ""),)),
    Candidate("MinHash of the whole name, 12 bands of 5", {"bands": _bands(12, 5, _BOTH)}, (("bands", ""),)),
    Candidate(
        "the same, no conflict of first names or initials",
        {"bands": _bands(12, 5, _BOTH)},
        (("bands", "name-loose initials"),),
    ),
    Candidate(
        "MinHash of first name and of surname apart, 4 bands of 2 each, both must agree, no conflict of initials",
        _APART,
        (("first-bands surname-bands", "initials"),),
    ),
    Candidate(
        "the same, confirmed by postcode or place of birth",
        {**_APART, **_CONFIRM},
        tuple((f"first-bands surname-bands {one}", "initials") for one in _CONFIRM),
    ),
    Candidate("start or end of surname (4) and first name (3)", {"ends": _ends(4, 3)}, (("ends", "initials"),)),
    Candidate(
        "the same, confirmed by postcode or place of birth",
        {"ends": _ends(4, 3), **_CONFIRM},
        tuple((f"ends {one}", "initials") for one in _CONFIRM),
    ),
)


def found(directory: Path, candidate: Candidate) -> Score:
    """Return the figures of a candidate on a data set."""
    hits = link(read(directory, candidate.record), candidate.profile())
    return score(read_truth(directory), {(hit.asked, hit.organisation) for hit in hits})


def tokens(directory: Path, candidate: Candidate) -> float:
    """Return tokens per person, padding included."""
    sizes: list[int] = []

    def count(person: Person, record_id: str, organisation: str) -> Record:
        sizes.append(sum(size for _number, _values, size in fitting(candidate.messages(person))))
        return Record(record_id, organisation, 0, ())

    read(directory, count)
    return sum(sizes) / len(sizes)


def table(febrl3: Path) -> list[str]:
    """Return a Markdown table: nl-1 itself, then each candidate added to it."""
    lines = [
        (
            "| added to nl-1 | tokens per person | developer set: recall, false per 10,000 queries "
            "| synthetic seed 33: recall, false | FEBRL3: recall | strangers: false per 10,000 questions at 100,000 |"
        ),
        "|---|---|---|---|---|---|",
    ]
    with TemporaryDirectory() as folder:
        other = Path(folder)
        write(other, registers(20_000, 33, MORE_ERRORS))
        lines += [_line(one, other, febrl3) for one in (Candidate("nothing", {}, ()), *CANDIDATES)]
    return lines


def _line(one: Candidate, other: Path, febrl3: Path) -> str:
    dev, synthetic, foreign = found(DEV, one), found(other, one), found(febrl3, one)
    strangers = measure(REGISTERED, QUESTIONS, SEED, one.record, one.profile())["whole profile"]
    return (
        f"| {one.name} | {tokens(DEV, one):.1f} | {dev.recall:.4f}, {dev.per_queries:.2f} "
        f"| {synthetic.recall:.4f}, {synthetic.per_queries:.2f} | {foreign.recall:.4f} | {strangers:.2f} |"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("febrl3", type=Path)
    print("\n".join(table(parser.parse_args().febrl3)))


if __name__ == "__main__":
    main()
