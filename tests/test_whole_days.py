"""The suite itself: no test begins so shortly before midnight that it would end on another day."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import before_midnight

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (NOON, 0.0),
        (NOON.replace(hour=23, minute=58, second=59), 0.0),
        (NOON.replace(hour=23, minute=59), 60.0),
        (NOON.replace(hour=23, minute=59, second=59), 1.0),
        (NOON.replace(hour=22, minute=59, second=30), 30.0),  # the same in the Netherlands, in winter
        (NOON.replace(month=7, hour=21, minute=59, second=30), 30.0),  # and in summer
        (NOON.replace(hour=23), 0.0),
    ],
)
def test_the_last_minute_of_a_day_is_waited_out(now: datetime, seconds: float) -> None:
    assert before_midnight(now, 60) == seconds
    assert seconds == 0.0 or before_midnight(now + timedelta(seconds=seconds), 60) == 0.0
