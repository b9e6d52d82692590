"""The Merkle tree of RFC 6962 section 2.1 and RFC 9162 section 2.1: hashes, roots, proofs. Pure: no store, no keys.

A *completed* subtree has 2**level leaves and never changes again; it is named by (level, index) and covers the leaves
[index << level, (index + 1) << level). Whoever stores the hash of each completed subtree once can make any proof from
O(log n) of them, and continue the tree from its `Frontier`.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from samenloop.errors import IntegrityError
from samenloop.texts import _

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""Returns the hash of the completed subtree (level, index)."""


@dataclass(frozen=True, slots=True)
class Node:
    """The hash of one completed subtree; level 0 is a leaf."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is needed to go on with a tree: its size and the hashes of its largest completed subtrees, left to right."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """Return the root hash of the tree (RFC 6962 MTH)."""
        return _fold(self.peaks) if self.peaks else EMPTY_ROOT


def leaf_hash(body: bytes) -> bytes:
    """Return SHA-256(0x00 || body)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def extend(frontier: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, list[Node]]:
    """Append leaf hashes; return the new frontier and each subtree that became complete. Cost per leaf is O(1)
    amortised.
    """
    size, peaks = frontier.size, list(frontier.peaks)
    nodes: list[Node] = []
    for leaf in leaves:
        current = leaf
        nodes.append(Node(0, size, current))
        level = 0
        while size >> level & 1:
            current = node_hash(peaks.pop(), current)
            level += 1
            nodes.append(Node(level, size >> level, current))
        peaks.append(current)
        size += 1
    return Frontier(size, tuple(peaks)), nodes


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    return extend(Frontier(), leaves)[0].root()


def peak_places(size: int) -> list[tuple[int, int]]:
    """Return (level, index) of the largest completed subtrees of a tree of `size`, left to right."""
    return _places(0, size)


def frontier(size: int, read: NodeReader) -> Frontier:
    """Return the frontier of a stored tree, with O(log size) reads."""
    return Frontier(size, tuple(read(level, index) for level, index in peak_places(size)))


def inclusion(index: int, size: int, read: NodeReader) -> tuple[bytes, ...]:
    """Return the proof that leaf `index` is in the tree of `size` (RFC 9162 2.1.3.1), sibling first.

    Raises IntegrityError when there is no such leaf.
    """
    if not 0 <= index < size:
        raise IntegrityError(_("Regel {index} staat niet in een logboek van {size} regels.", index=index, size=size))
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    return tuple(reversed(path))


def consistency(old: int, new: int, read: NodeReader) -> tuple[bytes, ...]:
    """Return the proof that the tree of `old` leaves is a prefix of that of `new` (RFC 9162 2.1.4.1).

    Empty for old = 0 and for old = new. Raises IntegrityError for a shrinking tree.
    """
    if not 0 <= old <= new:
        raise IntegrityError(_("Een logboek kan niet van {old} naar {new} regels krimpen.", old=old, new=new))
    path: list[bytes] = []
    start, end = 0, new if old else 0
    while old != end and old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    if start:
        path.append(_range_hash(start, end, read))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Check an inclusion proof (RFC 9162 2.1.3.2); raises IntegrityError when it does not hold."""
    if not 0 <= index < size or not _hashes(leaf, expected_root, *proof):
        raise _bad_proof()
    place, last, current = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise _bad_proof()
        if place & 1 or place == last:
            current = node_hash(step, current)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            current = node_hash(current, step)
        place, last = place >> 1, last >> 1
    if last or current != expected_root:
        raise _bad_proof()


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check a consistency proof (RFC 9162 2.1.4.2); raises IntegrityError when it does not hold."""
    if not 0 <= old <= new or not _hashes(old_root, new_root, *proof):
        raise _bad_proof()
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != expected or (new == 0 and new_root != EMPTY_ROOT):
            raise _bad_proof()
        return
    if _replayed(old, new, proof, old_root) != (old_root, new_root):
        raise _bad_proof()


def _replayed(old: int, new: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """Rebuild both roots from a consistency proof for 0 < old < new."""
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        raise _bad_proof()
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise _bad_proof()
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    if last:
        raise _bad_proof()
    return first, second


def _fold(peaks: Sequence[bytes]) -> bytes:
    current = peaks[-1]
    for peak in reversed(peaks[:-1]):
        current = node_hash(peak, current)
    return current


def _split(width: int) -> int:
    """Return the largest power of two smaller than `width` (width > 1)."""
    return 1 << (width - 1).bit_length() - 1


def _places(start: int, end: int) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    for level in reversed(range((end - start).bit_length())):
        if end - start >> level & 1:
            places.append((level, start >> level))
            start += 1 << level
    return places


def _range_hash(start: int, end: int, read: NodeReader) -> bytes:
    return _fold([read(level, index) for level, index in _places(start, end)])


def _hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _bad_proof() -> IntegrityError:
    return IntegrityError(_("Het bewijs uit het logboek klopt niet."))
