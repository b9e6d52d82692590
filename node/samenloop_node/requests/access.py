"""What an access reply says (R-65): what is registered here, who was shown it, whom we asked. Nothing else (R-66).

1. A hit that is hidden, here or at another holder, is not in it: a question of ours names all asked holders alike.
2. Who asked about a record of ours is named when he was shown it, or when his node told that the person was informed;
   never while his node says that informing is deferred. So the reply tells of no deferred notice of another.
3. A record or case about which informing is deferred is left out whole, as if it were not there.
"""

import json
from dataclasses import dataclass

from samenloop.clock import from_milliseconds
from samenloop.decisions.request import Revealing
from samenloop.model import RegisterId
from samenloop.wire.ask import parse_part
from samenloop_node.app import App
from samenloop_node.notices.making import deferred
from samenloop_node.store import Transaction, inbox, notices, questions, told
from samenloop_node.store.inbox import StoredHit
from samenloop_node.store.registrations import Registration


@dataclass(frozen=True, slots=True)
class Held:
    """One registration: its register and what is kept of it, to whom it was shown, and who asked about it."""

    register: str
    kind: str
    record_id: str
    facts: dict[str, object]
    shown_to: tuple[dict[str, str], ...]
    asked_by: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of ours about the person: day, holders that were asked, holders that said they know him."""

    case: str
    day: str
    holders: tuple[str, ...]
    known_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """A hit behind the reply: listed as shown or as asked, whether it was shown, what its asker said of informing."""

    as_shown: bool
    disclosed: bool
    informing: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole reply. `behind` are the hits behind it, so that a check can be made of what it reveals."""

    held: tuple[Held, ...]
    asked: tuple[Asked, ...]
    behind: tuple[Behind, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be told of: records and own cases about which informing is not deferred."""

    rows: tuple[Registration, ...]
    cases: tuple[str, ...]

    def disclosed(self, db: Transaction) -> list[StoredHit]:
        """Return the hits on these records that somebody was shown, unless he deferred informing (R-66)."""
        own = {row.registration_id for row in self.rows}
        return [hit for hit in inbox.disclosed_hits(db) if own & {*hit.registrations} and not _kept_back(db, hit)]

    def asked(self, db: Transaction) -> list[StoredHit]:
        """Return the hits on these records of whose asker the person may know: he was shown it, or told the person."""
        own = {row.registration_id for row in self.rows}
        hits = [hit for hit in inbox.list_hits(db) if own & {*hit.registrations} and not _kept_back(db, hit)]
        return [hit for hit in hits if hit.disclosed or told.informing(db, hit.question_id) == told.INFORMED]


def scope(db: Transaction, rows: list[Registration], cases: tuple[str, ...]) -> Scope:
    """Return what may be told of, of the records and own cases of a person."""
    return Scope(
        tuple(row for row in rows if not deferred(db, row.registration_id)),
        tuple(case for case in cases if all(one.state != "deferred" for one in notices.of_case(db, case))),
    )


def report(app: App, db: Transaction, rows: list[Registration], cases: tuple[str, ...]) -> Report:
    """Return what may be told. `cases` are own case numbers of the person, as the own system has them."""
    tellable = scope(db, rows, cases)
    shown, asked = tellable.disclosed(db), tellable.asked(db)
    behind = [(hit, True) for hit in shown] + [(hit, False) for hit in asked]
    return Report(
        held=tuple(_held(app, row, shown, asked) for row in tellable.rows),
        asked=tuple(one for case in tellable.cases for one in _asked(app, db, case)),
        behind=tuple(Behind(as_, hit.disclosed, told.informing(db, hit.question_id)) for hit, as_ in behind),
        left_out=len(rows) - len(tellable.rows) + len(cases) - len(tellable.cases),
    )


def revealed(reply: Report) -> frozenset[Revealing]:
    """Return what the reply holds that it may not hold; empty unless this module is wrong (R-66)."""
    found = set()
    for one in reply.behind:
        if not one.disclosed and (one.as_shown or one.informing != told.INFORMED):
            found.add(Revealing.HIDDEN_HIT)
        if one.informing == told.DEFERRED:
            found.add(Revealing.DEFERRED_NOTICE)
    return frozenset(found)


def _kept_back(db: Transaction, hit: StoredHit) -> bool:
    """Tell whether the asker of a hit has deferred informing the person: then the reply does not name him (R-66)."""
    return told.informing(db, hit.question_id) == told.DEFERRED


def _held(app: App, row: Registration, hits: list[StoredHit], asked: list[StoredHit]) -> Held:
    shown = [
        {
            "partner": app.name_of(hit.asker),
            "day": from_milliseconds(hit.decided_ms or hit.asked_ms).date().isoformat(),
            "purpose": parse_part(hit.part, "part").purpose,
        }
        for hit in hits
        if row.registration_id in hit.registrations
    ]
    kind = app.participant().register(RegisterId(row.register)).kind
    facts = json.loads(row.facts) if row.facts else {}
    by = [
        {"partner": app.name_of(hit.asker), "day": from_milliseconds(hit.asked_ms).date().isoformat()}
        for hit in asked
        if row.registration_id in hit.registrations
    ]
    return Held(row.register, kind, row.record_id, facts, tuple(shown), tuple(by))


def _asked(app: App, db: Transaction, case: str) -> list[Asked]:
    found = []
    for stored in questions.questions_of(db, case):
        answers = questions.answers_of(db, stored.question_id)
        found.append(
            Asked(
                case=case,
                day=from_milliseconds(stored.sent_ms).date().isoformat(),
                holders=tuple(app.name_of(holder) for holder in stored.holders),
                known_at=tuple(app.name_of(one.holder) for one in answers if one.visible and one.state == "answered"),
            )
        )
    return found
