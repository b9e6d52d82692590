"""The demo as a new user sees it: the story ends as told, and no person is left behind on disk (invariant 1)."""

import csv
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
sys.path.insert(0, str(DEMO))

import run as demo  # noqa: E402 - the demo is a folder of scripts
from consortium import Consortium  # noqa: E402
from story import Story  # noqa: E402

PROGRAMS = Path(sys.executable).parent
pytestmark = pytest.mark.timeout(900)  # some seventy programs are started one after the other
NAMES = ("voornamen", "roepnaam", "geslachtsnaam", "partner_geslachtsnaam")


@dataclass(frozen=True)
class Played:
    """What one run of the demo left: its folder, what it said, and which words stood there before any person came."""

    root: Path
    said: str
    before: frozenset[str]


@pytest.fixture(scope="module", name="played")
def _played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    root = tmp_path_factory.mktemp("demo") / "root"
    console = Console(width=200, record=True, quiet=False, file=(root.parent / "said.txt").open("w", encoding="utf-8"))
    consortium = Consortium(root, demo.PARTIES, "--demo")
    try:
        demo.establish(consortium, console)
        before = frozenset(found_in(root, traces()))
        demo.register(consortium, console)
        Story(consortium, console).play()
    finally:
        consortium.stop()
        console.file.close()
    yield Played(root, console.export_text(), before)
    shutil.rmtree(root)


def traces() -> set[str]:
    """Return what would give a person away: each word of a name of six characters or more, and each birth date."""
    found: set[str] = set()
    for path in (DEMO / "data").glob("people-demo-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                words = " ".join(row[name] for name in NAMES).replace("-", " ").split()
                found |= {word.casefold() for word in words if len(word) >= 6}
                found |= {row[name].casefold() for name in NAMES if len(row[name]) >= 6}
                year, month, day = row["geboortedatum"].split("-")
                found |= {f"{year}-{month}-{day}", f"{day}-{month}-{year}", f"{year}{month}{day}"}
    return found


def found_in(root: Path, wanted: set[str]) -> dict[str, Path]:
    """Return which of `wanted` occur, in UTF-8 or Latin-1 and whatever the case, in a file below `root`."""
    found: dict[str, Path] = {}
    for path in root.rglob("*"):
        if not path.is_file() or path.parent.name == "bron":
            continue
        data = path.read_bytes()
        texts = [data.decode(encoding, errors="ignore").casefold() for encoding in ("utf-8", "latin-1")]
        found |= {word: path for word in wanted if any(word in text for text in texts)}
    return found


def verify(export: Path) -> subprocess.CompletedProcess[str]:
    words = [str(PROGRAMS / "samenloop"), "audit", "verify", str(export)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)


def test_every_scene_ends_as_told_and_says_so(played: Played) -> None:
    for words in (
        "Bekend bij Zorg- en Veiligheidshuis Oost",
        "Bekend in een andere casus bij Zorg- en Veiligheidshuis Midden",
        "Bekend bij Burgemeester van Middelstad",
        "Bekend bij Politie Midden",
        "geen bericht",
        "geweigerd R-25",
        "burgerservicenummer",
    ):
        assert words in played.said


def test_no_name_and_no_birth_date_is_left_on_disk(played: Played) -> None:
    left = {word: path for word, path in found_in(played.root, traces()).items() if word not in played.before}
    assert left == {}


def test_a_planted_name_is_found(played: Played) -> None:
    """Control: the search finds a name in a database page, in upper case, and a date in a log line."""
    planted = played.root / "politie-midden" / "state" / "planted.sqlite"
    planted.write_bytes(b"\x00\x17" + b"BOUZIDI" + b"\xff\x00 19990211 ")
    try:
        assert {"bouzidi", "19990211"} <= found_in(played.root, traces()).keys() - played.before
    finally:
        planted.unlink()


def test_the_export_verifies_and_any_flipped_bit_is_found(played: Played, tmp_path: Path) -> None:
    export = played.root / "audit-export"
    assert verify(export).returncode == 0
    files = sorted(path for path in export.rglob("*") if path.is_file())
    for number in range(6):
        file = random.Random(number).choice(files)
        copy = tmp_path / str(number)
        shutil.copytree(export, copy)
        target = copy / file.relative_to(export)
        data = bytearray(target.read_bytes())
        place = random.Random(number).randrange(8 * len(data))
        data[place // 8] ^= 1 << place % 8
        target.write_bytes(data)
        assert verify(copy).returncode != 0, (file, place)
