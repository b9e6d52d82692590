"""What a user can ask of the daemon: a closed table of commands with the roles that each needs. Not in the table:
refused.

A command gets the checked account of its caller and a JSON request, may report progress, and returns a JSON result:

    async def run(app: App, user: User, request: Mapping[str, object], emit: Emit) -> dict[str, object]
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.commands.emitting import Emit

Run = Callable[[App, User, Mapping[str, object], Emit], Awaitable[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command and the roles of which its caller needs at least one."""

    run: Run
    roles: frozenset[Role]


def active(run: Run) -> Run:
    """Return the same command, refused while this node was not put into use (R-02)."""

    async def gated(app: App, user: User, request: Mapping[str, object], emit: Emit) -> dict[str, object]:
        from samenloop_node.activation import require_active

        await require_active(app)
        return await run(app, user, request, emit)

    return gated


def _commands() -> Mapping[str, Command]:
    from samenloop_node.commands import (
        activate,
        answers,
        ask,
        audit,
        beforehand,
        breach,
        case,
        consent,
        decide,
        epoch,
        findown,
        inbox,
        key,
        log,
        notice,
        protocol,
        reconcile,
        register,
        report,
        retention,
        review,
        rights,
        status,
        sync,
        withdraw,
        witness,
    )

    everybody = frozenset(Role)
    operators = frozenset({Role.OPERATOR})
    case_workers = frozenset({Role.CASE_WORKER})
    deciders = frozenset({Role.DECISION_MAKER})
    officers = frozenset({Role.PRIVACY_OFFICER})
    return MappingProxyType(
        {
            "status": Command(status.run, everybody),
            "sync": Command(active(sync.run), operators),
            "register": Command(active(register.run), case_workers | operators),
            "withdraw": Command(withdraw.run, case_workers | operators),
            "reconcile": Command(reconcile.run, operators),
            "key": Command(key.run, operators),
            "epoch": Command(epoch.run, operators),
            "ask": Command(active(ask.run), case_workers),
            "answers": Command(answers.run, case_workers),
            "case": Command(case.run, case_workers | deciders),
            "inbox": Command(inbox.run, deciders),
            "decide": Command(decide.run, deciders),
            "find-own": Command(findown.run, officers),
            "beforehand": Command(beforehand.run, deciders),
            "consent": Command(consent.run, case_workers | deciders | officers),
            "notice": Command(notice.run, case_workers | deciders | officers),
            "rights": Command(rights.run, officers),
            "retention": Command(retention.run, officers | operators),
            "activate": Command(activate.run, operators),
            "witness": Command(witness.run, operators | officers),
            "log": Command(log.run, officers),
            "audit": Command(audit.run, officers),
            "review": Command(review.run, officers),
            "report": Command(report.run, officers),
            "protocol": Command(protocol.run, officers),
            "breach": Command(breach.run, officers),
        }
    )


COMMANDS = _commands()
