"""Re-derives a whole log from its bodies, entry by entry: what `verify` (an export) and `fsck` (the stores) share.
Pure.

Checked per entry: canonical body and known fields, fresh salt, leaf hash, hashes and size of sealed halves, that
each sealed half uses a content key wrapped earlier in the log, counter without gap and time without step back per
process. Checked at the end: every purged entry lies in a range that a later purge entry names, and dates prove its
term.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from samenloop.audit import entry as entries
from samenloop.audit import seal, tree
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.tree import Frontier, Node
from samenloop.errors import InvalidInput
from samenloop.texts import _

MAX_PROBLEMS = 100
SALT_WINDOW = 100_000
DAY_MS = 86_400_000
SEALED_SIZES = frozenset({seal.HALF_BYTES + seal.OVERHEAD_BYTES, seal.LONG_HALF_BYTES + seal.OVERHEAD_BYTES})


@dataclass(frozen=True, slots=True)
class PurgeClaim:
    """What a purge entry at `seq` says: bodies [first, last] went at `at_ms`, after `term_days`."""

    seq: int
    first: int
    last: int
    term_days: int
    at_ms: int


@dataclass(slots=True)
class _Process:
    next_n: int
    last_ms: int
    last_seq: int


@dataclass(slots=True)
class Replay:
    """Feed every entry in order, then `finish`. Problems are collected, at most 100; none means that all holds."""

    origin: str
    problems: list[str] = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier)
    purged: list[tuple[int, int]] = field(default_factory=list)
    oldest_ms: int = 0
    newest_ms: int = 0
    _claims: list[PurgeClaim] = field(default_factory=list)
    _after_purge: dict[int, int] = field(default_factory=dict)
    _processes: dict[str, _Process] = field(default_factory=dict)
    _salts: set[bytes] = field(default_factory=set)
    _keys: set[bytes] = field(default_factory=set)

    def feed(self, leaf: bytes, body: bytes | None, sealed: Sequence[bytes]) -> list[Node]:
        """Take the next entry: its leaf hash as recorded, its body (None when purged) and sealed ciphertexts."""
        seq = self.frontier.size
        self.frontier, nodes = tree.extend(self.frontier, (leaf,))
        if body is None:
            self._feed_purged(seq, sealed)
            return nodes
        if tree.leaf_hash(body) != leaf:
            self.problem(_("regel {seq}: de inhoud past niet bij de hash", seq=seq))
        try:
            parsed = entries.parse(body)
        except InvalidInput as error:
            self.problem(_("regel {seq}: {text}", seq=seq, text=error.text))
            return nodes
        self._feed_entry(seq, parsed, sealed)
        return nodes

    def finish(self, retention_days: int) -> None:
        """Judge the purges; `retention_days` is the shortest term the covenant allows, 0 when it is not known."""
        for first, last in self.purged:
            self._judge_purge(first, last, retention_days)
        for claim in self._claims:
            if not any(first <= claim.first and claim.last <= last for first, last in self.purged):
                self.problem(_("regel {seq}: noemt gewiste regels die er nog zijn", seq=claim.seq))

    def problem(self, text: str) -> None:
        """Note that something does not hold."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)

    def _feed_purged(self, seq: int, sealed: Sequence[bytes]) -> None:
        if sealed:
            self.problem(_("regel {seq}: gewist, maar het verzegelde deel is er nog", seq=seq))
        if self.purged and self.purged[-1][1] == seq - 1:
            self.purged[-1] = (self.purged[-1][0], seq)
        else:
            self.purged.append((seq, seq))

    def _feed_entry(self, seq: int, parsed: Entry, sealed: Sequence[bytes]) -> None:
        if parsed.text("origin") != self.origin:
            self.problem(_("regel {seq}: hoort bij een ander logboek", seq=seq))
        self._check_salt(seq, parsed.salt)
        self._check_order(seq, parsed)
        if parsed.event is Event.CONTENT_KEY:
            self._keys.update(bytes.fromhex(row["key"]) for row in entries.rows(parsed, "keys"))
        if parsed.event is Event.PURGE:
            self._claims.append(_claim(seq, parsed))
        self._check_sealed(seq, parsed, sealed)
        if self.purged and self.purged[-1][1] == seq - 1:
            self._after_purge[seq - 1] = parsed.integer("end_ms")

    def _check_salt(self, seq: int, salt: bytes) -> None:
        if salt in self._salts or not any(salt):
            self.problem(_("regel {seq}: het zout is niet vers", seq=seq))
        if len(self._salts) >= SALT_WINDOW:
            self._salts.clear()
        self._salts.add(salt)

    def _check_order(self, seq: int, parsed: Entry) -> None:
        start, end, n = parsed.integer("start_ms"), parsed.integer("end_ms"), parsed.integer("n")
        self.oldest_ms = self.oldest_ms or start
        self.newest_ms = max(self.newest_ms, end)
        process = self._processes.get(parsed.text("process"))
        last_purged = self.purged[-1][1] if self.purged else -1
        if process is None:
            gap = n != 0 and last_purged < 0
            process = self._processes[parsed.text("process")] = _Process(n, 0, seq)
        else:
            gap = n < process.next_n if last_purged > process.last_seq else n != process.next_n
        if gap:
            self.problem(_("regel {seq}: de teller slaat over of loopt terug", seq=seq))
        if start > end or end < process.last_ms:
            self.problem(_("regel {seq}: de tijd loopt terug", seq=seq))
        process.next_n, process.last_ms, process.last_seq = n + 1, end, seq

    def _check_sealed(self, seq: int, parsed: Entry, sealed: Sequence[bytes]) -> None:
        if tuple(entries.sealed_hash(one) for one in sealed) != parsed.sealed:
            self.problem(_("regel {seq}: het verzegelde deel past niet bij de hash", seq=seq))
        for one in sealed:
            if len(one) not in SEALED_SIZES:
                self.problem(_("regel {seq}: het verzegelde deel heeft niet de vaste lengte", seq=seq))
            if seal.key_id_of(one) not in self._keys and not self.purged:
                self.problem(_("regel {seq}: de sleutel van het verzegelde deel staat niet in het logboek", seq=seq))

    def _judge_purge(self, first: int, last: int, retention_days: int) -> None:
        claims = [claim for claim in self._claims if claim.first <= last and claim.last >= first]
        covered = first
        for claim in sorted(claims, key=lambda one: one.first):
            if claim.first <= covered:
                covered = max(covered, claim.last + 1)
        span = f"{first}-{last}"
        if covered <= last:
            self.problem(_("regels {span}: gewist zonder dat een regel dat zegt", span=span))
            return
        newest = max(claims, key=lambda one: one.at_ms)
        proven = self._after_purge.get(last)
        if proven is None or proven + newest.term_days * DAY_MS > newest.at_ms:
            self.problem(_("regels {span}: de data bewijzen niet dat de termijn voorbij was", span=span))
        if newest.term_days < retention_days:
            self.problem(_("regels {span}: gewist voor de bewaartermijn van het convenant", span=span))


def _claim(seq: int, parsed: Entry) -> PurgeClaim:
    integer = parsed.integer
    return PurgeClaim(seq, integer("first"), integer("last"), integer("term_days"), integer("end_ms"))
