"""A schema per test, on a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NO_POSTGRESQL
from tests.coordinator.consortium import Consortium
from tests.coordinator.postgres.cluster import Cluster, own_clusters, programs
from tests.coordinator.postgres.places import counts, on_postgresql
from tests.coordinator.postgres.server import any_server, own_schema
from tests.coordinator.world import World


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The address of a test database, empty when there is no server."""
    with any_server() as url:
        yield url


@pytest.fixture
def dsn(database: str) -> Iterator[str]:
    """The address of an empty schema of this test alone."""
    if not database:
        pytest.skip(NO_POSTGRESQL)
    with own_schema(database) as address:
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


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A running server of this test alone."""
    _need_programs()
    with own_clusters(1) as (made,):
        made.make()
        made.start()
        yield made


@pytest.fixture
def both() -> Iterator[tuple[Cluster, Cluster]]:
    """A running server and its running standby, without which nothing is durable."""
    _need_programs()
    with own_clusters(2) as (primary, standby):
        primary.make()
        primary.start()
        standby.copy(primary)
        standby.start()
        primary.set(synchronous_standby_names="standby")
        yield primary, standby


def _need_programs() -> None:
    if programs() is None:
        pytest.skip(NO_POSTGRESQL)
