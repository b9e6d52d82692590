"""The kept checkpoints of a log: read in order, each row held against its own note. Whether signatures hold is for the
caller.
"""

from collections.abc import Iterator

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.store import Kept, TreeStore
from samenloop.errors import IntegrityError
from samenloop.texts import _

BATCH = 1_000


def kept_checkpoints(tree_store: TreeStore, from_size: int = 0, batch: int = BATCH) -> Iterator[Checkpoint]:
    """Yield the kept checkpoints of at least `from_size` entries, smallest first; raises IntegrityError for a row that
    does not fit its note.

    The row's own size leads on, so that this ends whatever the notes say.
    """
    return map(_fitting, _rows(tree_store, from_size, batch))


def kept_sizes(tree_store: TreeStore) -> set[int]:
    """Return of how many entries each kept checkpoint is, by its row."""
    return {row.size for row in _rows(tree_store, 0, BATCH)}


def _rows(tree_store: TreeStore, from_size: int, batch: int) -> Iterator[Kept]:
    while rows := tree_store.checkpoints(from_size, batch):
        yield from rows
        from_size = rows[-1].size + 1


def _fitting(row: Kept) -> Checkpoint:
    found = checkpoints.parse(row.note)
    if (found.size, len(found.note.signatures)) != (row.size, row.signatures):
        raise IntegrityError(
            _("Het bewaarde ijkpunt van {size} regels is veranderd. Zet de reservekopie terug.", size=row.size)
        )
    return found
