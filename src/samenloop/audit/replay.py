"""Re-derives a whole log from its bodies, entry by entry: what `verify` (an export) and `fsck` (the stores) share.
Pure.

Checked per entry: canonical body and known fields, fresh salt, leaf hash, hashes and size of sealed halves, that each
sealed half uses a content key of its holder and day, wrapped earlier in the log (`halves`), counter without gap and
time without step back per process, and no time that lies before the newest time of the whole log by more than clocks
differ; that every covenant version that goes into force is known (`versions`). Checked at the end: the purges
(`purges`), and who acted under which covenant version (`acts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from samenloop.audit import entry as entries
from samenloop.audit import seal, tree
from samenloop.audit.acts import Acts
from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.halves import KeyBook
from samenloop.audit.purges import Gone, PurgeClaim, Term, claim_of, judge
from samenloop.audit.times import SKEW_MS, possible
from samenloop.audit.tree import Frontier, Node
from samenloop.audit.versions import Versions
from samenloop.audit.witnessed import Witnessed
from samenloop.errors import InvalidInput
from samenloop.texts import _

MAX_PROBLEMS = 100
SALT_WINDOW = 100_000
SEALED_SIZES = frozenset({seal.HALF_BYTES + seal.OVERHEAD_BYTES, seal.LONG_HALF_BYTES + seal.OVERHEAD_BYTES})


@dataclass(slots=True)
class _Process:
    next_n: int
    last_ms: int
    last_seq: int


@dataclass(slots=True)
class Replay:
    """Feed every entry in order, then `finish`. Problems are collected, at most 100; none means that all holds.

    `versions`: the covenant's. `purged`: ranges without bodies; `proven`: those of them that went after their term,
    known after `finish`. `marks`: places whose `before` is wanted: the newest time before them (Unix ms), and how
    many ms of what went before nothing ran. `stepped`: times that the log's clock stood at because it had been set
    back.
    """

    versions: Versions
    problems: list[str] = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier)
    proven: list[tuple[int, int]] = field(default_factory=list)
    claims: list[PurgeClaim] = field(default_factory=list)
    oldest_ms: int = 0
    newest_ms: int = 0
    marks: set[int] = field(default_factory=set)
    before: dict[int, tuple[int, int]] = field(default_factory=dict)
    off_ms: int = 0
    stepped: set[int] = field(default_factory=set)
    _after_purge: dict[int, int] = field(default_factory=dict)
    _processes: dict[str, _Process] = field(default_factory=dict)
    _salts: set[bytes] = field(default_factory=set)
    _keys: KeyBook = field(default_factory=KeyBook)
    _acts: Acts = field(init=False)

    def __post_init__(self) -> None:
        """Let who acted be judged by the same versions."""
        self._acts = Acts(self.versions)

    @property
    def purged(self) -> list[tuple[int, int]]:
        """Return the ranges without bodies."""
        return self.versions.gone

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

    def finish(self, witnessed: Witnessed) -> None:
        """Judge the covenant versions and the purges, each by the version in force at its place."""
        if not self.versions.own:
            for number in self.versions.untold():
                self.problem(_("geen regel zegt dat versie {number} van het convenant ging gelden", number=number))
            for wrong in self._acts.wrong():
                self.problem(wrong)
        ages = {quorum: witnessed.ages(quorum) for quorum in {one.quorum for one in self.versions.chain}}

        def term_at(seq: int) -> Term:
            quorum = self.versions.quorum(seq)
            return Term(self.versions.days(seq), ages[quorum] if quorum else None)

        for first, last in self.purged:
            texts = tuple(judge(Gone(first, last, self._after_purge.get(last)), self.claims, term_at))
            for text in texts:
                self.problem(text)
            if not texts:
                self.proven.append((first, last))
        for claim in self.claims:
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
        if parsed.text("origin") != self.versions.newest.origin:
            self.problem(_("regel {seq}: hoort bij een ander logboek", seq=seq))
        self._check_salt(seq, parsed.salt)
        if seq in self.marks or parsed.event is Event.COVENANT:
            self.before[seq] = (self.newest_ms, self.off_ms)
        self._check_order(seq, parsed)
        if parsed.event is Event.COVENANT and (wrong := self.versions.begin(seq, parsed)):
            self.problem(wrong)
        self._acts.take(seq, parsed)
        if parsed.event is Event.CONTENT_KEY:
            self._keys.take(parsed)
        if parsed.event is Event.PURGE:
            self.claims.append(claim_of(seq, parsed))
        if self.purged and self.purged[-1][1] == seq - 1:
            self._after_purge[seq - 1] = parsed.integer("end_ms")
            self._keys.lose(parsed)
        self._check_sealed(seq, parsed, sealed)

    def _check_salt(self, seq: int, salt: bytes) -> None:
        if salt in self._salts or not any(salt):
            self.problem(_("regel {seq}: het zout is niet vers", seq=seq))
        if len(self._salts) >= SALT_WINDOW:
            self._salts.clear()
        self._salts.add(salt)

    def _check_order(self, seq: int, parsed: Entry) -> None:
        end, n = parsed.integer("end_ms"), parsed.integer("n")
        process = self._processes.get(parsed.text("process"))
        last_purged = self.purged[-1][1] if self.purged else -1
        if process is None:
            gap = n != 0 and last_purged < 0
            process = self._processes[parsed.text("process")] = _Process(n, 0, seq)
        else:
            gap = n < process.next_n if last_purged > process.last_seq else n != process.next_n
        if gap:
            self.problem(_("regel {seq}: de teller slaat over of loopt terug", seq=seq))
        self._check_time(seq, parsed, process.last_ms)
        process.next_n, process.last_ms, process.last_seq = n + 1, end, seq

    def _check_time(self, seq: int, parsed: Entry, last_ms: int) -> None:
        """Hold an entry's time against its own process (`last_ms`) and against all before it, whoever stamped that."""
        start, end = parsed.integer("start_ms"), parsed.integer("end_ms")
        if parsed.text("clock") == "stepped":
            self.stepped.add(end)
        if not possible(start) or not possible(end):
            self.problem(_("regel {seq}: zo'n tijd bestaat niet", seq=seq))
            return
        if start > end or end < max(last_ms, self.newest_ms - SKEW_MS):
            self.problem(_("regel {seq}: de tijd loopt terug", seq=seq))
        if parsed.event is Event.START and self.newest_ms:
            self.off_ms += max(0, end - self.newest_ms)
        self.oldest_ms = self.oldest_ms or start
        self.newest_ms = max(self.newest_ms, end)

    def _check_sealed(self, seq: int, parsed: Entry, sealed: Sequence[bytes]) -> None:
        if tuple(entries.sealed_hash(one) for one in sealed) != parsed.sealed:
            self.problem(_("regel {seq}: het verzegelde deel past niet bij de hash", seq=seq))
        for one in sealed:
            if len(one) not in SEALED_SIZES:
                self.problem(_("regel {seq}: het verzegelde deel heeft niet de vaste lengte", seq=seq))
        for text in self._keys.wrong(parsed, sealed):
            self.problem(_("regel {seq}: {text}", seq=seq, text=text))
