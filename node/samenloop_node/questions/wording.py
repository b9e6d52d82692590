"""What the asker reads about one holder: "bekend bij X" with a contact, or "geen bericht", and nothing more (R-33).

"Geen bericht" is one text for no hit, a hidden hit, a withheld, overdue or suspended record (R-34).
"""

from dataclasses import dataclass

from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class HolderResult:
    """One line of an answer as it is shown.

    `other_case` is the asker's own knowledge from a case letter; `lapsed`: what was shown here was taken back.
    """

    holder: str
    display_name: str
    known: bool
    contact: str
    updated_until: str
    other_case: bool = False
    released: bool = False
    lapsed: bool = False


def sentence(result: HolderResult) -> str:
    """Return the Dutch line of one holder."""
    return f"{_said(result)} {_freshness(result)}"


def _said(result: HolderResult) -> str:
    if result.lapsed:
        return _("{name}: het eerdere antwoord geldt niet meer.", name=result.display_name)
    if not result.known:
        return _("{name}: geen bericht.", name=result.display_name)
    if result.other_case:
        known = _("bekend in een andere casus bij {name}.", name=result.display_name)
    else:
        known = _("bekend bij {name}.", name=result.display_name)
    return known[0].upper() + known[1:] + " " + _("Neem contact op met: {contact}.", contact=result.contact)


def _freshness(result: HolderResult) -> str:
    if not result.updated_until:
        return _("Register bijgewerkt tot: nog niet gemeld.")
    return _("Register bijgewerkt tot {date}.", date=result.updated_until)
