"""The extract of the log for the person himself (R-65, NEN 7513 chapter 9): when, who, role, what, on what basis.

1. Organisations and roles, never the names of people who work there.
2. A hit is in it when somebody was shown it, and not otherwise (R-66): withheld, hidden and lapsed ones leave no trace.
3. A record or case about which informing is deferred is left out whole, as if it were not there.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from samenloop.audit import views
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.store import Search
from samenloop.clock import from_milliseconds
from samenloop.errors import InvalidInput
from samenloop.reports.accountability import ground_text, purpose_text
from samenloop.reports.model import Report, Row, Section, Table
from samenloop.texts import _
from samenloop.wire.ask import parse_part
from samenloop_node.app import App
from samenloop_node.requests import access, desk
from samenloop_node.requests.access import Scope
from samenloop_node.review.provisions import carried_out
from samenloop_node.review.reading import reading
from samenloop_node.store.inbox import StoredHit

_MOST = 10_000
_ZONE = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True, slots=True)
class _Line:
    at_ms: int
    role: str
    what: str
    party: str
    purpose: str = ""
    bases: tuple[str, ...] = ()


async def extract(app: App, number: str, cases: tuple[str, ...]) -> Report:
    """Return the extract for request `number` (an access request whose maker was identified) and own case numbers."""
    row, records = await app.store.read(lambda db: (desk.find(db, number), desk.records_of(db, number)))
    if row.kind != "inzage" or row.holder != app.config.participant:
        raise InvalidInput("request", _("Een uittreksel hoort bij een verzoek om inzage in eigen gegevens."))
    told = await app.store.read(lambda db: access.scope(db, records, cases))
    hits = await app.store.read(told.disclosed)
    found = await asyncio.to_thread(_entries, app, told, hits)
    lines = [*_shown_at_once(hits), *(line for entry in found for line in _lines(entry))]
    return _report(app, number, sorted(lines, key=lambda one: one.at_ms))


def _entries(app: App, told: Scope, hits: Iterable[StoredHit]) -> list[Entry]:
    """Return the entries of the own log about these cases, and about what was disclosed of these records."""
    disclosed = {hit.question_id.hex() for hit in hits}
    with reading(app) as reader:
        own = [
            entry
            for case in told.cases
            for _seq, entry in reader.newest(Search(case=app.references.case(case).hex()), _MOST, lambda _one: True)
        ]
        provisions = reader.newest(
            Search(event=Event.PROTOCOL.value), _MOST, lambda one: one.text("question") in disclosed
        )
    return [*reversed(own), *(entry for _seq, entry in carried_out(reversed(provisions)))]


def _shown_at_once(hits: Iterable[StoredHit]) -> list[_Line]:
    """Return a line per hit that was shown without a decision afterwards: the coordinator logged it, not this node."""
    lines = []
    for hit in hits:
        if hit.shown:
            part = parse_part(hit.part, "part")
            what = _("verstrekt dat de persoon bekend is")
            lines.append(_Line(hit.asked_ms, _("houder"), what, hit.asker, part.purpose, (part.give_basis,)))
    return lines


def _lines(entry: Entry) -> list[_Line]:
    shown: Mapping[str, Any] | None = views.subject(entry)
    if shown is None:
        return []
    at_ms = int(shown["end_ms"])
    if entry.event is Event.PROTOCOL:
        withdrawn = shown.get("action") == "take-back"
        what = _("verstrekking teruggenomen") if withdrawn else _("verstrekt dat de persoon bekend is")
        party = str(shown["receiver"])
        bases = (str(shown["basis"]),) if "basis" in shown else ()
        return [_Line(at_ms, _("houder"), what, party, str(shown.get("purpose", "")), bases)]
    what = _what(entry.event, str(shown.get("action", "")))
    rows = shown.get("holders") or [{"holder": shown.get("receiver", ""), "answer": "none"}]
    return [_about(at_ms, what, row) for row in rows]


def _about(at_ms: int, what: str, row: Mapping[str, str]) -> _Line:
    answer = {"known": _("bekend"), "no_message": _("geen bericht")}.get(row["answer"], "")
    said = f"{what}: {answer}" if answer else what
    bases = tuple(row[name] for name in ("give", "receive") if name in row)
    return _Line(at_ms, _("vrager"), said, row["holder"], row.get("purpose", ""), bases)


def _what(event: Event, action: str) -> str:
    if event is Event.CASE:
        return {
            "report": _("casus aangemeld"),
            "close": _("casus gesloten"),
            "reject": _("casus afgewezen"),
            "purged": _("gegevens van de casus gewist"),
            "question": _("gevraagd of de persoon bekend is"),
            "question-refused": _("vraag geweigerd"),
            "released": _("later antwoord"),
            "release-withdrawn": _("later antwoord teruggenomen"),
            "answer-lapsed": _("antwoord vervallen"),
        }.get(action) or _("stap in de casus: {step}", step=action)
    named = {
        Event.ANSWER: _("antwoord"),
        Event.CONTACT: _("contact met de houder"),
        Event.LETTER: _("brief gemaakt"),
        Event.NOTICE: _("informeren"),
        Event.CONSENT: _("toestemming"),
        Event.RIGHTS: _("verzoek over rechten"),
    }[event]
    return f"{named}: {action}" if action else named


def _report(app: App, number: str, lines: list[_Line]) -> Report:
    me = app.participant()
    columns = (_("Tijd"), _("Organisatie"), _("Rol"), _("Wat"), _("Bij of aan"), _("Doel"), _("Grondslag"))
    table = Table(_("Uittreksel"), columns, tuple(_row(app, me.display_name, line) for line in lines))
    text = _(
        "Dit is wat het logboek van {name} over u zegt, in volgorde van tijd: wanneer, welke organisatie, in welke "
        "rol, wat, en op welke grondslag.",
        name=me.display_name,
    )
    none = _("Het logboek zegt niets over u dat wij u mogen vertellen.")
    section = Section(_("Wat er is gebeurd"), (text,) if lines else (none,), table if lines else None)
    facts = ((_("Organisatie"), me.display_name), (_("Verzoek"), number))
    return Report(f"uittreksel-{me.id}-{number}", _("Uittreksel van het logboek voor de betrokkene"), facts, (section,))


def _row(app: App, organisation: str, line: _Line) -> Row:
    return (
        f"{from_milliseconds(line.at_ms).astimezone(_ZONE):%Y-%m-%d %H:%M}",
        organisation,
        line.role,
        line.what,
        app.name_of(line.party) or "-",
        purpose_text(app.catalogue, line.purpose) or "-",
        "; ".join(ground_text(app.catalogue, code) for code in line.bases) or "-",
    )
