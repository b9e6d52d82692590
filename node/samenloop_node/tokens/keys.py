"""Keys of one epoch: one HMAC-SHA256 key per recipe, derived from the consortium secret with HKDF-SHA256 (RFC 5869).

info = length-prefixed "samenloop/v1", covenant, purpose, epoch, recipe. So tokens of two covenants, purposes, epochs
or recipes never compare equal (architecture.md section 2, invariant 8).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from samenloop.errors import InvalidInput
from samenloop.model import EpochId
from samenloop.texts import _

SECRET_BYTES = 32
_SCHEME = "samenloop/v1"
_LEAST_DISTINCT_BYTES = 16


class EpochKeys:
    """The recipe keys of one epoch, derived once. The repr hides them."""

    __slots__ = ("_keys", "epoch", "ready")

    def __init__(self, secret: bytes, covenant: str, purpose: str, epoch: EpochId, recipes: Sequence[str]) -> None:
        """Derive all keys; raises InvalidInput for a secret that is not 32 random-looking bytes."""
        _refuse_weak(secret)
        self.epoch = epoch
        keys = {recipe: _derive(secret, (_SCHEME, covenant, purpose, epoch, recipe)) for recipe in recipes}
        self.__setstate__((epoch, keys))

    @property
    def by_recipe(self) -> Mapping[str, bytes]:
        """32 bytes per recipe name."""
        return self._keys

    def __getstate__(self) -> tuple[EpochId, dict[str, bytes]]:
        """Travel to a worker process."""
        return self.epoch, self._keys

    def __setstate__(self, state: tuple[EpochId, dict[str, bytes]]) -> None:
        """Set the keys ready: copying a keyed state costs half of keying anew for every message."""
        self.epoch, self._keys = state
        self.ready: Mapping[str, HMAC] = {recipe: HMAC(key, SHA256()) for recipe, key in self._keys.items()}

    def __repr__(self) -> str:
        return f"EpochKeys(epoch={self.epoch!r})"


def length_prefixed(parts: Sequence[str]) -> bytes:
    """Join texts so that no two different lists give the same bytes: 4 bytes big-endian length before each part."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _derive(secret: bytes, info: Sequence[str]) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=length_prefixed(info)).derive(secret)


def _refuse_weak(secret: bytes) -> None:
    """32 random bytes have fewer than 16 different values once in 10^16; text, patterns and counters are typical
    mistakes."""
    steps = {(b - a) % 256 for a, b in pairwise(secret)}
    weak = len(set(secret)) < _LEAST_DISTINCT_BYTES or len(steps) < _LEAST_DISTINCT_BYTES // 2
    if len(secret) != SECRET_BYTES or weak or all(32 <= byte < 127 for byte in secret):
        raise InvalidInput("secret", _("Het geheim van dit tijdvak is geen reeks van 32 willekeurige bytes."))
