"""The recipe linter on the synthetic population: python -m tests.quality.lint [--people 201000] [--form mixed].

Forms: of one organisation, `mixed` (of all four in turn), and `bare` (nothing but names, date of birth and postcode).
"""

import argparse
import sys
from collections.abc import Iterator

from samenloop.profile import profile
from samenloop_node.identity.person import Person
from samenloop_node.tokens.features import Features
from samenloop_node.tokens.lint import LintReport, run_lint
from samenloop_node.tokens.recipes import Recipe
from tests.quality.damage import ORGANISATIONS, Clerk
from tests.quality.linkage import parsed
from tests.quality.population import Population

BARE = ("geslacht", "geboorteplaats", "huisnummer")
"""Columns that a bare register does not have."""


def surname_and_year(features: Features) -> list[str]:
    """Negative control: far too common, must fail."""
    return [sound + features.year for sound in features.surname.sounds]


def first_name_and_sex(features: Features) -> list[str]:
    """Negative control: far too common, must fail."""
    return [stem + sex for stem in features.first.stems for sex in features.sexes]


CONTROLS: dict[str, Recipe] = {"control: surname+year": surname_and_year, "control: first+sex": first_name_and_sex}


def population(people: int, seed: int, form: str) -> Iterator[Person]:
    """Yield persons in a form."""
    names = {"mixed": ORGANISATIONS, "bare": ORGANISATIONS[:1]}.get(form, (form,))
    away = dict.fromkeys(BARE, "") if form == "bare" else {}
    clerks = [Clerk(name, seed) for name in names]
    for number, human in enumerate(Population(seed).people(people)):
        person = parsed(clerks[number % len(clerks)].record(human, str(number))[0] | away)
        if person:
            yield person


def lint(people: int, seed: int, form: str, controls: bool) -> LintReport:
    """Run the linter."""
    return run_lint(population(people, seed, form), profile("nl-1"), CONTROLS if controls else None)


def main() -> None:
    """Command line; fails when a bar is not met, or with --controls when a control passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=201_000)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--form", choices=(*ORGANISATIONS, "mixed", "bare"), default="gemeente")
    parser.add_argument("--controls", action="store_true")
    chosen = parser.parse_args()
    report = lint(chosen.people, chosen.seed, chosen.form, chosen.controls)
    print("\n".join(report.lines()))
    sys.exit(report.exit_status)


if __name__ == "__main__":
    main()
