"""The steps of a notice: given, deferred, due again. Each through the guards of `samenloop.decisions.notice`."""

import json
from dataclasses import dataclass, replace
from datetime import date

from samenloop.audit.fields import Event
from samenloop.decisions.notice import NOTICE, NoticeEvent, NoticeInput, NoticeState, latest_review
from samenloop.decisions.parse import parse_notice
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.texts import _
from samenloop_node import telling
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.notices.making import add_for_hits, controller_kind
from samenloop_node.process import keep_text, log, refusals_logged, today
from samenloop_node.question_letters import DEFERRED, INFORMED
from samenloop_node.store import Transaction, cases, notices, registrations
from samenloop_node.store.notices import StoredNotice

_EVENTS = {"give": NoticeEvent.GIVE, "defer": NoticeEvent.DEFER, "resume": NoticeEvent.COME_DUE}


@dataclass(frozen=True, slots=True)
class Act:
    """One step of one notice: `give`, `defer` or `resume` (the ground is gone), what was filled in, a checked text."""

    number: int
    action: str
    said: dict[str, object]
    text: str = ""


async def step(app: App, user: User, act: Act) -> StoredNotice:
    """Take a step and return the notice after it. Raises Refused (R-61..R-64) with all that is missing."""
    async with refusals_logged(app, user, Event.NOTICE, {"action": act.action}):
        return await app.store.write(lambda db: _step(app, db, user, act))


async def due(app: App, user: User) -> list[dict[str, object]]:
    """Return what is due or deferred, the most urgent first; reviews that are due come back as due."""
    await app.store.write(lambda db: come_due(app, db))
    return await app.store.read(lambda db: [describe(app, db, user, row) for row in notices.unsettled(db)])


def come_due(app: App, db: Transaction) -> int:
    """Make notices due whose review day has come, and those of hits that were shown; returns how many."""
    count, day = add_for_hits(app, db), today(app)
    for row in notices.unsettled(db):
        if row.state == "deferred" and date.fromisoformat(row.review_on) <= day:
            _store(app, db, None, row, NoticeState.DUE, "review")
            count += 1
    return count


def describe(app: App, db: Transaction, user: User, row: StoredNotice) -> dict[str, object]:
    """Return a notice as JSON: a case number is shown to who reported the case, a record id to everybody here."""
    case, own = cases.find(db, row.case_number), registrations.by_id(db, row.registration_id)
    visible = case is not None and user.name in (case.reported_by, case.responsible)
    return {
        "notice": row.id,
        "state": row.state,
        "case": row.case_number if visible else "",
        "record": f"{own.register}/{own.record_id}" if own else "",
        "recorded_on": row.recorded_on,
        "due_on": row.due_on,
        "review_on": row.review_on,
        "overdue": (row.review_on if row.state == "deferred" else row.due_on) < today(app).isoformat(),
        "latest_review": latest_review(app.catalogue, _input(app, row, {})).isoformat(),
        "informer": str(json.loads(row.data).get("informer") or ""),
    }


def _step(app: App, db: Transaction, user: User, act: Act) -> StoredNotice:
    row = notices.find(db, act.number)
    if row is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Er is geen bericht met dit nummer. Kijk met: samenloop-node notice list.")
        )
    _only_own(db, user, row)
    given = _input(app, row, act.said)
    state = NOTICE.step(app.catalogue, NoticeState(row.state), _EVENTS[act.action], given)
    if state is NoticeState.DEFERRED and given.review_on is not None:
        row = replace(row, review_on=given.review_on.isoformat(), deferred_before=True)
    row = replace(row, data=json.dumps(act.said, sort_keys=True))
    stored = _store(app, db, user, row, state, act.action, keep_text(app, db, act.text))
    if row.case_number and state is not NoticeState.DUE:
        telling.case(app, db, row.case_number, DEFERRED if state is NoticeState.DEFERRED else INFORMED)
    return stored


def _only_own(db: Transaction, user: User, row: StoredNotice) -> None:
    case = cases.find(db, row.case_number) if row.case_number else None
    if case is not None and user.name not in (case.reported_by, case.responsible):
        raise Refused("R-35", _("Alleen de partner die de casus meldde, kan dit doen."), ("R-35 own_case",))


def _input(app: App, row: StoredNotice, said: dict[str, object]) -> NoticeInput:
    return parse_notice(
        {
            **said,
            "controller_kind": controller_kind(app),
            "recorded_on": row.recorded_on,
            "today": today(app).isoformat(),
            "deferred_before": row.deferred_before,
            **({"review_on": row.review_on} if row.state == "deferred" and "review_on" not in said else {}),
        }
    )


def _store(
    app: App,
    db: Transaction,
    user: User | None,
    row: StoredNotice,
    state: NoticeState,
    action: str,
    extra: dict[str, str] | None = None,
) -> StoredNotice:
    changed = replace(row, state=state.value)
    if state is NoticeState.DUE:
        changed = replace(changed, due_on=today(app).isoformat(), review_on="")
    notices.change(db, changed)
    case = {"case": app.references.case(row.case_number).hex()} if row.case_number else {}
    public = {"action": action, "status": state.value, "day": today(app).isoformat(), **case, **(extra or {})}
    log(app, db, user, Event.NOTICE, public)
    return changed
