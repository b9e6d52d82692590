"""The contract of the coordinator's store, the same sentences as for SQLite, on a real PostgreSQL server."""

import asyncio

import pytest

from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store import postgres
from tests.contract.test_store import *  # noqa: F403 - every sentence of the contract
from tests.contract.test_store import Run, Scenario


@pytest.fixture
def run(dsn: str) -> Run:
    postgres.create_store(dsn)

    def running(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            journal = Journal("test.example/log", Stamper(SystemClock()))
            store = postgres.open_store(dsn, journal)
            try:
                await scenario(store, journal)
            finally:
                await store.close()

        asyncio.run(all_of_it())

    return running
