"""Checks the two stores of a running log in full: the same replay as for an export, and every stored hash again."""

from collections.abc import Iterator, Sequence

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import log, tree
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.replay import Replay
from samenloop.audit.store import EntryStore, StoredEntry, TreeStore
from samenloop.audit.tree import Node
from samenloop.audit.verify import Progress, Report
from samenloop.audit.versions import Versions
from samenloop.audit.witnessed import Witnessed
from samenloop.errors import IntegrityError, SamenloopError
from samenloop.texts import _

BATCH = 2_000


def fsck(
    entry_store: EntryStore,
    tree_store: TreeStore,
    anchor: TrustAnchor,
    progress: Progress = lambda _done, _all: None,
    earlier: Sequence[TrustAnchor] = (),
) -> Report:
    """Re-derive everything from the bodies on disk; entries that wait for the integrator are replayed too.

    `earlier`: the anchors of earlier covenant versions, newest first. Memory does not grow with the log. Safe while the
    coordinator runs, on connections of its own.
    """
    versions = Versions((*reversed(earlier), anchor))
    replay = Replay(versions)
    size = 0
    try:
        head = checkpoints.parse(tree_store.head())
        size = head.size
        for stored in _all(entry_store, size, progress):
            _check(replay, tree_store, stored, size)
            if replay.frontier.size == size and replay.frontier.root() != head.root:
                replay.problem(_("de regels geven een andere hash dan het laatste ijkpunt"))
        if replay.frontier.size < size:
            replay.problem(_("er zijn {count} regels te weinig: teruggezet", count=size - replay.frontier.size))
        _check_purges(replay, entry_store)
        versions.cosigned(head)
        replay.finish(_witnessed(replay, tree_store))
    except SamenloopError as error:
        replay.problem(error.text)
    return Report(
        anchor.origin,
        size,
        anchor.fingerprint,
        origin_checked=True,
        purged=tuple(replay.proven),
        problems=tuple(replay.problems),
    )


def _witnessed(replay: Replay, tree_store: TreeStore) -> Witnessed:
    """Return what the kept checkpoints show; they are read only when there are purges."""
    seen = Witnessed()
    size = 0
    while replay.purged and (kept := tree_store.checkpoints(size, BATCH)):
        for checkpoint in map(checkpoints.parse, kept):
            _count(replay, tree_store, seen, checkpoint)
            size = checkpoint.size + 1
    return seen


def _count(replay: Replay, tree_store: TreeStore, seen: Witnessed, checkpoint: Checkpoint) -> None:
    size = checkpoint.size
    try:
        holds = tree.frontier(size, tree_store.node).root() == checkpoint.root
        counting = replay.versions.cosigned(checkpoint).counting
    except IntegrityError as error:
        replay.problem(_("ijkpunt {size}: {text}", size=size, text=error.text))
        return
    if not holds:
        replay.problem(_("ijkpunt {size}: de regels geven een andere hash", size=size))
        return
    seen.add(size, counting)


def _check(replay: Replay, tree_store: TreeStore, stored: StoredEntry, size: int) -> None:
    seq = replay.frontier.size
    if stored.seq != seq:
        replay.problem(_("regel {seq}: ontbreekt", seq=seq))
    nodes = replay.feed(stored.leaf, stored.body, stored.sealed)
    if seq >= size:
        return
    _check_nodes(replay, tree_store, nodes)
    if tree_store.find_leaf(stored.leaf) != seq:
        replay.problem(_("regel {seq}: staat niet in het register van hashes", seq=seq))
    row = tree_store.row(seq)
    if row != (None if stored.body is None else log.index_row(seq, stored.body)):
        replay.problem(_("regel {seq}: het zoekregister klopt niet", seq=seq))


def _check_nodes(replay: Replay, tree_store: TreeStore, nodes: list[Node]) -> None:
    for node in nodes:
        if tree_store.node(node.level, node.index) != node.hash:
            replay.problem(_("de boom klopt niet op plaats {level}/{index}", level=node.level, index=node.index))


def _check_purges(replay: Replay, entry_store: EntryStore) -> None:
    for purged in entry_store.purges():
        if not any(first <= purged.first and purged.last <= last for first, last in replay.purged):
            replay.problem(_("regels {first}-{last}: niet gewist", first=purged.first, last=purged.last))


def _all(entry_store: EntryStore, size: int, progress: Progress) -> Iterator[StoredEntry]:
    first = 0
    while batch := entry_store.entries(first, BATCH):
        yield from batch
        first = batch[-1].seq + 1
        progress(min(first, size), size)
