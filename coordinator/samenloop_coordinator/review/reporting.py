"""The coordinator's reports: accountability over a period, and the page for the council."""

from samenloop.catalogue import Catalogue
from samenloop.reports import accountability, council, numbers, periods
from samenloop.reports.accountability import Scope
from samenloop.reports.model import Report
from samenloop_coordinator.review.reading import Reading


def accountability_report(log: Reading, law: Catalogue, name: str, now_ms: int) -> Report:
    """Return the report of an ended month or year; raises InvalidInput for one that is not over or partly purged."""
    period = periods.ended(name, now_ms)
    found = log.in_period(period)
    months = [numbers.count(found, month) for month in log.reader.months(period)]
    scope = Scope(log.covenant, law, period)
    return accountability.build(scope, months, log.rounds.history(), now_ms)


def council_page(log: Reading, law: Catalogue) -> Report:
    """Return the page for the council, from the covenant in force."""
    return council.build(log.covenant, law)
