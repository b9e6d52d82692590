"""A folder made to hang, to fill memory or to lead elsewhere: one Dutch sentence, exit code 1, and nothing read."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from samenloop.audit import layout
from samenloop.audit.layout import Manifest
from tests.audit.world import ANCHOR, SIGNER, World

MEMORY = 2_000_000 * 1024
SECONDS = 30


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("log")
    world = World(folder)
    world.fill(6)
    yield world.export(folder / "export")
    world.close()


@pytest.fixture
def copied(exported: Path, tmp_path: Path) -> Path:
    return shutil.copytree(exported, tmp_path / "copy")


def verified(root: Path) -> tuple[int, str]:
    """Run the command as an auditor does, with little memory and little time."""
    program = "import sys; from samenloop.cli import app; sys.argv[0] = 'samenloop'; app()"
    done = subprocess.run(  # our own command line
        [sys.executable, "-c", program, "audit", "verify", str(root), "--covenant", ANCHOR.fingerprint],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),  # one thread
    )
    return done.returncode, done.stdout + done.stderr


def pipe(name: str) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)

    return make


def linked(name: str, target: str = "") -> Callable[[Path], None]:
    def make(root: Path) -> None:
        if target:
            (root / name).unlink()
        else:
            (root / name).rename(root.parent / "elsewhere")
        (root / name).symlink_to(target or root.parent / "elsewhere")

    return make


def huge(name: str) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        (root / name).touch()
        os.truncate(root / name, 10 << 30)

    return make


def counted(size: int) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        manifest, _note = layout.parse_manifest((root / layout.MANIFEST).read_bytes())
        made = Manifest(manifest.origin, size, manifest.created_ms, manifest.covenant, manifest.files)
        (root / layout.MANIFEST).write_bytes(layout.sign_manifest(made, SIGNER))

    return make


def many(root: Path) -> None:
    for number in range(1_001):
        (root / "covenant" / f"{number}").touch()


DOCUMENT = f"covenant/{ANCHOR.fingerprint}.json"
FOLDERS: dict[str, Callable[[Path], None]] = {
    "manifest a pipe": pipe("manifest"),
    "manifest a link": linked("manifest"),
    "manifest endless": linked("manifest", "/dev/zero"),
    "manifest huge": huge("manifest"),
    "manifest a folder": lambda root: ((root / "manifest").unlink(), (root / "manifest").mkdir()),  # type: ignore[func-returns-value,dict-item]
    "manifest of endless entries": counted((1 << 53) - 1),
    "covenant a pipe": pipe("covenant/x"),
    "covenant a link": linked(DOCUMENT),
    "covenant endless": linked(DOCUMENT, "/dev/zero"),
    "covenant huge": huge(DOCUMENT),
    "covenants without end": many,
    "covenant folder a link": linked("covenant"),
    "checkpoint a pipe": pipe("checkpoint"),
    "checkpoint a link": linked("checkpoint"),
    "checkpoint huge": huge("checkpoint"),
    "entries a pipe": pipe("entries/000000000000.jsonl"),
    "entries huge": huge("entries/000000000000.jsonl"),
    "entries folder a link": linked("entries"),
    "a name that is no text": lambda root: (root / "covenant" / b"x\xff".decode("utf-8", "surrogateescape")).touch(),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_hostile_folder_gets_a_sentence_and_nothing_else(copied: Path, name: str) -> None:
    FOLDERS[name](copied)
    code, output = verified(copied)
    assert code == 1, output
    assert "STUK: " in output
    assert "Traceback" not in output
    assert len(output.splitlines()) == 2


def test_an_honest_folder_holds_within_the_same_limits(copied: Path) -> None:
    """Control: the limits of this test are not what fails."""
    code, output = verified(copied)
    assert code == 0, output


def test_the_limits_catch_a_reader_without_bounds(copied: Path) -> None:
    """Positive control: `read_bytes`, as it was, runs out of memory or waits for ever."""
    huge("manifest")(copied)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        subprocess.run(  # a reader without bounds
            [sys.executable, "-c", "import pathlib, sys; pathlib.Path(sys.argv[1]).read_bytes()", copied / "manifest"],
            check=True,
            capture_output=True,
            timeout=SECONDS,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),  # one thread
        )
    assert b"MemoryError" in caught.value.stderr
