"""Questions over PostgreSQL: the same sentences as over SQLite."""

from tests.coordinator.test_asking import *  # noqa: F403 - every sentence about questions
