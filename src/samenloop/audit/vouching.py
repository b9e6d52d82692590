"""How far another witness of the log is known to have looked, as a node sees it round by round. Pure.

A cosignature says that its witness looked at so many entries, not that these are all. A log could show a witness the
same small tree for ever; its fresh cosignatures then say nothing about what came after. So a witness counts up to the
moment at which this node first saw an entry that the witness has not looked at. Who looked at all that this node had
accepted the round before, counts until now. For who is further behind the node keeps a mark, its own tree of some
moment: it counts until that moment once it reaches the mark, and gets a new one.
"""

from dataclasses import dataclass, replace

from samenloop.audit.times import SKEW_MS
from samenloop.audit.witness import WitnessState


@dataclass(frozen=True, slots=True)
class Looked:
    """A cosignature that holds: on how many entries, and when (Unix seconds)."""

    size: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Vouching:
    """What is kept of a witness: its newest cosignature (Unix seconds), up to when (Unix ms at this node) it has looked
    at everything, and the mark: a size that it must reach, and when this node accepted that.
    """

    seconds: int
    covered_ms: int
    mark_size: int
    mark_ms: int

    @property
    def until(self) -> int:
        """Return up to when this witness vouches for the log, Unix seconds."""
        return min(self.seconds, self.covered_ms // 1000)


def vouch(
    known: Vouching | None, looked: Looked, before_size: int, state: WitnessState, now_ms: int
) -> Vouching | None:
    """Return what is known of a witness after one of its cosignatures, `state` being what this node accepted just now
    and `before_size` the size that it had accepted before.

    A cosignature from the future was made up, and changes nothing.
    """
    if looked.seconds * 1000 > now_ms + SKEW_MS:
        return known
    before = known or Vouching(0, state.since_ms, state.size, now_ms)
    seconds = max(looked.seconds, before.seconds)
    if looked.size >= before_size:
        return Vouching(seconds, now_ms, state.size, now_ms)
    if looked.size >= before.mark_size:
        return Vouching(seconds, before.mark_ms, state.size, now_ms)
    return replace(before, seconds=seconds)
