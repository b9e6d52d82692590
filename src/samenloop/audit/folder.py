"""The folder of an export: whose keys count, and that it holds exactly the files of its manifest."""

from pathlib import Path

from samenloop.audit import anchor as anchors
from samenloop.audit import anchored, layout
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.layout import Manifest
from samenloop.covenant import parse_canonical
from samenloop.errors import IntegrityError
from samenloop.texts import _


def trusted(root: Path, manifest: Manifest, fingerprint: str | None) -> tuple[TrustAnchor, tuple[TrustAnchor, ...]]:
    """Return the anchor and the chain of its predecessors that the export holds, newest first; raises SamenloopError
    when they form no chain, or the covenant does not have the given fingerprint.
    """
    found = {}
    for path in sorted((root / "covenant").iterdir()):
        anchor = anchors.of_log(parse_canonical(path.read_bytes()), manifest.origin)
        if path.name != f"{anchor.fingerprint}.json":
            raise IntegrityError(_("een convenant staat onder een verkeerde naam"))
        found[anchor.fingerprint] = anchor
    if fingerprint is not None and fingerprint != manifest.covenant:
        raise IntegrityError(_("het convenant van deze uitvoer is niet {fingerprint}", fingerprint=fingerprint))
    chain: list[TrustAnchor] = []
    following = manifest.covenant
    while following in found:
        chain.append(found.pop(following))
        following = chain[-1].predecessor
    if not chain or found:
        raise IntegrityError(_("de convenanten in deze uitvoer vormen geen reeks"))
    return chain[0], tuple(chain)


def check_files(root: Path, manifest: Manifest, *, own: bool) -> None:
    """Check that the folder holds exactly what the manifest lists, and all that a log has; `own`: a partner's own log.

    Raises IntegrityError.
    """
    listed = [one.path for one in manifest.files]
    present = [path for path in layout.files_under(root) if path != layout.MANIFEST]
    if listed != sorted(set(listed)) or listed != sorted(present):
        raise IntegrityError(_("de map heeft andere bestanden dan het manifest noemt"))
    expected = {layout.CHECKPOINT, layout.CHECKPOINTS, *([anchored.ANCHORS] if own else [])}
    expected.update(
        layout.range_name(folder, first)
        for folder in ("entries", "sealed")
        for first in range(0, manifest.size, layout.RANGE)
    )
    for one in manifest.files:
        if one.path not in expected and not one.path.startswith("covenant/"):
            raise IntegrityError(_("onbekend bestand {path}", path=one.path))
        if (root / one.path).is_symlink() or not (root / one.path).is_file() or layout.fact(root, one.path) != one:
            raise IntegrityError(_("bestand {path} past niet bij het manifest", path=one.path))
    if not expected <= set(listed):
        raise IntegrityError(_("er ontbreken bestanden"))
