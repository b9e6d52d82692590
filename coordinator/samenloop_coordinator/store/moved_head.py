"""The head of the log on its way from files to another store: in its place, or set aside so that no file serves.

While a move may be half done, a note beside it holds the address where it goes: only there may it go on.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from samenloop.audit.sqlite_tree import open_tree_file
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.reasons import why
from samenloop.texts import _

_ASIDE, _NOTE, _WAL = ".moved", ".moving", "-wal"


@dataclass(frozen=True, slots=True)
class Head:
    """`place` is where the coordinator on files looks for it; `address` is where the move goes, without secrets."""

    place: Path
    address: str

    @property
    def aside(self) -> Path:
        """Where it is once it is set aside."""
        return self._beside(_ASIDE)

    @property
    def finished(self) -> bool:
        """Tell whether an earlier move was done to its end."""
        return self.aside.exists() and not self._note.exists()

    def found(self) -> Path:
        """Return where it is now; raises NOT_PERMITTED when there are two, or when it is going to another address."""
        if not self.aside.exists():
            return self.place
        if self.place.exists():
            text = _(
                "Naast {place} staat {aside} van een eerdere verhuizing. Zet dat bestand ergens anders neer.",
                aside=self.aside,
                place=self.place,
            )
            raise SamenloopError(ErrorCode.NOT_PERMITTED, text)
        if self._note.exists():
            self._refuse_elsewhere()
        return self.aside

    def set_aside(self) -> None:
        """Take it away from the coordinator on files, durably; raises BUSY while something still reads it."""
        if not self.place.exists():
            return
        open_tree_file(self.place).close()  # who closes it last moves the WAL into it
        if self._beside(_WAL).exists():
            raise SamenloopError(ErrorCode.BUSY, _("De database van de coördinator is bezet. Probeer het zo weer."))
        with self._on_disk():
            _write(self._note, self.address)
            self.place.rename(self.aside)

    def put_back(self) -> None:
        """Give it back to the coordinator on files: only when it is certain that nothing was stored elsewhere."""
        with self._on_disk():
            self.aside.rename(self.place)
            self._note.unlink(missing_ok=True)

    def done(self) -> None:
        """The move is done: from now on these files go nowhere."""
        with self._on_disk():
            self._note.unlink(missing_ok=True)

    def _refuse_elsewhere(self) -> None:
        with self._on_disk():
            begun = self._note.read_text(encoding="utf-8")
        if begun != self.address:
            text = _("Er is een verhuizing begonnen naar {address}. Geef dat adres.", address=begun)
            raise SamenloopError(ErrorCode.NOT_PERMITTED, text)

    @property
    def _note(self) -> Path:
        return self._beside(_NOTE)

    def _beside(self, ending: str) -> Path:
        return self.place.with_name(self.place.name + ending)

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
            folder = os.open(self.place.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            text = _("{path} kan niet worden geschreven: {why}.", path=error.filename or self.place, why=why(error))
            raise SamenloopError(ErrorCode.UNAVAILABLE, text) from error


def refuse_moved(place: Path) -> None:
    """Raise NOT_PERMITTED when the log moved or is moving from here, also when a copy of its head was put back."""
    aside = Head(place, "").aside
    if aside.exists():
        text = _(
            "Deze coördinator is verhuisd naar PostgreSQL: zie {aside}. Zet dat adres in de configuratie. "
            "Brak het verhuizen af, geef dan `migrate` nog een keer.",
            aside=aside,
        )
        raise SamenloopError(ErrorCode.NOT_PERMITTED, text)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)
