"""Recipe linter: what an attacker without any key learns from how often tokens occur (security.md T3 and T4).

The attacker knows the whole population in clear text (100% overlap), makes the same messages, and lays tokens and
messages side
by side by frequency. Equal frequencies can only be guessed: of n tokens with one frequency, one is right on average.
Jointly he
also uses which tokens belong to one registration: the mask, the padded counts and the frequency of every token.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from samenloop.profile import Profile
from samenloop.texts import _
from samenloop_node.identity.person import Person
from samenloop_node.tokens.features import features_of
from samenloop_node.tokens.recipes import Recipe, messages_of
from samenloop_node.tokens.tokenise import fitting

LEAST_PEOPLE = 200_000
MOST_REIDENTIFIED_PER_RECIPE, MOST_REIDENTIFIED_JOINTLY, MOST_CARRIERS = 0.001, 0.005, 5
_REGISTERS = (1_000_000, 17_000_000)


@dataclass(frozen=True, slots=True)
class RecipeFinding:
    """Figures of one recipe. Expected false hits are per 10,000 questions, by this recipe alone, relatives included."""

    name: str
    reidentified: float
    most_carriers: int
    false_at_million: float
    false_at_17_million: float

    @property
    def passes(self) -> bool:
        """True when the recipe is within the bars."""
        return self.reidentified <= MOST_REIDENTIFIED_PER_RECIPE and self.most_carriers <= MOST_CARRIERS

    def line(self) -> str:
        """Return the figures as one line of the table."""
        verdict = _verdict(passes=self.passes)
        return (
            f"{self.name:20s} {self.reidentified:12.4%} {self.most_carriers:9d} "
            f"{self.false_at_million:14.2f} {self.false_at_17_million:14.1f}   {verdict}"
        )


def _verdict(*, passes: bool) -> str:
    return _("goed") if passes else _("TE HOOG")


@dataclass(frozen=True, slots=True)
class LintReport:
    """The outcome of `run_lint`; `exit_status` is 0 when every bar is met."""

    people: int
    recipes: tuple[RecipeFinding, ...]
    jointly: float
    tokens_per_person: float

    @property
    def exit_status(self) -> int:
        """0 when the population is large enough and all bars are met, otherwise 1."""
        enough = self.people >= LEAST_PEOPLE
        return int(not (enough and self.jointly <= MOST_REIDENTIFIED_JOINTLY and all(r.passes for r in self.recipes)))

    def lines(self) -> list[str]:
        """Return the report as text, without any value of a person."""
        small = (
            []
            if self.people >= LEAST_PEOPLE
            else [_("TE WEINIG: nodig zijn minstens {least} personen", least=LEAST_PEOPLE)]
        )
        joint = _verdict(passes=self.jointly <= MOST_REIDENTIFIED_JOINTLY)
        heads = (_("recept"), _("herkenbaar"), _("dragers"), _("vals @ 1 mln"), _("vals @ 17 mln"))
        tokens, together = f"{self.tokens_per_person:.2f}", _("alle samen")
        return [
            _("{people} personen, {tokens} tokens per persoon", people=self.people, tokens=tokens),
            "{:20s} {:>12s} {:>9s} {:>14s} {:>14s}".format(*heads),
            *(finding.line() for finding in self.recipes),
            f"{together:20s} {self.jointly:12.4%}   {joint}",
            *small,
        ]


def run_lint(persons: Iterable[Person], profile: Profile, also: Mapping[str, Recipe] | None = None) -> LintReport:
    """Measure every recipe of a profile, and of `also` (candidates and negative controls), on a population."""
    kept: list[list[tuple[int, list[int], int]]] = []
    extra: dict[str, list[list[int]]] = {name: [] for name in also or {}}
    for person in persons:
        fit = fitting(messages_of(person, profile))
        kept.append([(number, [hash((number, value)) for value in values], size) for number, values, size in fit])
        for name, recipe in (also or {}).items():
            extra[name].append([hash(value) for value in recipe(features_of(person))])
    carriers = Counter(value for record in kept for _number, values, _size in record for value in values)
    per_recipe = {name: _values_of(kept, number) for number, name in enumerate(profile.recipes)} | extra
    return LintReport(
        people=len(kept),
        recipes=tuple(measure_recipe(name, values, len(kept)) for name, values in per_recipe.items()),
        jointly=_jointly(kept, carriers),
        tokens_per_person=sum(size for record in kept for _number, _values, size in record) / max(1, len(kept)),
    )


def _values_of(kept: Sequence[Sequence[tuple[int, list[int], int]]], wanted: int) -> list[list[int]]:
    return [values for record in kept for number, values, _size in record if number == wanted]


def measure_recipe(name: str, values: Iterable[Sequence[int]], people: int) -> RecipeFinding:
    """Return the figures of one recipe from the message hashes of each person that could make it."""
    carriers = Counter(value for mine in values for value in set(mine))
    frequencies = Counter(carriers.values())
    pairs = sum(many * times * (times - 1) / 2 for times, many in frequencies.items())
    share = pairs / max(1.0, people * (people - 1) / 2)
    return RecipeFinding(
        name,
        reidentified=sum(frequencies) / max(1, people),
        most_carriers=max(frequencies, default=0),
        false_at_million=1e4 * share * _REGISTERS[0],
        false_at_17_million=1e4 * share * _REGISTERS[1],
    )


def _jointly(kept: Sequence[Sequence[tuple[int, list[int], int]]], carriers: Mapping[int, int]) -> float:
    patterns = {
        tuple(
            (number, size, tuple(sorted(carriers[value] for value in values if carriers[value] > 1)))
            for number, values, size in record
        )
        for record in kept
    }
    return len(patterns) / max(1, len(kept))
