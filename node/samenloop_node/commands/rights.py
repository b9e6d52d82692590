"""`rights`: requests of persons about their data (R-65..R-68)."""

from collections.abc import Mapping
from dataclasses import asdict

from samenloop.errors import InvalidInput
from samenloop.model import participant_id
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.arguments import day, text, tick
from samenloop_node.process import free_text, person_fields, today
from samenloop_node.requests import access, desk, extract
from samenloop_node.requests.desk import Answering, Received
from samenloop_node.review import reporting
from samenloop_node.store import requests
from samenloop_node.store.requests import StoredRequest


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: receive | take | answer | extract | list, ...}.

    Return the request, with the report of an access request; for an extract {files}.
    """
    del emit
    match request.get("action"):
        case "receive":
            person = person_fields(request.get("person", {}))
            return described(await desk.receive(app, user, _received(app, request), person))
        case "take":
            said = (text(request, "request"), person_fields(request.get("person")), text(request, "basis", ""))
            return described(await desk.take_on(app, user, *said, identity_checked=tick(request, "identity_checked")))
        case "answer":
            row, report = await desk.answer(app, user, _answering(request))
            return {**described(row), **({"report": _report(report)} if report else {})}
        case "extract":
            made = await extract.extract(app, text(request, "request"), _cases(request))
            return await reporting.as_files(app, user, "subject", made)
        case "list":
            return {"requests": [described(one) for one in await app.store.read(requests.listed)]}
        case _other:
            raise InvalidInput("action", _("Kies receive, take, answer, extract of list."))


def described(row: StoredRequest) -> dict[str, object]:
    """Return a request as JSON."""
    return {("request" if name == "number" else name): value for name, value in asdict(row).items()}


def _report(report: access.Report) -> dict[str, object]:
    return {"held": [asdict(one) for one in report.held], "asked": [asdict(one) for one in report.asked]}


def _received(app: App, request: Mapping[str, object]) -> Received:
    return Received(
        kind=text(request, "kind"),
        received_on=desk.check_day(day(request, "received_on"), today(app)),
        identity_checked=tick(request, "identity_checked"),
        holder=participant_id(text(request, "holder", "") or app.config.participant, "holder"),
        objection_basis=text(request, "basis", ""),
    )


def _answering(request: Mapping[str, object]) -> Answering:
    return Answering(
        number=text(request, "request"),
        outcome=text(request, "outcome", ""),
        motive=free_text(request),
        complaint_route=tick(request, "complaint_route"),
        cases=_cases(request),
    )


def _cases(request: Mapping[str, object]) -> tuple[str, ...]:
    cases = request.get("cases", [])
    if not isinstance(cases, list) or not all(isinstance(one, str) for one in cases):
        raise InvalidInput("cases", _("Geef de nummers van eigen casussen als lijst."))
    return tuple(cases)
