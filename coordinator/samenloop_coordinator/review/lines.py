"""What the operator's review commands show: entries, patterns and pairs as JSON and as one line each."""

from collections.abc import Mapping

from samenloop.audit.entry import Entry, rows
from samenloop.clock import from_milliseconds
from samenloop.review.patterns import Finding
from samenloop.texts import _


def as_row(seq: int, entry: Entry) -> dict[str, object]:
    """Return an entry as JSON: its place, its public fields, and per holder the answer as given.

    A verdict has a field `entry` itself: the place of the entry that it is about, here `about`.
    """
    public = {("about" if name == "entry" else name): value for name, value in entry.public.items()}
    return {"entry": seq, **public, "answers": {row["holder"]: row["answer"] for row in rows(entry, "holders")}}


def line(row: Mapping[str, object]) -> str:
    """Return an entry as one line."""
    when = from_milliseconds(_integer(row["end_ms"])).strftime("%Y-%m-%d %H:%M:%S")
    names = ("actor", "status", "rule", "reason", "purpose", "case", "user")
    facts = [f"{name}={row[name]}" for name in names if row.get(name)]
    answers = row["answers"]
    given = [f"{holder}={answer}" for holder, answer in answers.items()] if isinstance(answers, dict) else []
    return " ".join([str(row["entry"]), when, str(row["event"]), *facts, *given])


def waiting_row(seq: int, entry: Entry, due_ms: int, now_ms: int) -> dict[str, object]:
    """Return a drawn entry that waits for its verdict as JSON."""
    return {**as_row(seq, entry), "due": day(due_ms), "overdue": due_ms < now_ms}


def waiting_line(row: Mapping[str, object]) -> str:
    """Return a drawn entry that waits for its verdict as one line."""
    due = _("te laat sinds {day}", day=row["due"]) if row["overdue"] else _("voor {day}", day=row["due"])
    return f"{line(row)} {due}"


def finding_row(one: Finding) -> dict[str, object]:
    """Return a pattern as JSON."""
    days = {"first": day(one.first_ms), "last": day(one.last_ms)}
    return {
        "pattern": one.pattern.value,
        "alarm": one.alarm,
        "asker": one.actor,
        "user": one.user,
        "count": one.count,
        "detail": one.detail,
        **days,
    }


def finding_line(row: Mapping[str, object]) -> str:
    """Return a pattern as one line."""
    mark = _("ALARM") if row["alarm"] else _("let op")
    who = " ".join(str(row[name]) for name in ("asker", "user", "detail") if row[name])
    return f"{mark} {row['pattern']} {who} {row['count']}x {row['first']} - {row['last']}"


def pair_line(row: Mapping[str, object]) -> str:
    """Return what one asker learned of one holder as one line."""
    return _(
        "{asker} -> {holder}: {questions} vragen over {cases} casussen; bekend {shown}, later vrijgegeven {released}, "
        "samen geleerd {learned}; drukste dag {budget_share}% van het dagbudget",
        **row,
    )


def day(ms: int) -> str:
    """Return the day of a moment in Unix milliseconds (UTC)."""
    return from_milliseconds(ms).strftime("%Y-%m-%d")


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0
