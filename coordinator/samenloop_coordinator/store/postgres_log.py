"""The audit entries on PostgreSQL: appended in the transaction of the act, read for the integrator and for proofs."""

from collections.abc import Sequence

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.store import Purged, StoredEntry
from samenloop.audit.tree import leaf_hash
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.store.postgres_group import Group
from samenloop_coordinator.store.postgres_link import Connection, Link

_APPEND = """INSERT INTO log_entry (seq, leaf, body, sealed_count, sealed)
             SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[], %b::integer[], %b::bytea[])"""
_ERASE = """UPDATE log_entry SET body = NULL, sealed = NULL
            WHERE seq BETWEEN greatest(%s, (SELECT coalesce(max(last) + 1, 0) FROM log_purge WHERE by < %s)) AND %s"""
_ENTRIES = "SELECT seq, leaf, body, sealed_count, sealed FROM log_entry WHERE seq >= %s ORDER BY seq LIMIT %s"
COUNT = "SELECT coalesce(max(seq) + 1, 0) FROM log_entry"
NEWEST = "SELECT body FROM log_entry ORDER BY seq DESC LIMIT 1"


class PostgresLog:
    """See `samenloop_coordinator.store.contract.Log`."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def append(self, body: bytes, sealed: Sequence[bytes]) -> None:
        """Append an entry; the group holds the write lock, so its number is the next one."""
        if self._group.snapshot:
            raise SamenloopError(ErrorCode.INTERNAL, "append to the log outside a transaction")
        blob = b"".join(sealed)
        if sealed and len(blob) != len(sealed) * len(sealed[0]):
            raise SamenloopError(ErrorCode.INTERNAL, "sealed halves of different length")
        seq = self._group.next_seq + self._group.count(_APPEND)
        self._group.add(_APPEND, seq, leaf_hash(body), body, len(sealed), blob)

    def purge(self, body: bytes, signed_size: int) -> Purged:
        """Append the purge entry `body`, then erase the bodies and ciphertexts it names; see
        `samenloop.audit.sqlite.purge`. The program's role may not do this: it is the owner's work.
        """
        parsed = entries.parse(body)
        first, last = parsed.integer("first"), parsed.integer("last")
        if parsed.event is not Event.PURGE or not 0 <= first <= last < signed_size:
            raise IntegrityError(_("Deze regels van het logboek kunnen niet worden gewist."))
        by = self._group.next_seq + self._group.count(_APPEND)
        self.append(body, ())
        self._group.settle(_APPEND)
        self._group.change("INSERT INTO log_purge (first, last, by) VALUES (%s, %s, %s)", first, last, by)
        self._group.change(_ERASE, first, by, last)
        return Purged(first, last, by)


class PostgresEntries:
    """EntryStore over a connection of its own; sees what is durable and nothing else."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def count(self) -> int:
        """Return how many entries there are."""
        found = self._link.run(lambda connection: connection.execute(COUNT).fetchone())
        return int(found[0]) if found else 0

    def entries(self, first: int, limit: int) -> Sequence[StoredEntry]:
        """Return up to `limit` entries from `first` on."""
        rows = self._link.run(lambda connection: connection.execute(_ENTRIES, (first, limit)).fetchall())
        return [StoredEntry(seq, leaf, body, _pieces(count, blob)) for seq, leaf, body, count, blob in rows]

    def purges(self) -> Sequence[Purged]:
        """Return every purged range."""

        def read(connection: Connection) -> list[tuple[int, int, int]]:
            return connection.execute("SELECT first, last, by FROM log_purge ORDER BY by").fetchall()

        return [Purged(*row) for row in self._link.run(read)]


def _pieces(count: int, blob: bytes | None) -> tuple[bytes, ...]:
    if blob is None:
        return ()
    size = len(blob) // count if count else 0
    if size * count != len(blob) or (count and not size):
        raise IntegrityError(_("Een verzegeld deel in het logboek heeft niet de juiste lengte."))
    return tuple(blob[start : start + size] for start in range(0, len(blob), size or 1))
