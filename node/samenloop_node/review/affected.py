"""Whom a breach is about: whose tokens were here at the time, also when they were changed or withdrawn since (R-71).

One withdraws first and reports then. So what counts is what was here, never what is here now.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.clock import from_milliseconds, milliseconds
from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.app import App
from samenloop_node.review.breach import Breach, Kind, Known, Question, Touched
from samenloop_node.review.naming import Names, names
from samenloop_node.review.reading import reading
from samenloop_node.store import Transaction, past
from samenloop_node.store.past import Spell


async def known(app: App, breach: Breach) -> Known:
    """Return what this node knows; raises InvalidInput for a question or account that it does not know."""
    entries = await asyncio.to_thread(_entries, app, breach)
    return await app.store.read(lambda db: _known(app, db, breach, entries))


def _entries(app: App, breach: Breach) -> list[Entry]:
    with reading(app) as reader:
        return [one for _seq, one in reader.between(milliseconds(breach.since), milliseconds(breach.until) + 1)]


def _known(app: App, db: Transaction, breach: Breach, entries: list[Entry]) -> Known:
    people = names(app, db)
    acts = [one for one in entries if one.text("user")]
    if breach.account:
        account = app.references.user(breach.account).hex()
        acts = [one for one in acts if one.text("user") == account]
        if not acts and account not in people.users:
            raise InvalidInput(
                "account",
                _(
                    "Account {name} is hier niet bekend. Neem een naam uit het autorisatiedocument.",
                    name=breach.account,
                ),
            )
    users = Counter(people.user(one.text("user")) for one in acts)
    return Known(_registrations(db, breach, acts), tuple(users.most_common()), tuple(_questions(people, acts)))


def _questions(people: Names, acts: Iterable[Entry]) -> Iterable[Question]:
    for one in acts:
        if one.event is Event.CASE and one.text("action") == "question":
            at, case = from_milliseconds(one.integer("end_ms")), people.case(one.text("case"))
            yield Question(at, people.user(one.text("user")), case, one.text("question"))


def _registrations(db: Transaction, breach: Breach, acts: Iterable[Entry]) -> tuple[Touched, ...]:
    found = [one for one in past.spells(db) if breach.register in ("", one.register)]
    if breach.question:
        hit = past.find_hit(db, bytes.fromhex(breach.question))
        if hit is None:
            raise InvalidInput(
                "question",
                _("Over deze vraag heeft deze node geen treffer. Neem het nummer over uit de inbox of het protocol."),
            )
        return _of(found, hit.registrations)
    if breach.kind is Kind.ACCOUNT_MISUSED:
        questions = {one.text("question") for one in acts if one.text("question")}
        hits = [past.find_hit(db, bytes.fromhex(one)) for one in sorted(questions)]
        return _of(found, [identity for hit in hits if hit for identity in hit.registrations])
    return _listed(one for one in found if _was_here(one, breach))


def _was_here(one: Spell, breach: Breach) -> bool:
    """Tell whether a registration was here at the time; the file of a node also names those that went before."""
    went = one.until_ms is not None and one.until_ms < milliseconds(breach.since)
    return one.since_ms <= milliseconds(breach.until) and (not went or breach.kind is Kind.NODE_STOLEN)


def _of(found: list[Spell], ids: Iterable[bytes]) -> tuple[Touched, ...]:
    """Return these registrations; one that went before this node kept that is named by its registration id."""
    wanted, there = set(ids), {one.registration_id for one in found}
    lost = tuple(Touched("-", identity.hex(), ()) for identity in sorted(wanted - there))
    return (*_listed(one for one in found if one.registration_id in wanted), *lost)


def _listed(found: Iterable[Spell]) -> tuple[Touched, ...]:
    rows: dict[tuple[str, str], list[Spell]] = {}
    for one in found:
        rows.setdefault((one.register, one.record_id), []).append(one)
    return tuple(_touched(register, record, rows[register, record]) for register, record in sorted(rows))


def _touched(register: str, record_id: str, spells: list[Spell]) -> Touched:
    epochs = {epoch for one in spells for epoch in one.epochs}
    ends = [one.until_ms for one in spells if one.withdrawn and one.until_ms is not None]
    gone = from_milliseconds(max(ends)) if ends and all(one.until_ms is not None for one in spells) else None
    return Touched(register, record_id, tuple(sorted(epochs)), gone)
