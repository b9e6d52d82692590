"""Opening the node's own log for review, and the rounds of samples drawn from it.

The lot of a draw mixes this node's promised seed with roots of the coordinator's log, which this node accepted as a
witness after the promise and cannot choose. They stand in the own log as `sample-beacon` entries.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.sqlite import SqliteEntries
from samenloop.audit.sqlite_tree import open_tree_file
from samenloop.audit.store import Search
from samenloop.review.reading import LogReader
from samenloop.review.rounds import Rounds
from samenloop.review.samples import NewEntry
from samenloop.review.sampling import Commitment
from samenloop_node.app import App
from samenloop_node.store import witness
from samenloop_node.store.base import connect

BEACON = "sample-beacon"
REVIEWED = frozenset(
    {
        Event.CASE,
        Event.INBOX_VIEW,
        Event.WITHHOLD,
        Event.PROTOCOL,
        Event.RIGHTS,
        Event.CONSENT,
        Event.LETTER,
        Event.CONTACT,
        Event.LOG_VIEW,
        Event.EXPORT,
    }
)
_MOST = 100_000


@contextmanager
def reading(app: App) -> Iterator[LogReader]:
    """Open both files of the own log to read. Blocking: use it in a thread."""
    tree_path = app.config.state / "ownlog.tree"
    with closing(connect(app.store.path)) as connection, closing(open_tree_file(tree_path)) as tree:
        yield LogReader(SqliteEntries(connection), tree)


def rounds(app: App, reader: LogReader) -> Rounds:
    """Return the rounds of samples of the own log."""
    actor = app.config.participant

    def outside(promise: Commitment, size: int) -> Sequence[bytes]:
        return beacons(reader, actor, promise.seq, size)

    return Rounds(reader, app.signing_key, REVIEWED, outside, actor)


def beacons(reader: LogReader, actor: str, first: int, end: int) -> list[bytes]:
    """Return the roots that were accepted between two places: of a coordinator's log larger than any known before."""
    wanted = Search(event=Event.ADMIN.value, actor=actor)
    found = sorted(reader.newest(wanted, _MOST, _is_beacon), key=lambda pair: pair[0])
    before = max((one.integer("count") for seq, one in found if seq < first), default=0)
    later = [one for seq, one in found if first < seq < end and one.integer("count") > before]
    return [bytes.fromhex(one.text("document")) for one in later]


def beacon(app: App) -> NewEntry | None:
    """Return the entry that names the root this node accepted last, None before it accepted any."""
    state = app.store.read_now(witness.state)
    if state is None or not state.size:
        return None
    return Event.ADMIN, {
        "action": BEACON,
        "document": state.root.hex(),
        "count": state.size,
        "actor": app.config.participant,
    }


def _is_beacon(entry: Entry) -> bool:
    return entry.text("action") == BEACON
