"""Releases, withdrawals and what lapses, over PostgreSQL: the same sentences as over SQLite."""

from tests.coordinator.test_lapsing import *  # noqa: F403 - every sentence about what is taken back
