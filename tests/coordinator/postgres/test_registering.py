"""Registering over PostgreSQL: the same sentences as over SQLite."""

from tests.coordinator.test_registering import *  # noqa: F403 - every sentence about registering
