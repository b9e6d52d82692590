"""The covenant that is in force, the version before it, and the live epochs: what every request is judged by.

One coordinator serves one covenant and its successors. Another purpose is another covenant and another coordinator.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from samenloop.catalogue import Catalogue, load_catalogue
from samenloop.covenant import Covenant
from samenloop.covenant.checks import signing_participants
from samenloop.covenant.override import read_override
from samenloop.covenant.permissions import check_version
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import VerifyKey
from samenloop.profile import EpochProfiles
from samenloop.texts import _
from samenloop.wire.convert import CovenantRef
from samenloop_coordinator.epochs import LiveEpochs
from samenloop_coordinator.pepper import Pepper, RegisterPepper, Scope
from samenloop_coordinator.store.values import Place


def catalogue_in_force(covenant: Covenant, override: Path | None) -> Catalogue:
    """Return the legal catalogue with the override that all partners signed; raises as `read_override` does."""
    return read_override(load_catalogue(), covenant, override, signing_participants(covenant))


@dataclass(frozen=True, slots=True)
class InForce:
    """The active version, the one before it, and when the active one was activated."""

    current: Covenant
    previous: Covenant | None
    activated_at: datetime


@dataclass(slots=True)
class Agreement:
    """What is in force now; replaced as a whole when a version is activated or an epoch announced."""

    in_force: InForce
    catalogue: Catalogue
    epochs: LiveEpochs
    pepper: Pepper = field(repr=False)
    evaluation: bool = False
    """The start option, which counts only with the flag of the covenant in force."""
    _keys: dict[str, VerifyKey] = field(default_factory=dict, repr=False)
    _profiles: tuple[Covenant, EpochProfiles] | None = None
    _places: dict[Place, int] = field(default_factory=dict, repr=False)

    @property
    def covenant(self) -> Covenant:
        """Return the active version."""
        return self.in_force.current

    @property
    def lifted(self) -> bool:
        """Tell whether budgets and modes are lifted for an evaluation.

        A version that changes the flag gives the one before no time of grace, so the active one judges for all.
        """
        return self.evaluation and self.covenant.flags.evaluation

    @property
    def profiles(self) -> EpochProfiles:
        """Return the token profiles of the active version, the same object as long as it is in force."""
        if self._profiles is None or self._profiles[0] is not self.covenant:
            self._profiles = self.covenant, self.covenant.profiles()
        return self._profiles[1]

    def judged_by(self, named: CovenantRef, now: datetime) -> Covenant:
        """Return the version that a message is judged by; raises COVENANT_MISMATCH."""
        state = self.in_force
        return check_version(state.current, state.previous, state.activated_at, (named.id, named.version), now)

    def verify_key(self, covenant: Covenant, participant: str) -> VerifyKey:
        """Return the signing key of a participant; raises NOT_PERMITTED for who is no party."""
        digits = covenant.participant(participant).signing_key
        found = self._keys.get(digits)
        if found is None:
            found = self._keys[digits] = VerifyKey(digits)
        return found

    def check_epochs(self, named: tuple[str, ...]) -> None:
        """Refuse any set of epochs that is not exactly the live read set; raises EPOCH_MISMATCH."""
        if sorted(named) != sorted(self.epochs.read) or not named:
            raise SamenloopError(
                ErrorCode.EPOCH_MISMATCH,
                _("De tijdvakken van de sleutel zijn veranderd: haal ze op en probeer opnieuw."),
            )

    def register_pepper(self, participant: str, register: str) -> RegisterPepper:
        """Return the pepper of one register."""
        scope = Scope(self.covenant.id, self.covenant.purpose.id, participant, register)
        return self.pepper.register(scope, self.profiles)
