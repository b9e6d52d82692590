"""docs/explanation/quality.md: every section of the report has its place, is filled, and is of this profile."""

import pytest

from tests.quality import report_tables
from tests.quality.report import PAGE, SECTIONS

TEXT = PAGE.read_text("utf-8")


def section(name: str) -> list[str]:
    return TEXT.partition(f"<!-- {name} -->")[2].partition(f"<!-- end {name} -->")[0].split("\n")[1:-1]


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_is_filled(name: str) -> None:
    assert len(section(name)) >= 4


@pytest.mark.parametrize("name", ["waterfall", "kinds"])
def test_what_is_measured_in_seconds_is_what_the_page_says(name: str) -> None:
    assert section(name) == getattr(report_tables, name)()


@pytest.mark.parametrize("name", ["recipes", "strangers"])
def test_every_recipe_and_every_combination_has_its_line(name: str) -> None:
    wanted = report_tables.NL_1.recipes if name == "recipes" else [one.name for one in report_tables.NL_1.rule]
    told = [line.split("|")[1].strip(" `") for line in section(name)[2:]]
    assert set(wanted) <= set(told)
