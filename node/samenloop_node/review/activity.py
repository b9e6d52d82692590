"""This node's own questions, read back from its own log: what was asked, answered as given, and released later."""

from collections.abc import Iterable
from dataclasses import replace

from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.review.facts import Activity, Asked, AskedHolder, ClosedCase, LaterWord, RefusedAct, holders_of
from samenloop.review.reading import LogReader

_CLOSED = ("close", "reject")
_RELEASED = {"released": True, "release-withdrawn": False, "answer-lapsed": False}


def own_activity(reader: LogReader, participant: str, from_ms: int, until_ms: int) -> Activity:
    """Return the own questions of a stretch of time."""
    return collect(reader.between(from_ms, until_ms), participant)


def collect(found: Iterable[tuple[int, Entry]], participant: str) -> Activity:
    """Return what entries of the own log, in order, say about asking."""
    asked: dict[str, Asked] = {}
    refused: list[RefusedAct] = []
    later: list[LaterWord] = []
    closed: list[ClosedCase] = []
    for seq, entry in found:
        action = entry.text("action")
        if entry.event is Event.ANSWER:
            _answer(asked, entry)
        elif entry.event is not Event.CASE:
            continue
        elif action == "question":
            asked[entry.text("question")] = _asked(seq, entry, participant)
        elif action == "question-refused":
            refused.append(_refused(entry, participant))
            asked.pop(entry.text("question"), None)
        elif action in _CLOSED and entry.text("status") != "refused":
            closed.append(ClosedCase(entry.integer("end_ms"), participant, entry.text("case")))
        elif action in _RELEASED:
            later += _later(entry, participant, shown=_RELEASED[action])
    return Activity(tuple(asked.values()), tuple(refused), tuple(later), tuple(closed))


def _asked(seq: int, entry: Entry, participant: str) -> Asked:
    return Asked(
        seq=seq,
        at_ms=entry.integer("end_ms"),
        question=entry.text("question"),
        actor=participant,
        user=entry.text("user"),
        case=entry.text("case"),
        holders=holders_of(entry),
    )


def _answer(asked: dict[str, Asked], entry: Entry) -> None:
    question = asked.get(entry.text("question"))
    if question is None:
        return
    known = {row.holder for row in holders_of(entry) if row.known}
    rows = tuple(AskedHolder(row.holder, row.purpose, row.holder in known) for row in question.holders)
    asked[question.question] = replace(question, holders=rows)


def _refused(entry: Entry, participant: str) -> RefusedAct:
    return RefusedAct(
        at_ms=entry.integer("end_ms"),
        actor=participant,
        user=entry.text("user"),
        case=entry.text("case"),
        action="ask",
        rule=entry.text("rule") or entry.text("reason"),
    )


def _later(entry: Entry, participant: str, *, shown: bool) -> list[LaterWord]:
    at_ms, question = entry.integer("end_ms"), entry.text("question")
    return [LaterWord(at_ms, row.holder, participant, question, shown) for row in holders_of(entry)]
