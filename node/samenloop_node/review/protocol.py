"""The protocol extract (art. 20 Wpg, art. 32 Wpg): every provision by this holder, with who decided it and why.

Internal: it names own record ids, accounts and motives. A provision is a release, its taking back, or a hit that was
shown at once by law or by a decision beforehand.
"""

import asyncio

from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.clock import from_milliseconds
from samenloop.reports.model import Report, Row, Section, Table
from samenloop.reports.periods import Period
from samenloop.texts import _
from samenloop.wire.ask import parse_part
from samenloop_node.app import App
from samenloop_node.review.naming import Names, names, note
from samenloop_node.review.reading import reading
from samenloop_node.store import Transaction, inbox, registrations
from samenloop_node.store.inbox import StoredHit

COLUMNS = ("tijd", "soort", "ontvanger", "doel", "grondslag", "registratie", "vraag", "besluit", "door", "motief")
"""Fixed names of the columns, for other systems."""


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
    section = Section(_("Verstrekkingen"), (text,), Table(_("Protocol"), COLUMNS, tuple(rows)))
    return Report(f"protocol-{me.id}-{period.name}", _("Protocol van verstrekkingen"), facts, (section,))


def _entries(app: App, period: Period) -> list[tuple[int, Entry]]:
    with reading(app) as reader:
        found = reader.between(period.from_ms, period.until_ms)
        return [(seq, one) for seq, one in found if one.event is Event.PROTOCOL and one.text("status") != "refused"]


def _rows(app: App, db: Transaction, found: list[tuple[int, Entry]], period: Period) -> list[Row]:
    known = names(app, db)
    decided = [_decided(app, db, known, entry) for _seq, entry in found]
    shown = [
        _shown(db, hit) for hit in inbox.list_hits(db) if hit.shown and period.from_ms <= hit.asked_ms < period.until_ms
    ]
    return sorted([*decided, *shown])


def _decided(app: App, db: Transaction, known: Names, entry: Entry) -> Row:
    question = entry.text("question")
    written = note(app, db, entry)
    decision = written.get("wpg20_decision") or written.get("protocol_entry") or "-"
    return (
        _when(entry.integer("end_ms")),
        entry.text("action"),
        entry.text("receiver"),
        entry.text("purpose") or "-",
        entry.text("basis") or "-",
        _records(db, inbox.find_hit(db, bytes.fromhex(question))) if question else entry.text("register") or "-",
        question or "-",
        str(decision),
        known.user(entry.text("user")),
        str(written.get("motive", "")) or "-",
    )


def _shown(db: Transaction, hit: StoredHit) -> Row:
    part = parse_part(hit.part, "part")
    fixed = (_when(hit.asked_ms), "shown", hit.asker, part.purpose, part.give_basis)
    return (*fixed, _records(db, hit), hit.question_id.hex(), "-", "-", "-")


def _records(db: Transaction, hit: StoredHit | None) -> str:
    rows = [registrations.by_id(db, one) for one in hit.registrations] if hit else []
    return ", ".join(f"{row.register}/{row.record_id}" for row in rows if row is not None) or "-"


def _when(at_ms: int) -> str:
    return f"{from_milliseconds(at_ms):%Y-%m-%dT%H:%M:%SZ}"
