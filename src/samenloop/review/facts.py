"""What the public halves of a log say about asking: the one input of patterns, leakage and reports. Pure.

A hidden hit is not in it and cannot be: an answer here is the one that the asker was given.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from samenloop.audit.entry import Entry, rows
from samenloop.audit.fields import Event

KNOWN = "known"


@dataclass(frozen=True, slots=True)
class AskedHolder:
    """One asked holder with its concrete purpose and the visible answer as given."""

    holder: str
    purpose: str
    known: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One answered question. `user` and `case` are node-keyed references (hex); `at_ms` Unix milliseconds."""

    seq: int
    at_ms: int
    question: str
    actor: str
    user: str
    case: str
    holders: tuple[AskedHolder, ...]


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """One refused act and the rule, or else the error code, that refused it."""

    at_ms: int
    actor: str
    user: str
    case: str
    action: str
    rule: str


@dataclass(frozen=True, slots=True)
class LaterWord:
    """A release (`shown`) or its withdrawal: `holder` to `receiver`, about one question."""

    at_ms: int
    holder: str
    receiver: str
    question: str
    shown: bool


@dataclass(frozen=True, slots=True)
class ClosedCase:
    """A case that its asker closed."""

    at_ms: int
    actor: str
    case: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Everything about asking in a stretch of a log, each in order of time."""

    asked: tuple[Asked, ...] = ()
    refused: tuple[RefusedAct, ...] = ()
    later: tuple[LaterWord, ...] = ()
    closed: tuple[ClosedCase, ...] = ()


def activity(found: Iterable[tuple[int, Entry]]) -> Activity:
    """Return what these entries (place in the log, entry) say about asking; other entries are passed over."""
    asked: list[Asked] = []
    refused: list[RefusedAct] = []
    later: list[LaterWord] = []
    closed: list[ClosedCase] = []
    for seq, entry in found:
        match entry.event:
            case Event.QUESTION:
                asked.append(_asked(seq, entry))
            case Event.REFUSE:
                refused.append(_refused(entry))
            case Event.RELEASE | Event.RELEASE_WITHDRAWN:
                later.append(_later(entry))
            case Event.CASE_CLOSED:
                closed.append(ClosedCase(entry.integer("end_ms"), entry.text("actor"), entry.text("case")))
            case _other:
                continue
    return Activity(tuple(asked), tuple(refused), tuple(later), tuple(closed))


def holders_of(entry: Entry) -> tuple[AskedHolder, ...]:
    """Return the asked holders of an entry that names them."""
    fallback = entry.text("purpose")
    return tuple(
        AskedHolder(row["holder"], row.get("purpose", fallback), row["answer"] == KNOWN)
        for row in rows(entry, "holders")
    )


def _asked(seq: int, entry: Entry) -> Asked:
    return Asked(
        seq=seq,
        at_ms=entry.integer("end_ms"),
        question=entry.text("request"),
        actor=entry.text("actor"),
        user=entry.text("user"),
        case=entry.text("case"),
        holders=holders_of(entry),
    )


def _refused(entry: Entry) -> RefusedAct:
    return RefusedAct(
        at_ms=entry.integer("end_ms"),
        actor=entry.text("actor"),
        user=entry.text("user"),
        case=entry.text("case"),
        action=entry.text("action"),
        rule=entry.text("rule") or entry.text("status"),
    )


def _later(entry: Entry) -> LaterWord:
    return LaterWord(
        at_ms=entry.integer("end_ms"),
        holder=entry.text("actor"),
        receiver=entry.text("receiver"),
        question=entry.text("question"),
        shown=entry.event is Event.RELEASE,
    )
