"""Covenant versions: accepted only when completely signed, activated by a log entry, first logged wins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from samenloop.audit.fields import Event
from samenloop.clock import Clock, from_milliseconds, milliseconds
from samenloop.covenant import Covenant, fingerprint, parse_canonical
from samenloop.covenant.signatures import missing, parse_signatures
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.texts import _
from samenloop_coordinator import epochs
from samenloop_coordinator.agreement import InForce, catalogue_in_force
from samenloop_coordinator.epochs import LiveEpochs
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import CovenantRow


@dataclass(frozen=True, slots=True)
class Own:
    """What a covenant must say about this coordinator: its log origin and its audit key (64 hex digits).

    `override`: the file that tightens the catalogue here, which all partners of the new version must have signed.
    """

    origin: str
    audit_key: str
    override: Path | None = None


def in_force(parts: Parts) -> InForce | None:
    """Return the active version with the one before it, None when none was ever activated."""
    rows = parts.covenants.active()
    if not rows:
        return None
    previous = parse_canonical(rows[-2].document) if len(rows) > 1 else None
    return InForce(parse_canonical(rows[-1].document), previous, from_milliseconds(rows[-1].activated_ms))


@dataclass(frozen=True, slots=True)
class Activation:
    """A version that may become active, with all signatures that the table asks for."""

    covenant: Covenant
    document: bytes
    signatures: bytes

    def unit(self, own: Own, journal: Journal, clock: Clock) -> Callable[[Parts], bytes]:
        """Return the unit of work that activates it: checked against what is active then; returns the entry's body."""

        def activate(parts: Parts) -> bytes:
            state = in_force(parts)
            old = state.current if state else None
            if old is not None and old.id == self.covenant.id and fingerprint(old) == fingerprint(self.covenant):
                raise SamenloopError(ErrorCode.REQUEST_REUSED, _("Deze versie van het convenant geldt al."))
            check(old, self, own)
            if old is not None:
                check_profiles(old, self.covenant, epochs.live(parts, old))
            now = clock.now()
            parts.covenants.keep(_row(self, now))
            body = journal.body(
                Event.COVENANT,
                {
                    "covenant": self.covenant.id,
                    "version": self.covenant.version,
                    "document": fingerprint(self.covenant),
                    "action": "activate",
                },
            )
            parts.log.append(body, ())
            return body

        return activate


def read(document: bytes, signatures: bytes) -> Activation:
    """Parse a version and its signatures; raises InvalidInput."""
    return Activation(parse_canonical(document), document, signatures)


def check(old: Covenant | None, new: Activation, own: Own) -> None:
    """Raise unless `new` follows `old`, names this coordinator, and everybody who must sign has signed: the version,
    and the override of the catalogue that would keep this coordinator from starting under it.
    """
    coordinator = new.covenant.coordinator
    if (coordinator.log_origin, coordinator.audit_key) != (own.origin, own.audit_key):
        raise Refused("covenant", _("Dit convenant noemt een andere coördinator: controleer log_origin en audit_key."))
    if old is not None and old.id != new.covenant.id:
        raise Refused("covenant", _("Deze coördinator werkt voor convenant {id}.", id=old.id))
    open_demands = missing(old, new.covenant, parse_signatures(new.signatures))
    if open_demands:
        raise Refused(
            "covenant",
            _("Niet iedereen die moet tekenen heeft getekend."),
            tuple(str(number) for number, _demand in enumerate(open_demands)),
        )
    catalogue_in_force(new.covenant, own.override)


def check_profiles(old: Covenant, new: Covenant, live: LiveEpochs) -> None:
    """Refuse a version that gives a live epoch another token profile: its masks would be misread."""
    before, after = old.profiles(), new.profiles()
    changed = sorted({epoch for epoch in (*live.read, *live.write) if before.of(epoch) != after.of(epoch)})
    if changed:
        raise Refused(
            "covenant",
            _(
                "Tijdvak {epochs} loopt nog en houdt zijn tokenprofiel: noem het in kept_profiles.",
                epochs=", ".join(changed),
            ),
        )


def _row(activation: Activation, now: datetime) -> CovenantRow:
    covenant = activation.covenant
    return CovenantRow(
        covenant.id,
        covenant.version,
        bytes.fromhex(fingerprint(covenant)),
        activation.document,
        activation.signatures,
        milliseconds(now),
    )
