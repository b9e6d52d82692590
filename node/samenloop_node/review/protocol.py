"""The protocol extract (art. 20 Wpg, art. 32 Wpg): every provision by this holder, with who decided it and why.

Internal: it names own record ids, accounts and motives. A provision is a release, its taking back, or a hit that was
shown at once by law or by a decision beforehand.
"""

import asyncio
from collections.abc import Sequence

from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.clock import from_milliseconds, milliseconds
from samenloop.reports.accountability import ground_text, purpose_text
from samenloop.reports.model import Report, Row, Section, Table, numbered
from samenloop.reports.periods import Period
from samenloop.texts import _
from samenloop.wire.ask import parse_part
from samenloop_node.app import App
from samenloop_node.review.naming import Names, names, note
from samenloop_node.review.provisions import REFUSED, carried_out
from samenloop_node.review.reading import reading
from samenloop_node.store import Transaction, past
from samenloop_node.store.inbox import StoredHit
from samenloop_node.store.past import HeldDecision

COLUMNS = (
    *("nr", "tijd", "soort", "ontvanger", "doel", "grondslag", "registratie", "vraag", "besluit", "door"),
    "motivering",
)
"""Fixed names of the columns, for other systems. Codes stand in brackets behind their words. The number keeps apart the
rows of one second.
"""


async def extract(app: App, period: Period) -> Report:
    """Return the extract of a period as a report of one table, oldest first."""
    entries = await asyncio.to_thread(_entries, app, period)
    rows = await app.store.read(lambda db: _rows(app, db, entries, period))
    covenant, me = app.covenant(), app.participant()
    decisions = [one.reference for one in covenant.wpg20 if one.holder == me.id]
    facts = (
        (_("Deelnemer"), me.display_name),
        (_("Periode"), period.name),
        (_("Besluit artikel 20 Wpg"), ", ".join(decisions) or _("geen")),
        (_("Verstrekt"), _("alleen dat een persoon bekend is, met een contactpersoon")),
    )
    text = _(
        "Aantal verstrekkingen: {count}. Dit stuk noemt eigen nummers en namen van medewerkers: houd het intern.",
        count=len(rows),
    )
    section = Section(_("Verstrekkingen"), (text,), Table(_("Protocol"), COLUMNS, numbered(rows)))
    return Report(f"protocol-{me.id}-{period.name}", _("Protocol van verstrekkingen"), facts, (section,))


def _entries(app: App, period: Period) -> list[tuple[int, Entry]]:
    """Return the provisions of a period; whether one was refused may stand in the log after its end."""
    now = milliseconds(app.clock.now()) + 1
    with reading(app) as reader:
        found = reader.between(period.from_ms, max(period.until_ms, now))
        said = ((seq, one) for seq, one in found if one.event is Event.PROTOCOL and one.text("status") != "refused")
        return [(seq, one) for seq, one in carried_out(said) if one.integer("end_ms") < period.until_ms]


def _rows(app: App, db: Transaction, found: list[tuple[int, Entry]], period: Period) -> list[Row]:
    known = names(app, db)
    decided = [_decided(app, db, known, entry) for _seq, entry in found]
    shown = [
        _shown(app, db, known, hit)
        for hit in past.hits(db)
        if hit.shown and period.from_ms <= hit.asked_ms < period.until_ms
    ]
    return sorted([*decided, *shown])


def _decided(app: App, db: Transaction, known: Names, entry: Entry) -> Row:
    question = entry.text("question")
    written = note(app, db, entry)
    beforehand = _beforehand(db, entry)
    decision = written.get("wpg20_decision") or written.get("protocol_entry") or (beforehand and beforehand.number)
    return (
        _when(entry.integer("end_ms")),
        _kind(entry.text("action")),
        _party(app, entry.text("receiver")),
        _purpose(app, entry.text("purpose")),
        _ground(app, entry.text("basis")),
        _about(db, entry, beforehand) or "-",
        question or "-",
        str(decision or "-"),
        known.user(entry.text("user")) or "-",
        str(written.get("motive", "")) or "-",
    )


def _beforehand(db: Transaction, entry: Entry) -> HeldDecision | None:
    reference = entry.text("decision")
    return past.find_decision(db, bytes.fromhex(reference)) if reference else None


def _about(db: Transaction, entry: Entry, beforehand: HeldDecision | None) -> str:
    question = entry.text("question")
    if question:
        hit = past.find_hit(db, bytes.fromhex(question))
        return _records(db, hit.registrations if hit else ())
    return _records(db, (beforehand.registration_id,)) if beforehand else entry.text("register")


def _shown(app: App, db: Transaction, known: Names, hit: StoredHit) -> Row:
    part = parse_part(hit.part, "part")
    decisions = past.decisions_at(db, hit)
    return (
        _when(hit.asked_ms),
        _kind("shown-beforehand" if decisions else "shown"),
        _party(app, hit.asker),
        _purpose(app, part.purpose),
        _ground(app, part.give_basis),
        _records(db, hit.registrations) or "-",
        hit.question_id.hex(),
        ", ".join(dict.fromkeys(one.number for one in decisions)) or "-",
        ", ".join(dict.fromkeys(known.user(one.decided_by) for one in decisions)) or "-",
        "-",
    )


def _kind(code: str) -> str:
    words = {
        "release": _("vrijgegeven"),
        "take-back": _("vrijgave teruggenomen"),
        REFUSED: _("eerdere vrijgave geweigerd: niets verstrekt"),
        "beforehand": _("vooraf besloten"),
        "beforehand-withdrawn": _("besluit vooraf teruggenomen"),
        "shown": _("meteen getoond"),
        "shown-beforehand": _("meteen getoond door een besluit vooraf"),
    }
    return _coded(words.get(code, ""), code)


def _party(app: App, code: str) -> str:
    row = app.agreement.ever_in(code)
    return _coded(row.display_name if row else "", code)


def _purpose(app: App, code: str) -> str:
    return _coded(purpose_text(app.catalogue, code), code)


def _ground(app: App, code: str) -> str:
    return _coded(ground_text(app.catalogue, code), code)


def _coded(words: str, code: str) -> str:
    return f"{words} ({code})" if words not in ("", code) else code or "-"


def _records(db: Transaction, ids: Sequence[bytes]) -> str:
    return ", ".join(found for one in ids if (found := past.record_of(db, one)))


def _when(at_ms: int) -> str:
    return f"{from_milliseconds(at_ms):%Y-%m-%dT%H:%M:%SZ}"
