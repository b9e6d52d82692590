"""When a record stops answering and when things are purged (R-18, R-69, R-70); a covenant may only shorten terms."""

from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.modes import RecordFacts
from samenloop.decisions.terms import ends_on, months_later
from samenloop.errors import Refused
from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is kept: the id of its term, and the day that started the term (None: it has not started)."""

    term: str
    started_on: date | None


def term_of(catalogue: Catalogue, kind: str) -> str:
    """Return the term id of a register kind. Raises Refused (R-69): a record without a term may not be kept."""
    register = catalogue.registers.get(kind)
    if register is None:
        raise Refused("R-69", _("Voor dit soort register is geen bewaartermijn bekend."), ("R-69 term",))
    return register.retention


def last_day(catalogue: Catalogue, kept: Kept, covenant_months: int) -> date | None:
    """Return the last day that something may be kept; None while its term has not started.

    `covenant_months` is the longest that the covenant allows; the earlier day counts. Raises Refused (R-69).
    """
    term = catalogue.terms.get(kept.term)
    if term is None:
        raise Refused("R-69", _("Deze bewaartermijn staat niet in de catalogus."), ("R-69 term",))
    if kept.started_on is None:
        return None
    return min(ends_on(term, kept.started_on), months_later(kept.started_on, covenant_months))


def purge_due(catalogue: Catalogue, kept: Kept, covenant_months: int, today: date) -> bool:
    """Tell whether something must be purged today: its last day has passed (R-69)."""
    last = last_day(catalogue, kept, covenant_months)
    return last is not None and last < today


def review_overdue(facts: RecordFacts, today: date) -> bool:
    """Tell whether a record is overdue for review, so that it does not answer (R-18)."""
    return facts.review_date < today
