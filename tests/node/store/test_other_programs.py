"""Another program that reads the node's database, a backup say, takes nothing away from what the node acknowledged.

SQLite tells programs apart by locks on the file. A process that closes any descriptor of the file loses all its locks
on it; then the other program takes itself for the last user, and removes the write-ahead log that the node still fills.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samenloop_node.store import Store, registrations

SCRIPT = Path(__file__).parent / "acknowledging.py"
TOOL = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM registration").fetchone()[0])
connection.close()
"""


@contextmanager
def database_in_use(path: Path, *how: str) -> Iterator[subprocess.Popen[str]]:
    """Keep the database open in a process of its own; it is killed with -9."""
    command = [sys.executable, SCRIPT, path, *how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def do(process: subprocess.Popen[str], act: str) -> int:
    """Let the process do something and return how many rows it acknowledged up to now."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{act}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def read_with_another_program(path: Path) -> int:
    """Return how many rows an ordinary tool sees; it opens the file, reads, and closes it."""
    return int(subprocess.run([sys.executable, "-c", TOOL, path], capture_output=True, check=True, timeout=60).stdout)


def lost(path: Path, *how: str) -> int:
    """Return how many acknowledged rows are gone when the node was killed after another program read its file."""
    with database_in_use(path, *how) as process:
        acknowledged = do(process, "write")
        do(process, "look")
        assert read_with_another_program(path) == acknowledged
        acknowledged = do(process, "write")
    store = Store(path)
    kept = store.read_now(lambda db: registrations.count(db, "r"))
    store.close()
    return acknowledged - kept


def test_what_was_acknowledged_outlives_another_program_and_kill_9(tmp_path):
    assert lost(tmp_path / "node.sqlite") == 0


def test_control_a_build_that_opens_and_closes_the_file_by_itself_is_caught(tmp_path):
    assert lost(tmp_path / "node.sqlite", "weak") == 1


def test_another_program_leaves_the_write_ahead_log_where_it_is(tmp_path):
    path = tmp_path / "node.sqlite"
    with database_in_use(path) as process:
        do(process, "write")
        before = path.with_name("node.sqlite-wal").stat().st_ino
        for _look in range(3):
            do(process, "look")
            read_with_another_program(path)
        assert path.with_name("node.sqlite-wal").stat().st_ino == before
