"""A synthetic population with realistic name frequencies and families (dutch-identity.md section 8). Nobody in it
exists."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.quality import pools

TOP_SHARE, TOP_THOUSAND_SHARE, ALL_SURNAMES = 0.20, 0.35, 320_000
FOREIGN_TAIL = 0.85
"""Share of surnames of the other groups that is not one of the common ones."""
TWIN_BIRTHS = 0.015
"""Of all births, so that 3% of children are one of twins."""
GROUP_SHARES = (
    (0.73, "dutch"), (0.05, "moroccan"), (0.05, "turkish"), (0.05, "surinamese"), (0.03, "antillean"), (0.04, "polish"),
    (0.015, "ukrainian"), (0.025, "syrian"), (0.01, "chain"),
)  # fmt: skip
_SYLLABLES = (
    [
        "Al",
        "Bren",
        "Cas",
        "Dan",
        "El",
        "Fen",
        "Gil",
        "Hid",
        "Iv",
        "Jel",
        "Kas",
        "Lev",
        "Mer",
        "Nor",
        "Ol",
        "Pel",
        "Ren",
        "Sil",
        "Tam",
        "Ul",
        "Vin",
        "Wen",
        "Yar",
        "Zil",
        "Bo",
        "Da",
        "Fi",
        "Jo",
        "Li",
        "Ma",
    ],
    ["a", "e", "i", "o", "ie", "ee", "oe"],
    ["l", "n", "r", "m", "s", "t", "d", "k", "v"],
)
_ENDS = {
    "M": ["an", "ar", "en", "er", "in", "is", "on", "us", "ik", "o"],
    "V": ["a", "e", "ie", "ine", "ina", "elle", "ien", "y", "ke", "ette"],
}


@dataclass(frozen=True, slots=True)
class Human:
    """One synthetic person as the municipality would know him or her."""

    person_id: str
    group: str
    sex: str
    first_names: tuple[str, ...]
    prefix: str
    surname: str
    born: str
    place: str
    postcode: str
    house: str
    partner_prefix: str = ""
    partner: str = ""
    situation: str = ""


@dataclass(frozen=True, slots=True)
class Society:
    """What kind of population it is; `concentration` > 1 makes surnames as much more concentrated.

    `dutch`: share of Dutch names, the other groups in their own proportions. `composed`: share of Dutch first names
    that are put together from syllables, so that no table of call names or variants knows them.
    """

    concentration: int = 1
    twin_births: float = TWIN_BIRTHS
    dutch: float = GROUP_SHARES[0][0]
    composed: float = 0.15

    def groups(self) -> tuple[tuple[float, str], ...]:
        """Return the shares of all groups."""
        others = (1 - self.dutch) / (1 - GROUP_SHARES[0][0])
        return tuple((self.dutch if name == "dutch" else share * others, name) for share, name in GROUP_SHARES)


class Population:
    """Draws households of a society from one seed."""

    def __init__(self, seed: int, society: Society = Society()) -> None:
        self.rng = random.Random(seed)
        self.society = society
        self._groups = society.groups()
        self._made = 0

    def people(self, size: int) -> Iterator[Human]:
        """Yield `size` persons, household after household."""
        left = size
        while left > 0:
            household = self._household()[:left]
            left -= len(household)
            yield from household

    def _household(self) -> list[Human]:
        rng = self.rng
        group = _weighted(rng, self._groups)
        postcode, house = new_address(rng)
        year = rng.randint(1935, 2004)
        head = self._person(group, rng.choice("MV"), year, self._surname(group), postcode, house)
        members = [head]
        if rng.random() < 0.45:
            members = self._couple(head, year)
        if len(members) == 2 and year < 1998 and rng.random() < 0.6:
            members += self._children(members, year)
        return members

    def _couple(self, head: Human, year: int) -> list[Human]:
        other = self._person(
            head.group,
            "V" if head.sex == "M" else "M",
            year + self.rng.randint(-6, 6),
            self._surname(head.group),
            head.postcode,
            head.house,
        )
        if head.group == "chain":
            return [head, other]
        one = replace(head, partner_prefix=other.prefix, partner=other.surname)
        return [one, replace(other, partner_prefix=head.prefix, partner=head.surname)]

    def _children(self, parents: list[Human], year: int) -> list[Human]:
        father = next(p for p in parents if p.sex == "M")
        children: list[Human] = []
        for birth in range(self.rng.choice((1, 2, 2, 3))):
            born_year = year + 22 + 3 * birth + self.rng.randint(0, 2)
            if born_year > 2012:
                break
            twins = self.rng.random() < self.society.twin_births
            first = self._child(father, born_year)
            children.append(replace(first, situation="twin" if twins else "family"))
            if twins:
                second = self._child(father, born_year)
                while (second.first_names[:1], second.surname) == (first.first_names[:1], first.surname):
                    second = self._child(father, born_year)
                children.append(replace(second, born=first.born, place=first.place, situation="twin"))
        return children

    def _child(self, father: Human, year: int) -> Human:
        surname = (father.prefix, father.surname)
        return self._person(father.group, self.rng.choice("MV"), year, surname, father.postcode, father.house)

    def _person(self, group: str, sex: str, year: int, surname: tuple[str, str], postcode: str, house: str) -> Human:
        self._made += 1
        names = self._first_names(group, sex)
        born = self._born(group, year)
        place = self._place(group)
        if group == "chain":
            chain = " ".join(names + tuple(self.rng.sample(pools.CHAIN_NAMES["M"], 2 - (self.rng.random() < 0.4))))
            return Human(f"G{self._made:07}", group, sex, (), "", chain, born, place, postcode, house)
        return Human(f"G{self._made:07}", group, sex, names, *surname, born, place, postcode, house)

    def _born(self, group: str, year: int) -> str:
        default = {"moroccan": 0.10, "turkish": 0.06, "syrian": 0.08, "chain": 0.12}.get(group, 0.003)
        chance = self.rng.random()
        if chance < default:
            return f"{year}-01-01"
        if chance < default * 1.15:
            return f"{year}-00-00"
        return (date(year, 1, 1) + timedelta(days=self.rng.randint(0, 364))).isoformat()

    def _place(self, group: str) -> str:
        if group != "dutch" and self.rng.random() < 0.6:
            return self.rng.choice(pools.FOREIGN_PLACES[group].split("|"))
        return self.rng.choice(pools.PLACES)

    def _surname(self, group: str) -> tuple[str, str]:
        if group == "chain":
            return ("", "")
        if group != "dutch":
            return self._foreign_surname(group)
        if self.rng.random() < TOP_SHARE:
            return split_prefix(_zipf(self.rng, pools.DUTCH_SURNAMES))
        return self._tail_surname()

    def _foreign_surname(self, group: str) -> tuple[str, str]:
        if self.rng.random() > FOREIGN_TAIL / self.society.concentration:
            return split_prefix(_zipf(self.rng, pools.GROUPS[group][0].replace("\n", "|").split("|")))
        parts = [self.rng.choice(part.split("|")) for part in pools.FOREIGN_TAILS[group]]
        if parts[0].endswith(" "):
            parts[1] = parts[1].capitalize()
        return "", "".join(parts)

    def _tail_surname(self) -> tuple[str, str]:
        first, last = (231, 1_000) if self.rng.random() < TOP_THOUSAND_SHARE - TOP_SHARE else (1_000, ALL_SURNAMES)
        rank = int(math.exp(self.rng.uniform(math.log(first), math.log(last)))) // self.society.concentration
        shuffled = random.Random(rank)
        name = shuffled.choice(pools.TAIL_STARTS) + shuffled.choice(pools.TAIL_ENDS) + shuffled.choice(pools.TAIL_FIXES)
        return _weighted(shuffled, pools.PREFIX_SHARE), name

    def _first_names(self, group: str, sex: str) -> tuple[str, ...]:
        if group == "chain":
            return (self.rng.choice(pools.CHAIN_NAMES[sex]),)
        if group == "dutch":
            count = self.rng.choices((1, 2, 3, 4), (55, 28, 14, 3))[0]
            return tuple(dict.fromkeys(self._dutch_first(sex) for _n in range(count)))
        pool = pools.GROUPS[group][1 if sex == "M" else 2].split()
        return tuple(self.rng.sample(pool, 1 + (self.rng.random() < 0.2)))

    def _dutch_first(self, sex: str) -> str:
        if self.rng.random() < self.society.composed:
            return "".join(self.rng.choice(part) for part in _SYLLABLES) + self.rng.choice(_ENDS[sex])
        pool = pools.MEN if sex == "M" else pools.WOMEN
        return pool[min(int(self.rng.random() ** 1.6 * len(pool)), len(pool) - 1)]


def new_address(rng: random.Random) -> tuple[str, str]:
    """Draw a postcode (1234AB) and a house number of a region with 500 areas."""
    letters = "ABCDEGHJKLMNPRTVWXZ"
    return f"{rng.randint(3500, 3999)}{rng.choice(letters)}{rng.choice(letters)}", str(int(rng.expovariate(1 / 60)) + 1)


def split_prefix(surname: str) -> tuple[str, str]:
    """Take "van den Berg" apart into prefix and surname; Arabic articles stay with the name."""
    words = surname.split(" ")
    start = 0
    while start < len(words) - 1 and words[start] in {"van", "de", "den", "der", "ter", "ten", "te", "in", "'t", "op"}:
        start += 1
    return " ".join(words[:start]), " ".join(words[start:])


def _zipf(rng: random.Random, names: list[str]) -> str:
    return names[min(int(rng.random() ** (1 / 0.52) * len(names)), len(names) - 1)]


def _weighted(rng: random.Random, shares: tuple[tuple[float, str], ...]) -> str:
    point = rng.random()
    for share, value in shares:
        point -= share
        if point < 0:
            return value
    return shares[0][1]
