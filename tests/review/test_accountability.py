"""What the accountability report says about the review of the log."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from samenloop.catalogue import load_catalogue
from samenloop.covenant import parse_canonical
from samenloop.reports import accountability, numbers, periods
from samenloop.reports.accountability import Scope
from samenloop.reports.model import Section
from samenloop.review import samples
from samenloop.review.facts import Activity
from samenloop.review.sampling import Draw, History, Plan, Verdict
from tests.audit.world import COVENANT

DAY_MS = 86_400_000
MONTH = periods.period("2026-03")
LATER_MS = MONTH.from_ms + 301 * DAY_MS
DRAW = Draw(50, MONTH.from_ms + DAY_MS, "00" * 32, 50, tuple(range(20)), MONTH.from_ms + 15 * DAY_MS, 1)


def judged(days: int, entries: Sequence[int] = DRAW.drawn) -> tuple[Verdict, ...]:
    """Return sign-offs, some days after the month began."""
    return tuple(Verdict(100 + one, MONTH.from_ms + days * DAY_MS, one, "u", escalated=False) for one in entries)


def reviews(verdicts: tuple[Verdict, ...], draw: Draw = DRAW) -> Section:
    scope = Scope(parse_canonical(COVENANT), load_catalogue(), MONTH)
    history = History((), (draw,), verdicts)
    report = accountability.build(scope, [numbers.count(Activity(), MONTH)], history, LATER_MS)
    (section,) = (one for one in report.sections if one.title == "Controle van het logboek")
    return section


@pytest.mark.parametrize(("drawn", "said"), [(999, False), (1_000, True)])
def test_a_sample_that_holds_no_more_says_that_it_may_be_less_than_the_covenants_share(
    drawn: int, *, said: bool
) -> None:
    draw = replace(DRAW, drawn=tuple(range(drawn)))
    assert ("hoogstens 1000 regels" in " ".join(reviews((), draw).paragraphs)) is said
    status = samples.warnings(History((), (draw,), ()), Plan(5, 5, 7, 14), DRAW.at_ms)
    assert ("hoogstens 1000 regels" in " ".join(status)) is said


def test_T10_a_report_of_one_partner_says_that_it_is_not_for_the_public_beside_the_one_of_all() -> None:
    def said(asker: str) -> str:
        scope = Scope(parse_canonical(COVENANT), load_catalogue(), MONTH, asker)
        report = accountability.build(scope, [numbers.count(Activity(), MONTH)], History(), LATER_MS)
        return " ".join(report.sections[-1].paragraphs)

    assert "niet openbaar" in said("politie-midden")
    assert "niet openbaar" not in said("")


def late(verdicts: tuple[Verdict, ...]) -> str:
    table = reviews(verdicts).table
    assert table is not None
    return dict(table.rows)["Te laat beoordeeld"]  # type: ignore[arg-type]


def test_R73_a_review_after_its_term_is_late_also_when_it_came_in_the_end() -> None:
    assert late(()) == "20"
    assert late(judged(300)) == "20"
    assert late((*judged(5, range(9)), *judged(300, range(9, 20)))) == "10"
    assert late((*judged(5, range(19)), *judged(300, [19]))) == "minder dan 10"
    assert late(judged(15)) == "geen"


def test_R73_the_reviews_are_plotted_the_late_ones_too() -> None:
    shown = {bar.label: (bar.value, bar.text) for bar in reviews(judged(300)).bars}
    assert shown["Te laat beoordeeld"] == (20, "20")
    assert shown["Akkoord"] == (20, "20")
    assert {bar.label: bar.text for bar in reviews(judged(5)).bars}["Te laat beoordeeld"] == "geen"
