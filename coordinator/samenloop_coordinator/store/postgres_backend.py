"""PostgreSQL as a backend: one address for the data, one for the head of the log (they may be the same)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import postgres, postgres_tree
from samenloop_coordinator.store.backend import LogTree, OpenLog
from samenloop_coordinator.store.contract import Store
from samenloop_coordinator.store.postgres_group import Group
from samenloop_coordinator.store.postgres_link import READING, Link, translated
from samenloop_coordinator.store.postgres_log import PostgresEntries
from samenloop_coordinator.store.postgres_mail import PostgresCovenants


@dataclass(frozen=True, slots=True)
class PostgresBackend:
    """One or two databases and any number of processes."""

    database: str = field(repr=False)
    log_head: str = field(repr=False)
    connections: int
    shared: bool = True

    def refuse_existing(self) -> None:
        """Refuse when the tables are at one of the addresses."""
        for address in self._addresses():
            postgres.refuse_existing(address)

    def create(self, note: bytes) -> None:
        """Make the tables at both addresses."""
        for address in self._addresses():
            postgres.create_store(address)
        postgres_tree.create_tree(self.log_head, note)

    def open(self, journal: Journal, *, briefly: bool = False) -> Store:
        """Open the store."""
        return postgres.open_store(self.database, journal, 1 if briefly else self.connections)

    def open_tree(self) -> LogTree:
        """Open the tree of the log."""
        tree = postgres_tree.open_tree(self.log_head)
        return LogTree(tree, tree.close, tree.lead, tree.alone)

    @contextmanager
    def open_log(self) -> Iterator[OpenLog]:
        """Open the log to read."""
        link = Link(self.database, READING)
        with closing(PostgresEntries(link)) as entries, closing(postgres_tree.open_tree(self.log_head)) as tree:
            with translated():
                rows = PostgresCovenants(Group(link.connection(), snapshot=True)).active()
            yield OpenLog(entries, tree, tuple(row.document for row in rows))

    def _addresses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.database, self.log_head)))
