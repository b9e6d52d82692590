"""Random tokens that fill a group up to its size, drawn so that a retry after a restart draws the same ones.

The seed comes from a node-local key and the salt of the question (`References.seed`): without that key the stream
cannot be told from random bytes, with it the same person gives the same digest again (architecture.md invariant 6).
"""

import hashlib
from collections.abc import Callable

from samenloop.errors import InvalidInput
from samenloop.model import MAX_EPOCHS, MAX_TOKENS, TOKEN_BYTES
from samenloop.texts import _

SEED_BYTES = 32
_MOST = MAX_EPOCHS * MAX_TOKENS * TOKEN_BYTES


def padding_stream(seed: bytes) -> Callable[[int], bytes]:
    """Return a function that gives the next n bytes of SHAKE256(seed) (FIPS 202), enough for the tokens of one person.

    The seed is 32 bytes; raises InvalidInput for another one, and when the stream is at its end.
    """
    if len(seed) != SEED_BYTES:
        raise InvalidInput("seed", _("Het zaad van deze reeks moet 32 bytes zijn."))
    stream, place = hashlib.shake_256(seed).digest(_MOST), 0

    def draw(count: int) -> bytes:
        nonlocal place
        place += count
        if place > _MOST:
            raise InvalidInput("seed", _("Deze reeks is op."))
        return stream[place - count : place]

    return draw
