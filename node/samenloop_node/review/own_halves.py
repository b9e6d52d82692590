"""Opens this participant's own sealed halves of the coordinator's log, for the privacy officer. The key stays here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samenloop.audit import own_halves
from samenloop.audit.half import Half
from samenloop.audit.seal import WrappedKey, open_wrapped
from samenloop.errors import IntegrityError, InvalidInput
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.review.search import log_view
from samenloop_node.store import Transaction, registrations

OTHER_KEY, BROKEN = "other_key", "broken"


@dataclass(frozen=True, slots=True)
class Shut:
    """A half of this participant as it stands in an export, with the content key that was sealed to him."""

    day: str
    key_id: bytes
    wrapped: bytes
    sealed: bytes
    salt: bytes


async def open_own(app: App, user: User, shut: Sequence[Shut]) -> list[dict[str, object]]:
    """Return of each half {half, registers}, or {why: other_key | broken}; the look is logged before anything shows."""
    halves = [_opened(app, one) for one in shut]
    await log_view(app, user, ("halves",), len(shut))
    return await asyncio.to_thread(app.store.read_now, lambda db: [_row(db, one) for one in halves])


def _opened(app: App, one: Shut) -> Half | str:
    wrapped = WrappedKey(app.config.participant, one.key_id, one.wrapped, b"")
    try:
        key = open_wrapped(wrapped, one.day, app.sealing_key, auditor=False)
    except IntegrityError:
        return OTHER_KEY
    try:
        return own_halves.opened(key, one.sealed, one.salt)
    except (IntegrityError, InvalidInput):
        return BROKEN


def _row(db: Transaction, half: Half | str) -> dict[str, object]:
    if isinstance(half, str):
        return {"why": half}
    return {"half": dict(half.fields), "registers": _registers(db, half.fields)}


def _registers(db: Transaction, fields: Mapping[str, object]) -> dict[str, str]:
    """Return registration id -> register, of what this node still has."""
    ids = fields.get("registrations")
    named = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
    found = {one: registrations.by_id(db, bytes.fromhex(one)) for one in named}
    return {one: str(row.register) for one, row in found.items() if row is not None}
