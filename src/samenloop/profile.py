"""Token profiles: which recipes there are and which pattern of agreement on one registration is a hit.

Both daemons import this module, so it holds recipe names, combinations and conflict tests only; how a recipe turns
names
into tokens is known at the nodes alone (`samenloop_node.tokens.recipes`).

For one question and one registration a recipe *agrees* (any token equal), *conflicts* (both sides could make it and
nothing
is equal) or is *absent* (a side could not make it). A combination makes a hit when all its recipes agree and none of
its
conflict tests fires. Patterns are judged, never points added up (docs/reference/normalisation.md has each figure).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from samenloop.errors import InvalidInput
from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class Facts:
    """The two clear facts about a record that a hit rule may use. That of nl-1 uses neither, so nodes send 0 and false.

    `initials`: number of first-name initials, 2 means two or more. `official_full_names`: the source holds full
    baptismal names.
    """

    initials: int
    official_full_names: bool

    def __post_init__(self) -> None:
        if self.initials not in (0, 1, 2):
            raise InvalidInput("facts", _("Het aantal voorletters moet 0, 1 of 2 zijn."))

    def pack(self) -> int:
        """Return the facts as one small integer (bits 0-1 initials, bit 2 official full names)."""
        return self.initials | self.official_full_names << 2

    @staticmethod
    def unpack(number: int) -> "Facts":
        """Read `pack()` back; raises InvalidInput for any other number."""
        if not 0 <= number < 8:
            raise InvalidInput("facts", _("De feiten bij de tokens zijn niet goed gevormd."))
        return Facts(number & 3, bool(number >> 2))


@dataclass(frozen=True, slots=True)
class Side:
    """What the coordinator sees of one record: the recipes that it could make and its packed facts."""

    mask: int
    facts: int


@dataclass(frozen=True, slots=True)
class Combination:
    """One line of the hit rule: bit masks over the recipes of the profile."""

    name: str
    agree: int
    no_conflict: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A named, versioned list of recipes and the hit rule over them. Recipe n of a mask is `recipes[n]`."""

    name: str
    recipes: tuple[str, ...]
    rule: tuple[Combination, ...]

    def complete(self, agreeing: int) -> int:
        """Return how many combinations have all their recipes in `agreeing`, whatever conflicts."""
        return sum(agreeing & line.agree == line.agree for line in self.rule)

    def judge(self, question: Side, registration: Side, agreeing: int) -> str | None:
        """Return the name of the first combination that makes the hit, or None.

        `agreeing` has a bit for every recipe with any equal token, within one epoch.
        """
        conflicting = question.mask & registration.mask & ~agreeing
        for line in self.rule:
            if agreeing & line.agree == line.agree and not conflicting & line.no_conflict:
                return line.name
        return None


@dataclass(frozen=True, slots=True)
class EpochProfiles:
    """Which profile each epoch is written and judged with: `newest`, but for epochs that began under an earlier one.

    A mask of one profile means nothing in another, so an epoch keeps its profile for life; a new profile comes with a
    new epoch, by dual writing.
    """

    newest: Profile
    earlier: tuple[tuple[str, Profile], ...] = ()

    def of(self, epoch: str) -> Profile:
        """Return the profile of an epoch."""
        for name, kept in self.earlier:
            if name == epoch:
                return kept
        return self.newest


def combination(recipes: Sequence[str], name: str, agree: str, no_conflict: str = "") -> Combination:
    """Build a combination from recipe names separated by spaces; raises InvalidInput for a name not in `recipes`.

    A combination without any recipe that must agree would hit everybody, so that is refused too.
    """
    if not agree.split():
        raise InvalidInput("profile", _("Een combinatie zonder recepten zou iedereen raken."))
    return Combination(name, _mask(recipes, agree), _mask(recipes, no_conflict))


def _mask(recipes: Sequence[str], names: str) -> int:
    unknown = set(names.split()) - set(recipes)
    if unknown:
        raise InvalidInput("profile", _("Onbekend recept in het tokenprofiel."))
    return sum(1 << recipes.index(name) for name in names.split())


_NL_1 = (
    "name",
    "surname-initial",
    "name-loose",
    "initials",
    "postcode-initial",
    "home",
    "home-first",
    "home-initials",
    "words",
    "surname-initials",
    "place-year",
    "bare",
)

_PROFILES = {
    "nl-1": Profile(
        "nl-1",
        _NL_1,
        (
            combination(_NL_1, "name", "name"),
            combination(_NL_1, "name-loose", "name-loose"),
            combination(_NL_1, "surname-initials", "surname-initials"),
            combination(_NL_1, "surname-initial", "surname-initial", "name-loose initials"),
            combination(_NL_1, "postcode-initial", "postcode-initial", "home-first home-initials"),
            combination(_NL_1, "home", "home", "home-first home-initials"),
            combination(_NL_1, "words", "words"),
            combination(_NL_1, "place-year", "place-year"),
            combination(_NL_1, "bare", "bare"),
        ),
    )
}


def profile(name: str) -> Profile:
    """Return the profile with this name; raises InvalidInput when it does not exist."""
    try:
        return _PROFILES[name]
    except KeyError:
        raise InvalidInput("profile", _("Dit tokenprofiel bestaat niet. Bekend is: nl-1.")) from None
