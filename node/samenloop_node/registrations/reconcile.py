"""What the coordinator has of a register against what this node knows: after it was put back from an older copy.

1. The coordinator lists ids in order; each page is compared with the own ids of the same stretch, so that memory does
   not grow with the register.
2. What this node does not know is withdrawn, once its number was confirmed: no person belongs to it here any more, and
   it would go on answering. Whatever is on its way is known here before it leaves (`registrations.unsettle`).
3. What the coordinator lacks is marked unsettled, so that the next synchronisation sends it again.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.model import ID_BYTES, ParticipantId, RegisterId
from samenloop.texts import _
from samenloop.wire.own import PAGE, RECONCILE, OwnList, build_list_own
from samenloop.wire.v1 import overlap_pb2
from samenloop_node.app import App
from samenloop_node.own_records import check_entry
from samenloop_node.registrations.prepare import chunks, withdrawal
from samenloop_node.registrations.setting import setting_of
from samenloop_node.registrations.settle import Outcome, Settler
from samenloop_node.registrations.single import Single
from samenloop_node.registrations.stream import Stream
from samenloop_node.store import Transaction, receipts, registrations

_PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
_LAST: Final = b"\xff" * ID_BYTES
_AGAIN: Final = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.BUSY})


@dataclass(slots=True)
class Compared:
    """How many ids the coordinator listed, which of them this node does not know, and (record id, id) that it lacks."""

    listed: int = 0
    unknown: list[bytes] = field(default_factory=list)
    lacking: list[tuple[str, bytes]] = field(default_factory=list)


async def reconcile(single: Single, confirmed: int) -> dict[str, object]:
    """Make the coordinator's register what this node knows, and return the numbers; not while it is synchronised
    (`jobs.alone`).

    Raises SamenloopError(REFUSED), with nothing changed, while more is unknown than `confirmed`. What was withdrawn
    before an error stays withdrawn: the same command does the rest.
    """
    app, register = single.app, single.register
    setting_of(app, register)
    await app.agreement.refresh(app.connection)
    compared = Compared()
    async for after, ids in _pages(single):
        await app.store.read(partial(_compare, compared=compared, register=register, after=after, ids=ids))
    if len(compared.unknown) > confirmed:
        raise _too_many(register, compared)
    rows = [(register, *one) for one in compared.lacking]
    await app.store.write(lambda db: registrations.unsettle(db, rows, milliseconds(app.clock.now())))
    withdrawn = await _withdraw(single, compared.unknown)
    await app.agreement.refresh(app.connection)
    numbers = {"listed": compared.listed, "withdrawn": withdrawn, "lacking": len(rows)}
    return {"register": register, **numbers, "text": _text(register, withdrawn, len(rows))}


def _compare(db: Transaction, compared: Compared, register: str, after: bytes, ids: Sequence[bytes]) -> None:
    own = registrations.between(db, register, after, ids[-1] if len(ids) == PAGE else _LAST)
    compared.listed += len(ids)
    compared.unknown += [one for one in ids if one not in own]
    theirs = frozenset(ids)
    compared.lacking += [
        (record_id, identity) for identity, (record_id, settled) in own.items() if settled and identity not in theirs
    ]


async def _pages(single: Single) -> AsyncIterator[tuple[bytes, Sequence[bytes]]]:
    """Yield (after, ids) for each page; the last one is not full and may be empty."""
    after, ids = b"", [b""] * PAGE
    while len(ids) == PAGE:
        after = ids[-1]
        ids = await single.app.agreement.retried(single.app.connection, partial(_page, single, after))
        yield after, ids


async def _page(single: Single, after: bytes) -> list[bytes]:
    app = single.app
    query = OwnList(
        covenant=app.agreement.ref(),
        request_id=os.urandom(ID_BYTES),
        author=ParticipantId(app.config.participant),
        sent_ms=milliseconds(app.clock.now()),
        user_ref=app.references.user(single.account),
        register=RegisterId(single.register),
        after=after,
    )
    reply = await _asked(app, build_list_own(query, app.signing_key))
    ids = list(reply.registration_ids)
    said = {"reason": RECONCILE, "register": single.register, "count": len(ids)}
    await check_entry(app, query, said, reply.receipt.entry)
    await app.store.write(
        lambda db: receipts.add(db, reply.receipt.entry, Event.FIND_OWN.value, milliseconds(app.clock.now()))
    )
    if len(ids) > PAGE or any(len(one) != ID_BYTES for one in ids) or [after, *ids] != sorted({after, *ids}):
        raise IntegrityError(_("De coördinator geeft geen geldige lijst van registraties. Bel de beheerder."))
    return ids


async def _asked(app: App, request: overlap_pb2.ListOwnRequest) -> overlap_pb2.ListOwnReply:
    """Ask again with the same bytes when no reply comes: the coordinator logs a request once."""
    for pause in _PAUSES:
        try:
            return await app.connection.list_own(request)
        except SamenloopError as error:
            if error.code not in _AGAIN:
                raise
        await asyncio.sleep(pause)
    return await app.connection.list_own(request)


async def _withdraw(single: Single, unknown: Sequence[bytes]) -> int:
    app, withdrawn = single.app, 0
    entry = {
        "register": single.register,
        "actor": app.config.participant,
        "user": app.references.user(single.account).hex(),
        "action": RECONCILE,
    }

    def told(db: Transaction, came: Outcome) -> None:
        nonlocal withdrawn
        done = came.done - len(came.refused)
        withdrawn += done
        app.ownlog.append(db, Event.SYNC, {**entry, "withdrawn": done, "failed": len(came.refused)})

    items = chunks(withdrawal("", one) for one in unknown)
    await Stream(app, single.register, items, Settler(app, single.register, told).settle).run()
    return withdrawn


def _too_many(register: str, compared: Compared) -> SamenloopError:
    return SamenloopError(
        ErrorCode.REFUSED,
        _(
            "De coördinator heeft {listed} registraties in register {name}. Daarvan kent deze node er {unknown} niet. "
            "Wilt u die intrekken? Geef dan --confirm-withdrawals {unknown}. Er is niets veranderd.",
            listed=compared.listed,
            name=register,
            unknown=len(compared.unknown),
        ),
    )


def _text(register: str, withdrawn: int, lacking: int) -> str:
    if not withdrawn and not lacking:
        return _("Register {name}: de coördinator heeft dezelfde registraties als deze node.", name=register)
    text = _("Register {name}: {withdrawn} onbekende registraties ingetrokken.", name=register, withdrawn=withdrawn)
    if not lacking:
        return text
    return f"{text} " + _(
        "De coördinator miste {lacking} registraties. De volgende synchronisatie stuurt die opnieuw.", lacking=lacking
    )
