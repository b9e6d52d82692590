# ruff: noqa: E501 (pairs of spellings read better side by side)
"""How four organisations write down the same person: form, gaps and errors at the rates counted in the dev truth
file."""

import random
import unicodedata
from collections.abc import Mapping
from datetime import date

from samenloop_node.identity.person import PERSON_COLUMNS
from tests.quality import pools
from tests.quality.population import Human, new_address

COLUMNS = ("record_id", "organisation", *PERSON_COLUMNS)
ORGANISATIONS = ("gemeente", "politie", "reclassering", "ggz")
RATES: Mapping[str, tuple[float, float, float, float]] = {
    # per thousand records: gemeente, politie, reclassering, ggz
    "address_missing": (4, 486, 354, 147),
    "birthplace_missing": (3, 318, 447, 881),
    "callname": (0, 59, 93, 184),
    "chain_split": (0, 500, 500, 700),
    "diacritics_lost": (0, 500, 330, 500),
    "dob_digit": (0, 20, 7, 4),
    "dob_partly_unknown": (0, 6, 1, 2),
    "dob_swap_dm": (0, 25, 10, 10),
    "dob_transposed": (0, 2, 1, 0),
    "dob_two_digits": (0, 3, 1, 0),
    "dob_year_off": (0, 5, 1, 1),
    "dob_default0101": (0, 400, 400, 300),
    "encoding_damage": (0, 6, 3, 6),
    "first_only": (2, 380, 190, 190),
    "gender_missing": (0, 22, 7, 9),
    "gender_wrong": (0, 4, 1, 1),
    "initials_only": (0, 74, 382, 58),
    "married_composite": (0, 21, 41, 80),
    "married_partner_only": (0, 16, 21, 78),
    "married_swapped": (0, 0, 0, 5),
    "moved": (10, 86, 95, 92),
    "name_swap": (1, 17, 4, 8),
    "partner_changed": (0, 20, 17, 27),
    "postcode_typo": (0, 5, 4, 4),
    "prefix": (2, 150, 60, 90),
    "spelling_first": (1, 18, 10, 15),
    "spelling_surname": (1, 22, 13, 14),
    "surname_part_lost": (0, 60, 10, 15),
    "translit_first": (2, 200, 110, 120),
    "translit_surname": (1, 130, 60, 60),
    "typo_first": (1, 27, 10, 12),
    "typo_surname": (0, 27, 9, 12),
    "uppercase": (0, 327, 65, 22),
}
_CALLS = {line.split()[0]: line.split()[1:] for line in pools.CALL_NAMES}
_VARIANTS = {word: line.split() for line in pools.SPELLINGS for word in line.split()}
_SOUND_SWAPS = (
    ("ij", "y"), ("ei", "ij"), ("ij", "ei"), ("c", "k"), ("k", "c"), ("ph", "f"), ("th", "t"), ("s", "z"), ("z", "s"), ("uy", "ui"),
    ("ui", "uij"), ("aa", "ae"), ("ou", "au"), ("ck", "k"), ("ss", "s"), ("s", "ss"), ("n", "nn"), ("dt", "d"), ("d", "dt"), ("gh", "g"), ("x", "ks"),
)  # fmt: skip
_FOREIGN_SWAPS = (
    ("oe", "u"),
    ("ou", "u"),
    ("u", "oe"),
    ("sh", "sj"),
    ("kh", "ch"),
    ("j", "dj"),
    ("ie", "i"),
    ("i", "ie"),
    ("h", ""),
    ("w", "v"),
    ("El ", "El"),
    ("Al ", "Al-"),
    ("El ", "El-"),
    ("ch", "tsj"),
    ("ll", "l"),
    ("aa", "a"),
    ("q", "k"),
)
_ABBREVIATED = {
    "van der": ("v.d.", "v/d", "vd", "v d"),
    "van den": ("v.d.", "vd", "v/d"),
    "van de": ("v.d.", "v/d"),
    "van": ("v.",),
    "van 't": ("v.'t", "v/t"),
}
_KEYS = "abcdefghijklmnopqrstuvwxyz"


class Clerk:
    """Writes down persons for one organisation; `scale` multiplies all error rates, `factors` those of single kinds,
    gaps and forms too."""

    def __init__(
        self, organisation: str, seed: int, scale: float = 1.0, factors: Mapping[str, float] | None = None
    ) -> None:
        self.organisation = organisation
        self._column = ORGANISATIONS.index(organisation)
        self._rng = random.Random(f"{organisation} {seed}")
        self._scale, self._factors = scale, factors or {}
        self._kinds: list[str] = []

    def record(self, human: Human, record_id: str) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return one row and the kinds of error that were made in it."""
        self._kinds = []
        row = dict.fromkeys(COLUMNS, "") | {"record_id": record_id, "organisation": self.organisation}
        self._surname(row, human)
        self._first_names(row, human)
        self._chain(row, human)
        self._birth(row, human)
        self._rest(row, human)
        self._letters(row)
        return row, tuple(self._kinds)

    def _happens(self, kind: str, form: bool = False) -> bool:
        rate = RATES[kind][self._column] / 1000 * self._factors.get(kind, 1.0)
        hit = self._rng.random() < rate * (1 if form else self._scale)
        if hit:
            self._kinds.append(kind)
        return hit

    def _surname(self, row: dict[str, str], human: Human) -> None:
        row["voorvoegsel"], surname = human.prefix, human.surname
        if human.group != "dutch" and self._happens("translit_surname"):
            surname = self._swap(surname, _FOREIGN_SWAPS)
        if self._happens("spelling_surname"):
            surname = self._swap(surname, _SOUND_SWAPS)
        if self._happens("typo_surname"):
            surname = self._typo(surname)
        if " " in surname and human.group != "chain" and self._happens("surname_part_lost"):
            surname = max(self._rng.sample(surname.split(" "), 2), key=len)
        row["geslachtsnaam"] = surname
        if row["voorvoegsel"] and self._happens("prefix"):
            self._prefix(row)
        self._married(row, human)

    def _prefix(self, row: dict[str, str]) -> None:
        prefix = row["voorvoegsel"]
        way = self._rng.randint(0, 3)
        if way == 0 and prefix in _ABBREVIATED:
            row["voorvoegsel"] = self._rng.choice(_ABBREVIATED[prefix])
        elif way == 1:
            row["voorvoegsel"] = ""
        elif way == 2:
            row["voorvoegsel"], row["geslachtsnaam"] = "", f"{prefix} {row['geslachtsnaam']}"
        else:
            row["voorvoegsel"] = self._rng.choice(("van de", "van der", "van den", "de"))

    def _married(self, row: dict[str, str], human: Human) -> None:
        if not human.partner:
            return
        partner = (human.partner_prefix, human.partner)
        if self._happens("partner_changed"):
            partner = ("", self._rng.choice(pools.DUTCH_SURNAMES).split(" ")[-1])
        if self.organisation in ("gemeente", "ggz") and self._rng.random() < 0.7:
            row["partner_voorvoegsel"], row["partner_geslachtsnaam"] = partner
        if human.sex == "V" and self._happens("married_composite"):
            own = f"{row['voorvoegsel']} {row['geslachtsnaam']}".strip()
            row["voorvoegsel"], row["geslachtsnaam"] = partner[0], f"{partner[1]}-{own}"
            row["partner_voorvoegsel"] = row["partner_geslachtsnaam"] = ""
        elif human.sex == "V" and self._happens("married_partner_only"):
            row["voorvoegsel"], row["geslachtsnaam"] = partner
            row["partner_voorvoegsel"] = row["partner_geslachtsnaam"] = ""
        elif self._happens("married_swapped"):
            own_names = (row["voorvoegsel"], row["geslachtsnaam"])
            row["voorvoegsel"], row["geslachtsnaam"] = partner
            row["partner_voorvoegsel"], row["partner_geslachtsnaam"] = own_names

    def _first_names(self, row: dict[str, str], human: Human) -> None:
        if not human.first_names:
            return
        names = list(human.first_names)
        if self._happens("translit_first"):
            names[0] = self._rng.choice(_VARIANTS.get(names[0], [names[0]]))
        if self._happens("spelling_first"):
            names[0] = self._swap(names[0], _SOUND_SWAPS)
        if self._happens("typo_first"):
            names[0] = self._typo(names[0])
        call = names[0]
        if self._happens("callname", form=True):
            call = self._rng.choice(_CALLS.get(human.first_names[0], [call]))
        self._write_first(row, names, call)
        if self._happens("name_swap"):
            row["voornamen"], row["geslachtsnaam"] = row["geslachtsnaam"], row["voornamen"] or row["roepnaam"]

    def _write_first(self, row: dict[str, str], names: list[str], call: str) -> None:
        rng = self._rng
        initials = [name[0].upper() for name in names]
        written = rng.choice(
            (".".join(initials) + ".", ". ".join(initials) + ".", "".join(initials), " ".join(initials))
        )
        if self._happens("first_only", form=True):
            names = names[:1]
        if self.organisation == "gemeente":
            row["voornamen"] = " ".join(names)
        elif self._happens("initials_only", form=True):
            row["voornamen"] = written
        elif self.organisation == "ggz":
            row["voornamen"] = rng.choice((written, written, "", " ".join(names)))
            row["roepnaam"] = call
        elif self.organisation == "reclassering" and rng.random() < 0.45:
            row["voornamen"], row["roepnaam"] = written, call
        else:
            row["voornamen"] = call if call != names[0] else " ".join(names)
            row["roepnaam"] = call if rng.random() < 0.15 else ""

    def _chain(self, row: dict[str, str], human: Human) -> None:
        words = row["geslachtsnaam"].split(" ")
        if human.group != "chain" or len(words) < 2 or not self._happens("chain_split"):
            return
        cut = self._rng.randint(1, len(words) - 1)
        row["voornamen"], rest = " ".join(words[:cut]), words[cut:]
        row["geslachtsnaam"] = " ".join(rest[: self._rng.randint(1, len(rest))])

    def _birth(self, row: dict[str, str], human: Human) -> None:
        year, month, day = human.born.split("-")
        if (month, day) == ("00", "00"):
            month, day = ("01", "01") if self._happens("dob_default0101", form=True) else (month, day)
        elif self._happens("dob_digit"):
            year, month, day = self._wrong_digit(year, month, day)
        elif self._happens("dob_partly_unknown"):
            month, day = (month, "00") if self._rng.random() < 0.5 else ("00", "00")
        elif int(day) <= 12 and self._happens("dob_swap_dm"):
            month, day = day, month
        elif self._happens("dob_transposed"):
            year = year[:2] + year[3] + year[2]
        elif self._happens("dob_two_digits"):
            year, month, day = self._wrong_digit(*self._wrong_digit(year, month, day))
        elif self._happens("dob_year_off"):
            year = str(int(year) + self._rng.choice((-1, 1)))
        row["geboortedatum"] = f"{year}-{month}-{day}" if int(year) < 2026 else human.born

    def _wrong_digit(self, year: str, month: str, day: str) -> tuple[str, str, str]:
        while True:
            digits = list(year + month + day)
            digits[self._rng.randint(2, 7)] = self._rng.choice("0123456789")
            text = "".join(digits)
            try:
                made = date(int(text[:4]), int(text[4:6]), int(text[6:]))
            except ValueError:
                continue
            if made < date(2026, 1, 1):
                return text[:4], text[4:6], text[6:]

    def _rest(self, row: dict[str, str], human: Human) -> None:
        rng = self._rng
        row["geboorteplaats"] = "" if self._happens("birthplace_missing", form=True) else human.place
        row["geslacht"] = "" if self._happens("gender_missing") else human.sex
        if self._happens("gender_wrong"):
            row["geslacht"] = "V" if human.sex == "M" else "M"
        postcode, house = human.postcode, human.house
        if self._happens("moved"):
            postcode, house = new_address(rng)
        if self._happens("postcode_typo"):
            postcode = postcode[:3] + rng.choice("0123456789") + postcode[4:]
        if not self._happens("address_missing", form=True):
            row["postcode"] = postcode if rng.random() < 0.4 else f"{postcode[:4]} {postcode[4:]}"
            row["huisnummer"] = house + rng.choice(("", "", "", " A", "-1", "bis"))

    def _letters(self, row: dict[str, str]) -> None:
        columns = (*COLUMNS[2:8], "geboorteplaats")
        if any(not row[c].isascii() for c in columns) and self._happens("diacritics_lost"):
            for column in columns:
                row[column] = _plain(row[column])
        if any(not row[c].isascii() for c in columns) and self._happens("encoding_damage"):
            for column in columns:
                row[column] = row[column].encode("ascii", "replace").decode()
        if self._happens("uppercase", form=True):
            for column in columns:
                row[column] = row[column].upper()

    def _swap(self, text: str, swaps: tuple[tuple[str, str], ...]) -> str:
        fitting = [(a, b) for a, b in swaps if a in text]
        if not fitting:
            return text
        a, b = self._rng.choice(fitting)
        return text.replace(a, b, 1)

    def _typo(self, text: str) -> str:
        if len(text) < 4:
            return text
        at = self._rng.randint(1, len(text) - 2)
        way = self._rng.randint(0, 3)
        if way == 0:
            return text[:at] + text[at + 1 :]
        if way == 1:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if way == 2:
            return text[:at] + self._rng.choice(_KEYS) + text[at:]
        return text[:at] + self._rng.choice(_KEYS) + text[at + 1 :]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("ł", "l").replace("Ł", "L"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
