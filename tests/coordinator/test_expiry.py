"""The operator hears in time that the coordinator's own certificate ends."""

import io
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from samenloop.logs import open_log
from samenloop_coordinator import cli
from tests.coordinator.consortium import Consortium
from tests.coordinator.world import World, play

ENDS = "certificate_ends"


def _status(consortium: Consortium, monkeypatch: pytest.MonkeyPatch, days: float) -> str:
    now = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr(cli, "SystemClock", lambda: SimpleNamespace(now=lambda: now))
    return cli._lines(cli._status(consortium.config))


@pytest.mark.parametrize(
    ("days", "said"), [(10, "geen"), (17, "binnen 14 dagen"), (29.5, "binnen 1 dagen"), (31, "verlopen op")]
)
def test_status_says_that_the_own_certificate_ends(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, days: float, said: str
) -> None:
    (line,) = [one for one in _status(consortium, monkeypatch, days).splitlines() if "certificaat:" in one]
    assert said in line


def test_the_log_of_the_daemon_says_it_once_for_each_number_of_days(consortium: Consortium) -> None:
    stream = io.StringIO()

    async def scenario(world: World) -> None:
        periodic = world.coordinator.periodic
        periodic.expiry.log = open_log("test", stream)
        for days in (0, 17, 18, 24, 31, 31, 32):
            world.clock.ahead = timedelta(days=days)
            await periodic.upkeep()

    play(consortium, scenario)
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(one["event"], one["level"], one.get("count")) for one in found] == [
        (ENDS, "warning", 14),
        (ENDS, "warning", 7),
        *[("certificate_not_valid", "error", None)] * 2,
    ]
