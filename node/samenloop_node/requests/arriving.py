"""Letters about requests: another desk passes one on to us, or the controller tells what came of ours."""

from dataclasses import replace
from datetime import date

from samenloop.audit.fields import Event
from samenloop.decisions.request import answer_before
from samenloop_node.app import App
from samenloop_node.letters import RightsAnswer, RightsRequest
from samenloop_node.process import log, today
from samenloop_node.store import Transaction, requests
from samenloop_node.store.requests import StoredRequest


def take(app: App, db: Transaction, letter: RightsRequest | RightsAnswer) -> None:
    """Store what a letter says; what came before, or does not fit, changes nothing but is an alarm."""
    if isinstance(letter, RightsRequest):
        known = app.catalogue.usable("request_kinds", letter.kind)
        if known and requests.add(db, _received(app, letter)):
            public = {"action": "received", "request": letter.number, "receiver": letter.desk}
            log(app, db, None, Event.RIGHTS, public)
            return
        if requests.find(db, letter.number) is not None:
            return
    elif _answered(app, db, letter):
        return
    app.ownlog.append(db, Event.ALARM, {"reason": "mail-refused", "rule": "unknown-request"})


def _received(app: App, letter: RightsRequest) -> StoredRequest:
    day = min(date.fromisoformat(letter.received_on), today(app))
    return StoredRequest(
        number=letter.number,
        kind=letter.kind,
        state="received",
        received_on=day.isoformat(),
        answer_before=answer_before(app.catalogue, day).isoformat(),
        desk=letter.desk,
        holder=app.config.participant,
        objection_basis=letter.objection_basis,
        outcome="",
        answered_on="",
    )


def _answered(app: App, db: Transaction, letter: RightsAnswer) -> bool:
    row = requests.find(db, letter.number)
    if row is None or row.holder != letter.holder or row.desk != app.config.participant:
        return False
    if row.state != "answered" and app.catalogue.usable("request_outcomes", letter.outcome):
        day = today(app).isoformat()
        requests.change(db, replace(row, state="answered", outcome=letter.outcome, answered_on=day))
        public = {"action": "answered", "request": row.number, "receiver": row.holder, "status": letter.outcome}
        log(app, db, None, Event.RIGHTS, public)
    return True
