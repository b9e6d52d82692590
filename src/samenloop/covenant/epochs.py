"""The life of an epoch, from verified notices: announced -> dual write -> live -> retired -> destroyed. Pure.

1. Announced: the two partners that the announcement names as contributors both signed it. One partner is never enough.
2. Dual write: both confirmed one and the same secret; whoever has accepted it registers in this epoch as well.
3. Live: every participant that it was sealed to has accepted that secret: questions carry its tokens too. Who joins
later waits for the next epoch and makes nobody else wait.
4. Retired: two partners said so; nothing is read or written. 5. Destroyed: whoever had the secret has destroyed it.

An epoch id is used once: the first announcement that both contributors signed counts.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence

from samenloop.covenant.document import Covenant
from samenloop.covenant.notices import Kind, Notice, Verified, make_notice
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.keys import SigningKey
from samenloop.model import EpochId, epoch_id
from samenloop.texts import _


class EpochState(enum.Enum):
    """Where an epoch is in its life, in this order."""

    ANNOUNCED = "announced"
    DUAL_WRITE = "dual_write"
    LIVE = "live"
    RETIRED = "retired"
    DESTROYED = "destroyed"


def announce(covenant: Covenant, epoch: str, contributors: tuple[str, str], author: str, key: SigningKey) -> Notice:
    """Make one contributor's announcement of a new epoch; it counts when the other has posted the same."""
    pair = sorted(contributors)
    rows = [covenant.participant(name) for name in pair]
    if pair[0] == pair[1] or author not in pair or any(row.network or row.suspended for row in rows):
        text = _("Een tijdvak wordt aangekondigd door de twee partners die de sleutel samen maken.")
        raise SamenloopError(ErrorCode.NOT_PERMITTED, text)
    return make_notice(covenant, Kind.ANNOUNCE, epoch_id(epoch), author, {"contributors": list(pair)}, key)


def retire(covenant: Covenant, epoch: str, author: str, key: SigningKey) -> Notice:
    """Make one partner's notice that an epoch ends; it counts when a second partner has posted one too."""
    return make_notice(covenant, Kind.RETIRE, epoch_id(epoch), author, {}, key)


def destroyed(covenant: Covenant, epoch: str, author: str, key: SigningKey) -> Notice:
    """Make a participant's notice that its copy of the secret is gone."""
    return make_notice(covenant, Kind.DESTROYED, epoch_id(epoch), author, {}, key)


def announcement(epoch: str, notices: Iterable[Verified]) -> Verified | None:
    """Return the announcement that counts for this epoch: the first that both its contributors signed."""
    signed: dict[str, set[str]] = {}
    for notice in notices:
        if notice.kind is not Kind.ANNOUNCE or notice.epoch != epoch:
            continue
        pair = notice.texts("contributors")
        if len(pair) != 2 or pair[0] >= pair[1] or notice.author not in pair:
            continue
        signed.setdefault(notice.digest, set()).add(notice.author)
        if len(signed[notice.digest]) == 2:
            return notice
    return None


def confirmed_secret(announced: Verified, notices: Iterable[Verified]) -> str | None:
    """Return the commitment (SHA-256 of the secret) that both contributors confirmed with equal words, or None."""
    confirms = _of(announced, notices, Kind.CONFIRM)
    equal = len(confirms) == 2 and confirms[0].digest == confirms[1].digest
    return confirms[0].text("secret") if equal else None


def epoch_states(covenant: Covenant, notices: Sequence[Verified]) -> Mapping[EpochId, EpochState]:
    """Return the state of every announced epoch; who has left the covenant since is not waited for."""
    everyone = frozenset(row.id for row in covenant.participants)
    found = {}
    for epoch in sorted({notice.epoch for notice in notices}, key=age):
        announced = announcement(epoch, notices)
        if announced is not None:
            found[epoch] = _state(announced, everyone, notices)
    return found


def written(states: Mapping[EpochId, EpochState]) -> tuple[EpochId, ...]:
    """Return the epochs in which registrations are made, oldest first."""
    writable = (EpochState.DUAL_WRITE, EpochState.LIVE)
    return tuple(epoch for epoch in sorted(states, key=age) if states[epoch] in writable)


def read(states: Mapping[EpochId, EpochState]) -> tuple[EpochId, ...]:
    """Return the epochs whose tokens a question carries, oldest first."""
    return tuple(epoch for epoch in sorted(states, key=age) if states[epoch] is EpochState.LIVE)


def age(epoch: EpochId) -> tuple[int, int]:
    """Return what epoch ids are ordered by: year, then number (so `2026-10` comes after `2026-9`)."""
    year, _dash, number = epoch.partition("-")
    return int(year), int(number)


def check_room(covenant: Covenant, states: Mapping[EpochId, EpochState], epoch: str) -> None:
    """Raise InvalidInput if this epoch id was used before, or as many epochs as the covenant allows are still alive."""
    if epoch in states:
        raise InvalidInput("epoch", _("Tijdvak {epoch} is al eens aangekondigd.", epoch=epoch))
    alive = [one for one, state in states.items() if state not in (EpochState.RETIRED, EpochState.DESTROYED)]
    if len(alive) >= covenant.epochs.max_live:
        raise InvalidInput("epoch", _("Beëindig eerst een ouder tijdvak: {epochs}.", epochs=", ".join(sorted(alive))))


def _state(announced: Verified, everyone: frozenset[str], notices: Sequence[Verified]) -> EpochState:
    here = [notice for notice in notices if notice.epoch == announced.epoch]
    if len(_authors(here, Kind.RETIRE)) >= 2:
        left = (_authors(here, Kind.ACCEPT) & everyone) - _authors(here, Kind.DESTROYED)
        return EpochState.RETIRED if left else EpochState.DESTROYED
    secret = confirmed_secret(announced, here)
    if secret is None:
        return EpochState.ANNOUNCED
    accepted = {notice.author for notice in _of(announced, here, Kind.ACCEPT) if notice.text("secret") == secret}
    return EpochState.LIVE if _sealed_to(announced, here) & everyone <= accepted else EpochState.DUAL_WRITE


def _sealed_to(announced: Verified, notices: Iterable[Verified]) -> frozenset[str]:
    """Return everybody to whom a contributor sealed his bytes."""
    bodies = [notice.body["sealed"] for notice in _of(announced, notices, Kind.PACKAGE)]
    return frozenset(name for sealed in bodies if isinstance(sealed, Mapping) for name in sealed)


def _of(announced: Verified, notices: Iterable[Verified], kind: Kind) -> list[Verified]:
    """Return the notices of a kind that belong to this announcement.

    A contributor's step counts from contributors only, and its first word counts: a later one changes no state back.
    """
    mine = [one for one in notices if one.kind is kind and one.text("announcement") == announced.digest]
    if kind is Kind.ACCEPT:
        return mine
    first: dict[str, Verified] = {}
    for notice in mine:
        if notice.author in announced.texts("contributors"):
            first.setdefault(notice.author, notice)
    return list(first.values())


def _authors(notices: Iterable[Verified], kind: Kind) -> frozenset[str]:
    return frozenset(notice.author for notice in notices if notice.kind is kind)
