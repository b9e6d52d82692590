"""Checks the two stores of a running log in full: the same replay as for an export, and every stored hash again."""

from collections.abc import Iterator

from samenloop.audit import log
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.replay import Replay
from samenloop.audit.store import EntryStore, StoredEntry, TreeStore
from samenloop.audit.tree import Node
from samenloop.audit.verify import Progress, Report
from samenloop.errors import SamenloopError
from samenloop.texts import _

BATCH = 2_000


def fsck(
    entry_store: EntryStore, tree_store: TreeStore, anchor: TrustAnchor, progress: Progress = lambda _done, _all: None
) -> Report:
    """Re-derive everything from the bodies on disk; entries that wait for the integrator are replayed too.

    Memory does not grow with the log. Safe while the coordinator runs, on connections of its own.
    """
    replay = Replay(anchor.origin)
    size = 0
    try:
        head = log.latest(tree_store, anchor.origin, anchor.audit_key)
        size = head.size
        for stored in _all(entry_store, size, progress):
            _check(replay, tree_store, stored, size)
            if replay.frontier.size == size and replay.frontier.root() != head.root:
                replay.problem(_("de regels geven een andere hash dan het laatste ijkpunt"))
        if replay.frontier.size < size:
            replay.problem(_("er zijn {count} regels te weinig: teruggezet", count=size - replay.frontier.size))
        _check_purges(replay, entry_store)
        replay.finish(anchor.retention_days)
    except SamenloopError as error:
        replay.problem(error.text)
    return Report(
        anchor.origin,
        size,
        anchor.fingerprint,
        origin_checked=True,
        purged=tuple(replay.purged),
        problems=tuple(replay.problems),
    )


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
