"""A second implementation of both log stores, in memory, and stores that fail on purpose. Contract: test_stores.py."""

import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from samenloop.audit import entry as entries
from samenloop.audit.store import EntryStore, IndexRow, Kept, Purged, Search, StoredEntry, TreeStore
from samenloop.audit.tree import Node, leaf_hash
from samenloop.errors import IntegrityError


@dataclass
class MemoryEntries:
    """EntryStore in memory."""

    stored: list[StoredEntry] = field(default_factory=list)
    purged: list[Purged] = field(default_factory=list)

    def append(self, body: bytes, sealed: Sequence[bytes] = ()) -> int:
        self.stored.append(StoredEntry(len(self.stored), leaf_hash(body), body, tuple(sealed)))
        return len(self.stored) - 1

    def purge(self, body: bytes, signed_size: int) -> Purged:
        parsed = entries.parse(body)
        first, last = parsed.integer("first"), parsed.integer("last")
        if not first <= last < signed_size:
            raise IntegrityError("cannot purge")
        purged = Purged(first, last, self.append(body))
        self.purged.append(purged)
        for seq in range(first, last + 1):
            self.stored[seq] = StoredEntry(seq, self.stored[seq].leaf, None, ())
        return purged

    def count(self) -> int:
        return len(self.stored)

    def entries(self, first: int, limit: int) -> Sequence[StoredEntry]:
        return self.stored[first : first + limit]

    def purges(self) -> Sequence[Purged]:
        return tuple(self.purged)


@dataclass
class MemoryTree:
    """TreeStore in memory."""

    note: bytes
    hashes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    index: dict[int, IndexRow] = field(default_factory=dict)
    kept: dict[int, tuple[bytes, int, int]] = field(default_factory=dict)

    def head(self) -> bytes:
        return self.note

    def advance(self, expected: bytes, new: bytes, nodes: Iterable[Node], rows: Iterable[IndexRow]) -> None:
        added = {(node.level, node.index): node.hash for node in nodes}
        if self.note != expected or added.keys() & self.hashes.keys():
            raise IntegrityError("the head moved")
        self.note = new
        self.hashes |= added
        self.index |= {row.seq: row for row in rows}

    def node(self, level: int, index: int) -> bytes:
        if (level, index) not in self.hashes:
            raise IntegrityError("no such node")
        return self.hashes[level, index]

    def nodes(self, level: int, first: int, limit: int) -> Sequence[Node]:
        places = sorted(place for place in self.hashes if place[0] == level and place[1] >= first)
        return [Node(*place, self.hashes[place]) for place in places[:limit]]

    def find_leaf(self, leaf: bytes) -> int | None:
        return next((index for (level, index), one in self.hashes.items() if level == 0 and one == leaf), None)

    def find(self, search: Search, limit: int, before: int | None = None) -> Sequence[IndexRow]:
        rows = [row for seq, row in sorted(self.index.items(), reverse=True) if before is None or seq < before]
        return [row for row in rows if _matches(row, search)][:limit]

    def count(self, search: Search) -> int:
        return len(self.find(search, len(self.index)))

    def forget(self, first: int, last: int) -> None:
        for seq in range(first, last + 1):
            self.index.pop(seq, None)

    def row(self, seq: int) -> IndexRow | None:
        return self.index.get(seq)

    def first_newer(self, cutoff_ms: int) -> int | None:
        return min((seq for seq, row in self.index.items() if row.end_ms > cutoff_ms), default=None)

    def keep_checkpoint(self, size: int, note: bytes, day: int, signatures: int) -> None:
        self.kept[size] = (note, day, signatures)
        for old in {kept[1] for kept in self.kept.values() if kept[1] < day - 1}:
            of_day = {one for one, kept in self.kept.items() if kept[1] == old}
            for one in of_day - {max(of_day, key=lambda one: (self.kept[one][2], one))}:
                del self.kept[one]

    def checkpoints(self, from_size: int, limit: int) -> Sequence[Kept]:
        sizes = sorted(self.kept)
        return [
            Kept(size, self.kept[size][0], self.kept[size][2])
            for size in sizes[bisect.bisect_left(sizes, from_size) :][:limit]
        ]

    def recent_checkpoints(self, limit: int) -> Sequence[bytes]:
        return [self.kept[size][0] for size in sorted(self.kept, reverse=True)[:limit]]


class WriteFailedError(OSError):
    """The disk said no."""


@dataclass
class FailingTree:
    """A tree store whose next `advance` fails: before storing anything, or after storing everything."""

    inner: TreeStore
    mode: str = ""

    def advance(self, expected: bytes, new: bytes, nodes: Iterable[Node], rows: Iterable[IndexRow]) -> None:
        mode, self.mode = self.mode, ""
        if mode == "not stored":
            raise WriteFailedError
        self.inner.advance(expected, new, nodes, rows)
        if mode == "stored anyway":
            raise WriteFailedError

    def keep_checkpoint(self, size: int, note: bytes, day: int, signatures: int) -> None:
        mode, self.mode = self.mode, ""
        if mode == "not stored":
            raise WriteFailedError
        self.inner.keep_checkpoint(size, note, day, signatures)
        if mode == "stored anyway":
            raise WriteFailedError

    def forget(self, first: int, last: int) -> None:
        mode, self.mode = self.mode, ""
        if mode == "not stored":
            raise WriteFailedError
        self.inner.forget(first, last)
        if mode == "stored anyway":
            raise WriteFailedError

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


@dataclass
class FalseEntries:
    """An entry store that shows other rows than it holds: `change` is applied to what is read."""

    inner: EntryStore
    change: Callable[[StoredEntry], StoredEntry]

    def entries(self, first: int, limit: int) -> Sequence[StoredEntry]:
        return [self.change(one) for one in self.inner.entries(first, limit)]

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


def _matches(row: IndexRow, search: Search) -> bool:
    named = ("event", "actor", "user", "case", "purpose", "rule")
    wanted = [(getattr(row, name), getattr(search, name)) for name in named]
    in_time = search.from_ms <= row.end_ms < search.until_ms
    return in_time and all(sought is None or found == sought for found, sought in wanted)
