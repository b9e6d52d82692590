"""Writes the log as a folder that an auditor can check with `samenloop audit verify` alone (files:
`samenloop.audit.layout`).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from samenloop.audit import anchor as anchors
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import layout
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.layout import Manifest
from samenloop.audit.note import NoteSigner
from samenloop.audit.store import EntryStore, StoredEntry, TreeStore
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _

KEPT = 1_000


def write_export(
    root: Path,
    stores: tuple[EntryStore, TreeStore],
    signer: NoteSigner,
    covenants: Sequence[bytes],
    created_ms: int,
) -> Manifest:
    """Write everything up to the latest checkpoint to a new folder `root`.

    `covenants` are documents in canonical form, the current version last. Only what the checkpoint counts is
    written. The manifest comes last: a folder without it is no export. Raises SamenloopError when the folder exists,
    IntegrityError when entries are missing.
    """
    entry_store, tree_store = stores
    try:
        root.mkdir(parents=True, mode=0o700)
    except FileExistsError as error:
        raise SamenloopError(
            ErrorCode.INVALID_INPUT, _("De map {path} bestaat al: kies een nieuwe.", path=root)
        ) from error
    head = checkpoints.verify(tree_store.head(), signer.name, signer.public_key())
    for folder in ("covenant", "entries", "sealed") if head.size else ("covenant",):
        (root / folder).mkdir()
    for document in covenants:
        (root / "covenant" / f"{anchors.from_document(document).fingerprint}.json").write_bytes(document)
    _write_checkpoints(root, tree_store, head)
    for first in range(0, head.size, layout.RANGE):
        _write_range(root, entry_store, first, min(layout.RANGE, head.size - first))
    facts = tuple(layout.fact(root, path) for path in layout.files_under(root))
    current = anchors.from_document(covenants[-1]).fingerprint
    manifest = Manifest(signer.name, head.size, created_ms, current, tuple(sorted(facts, key=lambda one: one.path)))
    _write_durably(root / layout.MANIFEST, layout.sign_manifest(manifest, signer))
    return manifest


def _write_checkpoints(root: Path, tree_store: TreeStore, head: Checkpoint) -> None:
    latest = head.format()
    with (root / layout.CHECKPOINTS).open("wb") as file:
        for note in _kept(tree_store):
            size = checkpoints.parse(note).size
            if size < head.size:
                file.write(layout.checkpoint_line(note))
            elif size == head.size:
                latest = note
    (root / layout.CHECKPOINT).write_bytes(latest)


def _kept(tree_store: TreeStore) -> Iterator[bytes]:
    size = 0
    while batch := tree_store.checkpoints(size, KEPT):
        yield from batch
        size = checkpoints.parse(batch[-1]).size + 1


def _write_range(root: Path, entry_store: EntryStore, first: int, count: int) -> None:
    stored = entry_store.entries(first, count)
    if [one.seq for one in stored] != list(range(first, first + count)):
        raise IntegrityError(_("Er ontbreken regels in het logboek vanaf {first}.", first=first))
    _write_lines(root / layout.range_name("entries", first), stored)
    with (root / layout.range_name("sealed", first)).open("wb") as file:
        for one in stored:
            if one.sealed:
                file.write(layout.sealed_line(one.seq, one.sealed))


def _write_lines(path: Path, stored: Sequence[StoredEntry]) -> None:
    with path.open("wb") as file:
        for one in stored:
            file.write(layout.entry_line(one.seq, one.leaf, one.body))


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
