"""The texts for people: collect them, keep the English catalogue in step, compile it. `make texts`.

They stand in the code (`_` and `N_`), in the help of the commands, in the template of the reports, and in the data of
the legal catalogue. A text is Dutch where it is written and is its own id. The translations are in
`src/samenloop/locale/en/LC_MESSAGES/samenloop.po`; a text without one is shown in Dutch, and a test fails. The compiled
`.mo` is committed and compared by a test.
"""

import io
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from typer.main import get_command

import samenloop.cli
import samenloop_coordinator.cli
import samenloop_node.cli
from samenloop.usage import each_text

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "src", ROOT / "node", ROOT / "coordinator")
DATA = ROOT / "src" / "samenloop" / "catalogue" / "data"
FOLDER = ROOT / "src" / "samenloop" / "locale" / "en" / "LC_MESSAGES"
PO, MO = FOLDER / "samenloop.po", FOLDER / "samenloop.mo"
HEADER = "# English texts of Samenloop. The ids are the Dutch texts in the code. Kept in step by `make texts`."
MARKS = ("_", "N_")
PROGRAMS = (samenloop.cli, samenloop_node.cli, samenloop_coordinator.cli)
SHOWN = ("name", "text", "people", "decider")
"""The keys of the legal catalogue whose values people read."""


def texts() -> set[str]:
    """Return every text that is marked in code or templates, or that people read in help or in the legal catalogue."""
    return {*_in_code(), *in_help(), *_in_templates(), *_in_data()} - {""}


def _in_code() -> Iterator[str]:
    for folder in SOURCES:
        found = extract_from_dir(folder, method_map=[("**.py", "python")], keywords=dict.fromkeys(MARKS))
        for _file, _line, message, _comments, _context in found:
            yield message if isinstance(message, str) else message[0]


def in_help() -> set[str]:
    """Return every text in the help of the commands of the three programs."""
    found: set[str] = set()
    for program in PROGRAMS:
        each_text(get_command(program.app), lambda text: found.add(text) or text)
    return found


def _in_templates() -> Iterator[str]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for folder in SOURCES:
        for template in sorted(folder.rglob("templates/*.html")):
            for _line, _function, message in environment.extract_translations(template.read_text(encoding="utf-8")):
                yield message if isinstance(message, str) else message[0]


def _in_data() -> Iterator[str]:
    for file in sorted(DATA.glob("*.toml")):
        yield from _shown(tomllib.loads(file.read_text(encoding="utf-8")))


def _shown(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _shown(one)
    if isinstance(value, dict):
        for key, one in value.items():
            if key in SHOWN and isinstance(one, str):
                yield one
            else:
                yield from _shown(one)


def catalogue() -> Catalog:
    """Return the English catalogue as it is kept."""
    if not PO.exists():
        return _empty()
    with PO.open("rb") as file:
        return read_po(file, locale="en", charset="utf-8")


def in_step(kept: Catalog) -> Catalog:
    """Return the catalogue with exactly the texts there are; translations of texts that went are dropped."""
    fresh = _empty()
    for text in sorted(texts()):
        before = kept.get(text)
        fresh.add(text, before.string if before else "")
    return fresh


def untranslated(kept: Catalog) -> list[str]:
    """Return the texts that have no English."""
    return sorted(text for text in texts() if not (message := kept.get(text)) or not message.string)


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
    """Bring the catalogue in step, compile it, and say which texts have no English yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = in_step(catalogue())
    PO.write_bytes(po(found))
    MO.write_bytes(mo(found))
    missing = untranslated(found)
    sys.stdout.write(f"{len(found) - len(missing)} of {len(found)} texts are translated\n")
    sys.stdout.writelines(f"no English: {text!r}\n" for text in missing)


def _empty() -> Catalog:
    """Return a catalogue without texts; nothing in its head depends on when or where it is made."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    head = {"project": "Samenloop", "version": "1", "msgid_bugs_address": "-", "last_translator": "-"}
    found = Catalog(locale="en", header_comment=HEADER, creation_date=made, revision_date=made, fuzzy=False, **head)
    found.language_team = "-"
    return found


if __name__ == "__main__":
    main()
