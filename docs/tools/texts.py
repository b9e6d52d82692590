"""The texts for people: collect them from the code, keep the English catalogue in step, compile it. `make texts`.

A text is Dutch where it is written and is its own id. `src/samenloop/locale/en/LC_MESSAGES/samenloop.po` holds the
translations; a text without one is shown in Dutch. The compiled `.mo` is committed and compared by a test.
"""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "src", ROOT / "node", ROOT / "coordinator")
FOLDER = ROOT / "src" / "samenloop" / "locale" / "en" / "LC_MESSAGES"
PO, MO = FOLDER / "samenloop.po", FOLDER / "samenloop.mo"
HEADER = "# English texts of Samenloop. The ids are the Dutch texts in the code. Kept in step by `make texts`."


def texts() -> set[str]:
    """Return every text that the code hands to `_` or marks with `N_`."""
    found = set()
    for folder in SOURCES:
        method = [("**.py", "python")]
        for _file, _line, message, _comments, _context in extract_from_dir(
            folder, method_map=method, keywords={"_": None, "N_": None}
        ):
            found.add(message if isinstance(message, str) else message[0])
    return found - {""}


def catalogue() -> Catalog:
    """Return the English catalogue as it is kept."""
    if not PO.exists():
        return _empty()
    with PO.open("rb") as file:
        return read_po(file, locale="en", charset="utf-8")


def in_step(kept: Catalog) -> Catalog:
    """Return the catalogue with exactly the texts of the code; translations of texts that went are dropped."""
    fresh = _empty()
    for text in sorted(texts()):
        before = kept.get(text)
        fresh.add(text, before.string if before else "")
    return fresh


def po(found: Catalog) -> bytes:
    """Return the file of a catalogue."""
    out = io.BytesIO()
    write_po(out, found, width=120, omit_header=False, sort_output=True, include_previous=False)
    return out.getvalue()


def mo(found: Catalog) -> bytes:
    """Return the compiled catalogue."""
    out = io.BytesIO()
    write_mo(out, found)
    return out.getvalue()


def main() -> None:
    """Bring the catalogue in step, compile it, and say how much of it is translated."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = in_step(catalogue())
    PO.write_bytes(po(found))
    MO.write_bytes(mo(found))
    done = sum(1 for message in found if message.id and message.string)
    sys.stdout.write(f"{done} of {len(found)} texts are translated\n")


def _empty() -> Catalog:
    """Return a catalogue without texts; nothing in its head depends on when or where it is made."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    head = {"project": "Samenloop", "version": "1", "msgid_bugs_address": "-", "last_translator": "-"}
    found = Catalog(locale="en", header_comment=HEADER, creation_date=made, revision_date=made, fuzzy=False, **head)
    found.language_team = "-"
    return found


if __name__ == "__main__":
    main()
