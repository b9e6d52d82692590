"""Content keys of the day: made for every participant at start and day change, in the log before their first use.

They are made anew at once when somebody, or the auditor, has another sealing key in a new covenant version: the old one
may be in wrong hands. They live in memory only; their existence says nothing, because every participant has one whether
it is asked or not.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _Made:
    """The day that content keys are for, and the public sealing keys (hexadecimal) that they are wrapped to."""

    day: str
    holders: Mapping[str, str]
    auditor: str

    def serves(self, wanted: "_Made") -> bool:
        """Say whether everybody in `wanted` can open these; who has left since does not matter."""
        same = (self.day, self.auditor) == (wanted.day, wanted.auditor)
        return same and wanted.holders.items() <= self.holders.items()


class DayKeys:
    """The content keys of this process for today."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._current: ContentKeys | None = None
        self._made: _Made | None = None
        self._served: Covenant | None = None

    async def renew(self, covenant: Covenant) -> ContentKeys:
        """Return today's keys for the sealing keys that the covenant names; made and logged first when they are not
        there.
        """
        day, current = self._clock.now().date().isoformat(), self._current
        if current is not None and covenant is self._served and current.day == day:
            return current
        wanted = _Made(
            day, {str(row.id): row.sealing_key for row in covenant.participants}, covenant.auditor.sealing_key
        )
        if current is None or self._made is None or not self._made.serves(wanted):
            holders = {name: SealingPublicKey(key) for name, key in wanted.holders.items()}
            made = current = make_content_keys(wanted.day, holders, SealingPublicKey(wanted.auditor))
            await self._store.write(lambda parts: self._record(parts, made))
            self._current, self._made = current, wanted
        self._served = covenant
        return current

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
