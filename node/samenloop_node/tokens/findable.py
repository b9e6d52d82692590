"""Whether anybody can be found with what is known of a person at all.

With too little no combination of the hit rule can ever be complete: asking would give a false "geen bericht", and a
registration would protect nobody. So it is said instead (architecture.md section 2, invariant 7).
"""

import re
from collections.abc import Sequence
from typing import Final

from samenloop.errors import InvalidInput
from samenloop.model import TokenSet
from samenloop.profile import EpochProfiles, Profile
from samenloop.texts import N_, _
from samenloop_node.identity.person import Person
from samenloop_node.tokens.recipes import messages_of
from samenloop_node.tokens.tokenise import fitting

NOT_FINDABLE: Final = N_(
    "Met deze gegevens is niemand te vinden. Vul een voornaam of voorletter in, met een achternaam en de volledige "
    "geboortedatum. Vul ook de postcode in als er maar één naam is (zet die bij voornamen), of als de geboortedag "
    "onbekend of 1 januari is."
)

_LETTER: Final = re.compile("[a-gi-zA-GI-Z]")
_WORD: Final = re.compile("[a-gi-zA-GI-Z][A-Za-z][a-gi-zA-GI-Z]")
"""Letters that are heard: an h is not."""


def is_findable(person: Person, profile: Profile) -> bool:
    """Tell whether some combination of the hit rule can be complete for a person."""
    if _has_names_and_date(person):
        return True
    return profile.complete(sum(1 << number for number, _values, _size in fitting(messages_of(person, profile)))) > 0


def require_findable(token_sets: Sequence[TokenSet], profiles: EpochProfiles) -> None:
    """Raise InvalidInput with one sentence that says what is missing, when no token set of a person can make a hit."""
    if token_sets and not any(profiles.of(one.epoch).complete(one.mask) for one in token_sets):
        raise InvalidInput("person", _(NOT_FINDABLE))


def _has_names_and_date(person: Person) -> bool:
    """Tell quickly what holds of nearly everybody in an export: surname, initial and date give a recipe that hits."""
    date, first, surname = person.geboortedatum, person.voornamen, person.geslachtsnaam
    if not date.is_full or date.is_year_only or not (first.isascii() and surname.isascii()):
        return False
    return bool(_LETTER.search(first) and _WORD.search(surname))
