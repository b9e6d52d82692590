"""The node's own log: who did what here, in the same tamper-evident form as the coordinator's log (architecture
section 8).

1. An entry is appended in the transaction of the act that it records: no entry, no act.
2. One integrator (the daemon) puts entries into the tree, in its own file, and signs with the partner's signing key.
3. Every day, also one without entries, SHA-256(32-byte salt || checkpoint) goes to the coordinator's log; the salt
   stays here.
"""

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import samenloop_node
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit import log
from samenloop.audit.anchored import DailyAnchor
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.sqlite import SqliteEntries, append, purge
from samenloop.audit.sqlite_tree import SqliteTree, create_tree_file, open_tree_file
from samenloop.audit.stamp import Stamper
from samenloop.clock import Clock
from samenloop_node.store import Store, Transaction, covenants, ownlog
from samenloop_node.store.base import connect

SALT_BYTES = 32


class OwnLog:
    """Appends entries, keeps the tree, makes the anchors."""

    def __init__(
        self, store: Store, tree_path: Path, signer: NoteSigner, clock: Clock, former_keys: Sequence[bytes] = ()
    ) -> None:
        """Open the log and check that entries and tree belong together; raises IntegrityError: then do not start.

        `former_keys`: public signing keys of this partner in earlier covenant versions. A head under one of them is
        signed again.
        """
        self._store = store
        self._tree_path = tree_path
        self._signer = signer
        self._stamper = Stamper(clock)
        self._clock = clock
        self._integrating = threading.Lock()
        self._first = store.read_now(ownlog.entry_count)
        if not tree_path.exists() and self._first == 0:
            create_tree_file(tree_path, log.empty_checkpoint(signer).format())
        with self._stores() as (stored, tree):
            _sign_anew(tree, signer, former_keys)
            log.open_head(stored, tree, signer)
            self._stamper.go_on_from(log.newest_ms(stored))

    @property
    def origin(self) -> str:
        """Return the name of this log."""
        return self._signer.name

    @property
    def tree_path(self) -> Path:
        """Return the file of the tree."""
        return self._tree_path

    @property
    def signer(self) -> NoteSigner:
        """Return what signs this log."""
        return self._signer

    @contextmanager
    def held(self) -> Iterator[tuple[Transaction, SqliteTree]]:
        """Open entries and tree, to read, as they are at this moment: nothing is added or purged between two reads."""
        with closing(connect(self._store.path)) as connection, closing(open_tree_file(self._tree_path)) as tree:
            with self._integrating:
                tree.hold()
                ownlog.hold(connection)
            yield connection, tree

    def append(self, db: Transaction, event: Event, public: Mapping[str, object]) -> int:
        """Append an entry to the open transaction of the act; return its place. `public` without the always-fields."""
        return append(db, self._body(db, event, public), ())

    async def write(self, event: Event, public: Mapping[str, object]) -> int:
        """Append an entry that is an act by itself; it is durable on return."""
        return await self._store.write(lambda db: self.append(db, event, public))

    def integrate(self) -> Checkpoint:
        """Put all waiting entries into the tree and return the signed checkpoint. Blocking; callers wait in turn."""
        with self._integrating, self._stores() as (stored, tree):
            checkpoint = log.integrate(stored, tree, self._signer)
            while checkpoint.size < stored.count():
                checkpoint = log.integrate(stored, tree, self._signer)
        return checkpoint

    def purge(self, cutoff_ms: int, term_days: int, version: int) -> int:
        """Erase the bodies of entries that ended before `cutoff_ms`; their hashes stay. Blocking; returns how many.

        `version`: of the covenant that the term is of. Nothing goes when a newer one was taken over meanwhile, for the
        purge entry would stand behind it and be judged by it.

        The purge is an entry itself and names all that is gone by then and the term, so that a verifier can tell it
        from a theft, also when older purge entries are gone themselves.
        """
        with self._integrating, self._stores() as (stored, tree):
            last = log.purgeable(tree, cutoff_ms)
            first = max((one.last for one in stored.purges()), default=-1) + 1
            if first and tree.row(first - 1) is not None:
                tree.forget(0, first - 1)  # what a crash left of an earlier purge
            if last is None or last < first:
                return 0
            size = log.latest(tree, self._signer.name, self._signer.public_key()).size
            public = {"first": 0, "last": last, "term_days": term_days}

            def work(db: Transaction) -> bool:
                if covenants.newest(db) > version:
                    return False
                purge(db, self._body(db, Event.PURGE, public), size)
                return True

            if not self._store.write_now(work):
                return 0
            tree.forget(first, last)
        return last - first + 1

    def checkpoint(self) -> Checkpoint:
        """Return the newest signed checkpoint of this log."""
        with self._stores() as (_stored, tree):
            return log.latest(tree, self._signer.name, self._signer.public_key())

    async def anchor_due(self) -> DailyAnchor | None:
        """Return today's anchor (UTC) if it was not sent yet, made now when there is none. The same one until it is
        sent.
        """
        day = f"{self._clock.now():%Y-%m-%d}"
        kept = await self._store.read(lambda db: ownlog.anchor_of(db, day))
        if kept is None:
            kept = DailyAnchor(day, secrets.token_bytes(SALT_BYTES), self.integrate().format(), sent=False)
            await self._store.write(lambda db: ownlog.keep_anchor(db, kept))
        return None if kept.sent else kept

    async def anchor_sent(self, anchor: DailyAnchor) -> None:
        """Remember that the coordinator logged this anchor."""
        await self._store.write(lambda db: ownlog.keep_anchor(db, replace(anchor, sent=True)))

    def _body(self, db: Transaction, event: Event, public: Mapping[str, object]) -> bytes:
        self._stamper.n = ownlog.entry_count(db) - self._first
        fields = {**public, **self._stamper.stamp(), "origin": self.origin, "software": _SOFTWARE}
        return entries.build(event, fields, (), entries.new_salt())

    @contextmanager
    def _stores(self) -> Iterator[tuple[SqliteEntries, SqliteTree]]:
        with closing(connect(self._store.path)) as connection, closing(open_tree_file(self._tree_path)) as tree:
            yield SqliteEntries(connection), tree


def _sign_anew(tree: SqliteTree, signer: NoteSigner, former_keys: Sequence[bytes]) -> None:
    head = checkpoints.parse(tree.head())
    for key in former_keys:
        if key != signer.public_key() and not checkpoints.unknown_signers(head, key, {}):
            log.rotate(tree, key, signer)
            return


_SOFTWARE = f"samenloop-node/{samenloop_node.__version__}"
