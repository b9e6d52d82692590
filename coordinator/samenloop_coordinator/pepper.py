"""The coordinator's own key: turns a token that a node sent into the value that is stored and looked up.

1. The root is a file of at least 32 random bytes with mode 0400, made once by `samenloop-coordinator init`.
2. One HMAC-SHA256 key per covenant, purpose, epoch, recipe and register, derived by HKDF-SHA256 (RFC 5869). So equal
   persons in two registers, purposes, covenants or epochs have different values: a stolen index shows no overlap (T20).
3. A value is 16 bytes. Without the consortium key of the nodes nobody can compute a token to pepper (T1, T2).

The keys stand ready as HMAC states that are copied: the key is hashed in once, not for every token.
This is the coordinator's only user of `hmac`.
"""

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import TOKEN_BYTES, TokenSet
from samenloop.profile import EpochProfiles
from samenloop.reasons import why
from samenloop.texts import _

ROOT_BYTES = 32
VALUE_BYTES = 16
_DISTINCT = 20  # 32 random bytes have fewer than 20 distinct values once in 10^9 files
_LABEL = "samenloop/v1/pepper"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a pepper belongs to: one register of one participant under one covenant and purpose."""

    covenant: str
    purpose: str
    participant: str
    register: str


@dataclass(slots=True)
class RegisterPepper:
    """The pepper of one register; recipe keys are derived once per epoch and kept in memory."""

    root: bytes = field(repr=False)
    scope: Scope
    profiles: EpochProfiles
    _keys: dict[str, tuple[HMAC, ...]] = field(default_factory=dict, repr=False)
    _purposes: dict[str, bytes] = field(default_factory=dict, repr=False)

    def pepper(self, tokens: TokenSet) -> list[bytes]:
        """Return the value of each token, 16 bytes each, in order. Raises INVALID_INPUT for an unknown recipe."""
        keys = self._epoch_keys(tokens.epoch)
        if tokens.mask >> len(keys):
            raise SamenloopError(ErrorCode.INVALID_INPUT, _("De tokens noemen een recept dat dit profiel niet heeft."))
        data, places = tokens.tokens, range(0, len(tokens.tokens), TOKEN_BYTES)
        return [
            _value(keys[recipe], data[place : place + TOKEN_BYTES])
            for recipe, place in zip(tokens.each_recipe(), places, strict=True)
        ]

    def handle(self, purpose: str, value: bytes) -> bytes:
        """Return a keyed reference (16 bytes) to something of this register, for one named purpose."""
        key = self._purposes.get(purpose)
        if key is None:
            key = self._purposes[purpose] = _derive(self.root, (purpose, *_parts(self.scope)))
        return hmac.digest(key, value, "sha256")[:VALUE_BYTES]

    def _epoch_keys(self, epoch: str) -> tuple[HMAC, ...]:
        found = self._keys.get(epoch)
        if found is None:
            recipes = self.profiles.of(epoch).recipes
            keys = (_derive(self.root, (epoch, recipe, *_parts(self.scope))) for recipe in recipes)
            found = tuple(HMAC(key, SHA256()) for key in keys)
            self._keys[epoch] = found
        return found


@dataclass(slots=True)
class Pepper:
    """All peppers of this coordinator, derived from one root that never leaves this object."""

    _root: bytes = field(repr=False)
    _registers: dict[Scope, RegisterPepper] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_root(self._root)

    def register(self, scope: Scope, profiles: EpochProfiles) -> RegisterPepper:
        """Return the pepper of one register for these token profiles."""
        found = self._registers.get(scope)
        if found is None or found.profiles is not profiles:
            found = self._registers[scope] = RegisterPepper(self._root, scope, profiles)
        return found

    def fingerprint(self) -> str:
        """Return 16 hex characters that tell one root from another and say nothing about it."""
        return hashlib.sha256(_derive(self._root, ("fingerprint",))).hexdigest()[:16]


def check_root(root: bytes) -> None:
    """Refuse a root that is short or does not look random; raises INTEGRITY."""
    if len(root) < ROOT_BYTES or len(set(root)) < _DISTINCT or root.isascii():
        raise SamenloopError(
            ErrorCode.INTEGRITY,
            _("De peper is te kort of niet willekeurig. Maak een nieuwe met `samenloop-coordinator init`."),
        )


def read_root(path: Path) -> bytes:
    """Return the root in `path`; raises NOT_FOUND when absent, NOT_PERMITTED unless its mode is 0400,
    INTEGRITY when weak.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Het bestand {path} met de peper kan niet worden gelezen: {why}.", path=path, why=why(error)),
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode != 0o400:
            raise SamenloopError(
                ErrorCode.NOT_PERMITTED,
                _("Het bestand {path} moet rechten 0400 hebben, niet {mode}.", path=path, mode=f"{mode:04o}"),
            )
        root = file.read(4096)
    check_root(root)
    return root


def make_root(path: Path) -> None:
    """Write a new root of 32 random bytes, mode 0400; an existing file is never replaced (NOT_PERMITTED)."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
    except FileExistsError:
        raise SamenloopError(ErrorCode.NOT_PERMITTED, _("Er is al een peper: {path}.", path=path)) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(_random_root())
        file.flush()
        os.fsync(file.fileno())


def _random_root() -> bytes:
    while True:
        root = secrets.token_bytes(ROOT_BYTES)
        if len(set(root)) >= _DISTINCT and not root.isascii():
            return root


def _parts(scope: Scope) -> tuple[str, ...]:
    return (scope.covenant, scope.purpose, scope.participant, scope.register)


def _value(key: HMAC, token: bytes) -> bytes:
    state = key.copy()
    state.update(token)
    return state.finalize()[:VALUE_BYTES]


def _derive(root: bytes, parts: Iterable[str]) -> bytes:
    info = b"".join(len(part.encode()).to_bytes(2, "big") + part.encode() for part in (_LABEL, *parts))
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root)
