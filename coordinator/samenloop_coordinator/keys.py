"""Content keys of the day: made for every participant at start and day change, in the log before their first use.

They live in memory only; their existence says nothing, because every participant has one whether it is asked or not.
"""

import secrets
from collections.abc import Callable

from samenloop.audit.fields import Event
from samenloop.audit.seal import ContentKeys, make_content_keys
from samenloop.clock import Clock, milliseconds
from samenloop.covenant import Covenant
from samenloop.keys import SealingPublicKey
from samenloop.wire.mail import MAIL_BYTES, pack_mail
from samenloop.wire.v1 import mailbox_pb2
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Parts, Store
from samenloop_coordinator.store.values import KeyRow, MailRow

SEALED_MAIL_BYTES = MAIL_BYTES + 2
"""Plaintext size that `samenloop.audit.seal` seals for a mailbox item: the padded content and its length."""
_AUDITOR = ""
"""No participant is called so."""


class DayKeys:
    """The content keys of this process for today."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._current: ContentKeys | None = None
        self._sealed_to: dict[str, str] = {}

    async def renew(self, covenant: Covenant) -> ContentKeys:
        """Return today's keys for every participant of the covenant; made and logged first when they are not there,
        or when somebody of it has another sealing key than the one to which they were wrapped.
        """
        day = self._clock.now().date().isoformat()
        receivers = {str(row.id): row.sealing_key for row in covenant.participants}
        sealed_to = {**receivers, _AUDITOR: covenant.auditor.sealing_key}
        current = self._current
        if current is not None and current.day == day and sealed_to.items() <= self._sealed_to.items():
            return current
        holders = {name: SealingPublicKey(key) for name, key in receivers.items()}
        keys = make_content_keys(day, holders, SealingPublicKey(covenant.auditor.sealing_key))
        await self._store.write(lambda parts: self._record(parts, keys))
        self._current, self._sealed_to = keys, sealed_to
        return keys

    def _record(self, parts: Parts, keys: ContentKeys) -> None:
        parts.log.append(self._journal.body(Event.CONTENT_KEY, keys.public()), ())
        rows = [KeyRow(one.key_id, one.holder, keys.day.encode() + one.for_holder) for one in keys.wrapped]
        parts.mail.keep_keys(rows, milliseconds(self._clock.now()))


def sealed_item(
    keys: ContentKeys,
    receiver: str,
    content: mailbox_pb2.MailContent,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> MailRow:
    """Return a mailbox item of fixed length, sealed to its receiver."""
    item_id = random(16)
    sealed = keys.seal(receiver, pack_mail(content), item_id + receiver.encode(), SEALED_MAIL_BYTES)
    return MailRow(item_id, receiver, keys.keys[receiver].key_id, sealed)
