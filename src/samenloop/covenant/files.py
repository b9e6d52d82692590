"""Covenant and signature files on disk, and what people read about them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samenloop.covenant.changes import changes
from samenloop.covenant.document import Covenant
from samenloop.covenant.parse import MAX_BYTES, fingerprint, parse_canonical, parse_toml
from samenloop.covenant.parties import Participant
from samenloop.covenant.requirements import Demand, required_signers
from samenloop.covenant.signatures import Signature, parse_signatures, tightens
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _


def read_covenant(path: Path) -> Covenant:
    """Read a covenant from TOML, or from its canonical form (a file that begins with `{`); raises SamenloopError."""
    data = _read(path)
    if data.startswith(b"{"):
        return parse_canonical(data)
    try:
        return parse_toml(data.decode())
    except UnicodeDecodeError as error:
        raise InvalidInput(str(path), _("{path} is geen UTF-8. Bewaar het bestand als UTF-8.", path=path)) from error


def signatures_path(covenant: Path) -> Path:
    """Return where the signatures stand: beside the covenant, `covenant.toml` -> `covenant.signatures.json`."""
    return covenant.with_suffix(".signatures.json")


def read_signatures(path: Path) -> tuple[Signature, ...]:
    """Read a signature file; a file that is not there yet holds none."""
    return parse_signatures(_read(path)) if path.exists() else ()


def describe(covenant: Covenant) -> Iterator[str]:
    """Yield the lines that a person reads before signing."""
    yield _("Convenant {id}, versie {version}: {name}", id=covenant.id, version=covenant.version, name=covenant.name)
    yield _("Vingerafdruk: {fingerprint}", fingerprint=fingerprint(covenant))
    yield _("Doel: {id}. {text}", id=covenant.purpose.id, text=covenant.purpose.legal_text)
    for row in covenant.participants:
        yield from _participant(row)
    if covenant.flags.evaluation:
        yield _("LET OP: dit convenant is alleen voor metingen. Limieten en beslissingen kunnen uit staan.")
    if covenant.flags.demo:
        yield _("LET OP: dit convenant is alleen voor een demonstratie.")


def difference(old: Covenant, new: Covenant) -> dict[str, Any]:
    """Return what changed, whether it tightens, and who must sign, as plain values."""
    return {
        "changes": [str(change) for change in changes(old, new)],
        "tightens": tightens(old, new),
        "signers": [demand_text(demand) for demand in required_signers(old, new).demands],
    }


def demand_text(demand: Demand) -> str:
    """Return one demand in words."""
    ways = (
        _(" en ").join(
            _("{count} van {members}", count=quorum.count, members=", ".join(sorted(quorum.members)))
            for quorum in quorums
        )
        for quorums in demand.alternatives
    )
    alternatives = _(" of ").join(dict.fromkeys(ways))
    return _("{path}: {who}", path=demand.path, who=alternatives or _("kan niet"))


def _participant(row: Participant) -> Iterator[str]:
    yield _("- {name} ({id}), regio {region}", name=row.display_name, id=row.id, region=row.region)
    for register in row.registers:
        yield _("    register {id}, soort {kind}", id=register.id, kind=register.kind)
    if row.may_ask:
        yield _("    mag vragen aan: {names}", names=", ".join(row.may_ask))
    if row.suspended:
        yield _("    GESCHORST door {names}", names=", ".join(row.suspended_by))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        text = _("{path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        raise SamenloopError(ErrorCode.NOT_FOUND, text) from error
