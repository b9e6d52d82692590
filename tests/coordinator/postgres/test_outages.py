"""The server itself goes: crashed and started again, replaced by its standby, out of connections (I1, I2, I3, I7).

What was acknowledged is there once, the log verifies, callers meanwhile hear that the database is away, and the
coordinator goes on by itself.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_coordinator import operating
from tests.conftest import NO_POSTGRESQL
from tests.coordinator import test_crash as crash
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, PROBATION, Process, connect, hold_ceremony, question_request
from tests.coordinator.postgres.cluster import Cluster, address, programs
from tests.coordinator.postgres.places import on_postgresql

pytestmark = pytest.mark.skipif(programs() is None, reason=NO_POSTGRESQL)
EACH = 150
LAZY = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB", "wal_buffers": "64MB"}
LAZY |= {"shared_buffers": "128MB", "bgwriter_lru_maxpages": "0"}
"""Settings by which only a durable commit, or the server's own log writer, writes its log for some seconds."""
SOON = 60.0
"""Seconds after which the coordinator must be at work again by itself, on a busy machine too."""
HASTY = """
from samenloop_coordinator.store.postgres_link import WRITING
WRITING["synchronous_commit"] = "off"
"""


@contextmanager
def _serving(consortium: Consortium, prelude: str = "") -> Iterator[Process]:
    process = Process(consortium, prelude=prelude)
    with ExitStack() as stack:
        process.start()
        stack.callback(process.kill)
        asyncio.run(hold_ceremony(consortium))
        yield process


async def _sending(consortium: Consortium, history: crash.History, acknowledged: int, fault: Any) -> None:
    """Send everything; when so many calls were acknowledged, let `fault` happen, beside the sending."""
    clients = crash._clients(consortium)
    sending = asyncio.create_task(crash._send(clients, history, history.open()))
    while len(history.replies) < acknowledged:  # noqa: ASYNC110 - the replies come in by themselves
        await asyncio.sleep(0.005)
    await asyncio.to_thread(fault)
    await sending
    await crash._close(clients)


async def _until_answered(consortium: Consortium) -> float:
    """Send one question until it is answered; return how long that took. Meanwhile only errors that pass may come."""
    client, begun = connect(consortium, PROBATION), time.monotonic()
    request = question_request(client.party, [HOUSE], "somebody", user_ref=os.urandom(32))
    try:
        while True:
            try:
                await client.send(client.overlap.Ask, request)
            except SamenloopError as error:
                if error.code not in (ErrorCode.UNAVAILABLE, ErrorCode.BUSY):
                    raise
                await asyncio.sleep(0.05)
            else:
                return time.monotonic() - begun
    finally:
        await client.channel.close()


def _stop_log_writer(cluster: Cluster) -> None:
    """Keep it from writing: every commit wakes it, and what the operating system has by then survives the crash."""
    ((pid,),) = cluster.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
    os.kill(int(str(pid)), signal.SIGSTOP)


def _signed_within(consortium: Consortium, seconds: float) -> None:
    """Wait until every entry that is there now is in a signed tree."""
    begun = time.monotonic()
    with operating.log_files(consortium.config) as files:
        count = files.entries.count()
        while files.head().size < count:
            assert time.monotonic() - begun < seconds, "nobody signs"
            time.sleep(0.05)


@pytest.mark.parametrize("mode", ["immediate", "fast"], ids=["a crash", "an orderly restart"])
def test_after_restarts_of_the_server_everything_acknowledged_is_there_once_and_the_log_verifies(
    made_wide: Consortium, tmp_path: Path, cluster: Cluster, mode: str
) -> None:
    consortium = on_postgresql(made_wide, tmp_path, cluster.dsn)

    def restart() -> None:
        cluster.halt(mode)
        time.sleep(0.3)
        cluster.start()

    with _serving(consortium) as process:
        history = crash._history(consortium, EACH)
        for acknowledged in (20, 90):
            asyncio.run(_sending(consortium, history, acknowledged, restart))
            assert asyncio.run(_until_answered(consortium)) < SOON
        _signed_within(consortium, SOON)
        _finished(consortium, history, process, others=2)


def test_control_a_server_that_acknowledges_before_it_is_durable_is_caught(
    made_wide: Consortium, tmp_path: Path, cluster: Cluster
) -> None:
    cluster.set(**LAZY)
    cluster.halt("fast")
    cluster.start()
    _stop_log_writer(cluster)
    consortium = on_postgresql(made_wide, tmp_path, cluster.dsn)
    with _serving(consortium, prelude=HASTY) as process:
        history = crash._history(consortium, EACH)
        asyncio.run(_sending(consortium, history, 60, cluster.halt))
        cluster.start()
        assert crash._lost(consortium, history) > 0
        _stops_at_the_next_call(consortium, process)


def test_a_promoted_standby_takes_over_with_everything_acknowledged_and_one_of_the_processes_signs(
    made_wide: Consortium, tmp_path: Path, both: tuple[Cluster, Cluster]
) -> None:
    primary, standby = both
    consortium = on_postgresql(made_wide, tmp_path, address(primary, standby))

    def fail_over() -> None:
        primary.halt()
        standby.promote()

    with _serving(consortium) as process:
        history = crash._history(consortium, EACH)
        asyncio.run(_sending(consortium, history, 60, fail_over))
        begun = time.monotonic()
        asyncio.run(_until_answered(consortium))
        _signed_within(consortium, SOON)
        assert time.monotonic() - begun < SOON
        print(f"answers and signs again {time.monotonic() - begun:.1f} s after the standby was promoted")
        _finished(consortium, history, process, others=1)


def test_control_a_standby_that_had_fallen_behind_loses_what_was_acknowledged_and_the_process_stops(
    made_wide: Consortium, tmp_path: Path, both: tuple[Cluster, Cluster]
) -> None:
    primary, standby = both
    consortium = on_postgresql(made_wide, tmp_path, address(primary, standby))

    def lose() -> None:
        primary.set(synchronous_standby_names="")
        standby.halt()
        crashed.append(len(history.replies))
        while len(history.replies) < crashed[0] + 30:
            time.sleep(0.005)
        primary.halt()
        standby.start()
        standby.promote()

    crashed: list[int] = []
    with _serving(consortium) as process:
        history = crash._history(consortium, EACH)
        asyncio.run(_sending(consortium, history, 30, lose))
        assert crash._lost(consortium, history) > 0
        _stops_at_the_next_call(consortium, process)


def _finished(consortium: Consortium, history: crash.History, process: Process, others: int) -> None:
    """Send what was not acknowledged, then everything again: each call has its one effect and its one answer."""
    asyncio.run(crash._rest(consortium, history))
    replayed = asyncio.run(crash._again(consortium, history))
    assert replayed == [history.replies[number] for number in range(len(history.requests))]
    assert process.stop() == 0
    crash._check(consortium, history, others)


def _stops_at_the_next_call(consortium: Consortium, process: Process) -> None:
    begun = time.monotonic()
    while process.running:
        assert time.monotonic() - begun < 2 * SOON, "it goes on with a database that lost what was acknowledged"
        with pytest.raises(SamenloopError):
            asyncio.run(_ask(consortium))
    assert any(line["event"] == "storage_broken" for line in process.log())


async def _ask(consortium: Consortium) -> None:
    client = connect(consortium, PROBATION)
    try:
        await client.ask([HOUSE], "somebody", user_ref=os.urandom(32))
    finally:
        await client.channel.close()
