"""Declaring: a signed statement of this participant, durable in the coordinator's log before this returns."""

import os

from samenloop.clock import milliseconds
from samenloop.model import ParticipantId
from samenloop.wire.declare import Act, Grounds, Statement, build_declare
from samenloop_node.app import App
from samenloop_node.store import receipts


async def declare(app: App, act: Act, event: str, grounds: Grounds | None = None) -> bytes:
    """Declare `act` and return the coordinator's entry (canonical JSON), kept as one to be proved. `event` is its code.

    A covenant that moved on is fetched and the statement made once more, with a new request id. Raises SamenloopError.
    """

    async def once() -> bytes:
        statement = Statement(
            covenant=app.agreement.ref(),
            request_id=os.urandom(16),
            author=ParticipantId(app.config.participant),
            sent_ms=milliseconds(app.clock.now()),
            act=act,
        )
        return (await app.connection.declare(build_declare(statement, app.signing_key, grounds))).entry

    entry = await app.agreement.retried(app.connection, once)
    now = milliseconds(app.clock.now())
    await app.store.write(lambda db: receipts.add(db, entry, event, now))
    return entry
