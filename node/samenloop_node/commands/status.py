"""`status`: how this node stands. Counts of its own registrations and open work; nothing that tells of a hidden hit.

Not even the size of the own log: inbox views and withholdings make it grow, and everybody here may ask for the status.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from samenloop.covenant.epochs import age
from samenloop.decisions.network import evaluation_overdue
from samenloop.errors import SamenloopError
from samenloop.texts import _
from samenloop_node import witness
from samenloop_node.accounts import Role, User
from samenloop_node.activation import facts_of, other_signing_key
from samenloop_node.app import App
from samenloop_node.questions.answers import visible_to
from samenloop_node.registrations.jobs import job_name
from samenloop_node.review.sampling import warnings
from samenloop_node.store import Transaction, inbox, past, questions, receipts, registrations, syncs


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Return the state of this node; does not call the coordinator."""
    del request, emit
    covenant, live = app.covenant(), app.agreement.live
    known = await app.store.read(lambda db: _stored(db, app))
    return {
        "participant": app.config.participant,
        "covenant": covenant.id,
        "version": covenant.version,
        "epochs": {
            "read": ", ".join(live.read_epochs) or "-",
            "write": ", ".join(live.write_epochs) or "-",
            "keys": ", ".join(app.keyring.epochs()) or "-",
        },
        "coverage": [
            {"register": row.register, "epoch": row.epoch, "registered": row.registered, "with_epoch": row.with_epoch}
            for row in live.coverage
        ],
        **known,
        "open_questions": await app.store.read(lambda db: _open_questions(db, user)),
        "messages": list(
            dict.fromkeys(
                [
                    *filter(None, [other_signing_key(app)]),
                    *_certificate(app),
                    *_evaluation(app),
                    *_ended_secrets(app),
                    *await app.store.read(lambda db: _unknown(db, app)),
                    *app.background.troubles().values(),
                    *await _log(app),
                    *await _reviews(app, user),
                ]
            )
        ),
    }


async def _log(app: App) -> list[str]:
    """Return what is wrong with the coordinator's log, and that nobody else watches it, for as long as that is so."""
    standing = await witness.stand(app)
    return [reason.text for reason in (*standing.stops, *standing.warnings)]


async def _reviews(app: App, user: User) -> list[str]:
    """Return which reviews are late, for the privacy officer: to others the number of entries would tell of hits."""
    return await asyncio.to_thread(warnings, app) if Role.PRIVACY_OFFICER in user.roles else []


def _stored(db: Transaction, app: App) -> dict[str, object]:
    registers = []
    for row in app.participant().registers:
        last, done = syncs.last(db, row.id), syncs.last_done(db, row.id)
        registers.append(
            {
                "register": row.id,
                "registered": registrations.count(db, row.id),
                "synced": _day(done) if done is not None else "-",
                "outcome": last.outcome if last else "",
                "busy": app.background.running(job_name(row.id)),
            }
        )
    return {
        "registers": registers,
        "open_syncs": [{"register": one.register, "why": one.outcome} for one in syncs.unfinished(db)],
        "unproved_entries": len(receipts.unproved(db)),
        "listed_cases": inbox.count_listed(db),
    }


def _unknown(db: Transaction, app: App) -> list[str]:
    """Return which registers hold more at the coordinator than this node knows, or knew when the coordinator counted.

    Whatever is on its way is known here before it leaves, so a synchronisation is no reason for this.
    """
    live, found = app.agreement.live, []
    for register, registered in {row.register: row.registered for row in live.coverage}.items():
        known = registrations.count(db, register)
        if registered > known + past.withdrawn_since(db, register, live.asked_ms):
            text = _(
                "Register {name}: de coördinator heeft {registered} registraties, deze node kent er {known}. "
                "Geef samenloop-node reconcile --register {name}.",
                name=register,
                registered=registered,
                known=known,
            )
            found.append(text)
    return found


def _open_questions(db: Transaction, user: User) -> list[str]:
    """Return the numbers of the user's own questions without an answer: `ask --retry NUMBER` asks one again."""
    return [one.question_id.hex() for one in questions.open_questions(db) if visible_to(user, one)]


def _certificate(app: App) -> list[str]:
    try:
        warning = app.connection.certificate_warning()
    except SamenloopError as error:
        return [error.text]
    return [warning] if warning else []


def _ended_secrets(app: App) -> list[str]:
    """Return of which ended epochs the secret is still here: destroying it is what makes their tokens worthless.

    A newer epoch than those that live is on its way, not over.
    """
    live = app.agreement.live
    oldest = min(map(age, (*live.read_epochs, *live.write_epochs)), default=(0, 0))
    return [
        _(
            "Tijdvak {epoch} is beëindigd. Vernietig het geheim op deze node: samenloop-node epoch retire {epoch}.",
            epoch=epoch,
        )
        for epoch in app.keyring.epochs()
        if age(epoch) < oldest
    ]


def _evaluation(app: App) -> list[str]:
    if not evaluation_overdue(app.catalogue, facts_of(app)):
        return []
    text = _(
        "Convenant en protocol zijn ouder dan {years} jaar. Evalueer de verwerking en leg haar opnieuw vast (R-73).",
        years=app.catalogue.limit("evaluation_years"),
    )
    return [text]


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
