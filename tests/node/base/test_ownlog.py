"""The node's own log: an entry stands or falls with its act, counters have no gap, the tree follows."""

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.sqlite import SqliteEntries
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop_node.ownlog import OwnLog
from samenloop_node.store import Store, Transaction
from samenloop_node.store.base import connect

SIGNER = NoteSigner("demo.samenloop.test/politie-midden", Ed25519PrivateKey.from_private_bytes(b"k" * 32))


@pytest.fixture(name="store")
def _store(tmp_path: Path):
    store = Store(tmp_path / "node.sqlite")
    yield store
    store.close()


def opened(store: Store) -> OwnLog:
    return OwnLog(store, store.path.parent / "ownlog.tree", SIGNER, SystemClock())


def all_entries(store: Store):
    connection = connect(store.path)
    try:
        return [entries.parse(one.body) for one in SqliteEntries(connection).entries(0, 1000)]
    finally:
        connection.close()


def test_an_entry_stands_or_falls_with_its_act_and_counters_have_no_gap(store):
    log = opened(store)

    def refused(db: Transaction) -> None:
        log.append(db, Event.LOGIN, {"status": "ok"})
        raise SamenloopError(ErrorCode.REFUSED, "nee")

    async def main() -> None:
        await log.write(Event.START, {})
        await asyncio.gather(
            *(log.write(Event.LOGIN, {"status": "ok"}) for _n in range(10)),
            store.write(refused),
            return_exceptions=True,
        )

    asyncio.run(main())
    assert [entry.integer("n") for entry in all_entries(store)] == list(range(11))


def test_the_tree_holds_all_entries_after_integration_also_after_a_restart(store):
    log = opened(store)
    asyncio.run(log.write(Event.START, {}))
    assert log.integrate().size == 1
    asyncio.run(log.write(Event.STOP, {}))
    again = opened(store)
    asyncio.run(again.write(Event.START, {}))
    assert again.integrate().size == 3
    assert again.checkpoint().size == 3
    assert [entry.integer("n") for entry in all_entries(store)] == [0, 1, 0]


def test_a_field_that_an_event_may_not_have_is_refused_and_nothing_is_written(store):
    log = opened(store)
    with pytest.raises(InvalidInput):
        asyncio.run(log.write(Event.LOGIN, {"status": "ok", "name": "Zonnebloemenveld"}))
    assert all_entries(store) == []


def test_a_log_without_its_tree_does_not_start(store):
    log = opened(store)
    asyncio.run(log.write(Event.START, {}))
    log.integrate()
    (store.path.parent / "ownlog.tree").unlink()
    with pytest.raises(IntegrityError):
        opened(store)


def test_a_write_ahead_log_that_was_taken_away_is_no_full_disk(store):
    log = opened(store)
    asyncio.run(log.write(Event.START, {}))
    store.path.with_name("node.sqlite-wal").unlink()
    asyncio.run(log.write(Event.STOP, {}))
    for reading in (log.integrate, lambda: log.held().__enter__()):
        with pytest.raises(IntegrityError, match=r"weggehaald of vervangen .* start het opnieuw"):
            reading()


def test_a_node_that_stops_in_order_keeps_what_stood_in_a_log_that_was_taken_away(store):
    """What the sentence asks for: stop the node and start it again."""
    log = opened(store)
    asyncio.run(log.write(Event.START, {}))
    store.path.with_name("node.sqlite-wal").unlink()
    asyncio.run(log.write(Event.STOP, {}))
    store.close()
    again = Store(store.path)
    assert opened(again).integrate().size == 2
    again.close()
