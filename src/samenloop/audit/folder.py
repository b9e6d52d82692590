"""The folder of an export: whose keys count, and that it holds exactly the files of its manifest."""

import stat
from itertools import islice
from pathlib import Path

from samenloop.audit import anchor as anchors
from samenloop.audit import anchored, layout
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.layout import FileFact, Manifest
from samenloop.audit.versions import Versions
from samenloop.covenant import fingerprint as fingerprint_of
from samenloop.covenant import parse_canonical
from samenloop.errors import IntegrityError
from samenloop.texts import _

MAX_COVENANTS = 1_000


def trusted(root: Path, manifest: Manifest, fingerprint: str | None) -> Versions:
    """Return the covenant version that the manifest names with its predecessors, as the export holds them; raises
    SamenloopError when they form no chain, or the covenant does not have the given fingerprint.
    """
    found = {}
    for path in covenants(root):
        covenant = parse_canonical(layout.read_small(path, layout.MAX_SMALL_BYTES))
        if path.name != f"{fingerprint_of(covenant)}.json":
            raise IntegrityError(_("een convenant staat onder een verkeerde naam"))
        found[fingerprint_of(covenant)] = covenant
    if fingerprint is not None and fingerprint != manifest.covenant:
        raise IntegrityError(_("het convenant van deze export is niet {fingerprint}", fingerprint=fingerprint))
    chain: list[TrustAnchor] = []
    owner, following = "", manifest.covenant
    while following in found:
        covenant = found.pop(following)
        owner = owner if chain else anchors.owner_of(covenant, manifest.origin)
        chain.insert(0, anchors.of_log(covenant, owner))
        following = chain[0].predecessor
    if not chain or found:
        raise IntegrityError(_("de convenanten in deze export vormen geen reeks"))
    return Versions(tuple(chain))


def covenants(root: Path) -> list[Path]:
    """Return the covenant files of an export; raises IntegrityError for a link, and for more than there can be."""
    where = root / "covenant"
    if where.is_symlink() or not where.is_dir():
        raise IntegrityError(_("de map {path} ontbreekt of is geen gewone map", path=where.name))
    found = list(islice(where.iterdir(), MAX_COVENANTS + 1))
    if len(found) > MAX_COVENANTS:
        raise IntegrityError(_("er zijn te veel convenanten in deze export"))
    return sorted(found)


def check_files(root: Path, manifest: Manifest, *, own: bool) -> None:
    """Check that the folder holds exactly what the manifest lists, and all that a log has; `own`: a partner's own log.

    Raises IntegrityError.
    """
    listed = [one.path for one in manifest.files]
    present = [path for path in layout.files_under(root) if path != layout.MANIFEST]
    if listed != sorted(set(listed)) or listed != sorted(present):
        raise IntegrityError(_("de map heeft andere bestanden dan het manifest noemt"))
    if manifest.size > len(listed) * layout.RANGE:
        raise IntegrityError(_("er ontbreken bestanden"))
    expected = {layout.CHECKPOINT, layout.CHECKPOINTS, *([anchored.ANCHORS] if own else [])}
    expected.update(
        layout.range_name(folder, first)
        for folder in ("entries", "sealed")
        for first in range(0, manifest.size, layout.RANGE)
    )
    for one in manifest.files:
        if one.path not in expected and not one.path.startswith("covenant/"):
            raise IntegrityError(_("onbekend bestand {path}", path=layout.printable(one.path)))
        if not _as_listed(root, one):
            raise IntegrityError(_("bestand {path} past niet bij het manifest", path=layout.printable(one.path)))
    if not expected <= set(listed):
        raise IntegrityError(_("er ontbreken bestanden"))


def read_sealed(root: Path, first: int) -> dict[int, tuple[bytes, ...]]:
    """Return the sealed halves of the range of entries from `first` on; raises IntegrityError."""
    found: dict[int, tuple[bytes, ...]] = {}
    last = first - 1
    for line in layout.lines(root / layout.range_name("sealed", first)):
        seq, sealed = layout.parse_sealed_line(line)
        if seq <= last:
            raise IntegrityError(_("de verzegelde delen staan niet op volgorde"))
        found[seq] = sealed
        last = seq
    return found


def _as_listed(root: Path, listed: FileFact) -> bool:
    """Tell whether a file is what the manifest says, before a byte of another size, a link or a pipe is read."""
    path = root / listed.path
    if any((root / parent).is_symlink() for parent in Path(listed.path).parents):
        return False
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_size == listed.size and layout.fact(root, listed.path) == listed
