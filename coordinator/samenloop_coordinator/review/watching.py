"""What review asks of the running coordinator twice a minute: draws that are due, and alarms about today's questions.

Alarms come from the index of public halves alone. Each is logged once per asker, user and day.
"""

from collections.abc import Iterator

from samenloop.audit.fields import Event
from samenloop.audit.store import IndexRow, Search
from samenloop.clock import Clock, milliseconds
from samenloop.review import patterns
from samenloop.review.facts import Activity, Asked, RefusedAct
from samenloop.review.patterns import Finding
from samenloop.review.samples import NewEntry
from samenloop.review.scope import norms_of
from samenloop_coordinator.config import CoordinatorConfig
from samenloop_coordinator.review.reading import Reading, reading

_DAY_MS = 86_400_000
_MOST = 20_000


def due(config: CoordinatorConfig, clock: Clock) -> list[NewEntry]:
    """Return the entries to log now. Blocking: run it in a thread."""
    now_ms = milliseconds(clock.now())
    with reading(config) as log:
        return [*log.rounds.step(log.rounds.history(), log.covenant, now_ms), *_alarms(log, now_ms)]


def _alarms(log: Reading, now_ms: int) -> Iterator[NewEntry]:
    since = now_ms - _DAY_MS
    today = patterns.local_day(now_ms)
    for row in log.covenant.participants:
        seen = {one for one in _logged(log, row.id, since) if one[2] == today}
        for finding in patterns.today(_questions(log, row.id, since), norms_of(log.covenant)):
            key = (finding.pattern.value, finding.user, patterns.local_day(finding.last_ms))
            if finding.alarm and key[2] == today and key not in seen:
                seen.add(key)
                yield _entry(finding)


def _logged(log: Reading, actor: str, since: int) -> Iterator[tuple[str, str, str]]:
    for _seq, entry in log.reader.newest(_search(Event.ALARM, actor, since), _MOST, lambda _one: True):
        yield entry.text("reason"), entry.text("user"), patterns.local_day(entry.integer("end_ms"))


def _questions(log: Reading, actor: str, since: int) -> Activity:
    asked = [_asked(row) for row in log.reader.tree.find(_search(Event.QUESTION, actor, since), _MOST)]
    refused = [_refused(row) for row in log.reader.tree.find(_search(Event.REFUSE, actor, since), _MOST)]
    return Activity(asked=tuple(reversed(asked)), refused=tuple(reversed(refused)))


def _search(event: Event, actor: str, since: int) -> Search:
    return Search(event=event.value, actor=actor, from_ms=since)


def _asked(row: IndexRow) -> Asked:
    return Asked(row.seq, row.end_ms, "", row.actor, row.user, row.case, ())


def _refused(row: IndexRow) -> RefusedAct:
    return RefusedAct(row.end_ms, row.actor, row.user, row.case, "", row.rule)


def _entry(finding: Finding) -> NewEntry:
    by = {"user": finding.user} if finding.user else {}
    return Event.ALARM, {"reason": finding.pattern.value, "actor": finding.actor, "count": finding.count, **by}
