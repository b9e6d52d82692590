"""Holding a registration still while a request about it runs, and letting it answer again (R-67)."""

from samenloop_node.app import App
from samenloop_node.restating import Restated, restate, standing
from samenloop_node.store import Transaction, registrations, requests


async def freeze(app: App, registration_id: bytes) -> None:
    """Freeze a registration; nothing happens when it is so already or is gone (R-67)."""

    def look(db: Transaction) -> Restated | None:
        row = registrations.by_id(db, registration_id)
        return Restated(row, standing(app, db, row), frozen=True) if row and not row.frozen else None

    row = await app.store.read(lambda db: registrations.by_id(db, registration_id))
    if row is not None:
        await restate(app, row.register, look)


async def unfreeze(app: App, registration_id: bytes, number: str) -> None:
    """Let a registration answer again, unless a request other than `number` holds it still."""

    def look(db: Transaction) -> Restated | None:
        row = registrations.by_id(db, registration_id)
        if row is None or not row.frozen or requests.held_still(db, registration_id, number):
            return None
        return Restated(row, standing(app, db, row), frozen=False)

    said = await app.store.read(look)
    if said is not None:
        await restate(app, said.row.register, look)
