"""The key ceremony: two partners make one secret that neither could choose, and every node checks it. Pure.

1. Both contributors announce the epoch (`samenloop.covenant.epochs`). 2. Each commits: SHA-256 of its 32 bytes.
3. Only when both commitments are there does each seal its 32 bytes to every participant and sign the package.
4. Every node opens both packages and holds the contents against the commitments.
5. Secret = HKDF-SHA256(first ‖ second) bound to covenant, purpose and epoch; both contributors sign its SHA-256
   together with the hashes of both packages. 6. Every node compares, keeps the secret and says so.

Anything else is refused: one contributor, two different messages for one step, a package that does not open, a secret
that is not the confirmed one. The board's keeper sees sealed bytes and hashes only. (HPKE base mode lets anybody seal:
what makes a package trustworthy is the contributor's signature.)
"""

import enum
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from samenloop.audit.canonical import Value, canonical
from samenloop.covenant import Covenant
from samenloop.covenant.epochs import announcement, confirmed_secret
from samenloop.covenant.notices import Kind, Notice, Verified, make_notice
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.keys import SealingKey, SealingPublicKey, SigningKey
from samenloop.texts import _

CONTRIBUTION_BYTES: Final = 32
_PACKAGE_INFO: Final = b"samenloop/v1/key-package\0"
_SECRET_INFO: Final = b"samenloop/v1/consortium-secret\0"


class Step(enum.Enum):
    """What this node must do next."""

    WAIT_FOR_ANNOUNCEMENT = "wait_for_announcement"
    CONTRIBUTE = "contribute"
    REVEAL = "reveal"
    CONFIRM = "confirm"
    ACCEPT = "accept"
    WAIT_FOR_OTHERS = "wait_for_others"
    NOT_FOR_US = "not_for_us"
    DONE = "done"


_CONTRIBUTORS_STEPS: Final = (
    (Kind.COMMIT, Step.CONTRIBUTE),
    (Kind.PACKAGE, Step.REVEAL),
    (Kind.CONFIRM, Step.CONFIRM),
)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """One epoch's ceremony as one participant sees it: the verified notices of the board, in the board's order."""

    covenant: Covenant
    epoch: str
    me: str
    notices: Sequence[Verified]

    @property
    def announced(self) -> Verified | None:
        """Return the announcement that counts, or None."""
        return announcement(self.epoch, self.notices)

    @property
    def contributors(self) -> tuple[str, ...]:
        """Return the two contributors in the order in which their bytes are combined; empty when not announced."""
        announced = self.announced
        return announced.texts("contributors") if announced else ()

    def step(self) -> Step:
        """Return what this node must do next; raises IntegrityError if somebody said two different things."""
        if self.announced is None:
            return Step.WAIT_FOR_ANNOUNCEMENT
        if self.me in self._by_author(Kind.ACCEPT):
            return Step.DONE
        for kind, step in _CONTRIBUTORS_STEPS:
            said = self._by_author(kind)
            if self.me in self.contributors and self.me not in said:
                return step
            if len(said) < 2:
                return Step.WAIT_FOR_OTHERS
        return Step.ACCEPT if self._sealed_to_us() else Step.NOT_FOR_US

    def contribute(self, contribution: bytes, key: SigningKey) -> Notice:
        """Commit to 32 random bytes (keep them until `reveal`)."""
        self._expect(Step.CONTRIBUTE)
        if len(contribution) != CONTRIBUTION_BYTES or len(set(contribution)) < 8:
            raise IntegrityError(_("De bijdrage moet uit 32 willekeurige bytes bestaan."))
        return self._notice(Kind.COMMIT, {"commitment": _hash(contribution)}, key)

    def reveal(self, contribution: bytes, key: SigningKey) -> Notice:
        """Seal the committed bytes to every participant that is not suspended, networks included."""
        self._expect(Step.REVEAL)
        commits = self._by_author(Kind.COMMIT)
        if not secrets.compare_digest(commits[self.me].text("commitment"), _hash(contribution)):
            raise IntegrityError(_("Deze bijdrage is een andere dan die waarvan het kenmerk is gepubliceerd."))
        sealed: dict[str, Value] = {
            row.id: SealingPublicKey(row.sealing_key).seal(contribution, self._info(self.me, row.id)).hex()
            for row in self.covenant.participants
            if not row.suspended
        }
        return self._notice(Kind.PACKAGE, {"commitments": self._commitments(), "sealed": sealed}, key)

    def confirm(self, sealing: SealingKey, key: SigningKey) -> Notice:
        """Open both packages as a contributor and sign the commitment to the secret."""
        self._expect(Step.CONFIRM)
        return self._notice(Kind.CONFIRM, self._confirmation(_hash(self._combine(sealing))), key)

    def accept(self, sealing: SealingKey, key: SigningKey) -> tuple[bytes, Notice]:
        """Open both packages, compare with what both confirmed; return the secret (32 bytes) and the notice to post.

        Raises IntegrityError if anything differs; then nothing may be kept.
        """
        self._expect(Step.ACCEPT)
        secret = self._combine(sealing)
        wanted = self._confirmation(_hash(secret))
        for notice in self._by_author(Kind.CONFIRM).values():
            if any(notice.body[name] != value for name, value in wanted.items()):
                raise IntegrityError(_("Het geheim is niet dat wat beide partners hebben bevestigd. Bel de partners."))
        return secret, self._notice(Kind.ACCEPT, {"secret": _hash(secret)}, key)

    def differing(self) -> tuple[str, ...]:
        """Return the participants that accepted another secret than was confirmed: then stop, and call them."""
        announced = self.announced
        secret = confirmed_secret(announced, self.notices) if announced else None
        return tuple(
            sorted(name for name, notice in self._by_author(Kind.ACCEPT).items() if notice.text("secret") != secret)
        )

    def _sealed_to_us(self) -> bool:
        """Tell whether any contributor sealed to us; neither does to who joins later or is suspended."""
        packages = (one.body["sealed"] for one in self._by_author(Kind.PACKAGE).values())
        return any(isinstance(sealed, Mapping) and self.me in sealed for sealed in packages)

    def _combine(self, sealing: SealingKey) -> bytes:
        packages = self._by_author(Kind.PACKAGE)
        parts = [self._opened(packages[name], name, sealing) for name in self.contributors]
        return combine(parts[0], parts[1], self.covenant, self.epoch)

    def _opened(self, package: Verified, author: str, sealing: SealingKey) -> bytes:
        sealed = package.body["sealed"]
        mine = sealed.get(self.me) if isinstance(sealed, Mapping) else None
        if not isinstance(mine, str) or package.body["commitments"] != self._commitments():
            raise IntegrityError(_("Het pakket van {name} is niet voor deze deelnemer en dit tijdvak.", name=author))
        opened = sealing.open(_unhex(mine), self._info(author, self.me))
        commitment = self._by_author(Kind.COMMIT)[author].text("commitment")
        if len(opened) != CONTRIBUTION_BYTES or not secrets.compare_digest(_hash(opened), commitment):
            raise IntegrityError(_("De bijdrage van {name} is niet die van het gepubliceerde kenmerk.", name=author))
        return opened

    def _by_author(self, kind: Kind) -> dict[str, Verified]:
        """Return each author's one notice of a kind for this announcement; contributors' steps are theirs only."""
        announced = self.announced
        found: dict[str, Verified] = {}
        for notice in self.notices:
            if notice.kind is not kind or announced is None or notice.text("announcement") != announced.digest:
                continue
            if kind is not Kind.ACCEPT and notice.author not in self.contributors:
                continue
            if found.setdefault(notice.author, notice).digest != notice.digest:
                raise IntegrityError(_("{name} heeft twee verschillende berichten geplaatst.", name=notice.author))
        return found

    def _commitments(self) -> list[Value]:
        commits = self._by_author(Kind.COMMIT)
        found: list[Value] = [commits[name].text("commitment") for name in self.contributors]
        if found[0] == found[1]:
            raise IntegrityError(_("Beide partners hebben hetzelfde kenmerk gepubliceerd."))
        return found

    def _confirmation(self, secret_hash: str) -> dict[str, Value]:
        packages = self._by_author(Kind.PACKAGE)
        return {"packages": [packages[name].digest for name in self.contributors], "secret": secret_hash}

    def _notice(self, kind: Kind, fields: Mapping[str, Value], key: SigningKey) -> Notice:
        announced = self.announced
        digest = announced.digest if announced else ""
        return make_notice(self.covenant, kind, self.epoch, self.me, {**fields, "announcement": digest}, key)

    def _expect(self, step: Step) -> None:
        if self.step() is not step:
            text = _("Deze stap van de sleutelceremonie is nu niet aan de orde.")
            raise SamenloopError(ErrorCode.NOT_PERMITTED, text)

    def _info(self, author: str, receiver: str) -> bytes:
        announced = self.announced
        return _PACKAGE_INFO + canonical(
            {
                "announcement": announced.digest if announced else "",
                "covenant": self.covenant.id,
                "epoch": self.epoch,
                "from": author,
                "purpose": self.covenant.purpose.id,
                "to": receiver,
            }
        )


def combine(first: bytes, second: bytes, covenant: Covenant, epoch: str) -> bytes:
    """Return the consortium secret (32 bytes) of two contributions, bound to covenant, purpose and epoch."""
    bound = canonical({"covenant": covenant.id, "epoch": epoch, "purpose": covenant.purpose.id})
    return HKDF(hashes.SHA256(), CONTRIBUTION_BYTES, salt=None, info=_SECRET_INFO + bound).derive(first + second)


def spoken(commitment: str) -> str:
    """Return a commitment (64 hexadecimal digits) as four groups of five digits, to read to each other on the phone."""
    digits = f"{int(hashlib.sha256(commitment.encode()).hexdigest(), 16) % 10**20:020d}"
    return " ".join(digits[start : start + 5] for start in range(0, 20, 5))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise IntegrityError(_("Het pakket is niet goed gevormd.")) from error
