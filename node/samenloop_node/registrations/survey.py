"""The first look at an export: is it whole, and may it be read at all? Nothing is stored or sent before this holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from samenloop.errors import InvalidInput
from samenloop.reasons import why
from samenloop.texts import _
from samenloop_node.config import RegisterSettings
from samenloop_node.csvfile import CsvFile, Record
from samenloop_node.identity.bsn import ColumnJudge
from samenloop_node.references import References
from samenloop_node.registrations.rows import Layout, layout_of


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a whole export. `changed_on` is the day (UTC) that the file was written.

    `repeated_decisions` are the references of decisions beforehand that stand on more than one record.
    """

    layout: Layout
    rows: int
    digest: bytes
    changed_on: date
    repeated_decisions: frozenset[bytes]


def survey(path: Path, settings: RegisterSettings, references: References) -> Survey:
    """Read the file once; raises InvalidInput with one sentence when it must be refused as a whole."""
    digest = references.file(_chunks(path))
    with CsvFile(path) as file:
        layout = layout_of(file.header, settings)
        judge, decisions, rows, last = ColumnJudge(), _Decisions(), 0, None
        for record in file.records():
            rows, last = rows + 1, record
            record_id, besluit = (_at(record, layout.places.get(name, -1)) for name in ("record_id", "besluit"))
            judge.feed(record_id)
            if besluit:
                decisions.add(references.decision(besluit), references.seed("record", record_id.encode()))
        if last is None:
            raise InvalidInput(
                "file", _("Het bestand heeft geen rijen. Er is niets veranderd. Maak de export opnieuw.")
            )
        file.check_last(last)
    if judge.refused():
        raise InvalidInput(
            "record_id",
            _(
                "Kolom record_id lijkt burgerservicenummers te bevatten. Gebruik een eigen nummer; Samenloop leest "
                "geen BSN."
            ),
        )
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return Survey(layout, rows, digest, changed, frozenset(decisions.repeated))


class _Decisions:
    """Finds decision references that stand on more than one record; the same record twice is no second one."""

    def __init__(self) -> None:
        self._record_of: dict[bytes, bytes] = {}
        self.repeated: set[bytes] = set()

    def add(self, reference: bytes, record: bytes) -> None:
        if self._record_of.setdefault(reference, record) != record:
            self.repeated.add(reference)


def file_digest(path: Path, references: References) -> bytes:
    """Return the keyed digest of the file as it is now; raises InvalidInput when it is gone."""
    return references.file(_chunks(path))


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk
    except OSError as error:
        text = _("Bestand {path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        raise InvalidInput("file", text) from error


def _at(record: Record, place: int) -> str:
    return record.fields[place].strip() if 0 <= place < len(record.fields) else ""
