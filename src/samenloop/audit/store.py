"""What the log asks of its two stores. A backend is native and passes tests/audit/contract; there is no shared base
class.

Two stores on purpose. Who can write the *entry store* can lose entries, which the head and every witness then shows.
Who can write the *tree store* can start a second history, which only the witnesses show: keep it under the same care
as the key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from samenloop.audit.tree import Node


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it stands on disk. `leaf` was computed when it was appended; `body` is None after a purge."""

    seq: int
    leaf: bytes
    body: bytes | None
    sealed: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Purged:
    """Bodies [first, last] are gone; entry `by` says so."""

    first: int
    last: int
    by: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept checkpoint as its row says; whether the note says the same is for the reader (`samenloop.audit.kept`).

    `signatures`: how many lines the note has. The day that it was kept is for thinning alone.
    """

    size: int
    note: bytes
    signatures: int


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What is kept beside the tree to find entries; derived from the public half, never trusted as evidence."""

    seq: int
    end_ms: int
    event: str
    actor: str
    user: str
    case: str
    purpose: str
    rule: str


@dataclass(frozen=True, slots=True)
class Search:
    """Filters on the index; None means any. Times are Unix milliseconds, from inclusive, until exclusive."""

    event: str | None = None
    actor: str | None = None
    user: str | None = None
    case: str | None = None
    purpose: str | None = None
    rule: str | None = None
    from_ms: int = 0
    until_ms: int = 1 << 53


class EntryStore(Protocol):
    """Bodies and sealed ciphertexts, in order. Appending is the business of whoever holds the transaction of the
    act.
    """

    def count(self) -> int:
        """Return how many entries are durable. Sequence numbers are 0 to count - 1 without a gap."""
        ...

    def entries(self, first: int, limit: int) -> Sequence[StoredEntry]:
        """Return up to `limit` durable entries from `first` on, read from disk, in order."""
        ...

    def purges(self) -> Sequence[Purged]:
        """Return every purged range, oldest first."""
        ...


class TreeStore(Protocol):
    """The tree: node hashes, the signed head, the index. Exactly one integrator writes; any number read."""

    def head(self) -> bytes:
        """Return the last signed checkpoint."""
        ...

    def advance(self, expected: bytes, new: bytes, nodes: Iterable[Node], rows: Iterable[IndexRow]) -> None:
        """Store nodes and rows and move the head from `expected` to `new`: all or nothing, durable on return.

        Raises IntegrityError, and stores nothing, when the head is not `expected` or a node is there with another hash.
        After any other error the caller must read the head again: it may have been stored.
        """
        ...

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a completed subtree; raises IntegrityError when it is not there."""
        ...

    def nodes(self, level: int, first: int, limit: int) -> Sequence[Node]:
        """Return up to `limit` stored nodes of a level with index >= first, in order."""
        ...

    def find_leaf(self, leaf: bytes) -> int | None:
        """Return the sequence number of a leaf hash that is in the tree, or None."""
        ...

    def find(self, search: Search, limit: int, before: int | None = None) -> Sequence[IndexRow]:
        """Return up to `limit` index rows, newest first, with seq < before."""
        ...

    def count(self, search: Search) -> int:
        """Return how many entries match."""
        ...

    def forget(self, first: int, last: int) -> None:
        """Delete the index rows of purged entries; node hashes stay."""
        ...

    def row(self, seq: int) -> IndexRow | None:
        """Return the index row of an entry, or None."""
        ...

    def first_newer(self, cutoff_ms: int) -> int | None:
        """Return the first indexed entry that ended after `cutoff_ms`, or None."""
        ...

    def keep_checkpoint(self, size: int, note: bytes, day: int, signatures: int) -> None:
        """Keep a checkpoint with its cosignatures; a note of the same size is replaced.

        `day` is today by the coordinator's own clock (days since 1970), never a witness's word. Of each day before
        yesterday only the checkpoint with the most signatures stays.
        """
        ...

    def checkpoints(self, from_size: int, limit: int) -> Sequence[Kept]:
        """Return up to `limit` kept checkpoints of at least `from_size` entries, smallest first."""
        ...

    def recent_checkpoints(self, limit: int) -> Sequence[bytes]:
        """Return up to `limit` kept checkpoints, largest first."""
        ...
