"""On PostgreSQL the owner erases what is past its term, beside the running processes."""

from datetime import timedelta

from samenloop_coordinator import operating
from tests.coordinator.consortium import Consortium
from tests.coordinator.test_purging import TERM, aged, found
from tests.coordinator.world import MovingClock, World, play


def test_the_owner_erases_what_is_past_its_term_and_the_log_still_holds(consortium: Consortium) -> None:
    async def scenario(world: World) -> None:
        await aged(world)
        await world.coordinator.periodic.upkeep()

    play(consortium, scenario)
    assert found(consortium) == (1, 1), "the running program may erase nothing"
    assert operating.purge_log(consortium.config, MovingClock(TERM + timedelta(days=1))) >= 3
    assert found(consortium) == (0, 0)
    assert operating.check_log(consortium.config, lambda _done, _all: None).problems == ()
    assert operating.purge_log(consortium.config, MovingClock(TERM + timedelta(days=1))) == 0
