"""One consortium per test run, copied for each test that changes it; and one running coordinator per module."""

from pathlib import Path

import pytest

from tests.coordinator.consortium import Consortium
from tests.coordinator.world import copied, fresh


def _wide(text: str) -> str:
    return text.replace("_per_partner_and_day = 200", "_per_partner_and_day = 100000").replace(
        "_per_user_and_day = 20\n", "_per_user_and_day = 100000\n"
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """The demo covenant's own budgets."""
    return fresh(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def made_wide(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Budgets so wide that tests of thousands of questions do not meet them."""
    return fresh(tmp_path_factory.mktemp("made-wide"), _wide)


@pytest.fixture
def consortium(made: Consortium, tmp_path: Path) -> Consortium:
    """A consortium of this test alone."""
    return copied(made, tmp_path)


@pytest.fixture
def wide(made_wide: Consortium, tmp_path: Path) -> Consortium:
    """A consortium of this test alone, with wide budgets."""
    return copied(made_wide, tmp_path)
