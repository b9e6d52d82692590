"""A schema per test, on a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coordinator.consortium import Consortium
from tests.coordinator.postgres.places import counts, on_postgresql
from tests.coordinator.postgres.server import URL, own_schema
from tests.coordinator.world import World


@pytest.fixture
def dsn() -> Iterator[str]:
    """The address of an empty schema of this test alone."""
    if not URL:
        pytest.skip("no PostgreSQL server")
    with own_schema() as address:
        yield address


@pytest.fixture
def consortium(made: Consortium, tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Consortium:
    """A consortium of this test alone, on PostgreSQL."""
    monkeypatch.setattr(World, "counts", counts)
    return on_postgresql(made, tmp_path, dsn)


@pytest.fixture
def wide(made_wide: Consortium, tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Consortium:
    """A consortium of this test alone, on PostgreSQL, with wide budgets."""
    monkeypatch.setattr(World, "counts", counts)
    return on_postgresql(made_wide, tmp_path, dsn)
