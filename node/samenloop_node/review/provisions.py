"""Provisions in the own log: a release that the coordinator refused afterwards was none."""

from collections.abc import Iterable

from samenloop.audit.entry import Entry

REFUSED = "release-refused"
"""Action of the line that corrects an earlier release."""
_Found = tuple[int, Entry]


def carried_out(found: Iterable[_Found]) -> list[_Found]:
    """Return provisions, oldest first, without each release that was refused and the line that says so.

    A correction stays when its release is not among them: somebody may have read that one earlier.
    """
    kept: list[_Found] = []
    for seq, entry in found:
        index = _release_of(kept, entry) if entry.text("action") == REFUSED else None
        if index is None:
            kept.append((seq, entry))
        else:
            del kept[index]
    return kept


def _release_of(kept: list[_Found], correction: Entry) -> int | None:
    question = correction.text("question")
    for index in reversed(range(len(kept))):
        entry = kept[index][1]
        if entry.text("action") == "release" and entry.text("question") == question:
            return index
    return None
