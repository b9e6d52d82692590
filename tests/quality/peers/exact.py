"""First name, surname and date of birth equal, letter by letter."""

from itertools import combinations

from tests.quality.peers.rows import Pair, Registers, Row

STEPS = (1.0,)


def pairs(registers: Registers) -> list[Pair]:
    """Return all pairs that are equal; a record without one of the three is equal to none."""
    found: list[Pair] = []
    for one, other in combinations(registers, 2):
        known: dict[tuple[str, ...], list[str]] = {}
        for row in registers[one]:
            known.setdefault(_key(row), []).append(row["id"])
        for row in registers[other]:
            found += [Pair(1.0, mine, one, row["id"], other) for mine in known.get(_key(row), ()) if all(_key(row))]
    return found


def _key(row: Row) -> tuple[str, ...]:
    return row["first"], row["surname"], row["born"]
