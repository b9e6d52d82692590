"""A schema per test, on a real server."""

from collections.abc import Iterator

import pytest

from tests.coordinator.postgres.server import URL, own_schema


@pytest.fixture
def dsn() -> Iterator[str]:
    """The address of an empty schema of this test alone."""
    if not URL:
        pytest.skip("no PostgreSQL server")
    with own_schema() as address:
        yield address
