"""Two processes on one database whose clocks differ: time in the log they share never runs back."""

import asyncio
from datetime import timedelta

from samenloop.audit.fields import Event
from samenloop_coordinator import operating
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, PROBATION
from tests.coordinator.postgres.places import second
from tests.coordinator.world import opened_world
from tests.ports import free_port


def test_one_wrong_clock_for_one_heartbeat_does_not_break_the_log(consortium: Consortium) -> None:
    async def scenario() -> None:
        async with opened_world(consortium) as one, opened_world(second(consortium, free_port())) as other:
            await other.coordinator.periodic.record(Event.HEARTBEAT)
            one.clock.ahead = timedelta(minutes=10)
            await one.coordinator.periodic.record(Event.HEARTBEAT)
            one.clock.ahead = timedelta(0)
            for world in (other, one):
                await world.coordinator.periodic.record(Event.HEARTBEAT)
                await world.ask(PROBATION, [HOUSE], "nobody")
            integrator = one.coordinator.integrator
            await integrator.tree(integrator._all_waiting)

    asyncio.run(scenario())
    assert operating.check_log(consortium.config, lambda *_: None).problems == ()
