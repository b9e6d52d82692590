"""The linter finds what may be told from frequencies alone; its negative controls must fail."""

import pytest

from samenloop.profile import profile
from samenloop_node.tokens.lint import LEAST_PEOPLE, LintReport, RecipeFinding, measure_recipe, run_lint
from tests.quality.lint import CONTROLS, population


@pytest.fixture(scope="module")
def report() -> LintReport:
    return run_lint(population(1_500, 5, "mixed"), profile("nl-1"), CONTROLS)


def test_a_small_population_never_passes(report: LintReport) -> None:
    assert report.people < LEAST_PEOPLE
    assert report.exit_status == 1


def test_the_recipes_pass_and_the_controls_fail(report: LintReport) -> None:
    verdicts = {finding.name: finding.most_carriers <= 5 for finding in report.recipes}
    assert all(verdicts[name] for name in profile("nl-1").recipes)
    assert not verdicts["control: first+sex"]


def test_the_report_prints_a_line_per_recipe_and_no_person(report: LintReport) -> None:
    text = "\n".join(report.lines())
    assert all(name in text for name in profile("nl-1").recipes)
    assert "TE HOOG" in text


def test_a_token_that_everybody_has_is_fully_reidentified() -> None:
    finding = measure_recipe("all", [[1]] * 10, 10)
    assert (finding.reidentified, finding.most_carriers, finding.passes) == (1.0, 10, False)


def test_of_equal_frequencies_one_is_guessed_right() -> None:
    finding = measure_recipe("unique", [[number] for number in range(1000)], 1000)
    assert finding.reidentified == pytest.approx(0.001)
    assert finding.false_at_million == 0


def test_expected_false_hits_count_pairs() -> None:
    """One shared pair among 1,000 people: 2e-6 of all pairs, so 2 others per question at a million."""
    values = [[0], [0], *([number] for number in range(1, 999))]
    assert measure_recipe("pair", values, 1000).false_at_million == pytest.approx(1e4 * 2.002, rel=0.01)


def test_all_bars_must_be_met() -> None:
    good = RecipeFinding("x", 0.0005, 2, 0.0, 0.0)
    assert LintReport(LEAST_PEOPLE, (good,), 0.001, 12.0).exit_status == 0
    assert LintReport(LEAST_PEOPLE, (good,), 0.006, 12.0).exit_status == 1
    assert LintReport(LEAST_PEOPLE, (RecipeFinding("y", 0.0, 6, 0.0, 0.0),), 0.001, 12.0).exit_status == 1
