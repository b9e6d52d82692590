"""Why two records meet or do not, shown locally at one node that has both in hand. Never at the coordinator.

For testing profiles and settling disputes. The lines name recipes and combinations, never a value of either person.
"""

import enum
from dataclasses import dataclass

from samenloop.profile import Profile, Side
from samenloop.texts import _
from samenloop_node.identity.person import Person
from samenloop_node.tokens.recipes import messages_of
from samenloop_node.tokens.tokenise import NO_FACTS, fitting


class RecipeState(enum.Enum):
    """What a recipe says about two records."""

    AGREES = "agrees"
    CONFLICTS = "conflicts"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Explanation:
    """State per recipe in profile order, the combination that hits (or None), and what stops the other combinations."""

    states: tuple[tuple[str, RecipeState], ...]
    combination: str | None
    stopped: tuple[tuple[str, tuple[str, ...]], ...]

    def lines(self) -> list[str]:
        """Return the explanation as Dutch text."""
        words = {
            RecipeState.AGREES: _("komt overeen"),
            RecipeState.CONFLICTS: _("spreekt tegen"),
            RecipeState.ABSENT: _("niet te maken voor één van beide"),
        }
        shown = [f"{name:20s} {words[state]}" for name, state in self.states]
        if self.combination:
            return [*shown, _("Treffer, door de combinatie: {name}", name=self.combination)]
        stopped = [
            _("{name}: overeenkomst, maar tegengesproken door {by}", name=name, by=", ".join(by))
            for name, by in self.stopped
        ]
        return [*shown, *stopped, _("Geen treffer.")]


def explain(one: Person, other: Person, profile: Profile) -> Explanation:
    """Say which recipes of two persons meet, conflict or are absent, and which combination makes the hit."""
    mine, theirs = _values(one, profile), _values(other, profile)
    agreeing = sum(1 << number for number in mine.keys() & theirs.keys() if mine[number] & theirs[number])
    both = _mask(mine) & _mask(theirs)
    states = tuple((name, _state(number, agreeing, both)) for number, name in enumerate(profile.recipes))
    stopped = tuple(
        (line.name, _names(profile, both & ~agreeing & line.no_conflict))
        for line in profile.rule
        if agreeing & line.agree == line.agree and both & ~agreeing & line.no_conflict
    )
    hit = profile.judge(Side(_mask(mine), NO_FACTS), Side(_mask(theirs), NO_FACTS), agreeing)
    return Explanation(states, hit, stopped)


def _values(person: Person, profile: Profile) -> dict[int, set[str]]:
    return {number: set(values) for number, values, _size in fitting(messages_of(person, profile))}


def _mask(values: dict[int, set[str]]) -> int:
    return sum(1 << number for number in values)


def _state(number: int, agreeing: int, both: int) -> RecipeState:
    if agreeing >> number & 1:
        return RecipeState.AGREES
    return RecipeState.CONFLICTS if both >> number & 1 else RecipeState.ABSENT


def _names(profile: Profile, mask: int) -> tuple[str, ...]:
    return tuple(name for number, name in enumerate(profile.recipes) if mask >> number & 1)
