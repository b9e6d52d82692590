"""The first look at an export: is it whole, and may it be read at all? Nothing is stored or sent before this holds."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.config import RegisterSettings
from samenloop_node.csvfile import CsvFile, Record
from samenloop_node.identity.bsn import ColumnJudge
from samenloop_node.references import References
from samenloop_node.registrations.codes import Codes
from samenloop_node.registrations.rows import Layout, layout_of


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a whole export. `changed_on` is the day (UTC) that the file was written.

    `repeated_decisions` are the references of decisions beforehand that stand on more than one record; `codes` are
    words in its references that are no names.
    """

    layout: Layout
    rows: int
    digest: bytes
    changed_on: date
    repeated_decisions: frozenset[bytes]
    codes: frozenset[str]


def survey(path: Path, settings: RegisterSettings, references: References) -> Survey:
    """Read the file once; raises InvalidInput with one sentence when it must be refused as a whole."""
    with CsvFile(path) as file:
        digest, changed_on = references.file(file.chunks()), file.changed_on()
        layout = layout_of(file.header, settings)
        judge, decisions, codes, rows, last = ColumnJudge(), _Decisions(), Codes(layout), 0, None
        for record in file.records():
            rows, last = rows + 1, record
            record_id, besluit = (_at(record, layout.places.get(name, -1)) for name in ("record_id", "besluit"))
            judge.feed(record_id)
            codes.feed(record)
            if besluit:
                decisions.add(references.decision(besluit), references.seed("record", record_id.encode()))
        if last is None:
            raise InvalidInput(
                "file", _("Het bestand heeft geen rijen. Er is niets veranderd. Maak de export opnieuw.")
            )
        file.check_last(last)
        found = codes.judge(file.records())
    if judge.refused():
        raise InvalidInput(
            "record_id",
            _(
                "Kolom record_id lijkt burgerservicenummers te bevatten. Gebruik een eigen nummer; Samenloop leest "
                "geen BSN."
            ),
        )
    return Survey(layout, rows, digest, changed_on, frozenset(decisions.repeated), found)


class _Decisions:
    """Finds decision references that stand on more than one record; the same record twice is no second one."""

    def __init__(self) -> None:
        self._record_of: dict[bytes, bytes] = {}
        self.repeated: set[bytes] = set()

    def add(self, reference: bytes, record: bytes) -> None:
        if self._record_of.setdefault(reference, record) != record:
            self.repeated.add(reference)


def has_changed() -> InvalidInput:
    """Return the refusal of a file that is not any more what was surveyed or planned."""
    return InvalidInput("file", _("Het bestand is intussen veranderd. Start de synchronisatie opnieuw."))


def _at(record: Record, place: int) -> str:
    return record.fields[place].strip() if 0 <= place < len(record.fields) else ""
