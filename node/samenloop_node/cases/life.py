"""The steps of a case: each through the guards of `samenloop.decisions.case`, with its line in the own log."""

from dataclasses import dataclass, replace

from samenloop.audit.fields import Event
from samenloop.decisions.case import CASE, CaseEvent
from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.explain import spelled_out
from samenloop.decisions.guards import failing
from samenloop.errors import InvalidInput, Refused
from samenloop.texts import N_, _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cases.facts import Parts, case_input, new_case_input, own_case, read_parts, state_of
from samenloop_node.identity.bsn import refuse_bsn
from samenloop_node.notices.making import notice_of_case
from samenloop_node.process import keep_text, log, refusals_logged, today
from samenloop_node.questions.draft import MAX_CASE
from samenloop_node.store import Transaction, cases, notices
from samenloop_node.store.cases import CaseFile


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes after a state: the event, and the command that a case worker gives for it."""

    event: CaseEvent
    command: str


NEXT = {
    CaseState.REPORTED: NextStep(CaseEvent.ACCEPT, "case accept"),
    CaseState.INTAKE: NextStep(CaseEvent.START_TRIAGE, "case triage"),
    CaseState.TRIAGE: NextStep(CaseEvent.MEET, "case meet"),
    CaseState.MEETING: NextStep(CaseEvent.PLAN, "case plan"),
    CaseState.PLAN: NextStep(CaseEvent.CLOSE, "case close"),
}
STATE_NAMES = {
    CaseState.REPORTED: N_("aangemeld"),
    CaseState.INTAKE: N_("intake"),
    CaseState.TRIAGE: N_("triage"),
    CaseState.MEETING: N_("overleg"),
    CaseState.PLAN: N_("plan"),
    CaseState.CLOSED: N_("gesloten"),
    CaseState.REJECTED: N_("afgewezen"),
    CaseState.PURGED: N_("gewist"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case: what happens (None: something is written down only), the parts with it, a checked text."""

    case: str
    action: str
    event: CaseEvent | None
    parts: Parts
    text: str = ""


def opened(app: App, user: User, case_number: str, target_group: tuple[str, ...]) -> CaseFile:
    """Return a new case in intake; raises Refused (R-01, R-20, R-22). Nothing is stored yet."""
    parts = Parts(target_group=target_group)
    state = CASE.step(app.catalogue, CaseState.REPORTED, CaseEvent.ACCEPT, new_case_input(app, user, parts))
    return _new(app, user, case_number, state, parts)


def store_new(app: App, db: Transaction, user: User, case: CaseFile, text: str = "") -> None:
    """Store a new case with the notice that is due from then on (R-61), and its line in the own log."""
    cases.add(db, case)
    notices.add(db, notice_of_case(app, case.case_number))
    public = {"case": app.references.case(case.case_number).hex(), "action": "report", "status": case.state}
    log(app, db, user, Event.CASE, {**public, **keep_text(app, db, text)})


def open_case(app: App, db: Transaction, user: User, case: CaseFile) -> None:
    """Store a case that a question opens; one that is there already stays as it is."""
    if cases.find(db, case.case_number) is None:
        store_new(app, db, user, case)


async def report(app: App, user: User, case_number: str, target_group: tuple[str, ...], text: str) -> CaseState:
    """Report a case; with a target group test that is positive it goes into intake at once (R-20, R-22)."""
    _check_number(case_number)
    async with refusals_logged(app, user, Event.CASE, _public(app, case_number, "report")):
        _refuse_network(app)
        case = _new(app, user, case_number, CaseState.REPORTED, Parts())
        if target_group:
            case = opened(app, user, case_number, target_group)

        def work(db: Transaction) -> None:
            if cases.find(db, case_number) is not None:
                raise InvalidInput("case", _("Deze casus is hier al gemeld."))
            store_new(app, db, user, case, text)

        await app.store.write(work)
    return CaseState(case.state)


async def take(app: App, user: User, step: Step) -> CaseState:
    """Take one step and return the state after it. Raises Refused with all that is missing; then nothing changed."""
    async with refusals_logged(app, user, Event.CASE, _public(app, step.case, step.action)):
        return await app.store.write(lambda db: take_in(app, db, user, step))


def parts_of(app: App, user: User, case_number: str) -> Parts:
    """Return the parts of an own case; raises SamenloopError(NOT_FOUND)."""
    return read_parts(app.store.read_now(lambda db: own_case(db, user, case_number)).data)


def missing_for_next(app: App, db: Transaction, user: User, case: CaseFile) -> tuple[str, ...]:
    """Return in sentences what is still missing for the next step of a case."""
    step = NEXT.get(state_of(case))
    transition = CASE.find(state_of(case), step.event) if step and step.event is not CaseEvent.CLOSE else None
    if transition is None:
        return ()
    given = case_input(app, db, user, case.case_number, read_parts(case.data))
    return spelled_out(app.catalogue, map(str, failing(app.catalogue, transition.guards, given)))


def take_in(app: App, db: Transaction, user: User, step: Step) -> CaseState:
    """Do the same inside the caller's transaction."""
    found = own_case(db, user, step.case)
    state = state_of(found)
    if step.event is not None:
        _refuse_out_of_order(state, step.event)
        given = case_input(app, db, user, step.case, step.parts)
        state = CASE.step(app.catalogue, state, step.event, given)
    elif state in (CaseState.CLOSED, CaseState.REJECTED):
        raise Refused("R-70", _("Deze casus is gesloten. Er komt niets meer bij."), ("R-70 closed",))
    ended = today(app).isoformat() if state in (CaseState.CLOSED, CaseState.REJECTED) else ""
    cases.change(db, replace(found, state=state.value, closed_on=ended, data=step.parts.stored()))
    public = {**_public(app, step.case, step.action), "status": state.value}
    log(app, db, user, Event.CASE, {**public, **keep_text(app, db, step.text)})
    return state


def _refuse_out_of_order(state: CaseState, event: CaseEvent) -> None:
    if CASE.find(state, event) is None:
        text = _("Deze stap kan nu niet. De casus staat op: {state}.", state=_(STATE_NAMES[state]))
        if state in NEXT:
            text = _("{text} De volgende stap is: {command}.", text=text, command=NEXT[state].command)
        raise Refused(CASE.rule, text, (f"{CASE.rule} order",))


def _new(app: App, user: User, case_number: str, state: CaseState, parts: Parts) -> CaseFile:
    return CaseFile(
        case_number=case_number,
        state=state.value,
        reported_by=user.name,
        responsible=user.responsible,
        reported_on=today(app).isoformat(),
        closed_on="",
        data=parts.stored(),
    )


def _public(app: App, case_number: str, action: str) -> dict[str, str]:
    return {"case": app.references.case(case_number).hex(), "action": action}


def _refuse_network(app: App) -> None:
    if app.participant().network:
        raise Refused(
            "R-20",
            _("Een Veiligheidshuis meldt niet en vraagt niet. Dat doet de partner die het probleem heeft."),
            ("R-20 referrer",),
        )


def _check_number(case_number: str) -> None:
    if not 0 < len(case_number) <= MAX_CASE or not case_number.isprintable() or case_number != case_number.strip():
        raise InvalidInput("case", _("Geef het nummer van de casus, hoogstens {most} tekens.", most=MAX_CASE))
    refuse_bsn("case", case_number)
