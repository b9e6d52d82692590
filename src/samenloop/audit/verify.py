"""Re-derives an export from its bodies, offline, with nothing but this package. Strict: what is not expected fails.

Order: the manifest and its signature; that the folder holds exactly its files with exactly their hashes; the covenant
documents and the chain between them; every entry again (`replay`), with the root at every checkpoint and which covenant
version is in force where (`versions`); by that every checkpoint's signatures and the purges. Without a given
fingerprint the keys come from the export itself, so only its consistency is known.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from samenloop.audit import anchored, evidence, folder, layout
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import note as notes
from samenloop.audit.checkpoint import Checkpoint
from samenloop.audit.layout import Manifest
from samenloop.audit.replay import Replay
from samenloop.audit.times import SKEW_MS, shown
from samenloop.audit.tree import leaf_hash
from samenloop.audit.versions import Versions
from samenloop.audit.witnessed import Witnessed
from samenloop.errors import IntegrityError, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all)."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `problems` empty = everything holds. `purged`: ranges of which dates prove the term.

    `witnesses`: name -> Unix seconds of the latest cosignature; `covered`: name -> how many entries it looked at.
    `participant`: whose own log it is, empty for the coordinator's. `created_ms` and `newest_ms`: when the export was
    made and what the newest entry's time is (Unix ms, 0 when there is none).
    """

    origin: str
    size: int
    covenant: str
    origin_checked: bool = False
    purged: tuple[tuple[int, int], ...] = ()
    witnesses: Mapping[str, int] = field(default_factory=dict)
    covered: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    participant: str = ""
    created_ms: int = 0
    newest_ms: int = 0

    @property
    def holds(self) -> bool:
        """Tell whether nothing is broken."""
        return not self.problems


def verify_export(root: Path, fingerprint: str | None = None, progress: Progress = lambda _done, _all: None) -> Report:
    """Verify an export folder; `fingerprint` is the SHA-256 (hex) of the covenant that the auditor got from
    elsewhere.
    """
    return _verified(root, fingerprint, progress)[0]


def verify_anchored(
    root: Path, coordinator: Path, fingerprint: str | None = None, progress: Progress = lambda _done, _all: None
) -> Report:
    """Verify an export of a partner's own log, and hold its daily anchors against one of the coordinator's log.

    Both exports were made under the same covenant version.
    """
    own, versions = _verified(root, fingerprint, progress)
    other = verify_export(coordinator, fingerprint, progress)
    problems = [*own.problems, *(_("logboek van de coördinator: {text}", text=text) for text in other.problems)]
    if problems or own.covenant != other.covenant or not own.participant or other.participant:
        problems = problems or [_("dit zijn geen eigen logboek en logboek van de coördinator bij één convenant")]
        return replace(own, origin_checked=False, problems=tuple(problems))
    found, warnings = anchored.hold_against(root, own.participant, coordinator, versions.days)
    checked = own.origin_checked and not found
    purged = () if found else own.purged
    return replace(own, origin_checked=checked, purged=purged, problems=found, warnings=(*own.warnings, *warnings))


def _verified(root: Path, fingerprint: str | None, progress: Progress) -> tuple[Report, Versions]:
    versions = Versions(())
    try:
        manifest, note = layout.parse_manifest(layout.read_small(root / layout.MANIFEST, layout.MAX_MANIFEST_BYTES))
        versions = folder.trusted(root, manifest, fingerprint)
        notes.verify(note, versions.newest.origin, versions.newest.audit_key)
        folder.check_files(root, manifest, own=versions.own)
    except OSError as error:
        return Report("", 0, "", problems=(_unreadable(error),)), versions
    except SamenloopError as error:
        return Report("", 0, "", problems=(error.text,)), versions
    run = _Run(root, manifest, versions, Replay(versions))
    try:
        run.entries(progress)
    except (SamenloopError, OSError) as error:
        run.replay.problem(error.text if isinstance(error, SamenloopError) else _unreadable(error))
    return run.report(origin_checked=fingerprint is not None), versions


def _unreadable(error: OSError) -> str:
    return _("{path} kan niet worden gelezen: {why}.", path=error.filename, why=why(error))


@dataclass(slots=True)
class _Run:
    """One verification: what is being read and what was found so far."""

    root: Path
    manifest: Manifest
    versions: Versions
    replay: Replay
    witnessed: Witnessed = field(default_factory=Witnessed)
    held: list[tuple[Checkpoint, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def entries(self, progress: Progress) -> None:
        """Feed every entry, and hold the root against every checkpoint on the way."""
        waiting = list(self._checkpoints())
        if waiting[-1].size != self.manifest.size:
            raise IntegrityError(_("het laatste ijkpunt past niet bij het manifest"))
        waiting = sorted([*self._anchored(), *waiting], key=lambda one: one.size)
        self.replay.marks = {one.size for one in waiting}
        self._hold_due(waiting)
        for first in range(0, self.manifest.size, layout.RANGE):
            sealed = folder.read_sealed(self.root, first)
            for line in layout.lines(self.root / layout.range_name("entries", first)):
                self._feed(line, sealed)
                self._hold_due(waiting)
            if sealed or self.replay.frontier.size != min(first + layout.RANGE, self.manifest.size):
                raise IntegrityError(_("er zijn te veel of te weinig regels vanaf {first}", first=first))
            progress(self.replay.frontier.size, self.manifest.size)
        for checkpoint in waiting:
            self._hold_against(checkpoint)
        for checkpoint, newest_ms in self.held:
            self._judge_signatures(checkpoint, newest_ms)
        self.replay.finish(self.witnessed)

    def report(self, *, origin_checked: bool) -> Report:
        """Return what was found."""
        self._judge_dates()
        latest = self.witnessed.latest
        return Report(
            self.manifest.origin,
            self.manifest.size,
            self.versions.newest.fingerprint,
            origin_checked and not self.replay.problems,
            tuple(self.replay.proven),
            {name: one.seconds for name, one in latest.items()},
            {name: one.size for name, one in latest.items()},
            tuple(self.replay.problems),
            tuple(self.warnings),
            self.versions.newest.participant,
            self.manifest.created_ms,
            self.replay.newest_ms,
        )

    def _judge_dates(self) -> None:
        for found in (
            evidence.of_witnesses(self.witnessed, self.replay),
            evidence.of_date(self.manifest.created_ms, self.replay),
        ):
            for text in found.problems:
                self.replay.problem(text)
            self.warnings.extend(found.warnings)

    def _feed(self, line: bytes, sealed: dict[int, tuple[bytes, ...]]) -> None:
        seq = self.replay.frontier.size
        body, leaf = layout.parse_entry_line(line, seq)
        self.replay.feed(leaf or leaf_hash(body or b""), body, sealed.pop(seq, ()))

    def _checkpoints(self) -> Iterator[Checkpoint]:
        last = -1
        names = [layout.parse_checkpoint_line(line) for line in layout.lines(self.root / layout.CHECKPOINTS)]
        for note in (*names, layout.read_small(self.root / layout.CHECKPOINT, layout.MAX_SMALL_BYTES)):
            checkpoint = checkpoints.parse(note)
            if checkpoint.size <= last:
                raise IntegrityError(_("de ijkpunten staan niet op volgorde"))
            last = checkpoint.size
            yield checkpoint

    def _anchored(self) -> list[Checkpoint]:
        return [checkpoints.parse(one.note) for one in anchored.read(self.root)] if self.versions.own else []

    def _hold_due(self, waiting: list[Checkpoint]) -> None:
        while waiting and waiting[0].size == self.replay.frontier.size:
            self._hold_against(waiting.pop(0))

    def _hold_against(self, checkpoint: Checkpoint) -> None:
        size = checkpoint.size
        if checkpoint.size != self.replay.frontier.size or checkpoint.root != self.replay.frontier.root():
            self.replay.problem(_("ijkpunt {size}: de regels geven een andere hash", size=size))
        self.held.append((checkpoint, self.replay.newest_ms))

    def _judge_signatures(self, checkpoint: Checkpoint, newest_ms: int) -> None:
        """Judge who signed a checkpoint, by the covenant version that was in force; `newest_ms`: of its entries."""
        size = checkpoint.size
        try:
            found = self.versions.cosigned(checkpoint)
        except IntegrityError as error:
            self.replay.problem(_("ijkpunt {size}: {text}", size=size, text=error.text))
            return
        kept = self._in_time(size, found.counting, newest_ms)
        self.witnessed.add(size, kept)
        if kept and newest_ms > min(kept.values()) * 1000 + SKEW_MS and newest_ms not in self.replay.stepped:
            self.warnings.append(_("ijkpunt {size}: een regel is later dan de medeondertekening", size=size))
        for name, second in found.replaced.items():
            if second * 1000 > self.versions.replaced_ms(size) + SKEW_MS:
                named = {"size": size, "name": name}
                text = _("ijkpunt {size}: {name} tekende met een sleutel die niet meer gold; dat telt niet", **named)
                self.warnings.append(text)

    def _in_time(self, size: int, seconds: dict[str, int], newest_ms: int) -> dict[str, int]:
        """Return the cosignatures but those from after the export, whose time was made up."""
        until = max(self.manifest.created_ms, newest_ms) + SKEW_MS
        for name, second in seconds.items():
            if second * 1000 > until:
                when = shown(second * 1000)
                text = _(
                    "ijkpunt {size}: {name} heeft medeondertekend op {when}, na deze export",
                    size=size,
                    name=name,
                    when=when,
                )
                self.replay.problem(text)
        return {name: second for name, second in seconds.items() if second * 1000 <= until}
