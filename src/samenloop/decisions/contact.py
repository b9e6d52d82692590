"""A short code for a hit that two people can say on the phone (R-53); it comes from the question, not the person."""

import hashlib

from samenloop.model import ParticipantId, QuestionId

_CONSONANTS = "bdfghklmnprstvwz"
_VOWELS = "aeio"


def speakable(question: QuestionId, holder: ParticipantId) -> str:
    """Return e.g. `bako-timo-17`: 30 bits, the same at asker and holder, and telling nothing about a hit."""
    digest = int.from_bytes(hashlib.sha256(b"samenloop/speakable/v1" + question + holder.encode()).digest()[:5], "big")
    syllables = []
    for _place in range(4):
        digest, rest = divmod(digest, 64)
        syllables.append(_CONSONANTS[rest // 4] + _VOWELS[rest % 4])
    return f"{syllables[0]}{syllables[1]}-{syllables[2]}{syllables[3]}-{digest % 64:02}"
