"""Checks the two stores of a running log in full: the same replay as for an export, and every stored hash again."""

from collections.abc import Iterator, Sequence

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import evidence, log, tree
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.evidence import Judged
from samenloop.audit.kept import kept_checkpoints, kept_sizes
from samenloop.audit.replay import Replay
from samenloop.audit.store import EntryStore, Purged, StoredEntry, TreeStore
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

    `earlier`: the anchors of earlier covenant versions, newest first. That too few witnesses looked is a warning here:
    kept checkpoints may be gone, or the witnesses are away. Memory does not grow with the log. Safe while the
    coordinator runs, on connections of its own.
    """
    versions = Versions((*reversed(earlier), anchor))
    replay = Replay(versions)
    size, missed = 0, Judged()
    try:
        head = checkpoints.parse(tree_store.head())
        size = head.size
        replay.marks = kept_sizes(tree_store)
        for stored in _all(entry_store, size, progress):
            _check(replay, tree_store, stored, size)
            if replay.frontier.size == size and replay.frontier.root() != head.root:
                replay.problem(_("de regels geven een andere hash dan het laatste ijkpunt"))
        if replay.frontier.size < size:
            replay.problem(_("er zijn {count} regels te weinig: teruggezet", count=size - replay.frontier.size))
        _check_purges(replay, entry_store)
        versions.cosigned(head)
        seen = _witnessed(replay, tree_store)
        replay.finish(seen)
        missed = evidence.of_witnesses(seen, replay)
    except SamenloopError as error:
        replay.problem(error.text)
    return Report(
        anchor.origin,
        size,
        anchor.fingerprint,
        origin_checked=True,
        purged=tuple(replay.proven),
        problems=tuple(replay.problems),
        warnings=(*missed.problems, *missed.warnings),
    )


def _witnessed(replay: Replay, tree_store: TreeStore) -> Witnessed:
    """Check every kept checkpoint, and return what the witnesses saw."""
    seen = Witnessed()
    for checkpoint in kept_checkpoints(tree_store):
        _count(replay, tree_store, seen, checkpoint)
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
    """Hold the list of purges against the purge entries, both ways; of an entry that is gone itself only the range."""
    listed, said = entry_store.purges(), {Purged(one.first, one.last, one.seq) for one in replay.claims}
    for claim in sorted(said - set(listed), key=lambda one: one.by):
        replay.problem(_("regel {seq}: deze wisactie staat anders of niet in de lijst van wisacties", seq=claim.by))
    for purged in listed:
        if replay.frontier.size <= purged.by < entry_store.count():
            continue  # it came while this check was reading
        if not _gone(replay, purged.first, purged.last):
            replay.problem(_("regels {first}-{last}: niet gewist", first=purged.first, last=purged.last))
        elif purged not in said and not _gone(replay, purged.by, purged.by):
            text = _(
                "de lijst van wisacties noemt regel {seq} voor regels {first}-{last}, maar die regel zegt dat niet",
                seq=purged.by,
                first=purged.first,
                last=purged.last,
            )
            replay.problem(text)


def _gone(replay: Replay, first: int, last: int) -> bool:
    return any(begin <= first and last <= end for begin, end in replay.purged)


def _all(entry_store: EntryStore, size: int, progress: Progress) -> Iterator[StoredEntry]:
    first = 0
    while batch := entry_store.entries(first, BATCH):
        yield from batch
        first = batch[-1].seq + 1
        progress(min(first, size), size)
