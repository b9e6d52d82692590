"""What the commands of cases print."""

from collections.abc import Iterator, Mapping
from typing import Any

from samenloop.texts import _


def case_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield how a case stands, its hits, and what is still needed."""
    yield _("Casus {case}: {state}", case=result["case"], state=result["state_name"])
    if result["plan"] is not None:
        made = result["plan"]["made"]
        yield _("Plan gemaakt op {day}", day=result["plan"]["made_on"]) if made else _("Er is geen plan gemaakt.")
    for hit in result["hits"]:
        yield _("Treffer {reference} bij {holder}: {outcome}", **{**hit, "outcome": hit["outcome"] or "-"})
    for text in result["missing"]:
        yield _("Nog nodig: {text}", text=text)


def contact_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was recorded of a talk."""
    yield _("Vastgelegd bij treffer {reference}: {outcome}", **result)
    yield from result["notes"]


def contradiction_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield hits with contradicting outcomes (R-36)."""
    for one in result["contradictions"]:
        said = ", ".join(f"{row['day']} {row['outcome']} ({row['said_by']})" for row in one["outcomes"])
        line = _("Treffer {reference} bij {holder}: {said}", **one, said=said)
        yield line + " " + _("(opgehelderd)") if one["settled"] else line
    if not result["contradictions"]:
        yield _("Er zijn geen tegenstrijdige uitkomsten.")


def list_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per own case."""
    for one in result["cases"]:
        yield f"{one['case']}  {one['reported_on']}  {one['state_name']}"
    if not result["cases"]:
        yield _("U hebt geen casussen.")


def closed_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said of a case that was closed."""
    yield _("Casus {case} is gesloten; de antwoorden zijn gewist.", case=result["case"])
    if not result["reported"]:
        yield _("De coördinator hoort het zodra hij bereikbaar is.")
