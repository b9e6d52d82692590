"""What every test folder shares: one word about PostgreSQL, so that a green run never hides what it did not try."""

import pytest

POSTGRESQL_URL = "SAMENLOOP_TEST_POSTGRESQL"
NO_POSTGRESQL = "no PostgreSQL server to try it on"
"""Why a test was skipped; the word at the end counts these."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of a PostgreSQL server, above the line that counts the tests."""
    skipped = terminalreporter.stats.get("skipped", ())
    untried = sum(NO_POSTGRESQL in str(report.longrepr) for report in skipped)
    if untried:
        terminalreporter.write_line(
            f"PostgreSQL: no server here, so what needs one was not tried: {untried} "
            f"(Debian: apt-get install postgresql; or set {POSTGRESQL_URL} to the address of a test database)"
        )
