"""`witness`: how this node stands as a witness of the log, and going on after a person has looked."""

from collections.abc import Mapping

from samenloop.clock import from_milliseconds
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import _
from samenloop_node import witness
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.store import Transaction
from samenloop_node.store import witness as kept


async def run(app: App, user: User, request: Mapping[str, object], emit: object) -> dict[str, object]:
    """Take {action: show | resume | accept-loss | evidence}; return {may_ask, stops, warnings} as Dutch sentences, and
    of evidence {accepted, contradictions, lost}: signed checkpoints as they came.

    Only the privacy officer accepts a loss: it gives up what this node could prove.
    """
    del emit
    match request.get("action", "show"):
        case "show":
            standing = await witness.stand(app)
        case "resume":
            standing = await witness.resume(app, user)
        case "accept-loss":
            if Role.PRIVACY_OFFICER not in user.roles:
                raise SamenloopError(
                    ErrorCode.NOT_PERMITTED, _("Alleen de privacyfunctionaris kan dit verlies aanvaarden.")
                )
            standing = await witness.accept_loss(app, user)
        case "evidence":
            return await app.store.read(_evidence)
        case _other:
            raise InvalidInput("action", _("Kies show, resume, accept-loss of evidence."))
    return {
        "may_ask": standing.may_ask,
        "stops": [reason.text for reason in standing.stops],
        "warnings": [reason.text for reason in standing.warnings],
    }


def _evidence(db: Transaction) -> dict[str, object]:
    state = kept.state(db)
    return {
        "accepted": state.note.decode() if state else "",
        "contradictions": [
            {
                "at": from_milliseconds(one.at_ms).isoformat(),
                "reason": one.reason,
                "accepted": one.accepted.decode(),
                "shown": one.shown.decode(errors="replace"),
            }
            for one in kept.contradictions(db)
        ],
        "lost": [note.decode() for note in kept.lost_checkpoints(db)],
    }
