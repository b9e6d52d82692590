"""pprl-core: one Bloom filter of 1,024 bits per record by enhanced double hashing, compared by the Dice coefficient.

Bigrams of names and postcode; the digits of the date each with their place, so that an equal digit elsewhere does not
count. The library's `dice` is for two filters at a time; here the same coefficient is taken of whole registers at once
(`test_peers.py` compares the two).
"""

import hmac
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.quality.peers.rows import Pair, Registers, Row

STEPS = tuple(step / 100 for step in range(70, 100))
BITS = 1024
HASHES = {"first": 15, "surname": 15, "born": 30, "sex": 20, "postcode": 4}
"""Bits set per token of a field: the division with the best F1 of seven that were tried on the developer set."""
_KEY = b"test-only-secret"
_AT_ONCE = 2000


def pairs(registers: Registers) -> list[Pair]:
    """Return all pairs from the lowest threshold on."""
    filters = {name: matrix(rows) for name, rows in registers.items()}
    found: list[Pair] = []
    for one, other in combinations(registers, 2):
        for start in range(0, len(registers[one]), _AT_ONCE):
            similar = dice(filters[one][start : start + _AT_ONCE], filters[other])
            found += [
                Pair(float(similar[a, b]), registers[one][start + a]["id"], one, registers[other][b]["id"], other)
                for a, b in np.argwhere(similar >= STEPS[0])
            ]
    return found


def matrix(rows: list[Row]) -> NDArray[np.float32]:
    """Return the filters of a register, a row per record and a column per bit."""
    return np.array([encode(row).tolist() for row in rows], np.float32)


def encode(row: Row) -> Any:
    """Return the filter of one record, a bitarray."""
    from bitarray import bitarray
    from pprl_core.bits import enhanced_double_hash
    from pprl_core.common import destructure_digest, tokenize

    made = bitarray(BITS)
    made.setall(0)
    for field, hashes in HASHES.items():
        value = row[field]
        tokens = {f"{place}{digit}" for place, digit in enumerate(value)} if field == "born" else tokenize(value)
        for token in tokens if value else ():
            digest = hmac.digest(_KEY, f"{field} {token}".encode(), "sha256")
            enhanced_double_hash(made, hashes, *destructure_digest(digest)[:2])
    return made


def dice(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Dice coefficient of every filter of one register with every filter of another."""
    both = some @ others.T
    sizes = some.sum(axis=1)[:, None] + others.sum(axis=1)[None, :]
    found: NDArray[np.float32] = 2 * both / np.maximum(sizes, 1)
    return found
