"""The file of the node's database: made once, with the right mode, and checked without opening it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_node.store import Store, base


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_no_umask_gives_others_a_right_to_the_file(tmp_path, mask):
    with umask(mask):
        Store(tmp_path / "node.sqlite").close()
    assert mode(tmp_path / "node.sqlite") == 0o600


def test_a_file_behind_a_link_is_made_with_the_same_mode(tmp_path):
    link, file = tmp_path / "node.sqlite", tmp_path / "elsewhere.sqlite"
    link.symlink_to(file)
    Store(link).close()
    Store(link).close()
    assert (link.is_symlink(), mode(file)) == (True, 0o600)


def test_a_file_that_exists_keeps_its_mode_and_is_not_opened_by_ourselves(tmp_path, monkeypatch):
    path = tmp_path / "node.sqlite"
    Store(path).close()
    path.chmod(0o640)
    opened = []
    really = os.open

    def watched(name: object, flags: int, *more: int) -> int:
        descriptor = really(name, flags, *more)  # type: ignore[call-overload]
        opened.append(name)
        return int(descriptor)

    monkeypatch.setattr(os, "open", watched)
    Store(path).close()
    assert (opened, mode(path)) == ([], 0o640)


def test_a_connection_makes_no_file(tmp_path):
    with pytest.raises(SamenloopError, match="het bestaat niet") as missing:
        base.connect(tmp_path / "node.sqlite")
    assert missing.value.code is ErrorCode.STORAGE_FULL
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_file_is_a_sentence(tmp_path):
    (tmp_path / "node.sqlite").mkdir()
    with pytest.raises(SamenloopError, match="het is een map"):
        Store(tmp_path / "node.sqlite")


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(SamenloopError, match="het bestaat niet"):
        Store(tmp_path / "nowhere" / "node.sqlite")


@pytest.mark.parametrize(("flag", "sentence"), [(0, "geen rechten"), (os.ST_RDONLY, "kan niets worden geschreven")])
def test_a_file_that_may_not_be_written_is_a_sentence(tmp_path, monkeypatch, flag, sentence):
    """Root may write everywhere, so the answers of the system are put in its mouth."""
    Store(tmp_path / "node.sqlite").close()
    monkeypatch.setattr(os, "access", lambda *_path, **_how: False)
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result((0,) * 8 + (flag, 255)))
    with pytest.raises(SamenloopError, match=sentence):
        Store(tmp_path / "node.sqlite")
