"""`case`: the life of an own case, step by step; each step names what it records."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from samenloop.decisions.case import CaseEvent, Intake, Meeting, Plan, TriageDecision
from samenloop.decisions.contact import speakable
from samenloop.decisions.parse import parse
from samenloop.errors import InvalidInput
from samenloop.model import ParticipantId
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cases import contacts, life
from samenloop_node.cases.closing import close_case
from samenloop_node.cases.facts import own_case, read_parts, state_of
from samenloop_node.cases.life import Step
from samenloop_node.commands.arguments import codes, table_of, text, tick
from samenloop_node.commands.ask import hex_id
from samenloop_node.process import dumped, free_text
from samenloop_node.store import Transaction, cases, questions
from samenloop_node.store.cases import CaseFile

Action = Callable[[App, User, Mapping[str, object]], Awaitable[dict[str, object]]]


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action, case, ...}; return the case after it, or the lists that the action asks for."""
    del emit
    action = _ACTIONS.get(text(request, "action"))
    if action is None:
        raise InvalidInput("action", _("Kies een van: {known}.", known=", ".join(_ACTIONS)))
    return await action(app, user, request)


async def _report(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    await life.report(app, user, _case(request), codes(request, "target_group"), free_text(request))
    return await _show(app, user, request)


async def _accept(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    parts = replace(life.parts_of(app, user, _case(request)), target_group=codes(request, "target_group"))
    return await _taken(app, user, request, Step(_case(request), "accept", CaseEvent.ACCEPT, parts))


async def _intake(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    before = life.parts_of(app, user, _case(request))
    said = {**_kept(before.intake), **{name: one for name, one in table_of(request, "intake").items() if one}}
    parts = replace(before, intake=parse(Intake, said, "intake"))
    return await _taken(app, user, request, Step(_case(request), "intake", None, parts))


async def _triage(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    parts = life.parts_of(app, user, _case(request))
    return await _taken(app, user, request, Step(_case(request), "triage", CaseEvent.START_TRIAGE, parts))


async def _decide(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    triage = parse(TriageDecision, table_of(request, "triage"), "triage")
    parts = replace(life.parts_of(app, user, _case(request)), triage=triage)
    return await _taken(app, user, request, Step(_case(request), "decide", None, parts))


async def _meet(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    said = {**table_of(request, "meeting"), "invited_by": app.config.participant}
    parts = replace(life.parts_of(app, user, _case(request)), meeting=parse(Meeting, said, "meeting"))
    return await _taken(app, user, request, Step(_case(request), "meet", CaseEvent.MEET, parts))


async def _plan(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    plan = parse(Plan, table_of(request, "plan"), "plan")
    parts = replace(life.parts_of(app, user, _case(request)), plan=plan)
    event = CaseEvent.PLAN if plan.made else None
    return await _taken(app, user, request, Step(_case(request), "plan", event, parts))


async def _close(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    reported = await close_case(app, user, _case(request), text(request, "reason", ""))
    return {"case": _case(request), "closed": True, "reported": reported}


async def _reject(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    reported = await close_case(app, user, _case(request), "", reject=True)
    return {"case": _case(request), "closed": True, "reported": reported}


async def _contact(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    said = contacts.Outcome(
        question_id=hex_id(request.get("question"), "question"),
        holder=text(request, "holder", ""),
        outcome=text(request, "outcome"),
        useful=tick(request, "useful"),
    )
    reference = await contacts.record(app, user, said)
    notes = []
    if said.outcome == "verkeerde_persoon":
        notes.append(_("Een treffer over een ander is een datalek (R-71). Meld het aan de privacyfunctionaris."))
    return {"reference": reference, "outcome": said.outcome, "notes": notes}


async def _contradictions(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    del request
    return {"contradictions": await contacts.contradictions(app, user)}


async def _show(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    return await app.store.read(lambda db: _described(app, db, user, own_case(db, user, _case(request))))


async def _list(app: App, user: User, request: Mapping[str, object]) -> dict[str, object]:
    del request
    rows = await app.store.read(cases.listed)
    own = [row for row in rows if user.name in (row.reported_by, row.responsible)]
    return {
        "cases": [
            {
                "case": one.case_number,
                "state": one.state,
                "state_name": _(life.STATE_NAMES[state_of(one)]),
                "reported_on": one.reported_on,
            }
            for one in own
        ]
    }


_ACTIONS: Mapping[str, Action] = {
    "report": _report,
    "accept": _accept,
    "intake": _intake,
    "triage": _triage,
    "decide": _decide,
    "meet": _meet,
    "plan": _plan,
    "close": _close,
    "reject": _reject,
    "contact": _contact,
    "contradictions": _contradictions,
    "show": _show,
    "list": _list,
}


async def _taken(app: App, user: User, request: Mapping[str, object], step: Step) -> dict[str, object]:
    await life.take(app, user, replace(step, text=free_text(request)))
    return await _show(app, user, request)


def _kept(intake: Intake | None) -> dict[str, object]:
    """Return the fields that were recorded before: what is left out now stays as it was."""
    return dict(json.loads(dumped({"intake": intake}))["intake"]) if intake is not None else {}


def _described(app: App, db: Transaction, user: User, case: CaseFile) -> dict[str, object]:
    plan = read_parts(case.data).plan
    return {
        "case": case.case_number,
        "state": case.state,
        "state_name": _(life.STATE_NAMES[state_of(case)]),
        "plan": None if plan is None else {"made": plan.made, "made_on": plan.made_on and plan.made_on.isoformat()},
        "reported_on": case.reported_on,
        "closed_on": case.closed_on,
        "missing": list(life.missing_for_next(app, db, user, case)),
        "hits": _hits(db, case.case_number),
    }


def _hits(db: Transaction, case_number: str) -> list[dict[str, object]]:
    """Return what a case shows: per visible answer the reference to say on the phone and the last outcome."""
    found: list[dict[str, object]] = []
    for question in questions.questions_of(db, case_number):
        made = cases.contacts(db, question.question_id)
        for answer in questions.answers_of(db, question.question_id):
            if answer.visible and answer.state == "answered":
                outcomes = [one.outcome for one in made if one.holder == answer.holder]
                found.append(
                    {
                        "question": question.question_id.hex(),
                        "holder": answer.holder,
                        "reference": speakable(question.question_id, ParticipantId(answer.holder)),
                        "outcome": outcomes[-1] if outcomes else "",
                    }
                )
    return found


def _case(request: Mapping[str, object]) -> str:
    number = request.get("case")
    if not isinstance(number, str) or not number:
        raise InvalidInput("case", _("Geef het nummer van de casus."))
    return number
