"""Opening the coordinator's log for review, and the rounds of samples drawn from it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from samenloop.audit.fields import Event
from samenloop.audit.store import Search
from samenloop.covenant import Covenant, parse_canonical
from samenloop.keys import SigningKey
from samenloop.reports.periods import Period
from samenloop.review.facts import Activity, activity
from samenloop.review.reading import LogReader
from samenloop.review.rounds import Rounds
from samenloop.review.sampling import Commitment, Draw, Plan
from samenloop.review.scope import plan_of
from samenloop_coordinator import operating
from samenloop_coordinator.config import CoordinatorConfig
from samenloop_coordinator.control import ACTOR

REVIEWED = frozenset(
    {
        Event.QUESTION,
        Event.REFUSE,
        Event.FIND_OWN,
        Event.RELEASE,
        Event.RELEASE_WITHDRAWN,
        Event.DECISION_BEFOREHAND,
        Event.LOG_VIEW,
        Event.EXPORT,
    }
)
_MOST_ANCHORS = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """The log, open to read, with every covenant version that was active."""

    reader: LogReader
    covenant: Covenant
    versions: tuple[Covenant, ...]
    rounds: Rounds

    def plan_for(self, draw: Draw) -> Plan | None:
        """Return the plan of the covenant version under which a draw was made, None when it is not here."""
        return next((plan_of(one) for one in self.versions if one.version == draw.version), None)

    def activity(self, from_ms: int, until_ms: int) -> Activity:
        """Return what was asked in a stretch of time."""
        return activity(self.reader.between(from_ms, until_ms))

    def in_period(self, period: Period) -> Activity:
        """Return what was asked in a whole period; raises InvalidInput when part of it has been purged."""
        self.reader.refuse_purged(period.from_ms)
        return self.activity(period.from_ms, period.until_ms)


@contextmanager
def reading(config: CoordinatorConfig) -> Iterator[Reading]:
    """Open the log beside a running coordinator or without one."""
    with operating.log_files(config) as files:
        reader = LogReader(files.entries, files.tree)
        versions = tuple(parse_canonical(document) for document in files.documents)
        key = SigningKey.load(config.secrets.audit_key)
        names = sorted({row.id for version in versions for row in version.participants})

        def outside(promise: Commitment, size: int) -> Sequence[bytes]:
            return anchors(reader, names, promise.seq, size)

        yield Reading(reader, files.covenant, versions, Rounds(reader, key, REVIEWED, outside, ACTOR))


def anchors(reader: LogReader, participants: Sequence[str], first: int, end: int) -> list[bytes]:
    """Return what the nodes anchored between two places: digests of their own logs, not of the operator's choice."""
    found: list[tuple[int, bytes]] = []
    for name in participants:
        wanted = Search(event=Event.NODE_ANCHOR.value, actor=name)
        for seq, entry in reader.newest(wanted, _MOST_ANCHORS, lambda _one: True):
            if first < seq < end:
                found.append((seq, bytes.fromhex(entry.text("anchor"))))
    return [anchor for _seq, anchor in sorted(found)]
