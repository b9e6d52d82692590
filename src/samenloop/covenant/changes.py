"""What differs between two versions of a covenant, as a flat list of changed paths. Pure.

Participants, registers and names in a set are matched by id, so that an added edge is one change, not a new list.
Version and predecessor always differ and are no change.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from samenloop.covenant.document import Covenant
from samenloop.covenant.parties import Participant

ABSENT: Final = None
_STRUCTURAL: Final = frozenset({"version", "predecessor"})
_BY_ID: Final = frozenset({"participants", "registers"})
_SETS: Final = frozenset({"may_ask"})


@dataclass(frozen=True, slots=True)
class Change:
    """One changed path, e.g. ("participants", "ggz", "may_ask", "om"); None before = added, None after = removed."""

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def added(self) -> bool:
        """Say whether the path is new."""
        return self.before is ABSENT

    @property
    def removed(self) -> bool:
        """Say whether the path is gone."""
        return self.after is ABSENT

    def __str__(self) -> str:
        return ".".join(self.path)


def changes(old: Covenant, new: Covenant) -> tuple[Change, ...]:
    """Return every changed path from `old` to `new`, in document order."""
    return tuple(_walk((), old, new))


def leavers(old: Covenant, new: Covenant) -> frozenset[str]:
    """Return the ids of `old` that `new` no longer has."""
    return frozenset(row.id for row in old.participants if new.find(row.id) is None)


def without(covenant: Covenant, gone: frozenset[str]) -> Covenant:
    """Return the covenant as it follows from these participants leaving, so that nothing else needs a signature.

    They and every mention of them are dropped; a list kept on behalf of nobody else goes with them, a network without
    a list too, and the witness quorum comes down to what the rest can be.
    """
    rows = tuple(_forget(row, gone) for row in covenant.participants if row.id not in gone)
    orphans = frozenset(row.id for row in rows if row.network and not row.registers)
    if orphans:
        return without(covenant, gone | orphans)
    decisions = tuple(
        dataclasses.replace(row, receivers=_rest(row.receivers, gone))
        for row in covenant.wpg20
        if row.holder not in gone
    )
    quorum = min(covenant.witness_quorum, len(rows) - 1) if gone else covenant.witness_quorum
    return dataclasses.replace(covenant, participants=rows, wpg20=decisions, witness_quorum=quorum)


def _forget(row: Participant, gone: frozenset[str]) -> Participant:
    registers = tuple(
        dataclasses.replace(register, acting_partners=_rest(register.acting_partners, gone))
        for register in row.registers
        if not register.acting_partners or not gone.issuperset(register.acting_partners)
    )
    return dataclasses.replace(row, may_ask=_rest(row.may_ask, gone), registers=registers)


def _rest(names: tuple[Any, ...], gone: frozenset[str]) -> tuple[Any, ...]:
    return tuple(name for name in names if name not in gone)


def _walk(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if dataclasses.is_dataclass(before) and dataclasses.is_dataclass(after):
        for field in dataclasses.fields(before):
            if path or field.name not in _STRUCTURAL:
                yield from _walk((*path, field.name), *_by_key(field.name, before, after))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in (*before, *(key for key in after if key not in before)):
            yield from _walk((*path, key), before.get(key, ABSENT), after.get(key, ABSENT))
    else:
        yield Change(path, before, after)


def _by_key(name: str, before: Any, after: Any) -> tuple[Any, Any]:
    return _keyed(name, getattr(before, name)), _keyed(name, getattr(after, name))


def _keyed(name: str, value: Any) -> Any:
    if name in _BY_ID:
        return {row.id: row for row in value}
    return {row: row for row in value} if name in _SETS else value
