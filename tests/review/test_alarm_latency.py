"""From the question that makes a pattern to the alarm in the log of the running program: at most 60 seconds.

FULL=1 measures with the program's own interval; otherwise it is shortened, and the interval is held to the bound.
"""

import asyncio
import os
import time
from pathlib import Path

from samenloop.audit.fields import Event
from samenloop.audit.store import Search
from samenloop.review.patterns import Pattern
from samenloop_coordinator import periodic
from tests.coordinator.conftest import made  # noqa: F401 - fixture
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import MAYOR, PROBATION, Process, connect, hold_ceremony, signed_entries
from tests.coordinator.world import copied

ALARM_SECONDS = 60.0
FULL = os.environ.get("FULL") == "1"
SHORT_SECONDS = 1.0
WORK_SECONDS = 10.0
"""What one look and the writing of its alarms may take, on top of the interval."""


def latency(consortium: Consortium, interval: float, most: float) -> float | None:
    """Ask about eight cases at once; return the seconds until the signed log holds the alarm, None without one."""
    prelude = f"from samenloop_coordinator import periodic; periodic.WATCH_SECONDS = {interval}"
    process = Process(consortium, prelude=prelude)
    process.start()
    try:
        asyncio.run(hold_ceremony(consortium))
        asyncio.run(_burst(consortium))
        return _waited(consortium, most)
    finally:
        assert process.stop() == 0


async def _burst(consortium: Consortium) -> None:
    client = connect(consortium, PROBATION)
    for _number in range(8):
        await client.ask([MAYOR], "nobody", case_ref=os.urandom(32))
    await client.channel.close()


def _waited(consortium: Consortium, most: float) -> float | None:
    begun = time.monotonic()
    wanted = Search(event=Event.ALARM.value, actor=PROBATION)
    while time.monotonic() - begun < most:
        if any(one.text("reason") == Pattern.BURST.value for one in signed_entries(consortium, wanted, 10)):
            return time.monotonic() - begun
        time.sleep(0.1)
    return None


def test_an_alarm_is_in_the_signed_log_within_a_minute(made: Consortium, tmp_path: Path) -> None:  # noqa: F811
    assert periodic.WATCH_SECONDS + WORK_SECONDS <= ALARM_SECONDS
    interval = periodic.WATCH_SECONDS if FULL else SHORT_SECONDS
    bound = ALARM_SECONDS if FULL else SHORT_SECONDS + WORK_SECONDS
    consortium = copied(made, tmp_path)
    found = latency(consortium, interval, bound)
    print(f"alarm after {found:.1f} s, looking every {interval:.0f} s")
    assert found is not None
    assert any(line["event"] == "alarm" and line["code"] == "burst" for line in Process(consortium).log())


def test_control_a_build_that_looks_once_an_hour_is_too_late(made: Consortium, tmp_path: Path) -> None:  # noqa: F811
    assert latency(copied(made, tmp_path), 3600.0, 3 * SHORT_SECONDS) is None
