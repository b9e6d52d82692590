"""One audit entry: canonical JSON `{public, salt, sealed}` whose leaf hash stands in the tree (architecture.md
section 8).

`public` holds the fields of `samenloop.audit.fields`; `salt` is 16 random bytes in hex; `sealed` lists the SHA-256
of each sealed half's ciphertext, so that nobody needs a key to verify. There is no leaf index inside: (process, n)
orders entries.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samenloop.audit.canonical import Value, canonical_checked, parse_unchecked
from samenloop.audit.events import EVENTS, Sealed
from samenloop.audit.fields import CHECKS, Event
from samenloop.errors import InvalidInput
from samenloop.texts import _

SCHEMA = 1
SALT_BYTES = 16
MAX_BODY_BYTES = 262_144
_SALT = re.compile(r"[0-9a-f]{32}\Z")
_BY_CODE = {event.value: event for event in Event}
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """A parsed and checked entry body."""

    event: Event
    public: Mapping[str, Value]
    salt: bytes
    sealed: tuple[bytes, ...]

    def integer(self, name: str) -> int:
        """Return a public number, 0 when the entry has none."""
        value = self.public.get(name, 0)
        return value if isinstance(value, int) else 0

    def text(self, name: str) -> str:
        """Return a public text, empty when the entry has none."""
        value = self.public.get(name, "")
        return value if isinstance(value, str) else ""


def build(event: Event, public: Mapping[str, object], sealed_hashes: Sequence[bytes], salt: bytes) -> bytes:
    """Return the canonical body of an entry.

    `public` has every field but `schema` and `event`, which are filled in. `sealed_hashes` are SHA-256 digests of
    the sealed ciphertexts, in the order of `holders` for a question. `salt` is 16 random bytes. Raises InvalidInput
    when a field is missing, unknown or malformed for this event.
    """
    whole: dict[str, object] = {**public, "schema": SCHEMA, "event": event.value}
    check_entry(event, whole, len(sealed_hashes))
    if len(salt) != SALT_BYTES or any(len(digest) != 32 for digest in sealed_hashes):
        raise _wrong("salt")
    body = canonical_checked(
        {"public": whole, "salt": salt.hex(), "sealed": [digest.hex() for digest in sealed_hashes]}
    )
    if len(body) > MAX_BODY_BYTES:
        raise _wrong("public")
    return body


def parse(body: bytes) -> Entry:
    """Parse a body: canonical, complete, known fields only; raises InvalidInput otherwise."""
    if len(body) > MAX_BODY_BYTES:
        raise _wrong("body")
    whole = parse_unchecked(body)
    if type(whole) is not dict or whole.keys() != {"public", "salt", "sealed"}:
        raise _wrong("body")
    public, salt, sealed = whole["public"], whole["salt"], whole["sealed"]
    if type(public) is not dict or type(sealed) is not list:
        raise _wrong("body")
    if type(salt) is not str or not _SALT.match(salt):
        raise _wrong("salt")
    digests = tuple(bytes.fromhex(one) for one in sealed if type(one) is str and _DIGEST.match(one))
    if len(digests) != len(sealed):
        raise _wrong("sealed")
    event = event_of(public.get("event"))
    check_entry(event, public, len(digests))
    return Entry(event, public, bytes.fromhex(salt), digests)


def rows(entry: Entry, name: str) -> list[dict[str, str]]:
    """Return the rows of a public list of rows (`holders`, `keys`), empty when the entry has none."""
    value = entry.public.get(name, [])
    found = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return [{key: inner for key, inner in row.items() if isinstance(inner, str)} for row in found]


def check_entry(event: Event, public: Mapping[str, object], sealed_count: int) -> None:
    """Check a public half against the field table; raises InvalidInput naming the field, never its value."""
    table = EVENTS[event]
    if not table.must <= public.keys() <= table.known:
        raise _wrong(min((table.must - public.keys()) | (public.keys() - table.known)))
    for name, value in public.items():
        if not CHECKS[name](value):
            raise _wrong(name)
    if public["event"] != event.value:
        raise _wrong("event")
    _check_sealed(table.sealed, public, sealed_count)


def event_of(code: object) -> Event:
    """Return the event of a code; raises InvalidInput for an unknown one."""
    event = _BY_CODE.get(code) if isinstance(code, str) else None
    if event is None:
        raise _wrong("event")
    return event


def new_salt() -> bytes:
    """Return 16 random bytes for an entry."""
    return secrets.token_bytes(SALT_BYTES)


def sealed_hash(ciphertext: bytes) -> bytes:
    """Return what an entry holds of a sealed half: the SHA-256 of its ciphertext."""
    return hashlib.sha256(ciphertext).digest()


def _check_sealed(rule: Sealed, public: Mapping[str, object], count: int) -> None:
    holders = public.get("holders")
    most = len(holders) if rule is Sealed.PER_HOLDER and isinstance(holders, list) else rule is Sealed.AT_MOST_ONE
    if count > most or (rule is Sealed.PER_HOLDER and count != most):
        raise _wrong("sealed")


def _wrong(name: str) -> InvalidInput:
    return InvalidInput(name, _("Een regel van het logboek is niet goed gevormd: veld {name}.", name=name))
