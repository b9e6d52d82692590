"""Tokens of a person: HMAC-SHA256 per recipe, cut to 16 bytes, padded with random tokens per recipe."""

import os
from collections.abc import Callable, Iterator, Sequence

from cryptography.hazmat.primitives.hmac import HMAC

from samenloop.model import GROUP_SIZES, MAX_TOKENS, TOKEN_BYTES, EpochId, TokenSet
from samenloop.profile import Facts, Profile
from samenloop_node.identity.person import Person
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.recipes import messages_of

_PADDED = (0, *(next(size for size in GROUP_SIZES if size >= n) for n in range(1, GROUP_SIZES[-1] + 1)))
"""Padded size by number of values; a recipe with more than 12 values is left out whole."""

NO_FACTS = Facts(0, official_full_names=False).pack()
"""The rule of nl-1 needs no clear facts (measured), so nodes send none."""
RandomBytes = Callable[[int], bytes]
Cut = tuple[int, bytes, bytes]
"""Mask, counts and tokens as in `TokenSet`."""


def tokenise(person: Person, profile: Profile, keys: EpochKeys, random_bytes: RandomBytes = os.urandom) -> TokenSet:
    """Return the tokens of one person in one epoch, at most 48 of them."""
    return token_set(keys.epoch, cut(person, profile, keys, random_bytes))


def token_set(epoch: EpochId, made: Cut) -> TokenSet:
    """Return what `cut` made as a token set."""
    mask, counts, tokens = made
    return TokenSet(epoch, mask, NO_FACTS, counts, tokens)


def cut(person: Person, profile: Profile, keys: EpochKeys, random_bytes: RandomBytes = os.urandom) -> Cut:
    """Return mask, counts and tokens of one person in one epoch, as plain values that travel cheaply.

    The profile order is the order of importance: a recipe for which there is no room any more is dropped whole and
    its mask bit cleared, because a recipe that is half there would fake conflicts.
    """
    mask, counts = 0, bytearray()
    tokens: list[bytes] = []
    for number, values, size in fitting(messages_of(person, profile)):
        mask |= 1 << number
        counts.append(size)
        made = _keyed(keys.ready[profile.recipes[number]], values)
        tokens += made if size == 1 else _hidden(made, size, random_bytes)
    return mask, bytes(counts), b"".join(tokens)


def fitting(messages: Sequence[Sequence[str]]) -> Iterator[tuple[int, Sequence[str], int]]:
    """Yield (recipe number, messages, padded number of tokens) of the recipes that fit in 48 tokens, 12 each."""
    room = MAX_TOKENS
    for number, values in enumerate(messages):
        size = _PADDED[len(values)] if len(values) < len(_PADDED) else 0
        if 0 < size <= room:
            room -= size
            yield number, values, size


def _keyed(ready: HMAC, values: Sequence[str]) -> list[bytes]:
    made = []
    for value in values:
        state = ready.copy()
        state.update(value.encode())
        made.append(state.finalize()[:TOKEN_BYTES])
    return made


def _hidden(made: list[bytes], size: int, random_bytes: RandomBytes) -> list[bytes]:
    """Pad with random tokens and sort: order then tells neither which are padding nor which name gave which token."""
    if missing := size - len(made):
        filler = random_bytes(missing * TOKEN_BYTES)
        made += [filler[at : at + TOKEN_BYTES] for at in range(0, len(filler), TOKEN_BYTES)]
    return sorted(made)
