"""An export of a log, as a stream of pieces of files and as a folder that an auditor can check with `samenloop audit
verify` alone (files: `samenloop.audit.layout`).
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samenloop.audit import anchor as anchors
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit import layout
from samenloop.audit.anchored import ANCHORS, DailyAnchor
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.fields import Event
from samenloop.audit.kept import kept_checkpoints
from samenloop.audit.layout import FileFact, Manifest
from samenloop.audit.note import NoteSigner
from samenloop.audit.store import EntryStore, Purged, TreeStore
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

STEP = 1_000
"""So many entries are in memory at a time."""
Piece = tuple[str, bytes]
"""Path of a file in the export, and the next bytes of it."""
_PATH = re.compile(r"(?:[a-z]+/)?[a-z0-9]+(?:\.jsonl?)?\Z")


def pieces(
    stores: tuple[EntryStore, TreeStore],
    signer: NoteSigner,
    covenants: Sequence[bytes],
    created_ms: int,
    daily: Sequence[DailyAnchor] | None = None,
) -> Iterator[Piece]:
    """Yield everything up to the latest checkpoint, the manifest last: what has no manifest is no export.

    `covenants` are documents in canonical form, the current version last. `daily` has the anchors of a partner's own
    log, None for the coordinator's. A version whose entry is not in the signed tree yet is left out. Raises
    IntegrityError when entries are missing, BUSY when bodies are purged meanwhile.
    """
    entry_store, tree_store = stores
    head = checkpoints.verify(tree_store.head(), signer.name, signer.public_key())
    waiting = _waiting(entry_store, head)
    covenants = [one for one in covenants if anchors.from_document(one).fingerprint not in waiting] or covenants[:1]
    purged = _purges(entry_store, head)
    hashes: dict[str, tuple[int, Any]] = {}
    for path, data in _content(entry_store, tree_store, head, covenants, daily):
        size, digest = hashes.get(path, (0, hashlib.sha256()))
        digest.update(data)
        hashes[path] = (size + len(data), digest)
        yield path, data
    if _purges(entry_store, head) != purged:
        raise _purging()
    facts = tuple(FileFact(path, size, digest.hexdigest()) for path, (size, digest) in sorted(hashes.items()))
    current = anchors.from_document(covenants[-1]).fingerprint
    manifest = Manifest(signer.name, head.size, created_ms, current, facts)
    yield layout.MANIFEST, layout.sign_manifest(manifest, signer)


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """Writes the pieces of an export to a new folder, mode 0700, made with the first piece."""

    root: Path

    def __post_init__(self) -> None:
        """Refuse a folder that exists."""
        if self.root.exists():
            raise SamenloopError(
                ErrorCode.INVALID_INPUT, _("De map {path} bestaat al: kies een nieuwe.", path=self.root)
            )

    def add(self, path: str, data: bytes) -> None:
        """Append a piece to its file; the manifest is durable on return. Raises IntegrityError for a strange path."""
        if not _PATH.match(path):
            raise IntegrityError(_("onbekend bestand {path}", path=path))
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.root / path
        target.parent.mkdir(exist_ok=True)
        with target.open("ab") as file:
            file.write(data)
            if path == layout.MANIFEST:
                file.flush()
                os.fsync(file.fileno())


def write_export(
    root: Path,
    stores: tuple[EntryStore, TreeStore],
    signer: NoteSigner,
    covenants: Sequence[bytes],
    created_ms: int,
) -> Manifest:
    """Write the coordinator's log to a new folder `root`; see `pieces`. Raises SamenloopError when it exists, or what
    `pieces` raises: then there is no folder.
    """
    folder, data = ExportFolder(root), b""
    try:
        for path, data in pieces(stores, signer, covenants, created_ms):
            folder.add(path, data)
    except SamenloopError:
        shutil.rmtree(root, ignore_errors=True)
        raise
    return layout.parse_manifest(data)[0]


def _content(
    entry_store: EntryStore,
    tree_store: TreeStore,
    head: Checkpoint,
    covenants: Sequence[bytes],
    daily: Sequence[DailyAnchor] | None,
) -> Iterator[Piece]:
    for document in covenants:
        yield f"covenant/{anchors.from_document(document).fingerprint}.json", document
    yield from _checkpoints(tree_store, head)
    if daily is not None:
        yield ANCHORS, b"".join(one.line() for one in sorted(daily, key=lambda one: one.day))
    step = min(STEP, layout.RANGE)
    for first in range(0, head.size, step):
        yield from _entries(entry_store, first, min(step, head.size - first))


def _waiting(entry_store: EntryStore, head: Checkpoint) -> set[str]:
    """Return the fingerprints of covenant versions that went into force after `head` was signed."""
    found, first = set[str](), head.size
    while batch := entry_store.entries(first, STEP):
        parsed = [entries.parse(one.body) for one in batch if one.body is not None]
        found.update(one.text("document") for one in parsed if one.event is Event.COVENANT)
        first += len(batch)
    return found


def _purges(entry_store: EntryStore, head: Checkpoint) -> Sequence[Purged]:
    """Return the purges; bodies that are gone by an entry that `head` does not count yet would look stolen."""
    purged = entry_store.purges()
    if any(one.by >= entry_store.count() for one in purged):
        raise IntegrityError(
            _("De lijst van wisacties noemt een regel die er niet is. Controleer het logboek: audit fsck.")
        )
    if any(one.by >= head.size for one in purged):
        raise _purging()
    return purged


def _purging() -> SamenloopError:
    return SamenloopError(ErrorCode.BUSY, _("Het logboek wordt juist opgeschoond. Maak de export over een minuut."))


def _checkpoints(tree_store: TreeStore, head: Checkpoint) -> Iterator[Piece]:
    latest = head.format()
    yield layout.CHECKPOINTS, b""
    for kept in kept_checkpoints(tree_store):
        if kept.size < head.size:
            yield layout.CHECKPOINTS, layout.checkpoint_line(kept.format())
        elif kept.size == head.size:
            latest = kept.format()
    yield layout.CHECKPOINT, latest


def _entries(entry_store: EntryStore, first: int, count: int) -> Iterator[Piece]:
    stored = entry_store.entries(first, count)
    if [one.seq for one in stored] != list(range(first, first + count)):
        raise IntegrityError(_("Er ontbreken regels in het logboek vanaf {first}.", first=first))
    begin = first - first % layout.RANGE
    lines = b"".join(layout.entry_line(one.seq, one.leaf, one.body) for one in stored)
    yield layout.range_name("entries", begin), lines
    sealed = b"".join(layout.sealed_line(one.seq, one.sealed) for one in stored if one.sealed)
    yield layout.range_name("sealed", begin), sealed
