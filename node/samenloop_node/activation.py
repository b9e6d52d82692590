"""Putting a node into use (R-01..R-10): the checklist from covenant and authorisation document, and the state.

Until then the node registers nobody and asks nothing; what it already registered can be withdrawn at any time.
"""

from collections.abc import Mapping
from dataclasses import fields

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant.document import Checklist
from samenloop.decisions.network import (
    NODE,
    ChecklistLine,
    NodeEvent,
    NodeFacts,
    NodeState,
    NodeUser,
    activation_checklist,
)
from samenloop.errors import IntegrityError, Refused
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.process import log, refusals_logged, today
from samenloop_node.store import Transaction, activation

_MUNICIPAL = ("burgemeester", "college_")


def facts_of(app: App) -> NodeFacts:
    """Return what covenant and authorisation document say about this participant today."""
    covenant, own, day = app.covenant(), app.participant(), today(app)
    decisions = [row for row in covenant.wpg20 if row.holder == own.id and row.valid_from <= day <= row.valid_until]
    kinds = tuple(dict.fromkeys([*own.asks_as, *(register.kind for register in own.registers)]))
    return NodeFacts(
        participant=own.id,
        kinds=kinds,
        today=day,
        network=own.network,
        underlying=own.acting_partners,
        covenant_complete=True,
        agreement_dated=max(covenant.agreement.convenant_date, covenant.agreement.protocol_date),
        signing_bodies=covenant.agreement.signing_bodies,
        municipal=any(kind.startswith(_MUNICIPAL) for kind in kinds),
        open_items=tuple(one.name for one in fields(Checklist) if not getattr(covenant.checklist, one.name)),
        controller=bool(own.controller.name),
        joint=own.controller.joint,
        joint_arrangement=bool(covenant.agreement.joint_arrangement),
        processor_agreed_on=covenant.processor.date,
        reports_breaches=covenant.processor.reports_breaches,
        wpg20_until=max((row.valid_until for row in decisions), default=None),
        wpg20_receivers=len({name for row in decisions for name in row.receivers}),
        processing_entry=bool(own.processing_entry),
        impact_assessed_on=own.impact_assessed_on,
        secrecy_known=bool(own.secrecy),
        users=tuple(_user(user) for user in app.authorisations.users.values() if day <= user.valid_until),
    )


def checklist(app: App) -> tuple[ChecklistLine, ...]:
    """Return the checklist, a line per condition, green or red."""
    return activation_checklist(app.catalogue, facts_of(app))


async def activate(app: App, user: User) -> None:
    """Put this node into use; raises Refused with the rule of the first red line, and all that is red."""
    async with refusals_logged(app, user, Event.ADMIN, {"action": "activate"}):
        await app.store.write(lambda db: _activate(app, db, user))


async def suspend(app: App, user: User) -> None:
    """Take this node out of use: it registers and asks nothing until it is activated again."""
    await app.store.write(lambda db: _move(app, db, user, NodeEvent.SUSPEND))


async def require_active(app: App) -> None:
    """Raise Refused (R-02) unless this node was put into use; IntegrityError while nobody would believe it."""
    if wrong := other_signing_key(app):
        raise IntegrityError(wrong)
    if await app.store.read(activation.state) != NodeState.ACTIVE.value:
        text = _("Deze node is nog niet in gebruik genomen. De beheerder doet dat met: samenloop-node activate")
        raise Refused("R-02", text, ("R-02 active",))


def other_signing_key(app: App) -> str:
    """Return what to do when the covenant names another signing key than is here, else nothing."""
    if app.participant().signing_key == app.signing_key.public.hex:
        return ""
    return _("Het convenant noemt een andere tekensleutel dan deze node. Zet die er neer en start de node opnieuw.")


def _activate(app: App, db: Transaction, user: User) -> None:
    state = activation.state(db)
    if state == NodeState.DRAFT.value:
        _move(app, db, user, NodeEvent.AGREE)
        state = NodeState.AGREED.value
    if state == NodeState.AGREED.value:
        _move(app, db, user, NodeEvent.ACTIVATE)
    elif state == NodeState.SUSPENDED.value:
        _move(app, db, user, NodeEvent.RESUME)


def _move(app: App, db: Transaction, user: User, event: NodeEvent) -> None:
    state = NODE.step(app.catalogue, NodeState(activation.state(db)), event, facts_of(app))
    activation.keep(db, state.value, app.covenant().version, milliseconds(app.clock.now()))
    log(app, db, user, Event.ADMIN, {"action": event.value, "status": state.value})


def _user(user: User) -> NodeUser:
    return NodeUser(
        named=bool(user.name and user.os_user),
        secrecy_signed_on=user.secrecy_statement,
        valid_from=user.valid_from,
        valid_until=user.valid_until,
    )


def shown(line: ChecklistLine) -> Mapping[str, object]:
    """Return a line as JSON."""
    return {"rule": line.rule, "met": line.met, "text": line.text, "missing": list(line.missing)}
