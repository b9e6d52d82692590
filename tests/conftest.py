"""What every test folder shares: one word about PostgreSQL, so that a green run never hides what it did not try."""

import os
import shutil
from pathlib import Path

import pytest

POSTGRESQL_URL = "SAMENLOOP_TEST_POSTGRESQL"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so when no PostgreSQL server could be tried, above the line that counts the tests."""
    if not _postgresql_here():
        terminalreporter.write_line(
            "PostgreSQL: no server here, so what needs one was not tried "
            f"(Debian: apt-get install postgresql; or set {POSTGRESQL_URL} to the address of a test database)"
        )


def _postgresql_here() -> bool:
    installed = shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return bool(os.environ.get(POSTGRESQL_URL) or installed)
