"""Random tokens that fill a group up to its size, drawn so that a retry after a restart draws the same ones.

The seed comes from a node-local key and the salt of the question (`References.seed`): without that key the stream
cannot be told from random bytes, with it the same person gives the same digest again (architecture.md invariant 6).
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from samenloop.errors import InvalidInput
from samenloop.texts import _

SEED_BYTES = 32


def padding_stream(seed: bytes) -> Callable[[int], bytes]:
    """Return a function that gives the next n bytes of the AES-256-CTR stream of this seed (32 bytes)."""
    if len(seed) != SEED_BYTES:
        raise InvalidInput("seed", _("Het zaad van deze reeks moet 32 bytes zijn."))
    stream = Cipher(algorithms.AES256(seed), modes.CTR(bytes(16))).encryptor()

    def draw(count: int) -> bytes:
        return stream.update(bytes(count))

    return draw
