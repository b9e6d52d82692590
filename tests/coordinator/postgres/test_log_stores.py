"""The contract of both log stores on PostgreSQL: the same sentences as for SQLite."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import psycopg
import pytest

from samenloop.audit.stamp import Stamper
from samenloop.audit.store import Purged, StoredEntry, TreeStore
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import postgres, postgres_tree
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.postgres_link import WRITING, Link
from samenloop_coordinator.store.postgres_log import PostgresEntries
from samenloop_coordinator.store.postgres_session import PostgresSession
from samenloop_coordinator.store.postgres_tree import PostgresTree
from tests.audit.test_stores import (
    BODIES,
    ROWS,
    grown,
)

__all__ = [name for name in globals() if name.startswith("test_")]


class Entries:
    """The entry store with its append and purge, each in a group as the coordinator does them."""

    def __init__(self, dsn: str) -> None:
        self._session = PostgresSession(dsn, Journal("test.example/log", Stamper(SystemClock())))
        self._store = PostgresEntries(Link(dsn, WRITING))

    def append(self, body: bytes, sealed: tuple[bytes, ...] = ()) -> int:
        self._run(lambda parts: parts.log.append(body, sealed))
        return self.count() - 1

    def purge(self, body: bytes, signed_size: int) -> Purged:
        found: Purged = self._run(lambda parts: parts.log.purge(body, signed_size))  # type: ignore[attr-defined]
        return found

    def count(self) -> int:
        return self._store.count()

    def entries(self, first: int, limit: int) -> Sequence[StoredEntry]:
        return self._store.entries(first, limit)

    def purges(self) -> Sequence[Purged]:
        return self._store.purges()

    def close(self) -> None:
        self._store.close()
        self._session.close()

    def _run(self, work: Callable[[Parts], Any]) -> Any:
        (outcome,) = self._session.run([work])
        if outcome.error is not None:
            raise outcome.error
        return outcome.result


@pytest.fixture
def entries(dsn: str) -> Iterator[Entries]:
    postgres.create_store(dsn)
    with closing(Entries(dsn)) as made:
        yield made


@pytest.fixture
def tree(dsn: str) -> Iterator[TreeStore]:
    postgres.create_store(dsn)
    postgres_tree.create_tree(dsn, b"first")
    with closing(postgres_tree.open_tree(dsn)) as made:
        yield made


def test_there_is_one_history_only(dsn: str) -> None:
    postgres.create_store(dsn)
    with pytest.raises(IntegrityError):
        postgres_tree.open_tree(dsn)
    postgres_tree.create_tree(dsn, b"first")
    with pytest.raises(IntegrityError):
        postgres_tree.create_tree(dsn, b"other")


def await_lead(tree: PostgresTree) -> None:
    """Wait until this one leads: the server ends a session a moment after its client has left."""
    until = time.monotonic() + 60
    while not tree.lead():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_leads_and_the_next_leads_when_it_is_gone(dsn: str, tree: PostgresTree) -> None:
    with closing(postgres_tree.open_tree(dsn)) as other:
        assert [tree.lead(), other.lead(), tree.lead(), other.lead()] == [True, False, True, False]
        tree.close()
        await_lead(other)
        assert not tree.lead()


def test_a_leader_that_was_deposed_unnoticed_moves_nothing_and_raises_no_alarm(dsn: str, tree: PostgresTree) -> None:
    with closing(postgres_tree.open_tree(dsn)) as other:
        assert tree.lead()
        tree.close()
        await_lead(other)
        other.advance(b"first", b"second", grown(2)[1], ROWS[:2])
        assert tree.head() == b"second"
        with pytest.raises(SamenloopError) as caught:
            tree.advance(b"first", b"third", grown(3)[1], ROWS[:3])
        assert caught.value.code is ErrorCode.UNAVAILABLE
        assert (other.head(), tree.row(2)) == (b"second", None)


def test_cosignatures_that_come_by_two_processes_at_once_are_both_kept(dsn: str, tree: PostgresTree) -> None:
    """Read, add and keep, from two threads at once; without `alone` one would overwrite the other."""

    def add(name: bytes) -> None:
        with closing(postgres_tree.open_tree(dsn)) as own:
            for _number in range(10):
                with own.alone():
                    kept = own.checkpoints(1, 1)
                    own.keep_checkpoint(1, (kept[0].note if kept else b"") + name, 10, 1)

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(add, name) for name in (b"a", b"b")))

    asyncio.run(both())
    (kept,) = tree.checkpoints(0, 10)
    assert sorted(kept.note) == sorted(b"a" * 10 + b"b" * 10)


@pytest.mark.parametrize(
    "statement", ["UPDATE log_node SET hash = hash", "DELETE FROM log_node", "DELETE FROM log_head"]
)
def test_hashes_and_head_stay(dsn: str, tree: PostgresTree, statement: str) -> None:
    tree.advance(b"first", b"second", grown(len(BODIES))[1], ())
    with psycopg.connect(dsn, autocommit=True) as owner, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        owner.execute(statement)
