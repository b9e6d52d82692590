"""Frozen values that every part shares. No I/O, no keys."""

import enum
import functools
import re
from dataclasses import dataclass, field
from typing import NewType

from samenloop.errors import InvalidInput
from samenloop.texts import _

ParticipantId = NewType("ParticipantId", str)
"""A party to the covenant, e.g. `politie-noord`."""
RegisterId = NewType("RegisterId", str)
"""One holder's list for one purpose, unique within its participant, e.g. `basisvoorziening`."""
EpochId = NewType("EpochId", str)
"""Life of one consortium secret, e.g. `2026-1`."""
RegistrationId = NewType("RegistrationId", bytes)
"""16 random bytes, chosen by the node."""
QuestionId = NewType("QuestionId", bytes)
"""16 random bytes, chosen by the asker's node; also the request id."""

TOKEN_BYTES = 16
ID_BYTES = 16
MAX_TOKENS = 48
MAX_EPOCHS = 4
"""So many epochs may live at once, and so many token sets of one person travel together."""
GROUP_SIZES = (1, 2, 4, 8, 12)
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*\Z")
_EPOCH = re.compile(r"[0-9]{4}-[0-9]{1,3}\Z")


class Mode(enum.IntEnum):
    """Disclosure mode of a hit, ordered by strictness (legal catalogue section 2)."""

    AUTOMATIC = 1
    HOLDER_DECIDES = 2
    CONSENT_ONLY = 3
    NEVER = 4


class Answer(enum.Enum):
    """What an asker may see about one asked holder."""

    KNOWN = "known"
    NO_MESSAGE = "no_message"


@dataclass(frozen=True, slots=True)
class TokenSet:
    """All tokens of one person in one epoch.

    `mask` has bit n set when recipe n could be made. `counts` has one byte per set bit, ascending: the padded number of
    tokens of that recipe (1, 2, 4, 8 or 12). `tokens` is their concatenation, 16 bytes each; the type hides its value.
    `facts` packs the two clear facts (see `samenloop.profile.Facts`).
    """

    epoch: EpochId
    mask: int
    facts: int
    counts: bytes = field(repr=False)
    tokens: bytes = field(repr=False)

    def __post_init__(self) -> None:
        total = _well_formed(self.mask, self.facts, self.counts)
        if total is None or len(self.tokens) != total * TOKEN_BYTES:
            raise InvalidInput("tokens", _("De tokens van deze persoon zijn niet goed gevormd."))

    def each_recipe(self) -> tuple[int, ...]:
        """Return the recipe number of each token, in order."""
        return _each_recipe(self.mask, self.counts)


@functools.lru_cache(4096)
def _well_formed(mask: int, facts: int, counts: bytes) -> int | None:
    """Return the number of tokens, or None when these do not belong together; few different ones occur."""
    total = sum(counts)
    well_formed = (
        0 <= mask < 1 << 64
        and 0 <= facts < 1 << 8
        and mask.bit_count() == len(counts)
        and all(count in GROUP_SIZES for count in counts)
        and total <= MAX_TOKENS
    )
    return total if well_formed else None


@functools.lru_cache(4096)
def _each_recipe(mask: int, counts: bytes) -> tuple[int, ...]:
    numbers = (number for number in range(mask.bit_length()) if mask >> number & 1)
    return tuple(number for number, count in zip(numbers, counts, strict=True) for _token in range(count))


def participant_id(text: str, where: str = "participant") -> ParticipantId:
    """Parse a participant id (lower case, digits, single `-_.`, at most 64 characters)."""
    return ParticipantId(_checked(text, where))


def register_id(text: str, where: str = "register") -> RegisterId:
    """Parse a register id (same form as a participant id)."""
    return RegisterId(_checked(text, where))


def epoch_id(text: str, where: str = "epoch") -> EpochId:
    """Parse an epoch id: year, dash, number."""
    if not _fits(text, _EPOCH):
        raise InvalidInput(where, _("Dit is geen tijdvak. Schrijf een jaar, een streep en een nummer, zoals 2026-1."))
    return EpochId(text)


def code(text: str, where: str) -> str:
    """Parse a code of the catalogue or covenant (same form as a participant id)."""
    return _checked(text, where)


def sixteen_bytes(value: bytes, where: str) -> bytes:
    """Check a random id of exactly 16 bytes that is not all zero."""
    if len(value) != ID_BYTES or not any(value):
        raise InvalidInput(where, _("{where} moet uit 16 willekeurige bytes bestaan.", where=where))
    return value


@functools.lru_cache(4096)
def _fits(text: str, pattern: re.Pattern[str]) -> bool:
    return len(text) <= 64 and pattern.match(text) is not None


def is_name(text: str) -> bool:
    """Tell whether a text has the form of an id or a code."""
    return _fits(text, _NAME)


def _checked(text: str, where: str) -> str:
    if not is_name(text):
        raise InvalidInput(
            where,
            _(
                "{where} is geen geldige naam of code. Begin met een kleine letter; daarna mogen kleine letters en "
                "cijfers, met hoogstens één streepje of punt ertussen.",
                where=where,
            ),
        )
    return text
