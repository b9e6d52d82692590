"""A CSV export read as a stream: one record at a time with the byte where it begins, so that reading can go on from
there.

Refused as a whole, because the boundaries of its rows cannot be trusted: other encodings than UTF-8 (with or without
BOM), NUL, a record above 64 KiB, an open quote at the end, a last row that is cut off. The separator (`;` or `,`) is
the one of the header. Rows count from 1, the header is row 1, as a spreadsheet shows them. No value is ever in an
error.
"""

import csv
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, Final, Self

from samenloop.errors import InvalidInput
from samenloop.reasons import why
from samenloop.texts import _

MAX_RECORD: Final = 65_536
"""Bytes that one record may have."""
_BOM: Final = b"\xef\xbb\xbf"
_PIECE: Final = 1 << 20
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its row number, the byte where it begins, and its fields by position."""

    row: int
    offset: int
    fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class Header:
    """The first row: separator and column names as they stand there; `end` is the byte after it."""

    separator: str
    columns: tuple[str, ...]
    end: int


class CsvFile:
    """An open export. Use as a context manager; raises InvalidInput with one sentence."""

    def __init__(self, path: Path) -> None:
        self._file: Final = open_regular(path)
        self._lines: Final = _Lines(self._file)
        try:
            self.header: Final = self._read_header()
        except InvalidInput:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes of the whole file, for its digest."""
        self._file.seek(0)
        while chunk := self._file.read(_PIECE):
            yield chunk

    def changed_on(self) -> date:
        """Return the day (UTC) on which the file was written."""
        return datetime.fromtimestamp(os.fstat(self._file.fileno()).st_mtime, UTC).date()

    def records(self) -> Iterator[Record]:
        """Yield all records after the header; empty lines are skipped, the number of fields is not judged."""
        self._lines.seek(self.header.end, 1)
        reader = self._reader()
        while True:
            begin = self._lines.at
            fields = self._record(reader)
            if fields is None:
                return
            if fields:
                yield Record(begin.row, begin.offset, fields)

    def record_at(self, offset: int, row: int) -> Record:
        """Read the one record that begins at `offset`; the file must not have changed since."""
        self._lines.seek(offset, row - 1)
        fields = self._record(self._reader())
        if not fields:
            raise InvalidInput("file", _("Rij {row} staat niet meer in het bestand.", row=row))
        return Record(row, offset, fields)

    def check_last(self, record: Record) -> None:
        """Refuse a file whose last record is cut off; raises InvalidInput."""
        if len(record.fields) < len(self.header.columns):
            raise InvalidInput(
                "file",
                _(
                    "Het bestand is afgebroken: rij {row} heeft {found} van de {wanted} kolommen. Maak de export "
                    "opnieuw.",
                    row=record.row,
                    found=len(record.fields),
                    wanted=len(self.header.columns),
                ),
            )
        if not self._lines.ended:
            raise InvalidInput(
                "file",
                _(
                    "Na rij {row}, de laatste, ontbreekt het regeleinde: misschien is het bestand afgebroken. "
                    "Maak de export opnieuw, of sluit de laatste rij met Enter af.",
                    row=record.row,
                ),
            )

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self.header.separator, strict=True)

    def _record(self, reader: Iterator[list[str]]) -> list[str] | None:
        self._lines.begin_record()
        return self._next(reader)

    def _next(self, reader: Iterator[list[str]]) -> list[str] | None:
        try:
            return next(reader, None)
        except csv.Error as error:
            raise InvalidInput(
                "file",
                _(
                    "Rij {row} heeft een aanhalingsteken dat niet klopt, of is afgebroken. Maak de export opnieuw.",
                    row=self._lines.record_row,
                ),
            ) from error

    def _read_header(self) -> Header:
        start = self._file.read(MAX_RECORD)
        if start[:2] in _UTF16:
            raise InvalidInput("file", _wrong_encoding(1))
        _check_line_ends(start)
        self._lines.seek(len(_BOM) if start.startswith(_BOM) else 0, 0)
        self._lines.begin_record()
        line = next(self._lines, "")
        if not line.strip():
            raise InvalidInput("file", _("Het bestand is leeg. Er is niets veranderd. Maak de export opnieuw."))
        _check_separator(line)
        separator = ";" if line.count(";") > line.count(",") else ","
        names = self._next(csv.reader([line], delimiter=separator)) or []
        columns = tuple(name.strip() for name in names)
        return Header(separator, columns, self._lines.at.offset)


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    row: int


class _Lines:
    """Decoded lines of a binary file that know their place; the reader takes no more lines than one record needs."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._row = 0
        self._record_bytes = 0
        self.record_row = 1
        self.ended = True

    @property
    def at(self) -> _Place:
        """Where the next line begins, and the number of the row that it starts."""
        return _Place(self._offset, self._row + 1)

    def seek(self, offset: int, rows_before: int) -> None:
        """Go to the beginning of a record that has `rows_before` rows before it."""
        self._file.seek(offset)
        self._offset, self._row = offset, rows_before

    def begin_record(self) -> None:
        """Start counting the bytes of the next record; a quoted line end does not start another row."""
        self._record_bytes = 0
        self.record_row = self._row + 1

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(MAX_RECORD + 1)
        if not raw:
            raise StopIteration
        if self._record_bytes == 0:
            self._row += 1
        self._record_bytes += len(raw)
        self._offset += len(raw)
        self.ended = raw.endswith(b"\n")
        if self._record_bytes > MAX_RECORD:
            raise InvalidInput("file", _too_long(self.record_row))
        if b"\0" in raw:
            text = _("Rij {row} bevat een NUL-teken. Sla de export op als CSV in UTF-8.", row=self.record_row)
            raise InvalidInput("file", text)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise InvalidInput("file", _wrong_encoding(self.record_row)) from error


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file; raises InvalidInput. Opening or reading a pipe or a device may wait for ever."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        text = _("Bestand {path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        raise InvalidInput("file", text) from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise InvalidInput(
            "file", _("{path} is geen gewoon bestand. Bewaar de export als bestand en noem dat.", path=path)
        )
    return os.fdopen(number, "rb")


def place_columns(header: Header, wanted: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Return our column -> position. `mapping` renames a column, or with an empty name says that the file has none.

    Raises InvalidInput for a column that is missing or stands there twice.
    """
    places: dict[str, int] = {}
    for column in wanted:
        name = mapping.get(column, column)
        count = header.columns.count(name)
        if count > 1:
            text = _("Kolom {name} staat twee keer in het bestand. Haal er één weg.", name=name)
            raise InvalidInput(name, text)
        if count:
            places[column] = header.columns.index(name)
        elif name:
            raise InvalidInput(
                name,
                _(
                    "Kolom {name} ontbreekt in het bestand. Voeg hem toe aan de export of noem hem bij columns in de "
                    "configuratie.",
                    name=name,
                ),
            )
    return places


def _check_line_ends(start: bytes) -> None:
    if b"\r" in start and b"\n" not in start:
        raise InvalidInput("file", _("De regels eindigen op een losse CR. Sla de export op met LF of CRLF."))


def _check_separator(header: str) -> None:
    if "\t" in header and not {";", ","} & set(header):
        raise InvalidInput("file", _("De kolommen zijn gescheiden met tabs. Sla de export op met ; of , ertussen."))


def _too_long(row: int) -> str:
    return _(
        "Rij {row} is langer dan {most} bytes. Waarschijnlijk ontbreekt een aanhalingsteken of is een veld veel te "
        "lang. "
        "Herstel die rij en maak de export opnieuw.",
        row=row,
        most=MAX_RECORD,
    )


def _wrong_encoding(row: int) -> str:
    return _("Rij {row} is geen UTF-8. Sla de export op als 'CSV UTF-8' en probeer het opnieuw.", row=row)
