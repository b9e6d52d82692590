"""What every test folder shares: one word about PostgreSQL, so that a green run never hides what it did not try; no
test on two days; and no property that fails because the machine is busy.
"""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

POSTGRESQL_URL = "SAMENLOOP_TEST_POSTGRESQL"
NO_POSTGRESQL = "no PostgreSQL server to try it on"
"""Why a test was skipped; the word at the end counts these."""
DAYS = (UTC, ZoneInfo("Europe/Amsterdam"))
"""Where days are counted: by the programs in UTC, by reports for people as in the Netherlands."""
PART_OF_LIMIT = 5
"""A test takes at most a fifth of its time limit, also on a busy machine."""


def pytest_configure() -> None:
    """Hold no property against the clock."""
    from hypothesis import HealthCheck, settings  # here, because pytest is to rewrite it first

    settings.register_profile("samenloop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("samenloop")


def before_midnight(now: datetime, seconds: float) -> float:
    """Return the seconds until a new day begins, 0.0 when that takes longer than `seconds`."""
    left = []
    for zone in DAYS:
        local = now.astimezone(zone)
        tomorrow = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone)
        left.append((tomorrow - now).total_seconds())
    return min(left) if min(left) <= seconds else 0.0


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin no test shortly before midnight: what it counts per day or dates today would be of two days."""
    mark = item.get_closest_marker("timeout")
    limit = float(mark.args[0] if mark else item.config.getini("timeout"))
    while wait := before_midnight(datetime.now(UTC), limit / PART_OF_LIMIT):
        time.sleep(wait + 0.1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of a PostgreSQL server, above the line that counts the tests."""
    skipped = terminalreporter.stats.get("skipped", ())
    untried = sum(NO_POSTGRESQL in str(report.longrepr) for report in skipped)
    if untried:
        terminalreporter.write_line(
            f"PostgreSQL: no server here, so what needs one was not tried: {untried} "
            f"(Debian: apt-get install postgresql; or set {POSTGRESQL_URL} to the address of a test database)"
        )
