"""Small signed messages on the coordinator's notice board: announcements of epochs and steps of a key ceremony. Pure.

The coordinator only keeps them: body and signature are the author's. A notice is verified when it arrives, with the
covenant of that moment; what is folded later are verified notices only, so a later key change does not undo the past.
"""

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from samenloop.audit.canonical import Value, canonical, parse_object
from samenloop.covenant.document import Covenant
from samenloop.covenant.parties import Participant
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.keys import SigningKey, VerifyKey
from samenloop.model import EpochId, ParticipantId, epoch_id
from samenloop.texts import _

MAX_BODY: Final = 1 << 16


class Kind(enum.Enum):
    """What a notice is: the closed list."""

    ANNOUNCE = "epoch_announce"
    COMMIT = "key_commit"
    PACKAGE = "key_package"
    CONFIRM = "key_confirm"
    ACCEPT = "key_accept"
    RETIRE = "epoch_retire"
    DESTROYED = "epoch_destroyed"


_FIELDS: Final[Mapping[Kind, Mapping[str, type]]] = {
    Kind.ANNOUNCE: {"contributors": list},
    Kind.COMMIT: {"announcement": str, "commitment": str},
    Kind.PACKAGE: {"announcement": str, "commitments": list, "sealed": dict},
    Kind.CONFIRM: {"announcement": str, "packages": list, "secret": str},
    Kind.ACCEPT: {"announcement": str, "secret": str},
    Kind.RETIRE: {},
    Kind.DESTROYED: {},
}
_PARTNERS_ONLY: Final = frozenset({Kind.ANNOUNCE, Kind.COMMIT, Kind.PACKAGE, Kind.CONFIRM, Kind.RETIRE})


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it travels: four opaque fields of the wire."""

    kind: str
    author: str
    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """A notice of which form, author and signature hold. `digest` is SHA-256 of the body, 64 hexadecimal digits."""

    kind: Kind
    author: ParticipantId
    epoch: EpochId
    body: Mapping[str, Value]
    digest: str

    def text(self, name: str) -> str:
        """Return a field that is text; empty if it is something else."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts; empty if it is something else."""
        value = self.body.get(name)
        if not isinstance(value, list):
            return ()
        found = tuple(one for one in value if isinstance(one, str))
        return found if len(found) == len(value) else ()


def make_notice(
    covenant: Covenant, kind: Kind, epoch: str, author: str, fields: Mapping[str, Value], key: SigningKey
) -> Notice:
    """Sign a notice of this kind for this covenant, purpose and epoch."""
    body = canonical(
        {**fields, "covenant": covenant.id, "purpose": covenant.purpose.id, "epoch": epoch, "kind": kind.value}
    )
    return Notice(kind.value, author, body, key.sign(_label(kind), body))


def verify_notice(covenant: Covenant, notice: Notice) -> Verified:
    """Check form, purpose, author and signature of a notice; raises SamenloopError.

    Only partners announce, contribute, confirm and retire (a network, R-08, only accepts and destroys); a suspended
    participant does nothing.
    """
    kind = _kind(notice.kind)
    body = _body(covenant, kind, notice.body)
    author = covenant.participant(notice.author)
    _check_author(kind, author)
    VerifyKey(author.signing_key).verify(_label(kind), notice.body, notice.signature)
    return Verified(kind, author.id, epoch_id(str(body["epoch"])), body, hashlib.sha256(notice.body).hexdigest())


class BoardReader:
    """Verifies the notices of a board as they were when they arrived, each with the covenant version of its moment.

    A notice has no date that can be trusted, but a board has an order: what a version verified was not put there before
    what an older one did. So a replaced key keeps its past, and counts for nothing after a notice that needs its
    successor. Give the versions oldest first, and the notices in the board's order.
    """

    def __init__(self, versions: Sequence[Covenant]) -> None:
        self._versions = versions
        self._since = 0

    def verify(self, notice: Notice) -> Verified:
        """Check the next notice; raises what the newest version says when none verifies it."""
        for place in range(self._since, len(self._versions) - 1):
            try:
                found = verify_notice(self._versions[place], notice)
            except SamenloopError:
                continue
            self._since = place
            return found
        found = verify_notice(self._versions[-1], notice)
        self._since = len(self._versions) - 1
        return found


def _kind(text: str) -> Kind:
    for kind in Kind:
        if kind.value == text:
            return kind
    raise InvalidInput("kind", _("Deze soort bericht is niet bekend."))


def _body(covenant: Covenant, kind: Kind, data: bytes) -> Mapping[str, Value]:
    if len(data) > MAX_BODY:
        raise InvalidInput("body", _("Dit bericht is te groot."))
    body = parse_object(data)
    fixed = {"covenant": covenant.id, "purpose": covenant.purpose.id, "kind": kind.value}
    wanted = _FIELDS[kind]
    well_formed = (
        body.keys() == wanted.keys() | fixed.keys() | {"epoch"}
        and all(body[name] == value for name, value in fixed.items())
        and all(type(body[name]) is form for name, form in wanted.items())
        and type(body["epoch"]) is str
    )
    if not well_formed:
        raise InvalidInput("body", _("Dit bericht is niet goed gevormd of hoort bij een ander convenant."))
    return body


def _check_author(kind: Kind, author: Participant) -> None:
    if author.suspended:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Deelnemer {name} is geschorst.", name=author.id))
    if author.network and kind in _PARTNERS_ONLY:
        text = _("{name} is een netwerk: alleen zijn partners doen dit (R-08).", name=author.id)
        raise SamenloopError(ErrorCode.NOT_PERMITTED, text)


def _label(kind: Kind) -> str:
    return f"notice.{kind.value}"
