"""What the operator's commands do: make the files once, activate a covenant, search, export and check the log."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samenloop.audit import entry as entries
from samenloop.audit import log
from samenloop.audit.anchor import TrustAnchor, from_covenant, from_document
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.export import write_export
from samenloop.audit.fields import Event
from samenloop.audit.fsck import fsck
from samenloop.audit.note import NoteSigner, load_signer
from samenloop.audit.stamp import Stamper
from samenloop.audit.store import EntryStore, TreeStore
from samenloop.audit.verify import Progress, Report
from samenloop.clock import Clock, milliseconds
from samenloop.covenant import Covenant, canonical, parse_canonical
from samenloop.covenant.files import read_covenant, read_signatures, signatures_path
from samenloop.covenant.signatures import format_signatures
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import SigningKey
from samenloop.texts import _
from samenloop_coordinator import covenants
from samenloop_coordinator.config import CoordinatorConfig
from samenloop_coordinator.control import (
    Activate,
    Looked,
    Order,
    Reviewed,
    control_path,
    record_review,
    record_view,
    send,
)
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.pepper import make_root
from samenloop_coordinator.purging import purge
from samenloop_coordinator.store.backend import backend_of
from samenloop_coordinator.store.contract import Store


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Both stores of the log, opened to read, with the key that signs it and every covenant version that was active."""

    entries: EntryStore
    tree: TreeStore
    signer: NoteSigner
    documents: tuple[bytes, ...]

    @property
    def covenant(self) -> Covenant:
        """Return the active version; raises NOT_FOUND when there is none."""
        if not self.documents:
            raise SamenloopError(ErrorCode.NOT_FOUND, _("Er is nog geen convenant geactiveerd."))
        return parse_canonical(self.documents[-1])

    def last_end_ms(self) -> int:
        """Return when the last signed entry ended (Unix ms), 0 when there is none or it was purged."""
        size = self.head().size
        stored = self.entries.entries(size - 1, 1) if size else ()
        bodies = [one.body for one in stored if one.body is not None]
        return entries.parse(bodies[0]).integer("end_ms") if bodies else 0

    def earlier(self) -> tuple[TrustAnchor, ...]:
        """Return the trust anchors of the versions before the active one, newest first."""
        return tuple(from_document(one) for one in reversed(self.documents[:-1]))

    def head(self) -> Checkpoint:
        """Return the last signed checkpoint."""
        return log.latest(self.tree, self.signer.name, self.signer.public_key())


def initialise(config: CoordinatorConfig) -> str:
    """Make pepper, audit key, database and log head, as far as they are not there; return the audit key (hex)."""
    secrets, backend = config.secrets, backend_of(config.data)
    backend.refuse_existing()
    for folder in {secrets.pepper.parent, secrets.audit_key.parent}:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not secrets.pepper.exists():
        make_root(secrets.pepper)
    if not secrets.audit_key.exists():
        SigningKey.generate(secrets.audit_key)
    signer = load_signer(config.origin, secrets.audit_key)
    backend.create(log.empty_checkpoint(signer).format())
    return signer.public_key().hex()


def activate(config: CoordinatorConfig, path: Path, clock: Clock) -> Covenant:
    """Activate a signed covenant version, through the running coordinator or, when none runs, directly."""
    covenant = read_covenant(path)
    signatures = format_signatures(read_signatures(signatures_path(path)))
    order = Activate(canonical(covenant), signatures)
    signer = load_signer(config.origin, config.secrets.audit_key)
    own = covenants.Own(signer.name, signer.public_key().hex(), config.catalogue_override)

    async def directly(store: Store, journal: Journal) -> None:
        await store.write(covenants.read(order.document, order.signatures).unit(own, journal, clock))

    asyncio.run(_obeyed(config, clock, order, directly))
    return covenant


def looked(config: CoordinatorConfig, clock: Clock, order: Looked) -> None:
    """Log that somebody looked, before anything is shown."""

    async def directly(store: Store, journal: Journal) -> None:
        await store.write(lambda parts: record_view(parts, journal, order))

    asyncio.run(_obeyed(config, clock, order, directly))


def reviewed(config: CoordinatorConfig, clock: Clock, order: Reviewed) -> None:
    """Log what a reviewer did."""

    async def directly(store: Store, journal: Journal) -> None:
        await store.write(lambda parts: record_review(parts, journal, order))

    asyncio.run(_obeyed(config, clock, order, directly))


@contextmanager
def log_files(config: CoordinatorConfig) -> Iterator[LogFiles]:
    """Open the log to read, beside a running coordinator or without one."""
    with backend_of(config.data).open_log() as opened:
        signer = load_signer(config.origin, config.secrets.audit_key)
        yield LogFiles(opened.entries, opened.tree, signer, opened.documents)


def export(config: CoordinatorConfig, folder: Path, clock: Clock) -> int:
    """Write an export for an auditor; return how many entries it has."""
    with log_files(config) as files:
        size = files.head().size
    looked(config, clock, Looked(Event.EXPORT, size=size))
    with log_files(config) as files:  # anew: a covenant version may have gone into force meanwhile
        stores = (files.entries, files.tree)
        created_ms = max(milliseconds(clock.now()), log.newest_ms(files.entries))
        return write_export(folder, stores, files.signer, files.documents, created_ms).size


def check_log(config: CoordinatorConfig, progress: Progress) -> Report:
    """Re-derive the whole log from its bodies."""
    with log_files(config) as files:
        return fsck(files.entries, files.tree, from_covenant(files.covenant), progress, files.earlier())


def purge_log(config: CoordinatorConfig, clock: Clock) -> int:
    """Erase the bodies of the log that are past the covenant's term; return how many.

    For the owner of a shared database. On files of its own the running coordinator does it by itself: raises BUSY.
    """
    with log_files(config) as files:
        covenant = files.covenant
    return asyncio.run(_purged(config, clock, covenant))


async def _purged(config: CoordinatorConfig, clock: Clock, covenant: Covenant) -> int:
    backend = backend_of(config.data)
    journal = Journal(config.origin, Stamper(clock))
    store = backend.open(journal, briefly=True)
    try:
        journal.stamper.go_on_from(log.newest_ms(store.entries()))
        with closing(backend.open_tree()) as tree:

            async def on_tree(work: Callable[[TreeStore], Any]) -> Any:
                return work(tree.store)

            return await purge(store, journal, on_tree, covenant, clock.now())
    finally:
        await store.close()


async def _obeyed(
    config: CoordinatorConfig,
    clock: Clock,
    order: Order,
    directly: Callable[[Store, Journal], Awaitable[None]],
) -> None:
    journal = Journal(config.origin, Stamper(clock))
    try:
        store = backend_of(config.data).open(journal, briefly=True)
    except SamenloopError as error:
        if error.code is not ErrorCode.BUSY:
            raise
        await send(control_path(config), order)
        return
    try:
        journal.stamper.go_on_from(log.newest_ms(store.entries()))
        await directly(store, journal)
    finally:
        await store.close()
