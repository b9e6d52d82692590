"""The log itself: put durable bodies into the tree, sign, prove, and refuse to go on from a state that does not hold.

Rules, in the order the code keeps them:
1. The head on disk is a checkpoint of this log signed by this key, and the stored nodes give exactly its root.
2. No entry that the head counts is missing from the entry store (else it was rolled back).
3. A new entry's body is read back from disk and hashed again; it must give the leaf that was computed on appending.
4. The tree only grows, from the frontier of the head. The head moves by compare-and-swap, together with the new nodes.
5. Only then is the checkpoint handed out.
"""

import json
from collections.abc import Mapping

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import note as notes
from samenloop.audit import tree
from samenloop.audit.checkpoint import Checkpoint, TreeHead
from samenloop.audit.kept import kept_checkpoints
from samenloop.audit.note import NoteSigner
from samenloop.audit.proof import LogProof
from samenloop.audit.store import EntryStore, IndexRow, StoredEntry, TreeStore
from samenloop.audit.times import DAY_MS, PARTNER_SKEW_MS
from samenloop.audit.tree import Frontier
from samenloop.audit.witnessed import Witnessed
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

BATCH = 2_000


def empty_checkpoint(signer: NoteSigner) -> Checkpoint:
    """Return the first checkpoint of a log: no entries. Used once, when the tree store is made."""
    return checkpoints.sign(TreeHead(signer.name, 0, tree.EMPTY_ROOT), signer)


def open_head(entry_store: EntryStore, tree_store: TreeStore, signer: NoteSigner) -> Checkpoint:
    """Check at start, in O(log n), that both stores belong together; return the head. Raises IntegrityError: do not
    start.
    """
    head = latest(tree_store, signer.name, signer.public_key())
    _frontier_of(head, tree_store)
    if entry_store.count() < head.size:
        raise IntegrityError(
            _(
                "Het logboek is teruggezet: {stored} regels bewaard, {signed} ondertekend. Gebruik een nieuwere kopie.",
                stored=entry_store.count(),
                signed=head.size,
            )
        )
    if head.size:
        last = entry_store.entries(head.size - 1, 1)[0]
        if _checked_leaf(last, head.size - 1) != tree_store.node(0, head.size - 1):
            raise _broken(head.size - 1)
    return head


def integrate(entry_store: EntryStore, tree_store: TreeStore, signer: NoteSigner, batch: int = BATCH) -> Checkpoint:
    """Put up to `batch` waiting entries into the tree, sign and move the head; return the latest checkpoint.

    Call it about once a second from the one integrator, again at once while `checkpoint.size < count`. The cost does
    not depend on the size of the log. Raises IntegrityError, with nothing signed that could contradict an earlier
    checkpoint.
    """
    head = latest(tree_store, signer.name, signer.public_key())
    frontier = _frontier_of(head, tree_store)
    waiting = entry_store.entries(head.size, batch)
    if not waiting:
        return _unchanged(head, entry_store)
    leaves = [_checked_leaf(one, head.size + place) for place, one in enumerate(waiting)]
    grown, nodes = tree.extend(frontier, leaves)
    signed = checkpoints.sign(TreeHead(signer.name, grown.size, grown.root()), signer)
    rows = [index_row(one.seq, one.body) for one in waiting if one.body is not None]
    tree_store.advance(head.format(), signed.format(), nodes, rows)
    return signed


def rotate(tree_store: TreeStore, old_key: bytes, new: NoteSigner) -> Checkpoint:
    """Sign the head again with a new key of the same log, after the covenant that names it is active.

    `old_key`: the public key, 32 bytes. What was proved or kept before stays under it. Stop the integrator first.
    """
    head = latest(tree_store, new.name, old_key)
    signed = checkpoints.sign(head.head, new)
    tree_store.advance(head.format(), signed.format(), (), ())
    return signed


def latest(tree_store: TreeStore, origin: str, audit_key: bytes) -> Checkpoint:
    """Return the last signed checkpoint, its signature checked."""
    return checkpoints.verify(tree_store.head(), origin, audit_key)


def prove(tree_store: TreeStore, seq: int) -> LogProof:
    """Return the inclusion proof of entry `seq` under the latest checkpoint; raises IntegrityError when it is not in
    yet.
    """
    head = checkpoints.parse(tree_store.head())
    return LogProof(seq, tree.inclusion(seq, head.size, tree_store.node), head)


def prove_at(tree_store: TreeStore, seq: int, size: int) -> tuple[bytes, ...]:
    """Return the inclusion proof of entry `seq` in the tree of `size` entries."""
    _within_head(tree_store, size)
    return tree.inclusion(seq, size, tree_store.node)


def prove_consistency(tree_store: TreeStore, old: int, new: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of `old` entries is a prefix of that of `new`."""
    _within_head(tree_store, new)
    return tree.consistency(old, new, tree_store.node)


def purgeable(tree_store: TreeStore, cutoff_ms: int, first: int = 0, quorum: int = 0) -> int | None:
    """Return the last entry that may be purged when everything up to `cutoff_ms` is past its term, or None.

    The entry after it stays although it is past its term too. With a `quorum` only what so many witnesses had
    cosigned by then may go, `first` being what was not purged yet: their time is the proof that the term is over.
    """
    newer = tree_store.first_newer(cutoff_ms)
    last = (checkpoints.parse(tree_store.head()).size if newer is None else newer) - 2
    if quorum:
        last = min(last, _witnessed(tree_store, cutoff_ms, first, quorum) - 1)
    return last if last >= 0 else None


def _witnessed(tree_store: TreeStore, cutoff_ms: int, first: int, quorum: int) -> int:
    """Return how many entries the kept checkpoints show to have existed at `cutoff_ms`, as a verifier reads them."""
    seen = Witnessed()
    for checkpoint in kept_checkpoints(tree_store, first + 1):
        times = checkpoints.claimed_times(checkpoint)
        seen.add(checkpoint.size, times)
        if times and min(times.values()) * 1000 > cutoff_ms:
            break
    return seen.ages(quorum).size_at(cutoff_ms)


def newest_ms(entry_store: EntryStore) -> int:
    """Return when the last durable entry ended (Unix ms), 0 when there is none. From there the next process goes on:
    time in a log never runs back, whatever the clock does.
    """
    count = entry_store.count()
    stored = entry_store.entries(count - 1, 1) if count else ()
    body = stored[0].body if stored else None
    return 0 if body is None else index_row(count - 1, body).end_ms


def checkpoint_at(tree_store: TreeStore, size: int, signer: NoteSigner) -> Checkpoint:
    """Return the checkpoint of the first `size` entries, signed again (Ed25519 gives the same bytes each time)."""
    _within_head(tree_store, size)
    return checkpoints.sign(TreeHead(signer.name, size, tree.frontier(size, tree_store.node).root()), signer)


def accept_cosignature(
    tree_store: TreeStore, line: str, size: int, signer: NoteSigner, witnesses: Mapping[str, bytes], now_ms: int
) -> tuple[str, int]:
    """Keep a witness's cosignature line on our checkpoint of `size`; return its name and Unix seconds.

    `witnesses` maps name to 32-byte public key, `now_ms` is our own time. Raises IntegrityError when the line is of no
    known witness or does not hold for the tree that we have at `size`: then its witness saw another history, or the
    line is forged; CLOCK_SKEW when its time is not now.
    """
    signature = notes.parse_signature(line)
    base = next(kept_checkpoints(tree_store, size, 1), None)
    if base is None or base.size != size:
        base = checkpoint_at(tree_store, size, signer)
    signed = checkpoints.add_cosignature(base, signature)
    seconds = checkpoints.cosignatures(signed, witnesses).get(signature.name)
    if seconds is None:
        raise IntegrityError(_("{name} is geen getuige van dit logboek.", name=signature.name))
    if abs(seconds * 1000 - now_ms) > PARTNER_SKEW_MS:
        raise SamenloopError(
            ErrorCode.CLOCK_SKEW, _("De tijd van deze medeondertekening is niet de tijd van nu. Zet de klok gelijk.")
        )
    tree_store.keep_checkpoint(size, signed.format(), now_ms // DAY_MS, len(signed.note.signatures))
    return signature.name, seconds


def best_cosigned(tree_store: TreeStore, wanted: int) -> Checkpoint | None:
    """Return the newest kept checkpoint with at least `wanted` cosignatures, else the newest kept one, else None."""
    newest: Checkpoint | None = None
    for note in tree_store.recent_checkpoints(100):
        kept = checkpoints.parse(note)
        newest = newest or kept
        if len(kept.note.signatures) > wanted:
            return kept
    return newest


def reject_foreign_history(tree_store: TreeStore, shown: Checkpoint) -> None:
    """Check that a checkpoint that a witness shows, with our own signature, is in our history; raises IntegrityError:
    stop at once.
    """
    size = checkpoints.parse(tree_store.head()).size
    if shown.size > size or tree.frontier(shown.size, tree_store.node).root() != shown.root:
        raise IntegrityError(
            _(
                "Een getuige toont een ijkpunt van {shown} regels dat wij hebben ondertekend maar niet hebben. "
                "Dit logboek heeft er {size}: het is teruggezet of gesplitst. Zet het stil en zoek de nieuwste kopie.",
                shown=shown.size,
                size=size,
            )
        )


def index_row(seq: int, body: bytes) -> IndexRow:
    """Return what the index keeps of an entry; the body was checked when it was built, so this only reads it."""
    try:
        public = json.loads(body)["public"]
        text = {name: public.get(name, "") for name in ("actor", "user", "case", "purpose", "rule")}
        return IndexRow(seq, end_ms=public["end_ms"], event=public["event"], **text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(seq) from error


def _frontier_of(head: Checkpoint, tree_store: TreeStore) -> Frontier:
    frontier = tree.frontier(head.size, tree_store.node)
    if frontier.root() != head.root:
        raise IntegrityError(_("De boom van het logboek klopt niet met de stand. Zet de reservekopie terug."))
    return frontier


def _checked_leaf(stored: StoredEntry, seq: int) -> bytes:
    if stored.seq != seq or (stored.body is not None and tree.leaf_hash(stored.body) != stored.leaf):
        raise _broken(seq)
    return stored.leaf


def _unchanged(head: Checkpoint, entry_store: EntryStore) -> Checkpoint:
    if entry_store.count() < head.size:
        raise IntegrityError(_("Er zijn regels van het logboek verdwenen. Zet een nieuwere kopie terug."))
    return head


def _within_head(tree_store: TreeStore, size: int) -> None:
    head = checkpoints.parse(tree_store.head())
    if size > head.size:
        raise IntegrityError(_("Het logboek heeft nog geen {size} regels.", size=size))


def _broken(seq: int) -> IntegrityError:
    return IntegrityError(
        _("Regel {seq} van het logboek is veranderd of stuk. Onderteken niets; zet de reservekopie terug.", seq=seq)
    )
