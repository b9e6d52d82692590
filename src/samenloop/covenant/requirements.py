"""Who must sign a new version: the table of architecture.md section 4, and how a requirement is met. Pure.

1. Every change adds a demand and none ever takes one away, so more changes never need fewer signatures.
2. A change that no row of the table names needs all participants, the ones it adds and removes included.
3. Only partners sign; for a network (R-08) its acting partners stand, all of them.
4. A participant that is removed is never needed: all others (two at least) can do it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from samenloop.covenant.changes import Change, changes, leavers, without
from samenloop.covenant.checks import signing_participants
from samenloop.covenant.document import Covenant
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class Quorum:
    """At least `count` of `members`."""

    count: int
    members: frozenset[str]

    def met_by(self, signers: frozenset[str]) -> bool:
        """Say whether enough members are among the signers; a quorum of nobody is never met."""
        return self.count > 0 and len(self.members & signers) >= self.count


@dataclass(frozen=True, slots=True)
class Demand:
    """What one changed path asks for: any one of the alternatives, each a conjunction of quorums."""

    path: str
    alternatives: tuple[tuple[Quorum, ...], ...]

    def met_by(self, signers: frozenset[str]) -> bool:
        """Say whether these signers satisfy the demand; without alternatives nobody does."""
        return any(all(quorum.met_by(signers) for quorum in quorums) for quorums in self.alternatives if quorums)


@dataclass(frozen=True, slots=True)
class SignerRequirement:
    """All demands together; each must be met."""

    demands: tuple[Demand, ...]

    def met_by(self, signers: frozenset[str]) -> bool:
        """Say whether these signers are enough; a requirement without demands is never met."""
        return bool(self.demands) and not self.unmet(signers)

    def unmet(self, signers: frozenset[str]) -> tuple[Demand, ...]:
        """Return the demands that these signers do not meet."""
        return tuple(demand for demand in self.demands if not demand.met_by(signers))


@dataclass(frozen=True, slots=True)
class _Parties:
    """Who can sign, seen over both versions."""

    old: Covenant
    new: Covenant

    def everyone(self) -> frozenset[str]:
        return signing_participants(self.old) | signing_participants(self.new)

    def stand_in(self, participant: str) -> frozenset[str]:
        """Who signs for this participant: itself, or a network's acting partners (those of the old version first)."""
        row = self.old.find(participant) or self.new.participant(participant)
        return frozenset(row.acting_partners) if row.network else frozenset({participant})

    def others(self, participant: str) -> frozenset[str]:
        return signing_participants(self.old) - {participant}


_Signers = Callable[[Change, _Parties], tuple[tuple[Quorum, ...], ...]]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table: a path (`*` = any one step), which changes of it, and who signs."""

    path: tuple[str, ...]
    applies: Callable[[Change], bool]
    signers: _Signers


def required_signers(old: Covenant | None, new: Covenant) -> SignerRequirement:
    """Return who must sign `new` as the successor of `old` (None: the first version, which all sign).

    Raises SamenloopError(COVENANT_MISMATCH) if `new` changes nothing.
    """
    if old is None:
        return SignerRequirement((_demand("covenant", _all_of(signing_participants(new))),))
    parties = _Parties(old, new)
    gone = leavers(old, new)
    changed = changes(without(old, gone), new)
    if not gone and not changed:
        raise SamenloopError(ErrorCode.COVENANT_MISMATCH, _("Deze versie van het convenant verandert niets."))
    removals = tuple(_removal(name, parties) for name in sorted(gone) if not _goes_along(name, gone, old))
    return SignerRequirement((*removals, *(_judge(change, parties) for change in changed)))


def matches(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Say whether a path fits a pattern in which `*` stands for any one step."""
    return len(pattern) == len(path) and all(want in ("*", step) for want, step in zip(pattern, path, strict=True))


def lowered(change: Change) -> bool:
    """Say whether a limit or mode becomes tighter: a lower number, or one where there was none."""
    return change.after is not None and (change.before is None or change.after < change.before)


def stricter(change: Change) -> bool:
    """Say whether a register's mode becomes stricter, or is set where the catalogue's own counted."""
    return change.after is not None and (change.before is None or change.after > change.before)


def _judge(change: Change, parties: _Parties) -> Demand:
    for row in _TABLE:
        if matches(row.path, change.path) and row.applies(change):
            return Demand(str(change), row.signers(change, parties))
    return _demand(str(change), _all_of(parties.everyone()))


def _removal(leaver: str, parties: _Parties) -> Demand:
    others = parties.others(leaver)
    by_others = _all_of(others) if len(others) >= 2 else Quorum(0, frozenset())
    own = _all_of(parties.stand_in(leaver))
    return Demand(f"participants.{leaver}", ((own,), (by_others,)))


def _goes_along(name: str, gone: frozenset[str], old: Covenant) -> bool:
    """Say whether this is a network that cannot go on, because all its acting partners leave."""
    row = old.participant(name)
    return row.network and gone.issuperset(row.acting_partners)


def _owner(change: Change, parties: _Parties) -> tuple[tuple[Quorum, ...], ...]:
    return ((_all_of(parties.stand_in(change.path[1])),),)


def _edge_parties(change: Change, parties: _Parties) -> tuple[tuple[Quorum, ...], ...]:
    return _two_or_everyone(parties.stand_in(change.path[1]) | parties.stand_in(change.path[3]), parties)


def _register_parties(change: Change, parties: _Parties) -> tuple[tuple[Quorum, ...], ...]:
    holder = change.path[1]
    rows = (*parties.old.participants, *parties.new.participants)
    askers = frozenset(row.id for row in rows if holder in row.may_ask)
    return _two_or_everyone(askers.union(change.after.acting_partners, parties.stand_in(holder)), parties)


def _two_or_everyone(members: frozenset[str], parties: _Parties) -> tuple[tuple[Quorum, ...], ...]:
    """One partner alone never widens: where both ends of an edge come down to one signer, all sign."""
    return ((_all_of(members if len(members) >= 2 else parties.everyone()),),)


def _old_key_and_one_other(change: Change, parties: _Parties) -> tuple[tuple[Quorum, ...], ...]:
    own = parties.stand_in(change.path[1])
    others = parties.others(change.path[1]) - own
    if not others and len(own) >= 2:
        return ((_all_of(own),),)
    return ((_all_of(own), Quorum(1, others)),)


def _suspenders(change: Change, parties: _Parties) -> tuple[tuple[Quorum, ...], ...]:
    named, others = frozenset(change.after), parties.others(change.path[1])
    return ((_all_of(named & others), Quorum(min(2, len(others)), others)),) if named <= others else ()


def _suspenders_and_suspended(change: Change, parties: _Parties) -> tuple[tuple[Quorum, ...], ...]:
    others = parties.others(change.path[1])
    named = frozenset(change.before) & others
    return ((_all_of(named | parties.stand_in(change.path[1])), Quorum(min(2, len(others)), others)),)


def _all_of(members: frozenset[str]) -> Quorum:
    return Quorum(len(members), members)


def _demand(path: str, quorum: Quorum) -> Demand:
    return Demand(path, ((quorum,),))


def _any(_change: Change) -> bool:
    return True


_OWN: Final = ("participants", "*")
_TABLE: Final = (
    _Row((*_OWN, "may_ask", "*"), lambda change: change.added, _edge_parties),
    _Row((*_OWN, "registers", "*"), lambda change: change.added, _register_parties),
    _Row((*_OWN, "may_ask", "*"), lambda change: change.removed, _owner),
    _Row((*_OWN, "registers", "*"), lambda change: change.removed, _owner),
    _Row((*_OWN, "registers", "*", "mode"), stricter, _owner),
    _Row((*_OWN, "own_limits", "*"), lowered, _owner),
    _Row((*_OWN, "contact"), _any, _owner),
    _Row((*_OWN, "tls_pin"), _any, _owner),
    _Row((*_OWN, "sealing_key"), _any, _owner),
    _Row((*_OWN, "signing_key"), _any, _old_key_and_one_other),
    _Row((*_OWN, "suspended_by"), lambda change: not change.before, _suspenders),
    _Row((*_OWN, "suspended_by"), lambda change: not change.after, _suspenders_and_suspended),
)
"""Architecture.md section 4, row by row; what is not here needs all."""
