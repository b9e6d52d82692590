"""Writes the tree vectors beside this file: every inclusion and consistency proof of trees of up to 64 leaves.

Independent of the product: the recursive definitions of RFC 6962 section 2.1, word for word. Leaf i is
SHA-256(0x00 || byte i). Each line names m, n, both roots or leaf and root, the proof, and the outcome (accept or
reject) of the proof as it is and of each corruption of it that applies:

    drop_first drop_last   a hash is missing            add_hash    32 zero bytes too many
    flip                   one bit in any one hash      reverse     the hashes the other way round
    other_leaf             the leaf's neighbour         other_root  the root of another tree
    shift                  index + 1 (still in the tree)            short       the last hash has 31 bytes

Run: python tests/vectors/audit/make_tree_vectors.py
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

MOST = 64


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@cache
def mth(start: int, end: int) -> bytes:
    if start == end:
        return sha(b"")
    if end - start == 1:
        return sha(b"\x00" + bytes([start]))
    k = split(end - start)
    return sha(b"\x01" + mth(start, start + k) + mth(start + k, end))


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    k = split(end - start)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
    if m == end - start:
        return [] if whole else [mth(start, end)]
    k = split(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


def text(*hashes: bytes) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]


def corruptions(proof: list[bytes]) -> dict[str, str]:
    outcome = {"as_is": "accept", "add_hash": "reject", "other_root": "reject"}
    if proof:
        outcome |= {"drop_first": "reject", "drop_last": "reject", "flip": "reject", "short": "reject"}
    if proof != proof[::-1]:
        outcome["reverse"] = "reject"
    return outcome


def inclusion() -> Iterator[dict[str, object]]:
    for n in range(1, MOST + 1):
        for m in range(n):
            proof = path(m, 0, n)
            outcome = corruptions(proof) | {"other_leaf": "reject"}
            if m + 1 < n:
                outcome["shift"] = "reject"
            leaf, root = text(mth(m, m + 1), mth(0, n))
            yield {"m": m, "n": n, "leaf": leaf, "root": root, "proof": text(*proof), "outcome": outcome}


def consistency() -> Iterator[dict[str, object]]:
    for n in range(MOST + 1):
        for m in range(n + 1):
            proof = subproof(m, 0, n, True) if m else []
            old, new = text(mth(0, m), mth(0, n))
            row = {"m": m, "n": n, "old_root": old, "new_root": new, "proof": text(*proof)}
            yield row | {"outcome": corruptions(proof)}


def files() -> dict[str, str]:
    """Return name -> content of each vector file."""
    made = {"inclusion.jsonl": inclusion(), "consistency.jsonl": consistency()}
    return {name: "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows) for name, rows in made.items()}


if __name__ == "__main__":
    for name, content in files().items():
        (Path(__file__).parent / name).write_text(content, encoding="utf-8")
