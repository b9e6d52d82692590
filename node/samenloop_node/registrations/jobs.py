"""Synchronisations as jobs of the daemon: one per register at a time, going on when the caller has left."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop_node.app import App
from samenloop_node.registrations.setting import setting_of
from samenloop_node.registrations.sync import Order, Progress, again, begin, carry_out
from samenloop_node.store import syncs
from samenloop_node.store.syncs import Sync

_T = TypeVar("_T")


async def synchronise(app: App, order: Order, progress: Progress) -> dict[str, object]:
    """Do a synchronisation and return its report; it goes on when the caller is cancelled.

    Raises InvalidInput for a register that is not ours, before it could become a job that stays known as failed.
    """
    setting_of(app, order.register)
    return await alone(app, order.register, _whole(app, order, progress))


async def alone(app: App, register: str, work: Coroutine[Any, Any, _T]) -> _T:
    """Do something with a register while nothing else does; it goes on when the caller is cancelled.

    Raises SamenloopError(BUSY) when something else does.
    """
    name = job_name(register)
    if app.background.running(name):
        work.close()
        raise SamenloopError(
            ErrorCode.BUSY, _("Register {name} wordt al bijgewerkt. Wacht tot dat klaar is.", name=register)
        )
    task = app.background.start(name, work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.cancelled():
            raise
        text = _("De node stopt. Wat begonnen is, gaat verder als hij weer draait.")
        raise SamenloopError(ErrorCode.UNAVAILABLE, text) from None


async def resume(app: App) -> None:
    """Go on with every open synchronisation that is not running; raises SamenloopError of the first that cannot."""
    for sync in await app.store.read(syncs.unfinished):
        name = job_name(sync.register)
        if not app.background.running(name):
            await asyncio.shield(app.background.start(name, _rest(app, sync)))


def job_name(register: str) -> str:
    """Return the name under which a register is changed: synchronising and single acts exclude each other."""
    return f"register {register}"


async def _whole(app: App, order: Order, progress: Progress) -> dict[str, object]:
    sync, seen = await begin(app, order)
    return await carry_out(app, sync, seen, progress)


async def _rest(app: App, sync: Sync) -> dict[str, object]:
    return await carry_out(app, sync, await again(app, sync), lambda _message: None)
