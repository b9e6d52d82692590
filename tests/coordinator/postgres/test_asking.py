"""Questions, registrations and declarations over PostgreSQL: the same sentences as over SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coordinator.consortium import Consortium
from tests.coordinator.postgres.places import counts, on_postgresql
from tests.coordinator.test_asking import *  # noqa: F403 - every sentence about questions
from tests.coordinator.world import World


@pytest.fixture
def consortium(made: Consortium, tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Consortium]:
    """A consortium of this test alone, on PostgreSQL."""
    monkeypatch.setattr(World, "counts", counts)
    yield on_postgresql(made, tmp_path, dsn)
