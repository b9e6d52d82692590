"""Which epochs are live, folded from the notices on the board. Notices were verified when they arrived; others
are not kept.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from samenloop.audit.canonical import parse_object
from samenloop.covenant import Covenant, epochs
from samenloop.covenant.epochs import EpochState
from samenloop.covenant.notices import Kind, Verified
from samenloop.errors import Refused
from samenloop.model import EpochId, ParticipantId, epoch_id
from samenloop.texts import _
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import NoticeRow

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class LiveEpochs:
    """Epochs of which questions carry tokens (`read`) and registrations are made (`write`), oldest first.

    `gone` are epochs of which every value must be deleted.
    """

    read: tuple[EpochId, ...] = ()
    write: tuple[EpochId, ...] = ()
    gone: tuple[EpochId, ...] = ()


def live(parts: Parts, covenant: Covenant) -> LiveEpochs:
    """Return the live epochs of a covenant."""
    states = epochs.epoch_states(covenant, [_verified(row) for row in _all(parts, covenant.id)])
    return LiveEpochs(epochs.read(states), epochs.written(states), _gone(states))


def check_retire(parts: Parts, covenant: Covenant, notice: Verified) -> None:
    """Refuse to retire an epoch while a registration would be left without a live one."""
    if notice.kind is not Kind.RETIRE:
        return
    left = [epoch for epoch in live(parts, covenant).read if epoch != notice.epoch]
    for place, _place in parts.registrations.places(covenant.id):
        registered, per_epoch = parts.registrations.coverage(place)
        counts = {one.epoch: one.count for one in per_epoch}
        if registered and not any(counts.get(epoch, 0) == registered for epoch in left):
            raise Refused(
                "coverage",
                _(
                    "Tijdvak {epoch} kan nog niet weg: niet elke registratie heeft een nieuwer tijdvak. Kijk op "
                    "elke node met: samenloop-node status.",
                    epoch=notice.epoch,
                ),
            )


def _all(parts: Parts, covenant: str) -> Iterable[NoticeRow]:
    after = 0
    while rows := parts.covenants.notices(covenant, after, _PAGE):
        yield from rows
        after = rows[-1].sequence


def _verified(row: NoticeRow) -> Verified:
    body = parse_object(row.body)
    digest = hashlib.sha256(row.body).hexdigest()
    return Verified(Kind(row.kind), ParticipantId(row.author), epoch_id(str(body["epoch"])), body, digest)


def _gone(states: Mapping[EpochId, EpochState]) -> tuple[EpochId, ...]:
    ended: Sequence[EpochState] = (EpochState.RETIRED, EpochState.DESTROYED)
    return tuple(epoch for epoch in sorted(states, key=epochs.age) if states[epoch] in ended)
