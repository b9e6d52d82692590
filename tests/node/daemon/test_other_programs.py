"""A running node whose database is read by another program, and which is then killed: what it answered is there."""

import json
import os
import pwd
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.node.daemon.test_daemon import Node
from tests.node.kit import REGISTER, FakeCoordinator, Partner, world
from tests.node.sync.test_sync import person, write

ME = pwd.getpwuid(os.getuid()).pw_name
TOOL = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM registration").fetchone()
connection.close()
"""
UNTIDY = """
from samenloop_node.store import Store

Store.tidy = lambda self: None
"""
"""What is answered then stands in the write-ahead log alone, until the node stops."""
WEAK = """
import os
from samenloop_node.store import base

connect = base.connect

def weak(path):
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return connect(path)

base.connect = weak
"""
WATCHED = """
import os, sys

def watch(event, arguments):
    if event != "open" or not isinstance(arguments[0], (str, bytes, os.PathLike)) or arguments[2] & os.O_EXCL:
        return  # an exclusive opening makes a file that nobody has open yet, or fails
    name = os.path.basename(os.fsdecode(arguments[0]))
    if name.startswith(("node.sqlite", "ownlog.tree")):
        print(name, file=sys.stderr, flush=True)

sys.addaudithook(watch)
"""


@pytest.fixture(name="partner")
def _partner(tmp_path: Path) -> Iterator[tuple[FakeCoordinator, Partner]]:
    made, partner = world(tmp_path, os_user=ME)
    (partner.folder / "node.toml").write_text(partner.toml())
    with made.serving():
        yield partner


def registered(node: Node, record: str) -> str:
    """Register a person, which the node acknowledges, and return the record."""
    fields = {name: value for name, value in person(7, record_id="").items() if value}
    done = node.run("register", "--register", REGISTER, "--record-id", record, stdin=json.dumps(fields))
    assert done.returncode == 0, done.stderr
    return record


def read_with_another_program(path: Path) -> None:
    subprocess.run([sys.executable, "-c", TOOL, path], check=True, timeout=60)


def lost(partner: Partner, prelude: str) -> set[str]:
    """Return the acknowledged records that are gone when the node was killed after another program read its file."""
    path, node = partner.config().state / "node.sqlite", Node(partner, prelude)
    node.start()
    try:
        read_with_another_program(path)
        acknowledged = {registered(node, "single-1")}
    finally:
        node.kill()
    with closing(sqlite3.connect(path)) as connection:
        return acknowledged - {name for (name,) in connection.execute("SELECT record_id FROM registration")}


def test_what_a_node_answered_outlives_another_program_and_kill_9(partner):
    assert lost(partner, UNTIDY) == set()


def test_control_a_node_that_opens_and_closes_its_file_by_itself_is_caught(partner):
    assert lost(partner, UNTIDY + WATCHED + WEAK) == {"single-1"}
    assert "node.sqlite\n" in (partner.folder / "node.log").read_text()


def test_a_node_at_work_opens_its_own_files_by_sqlite_alone(partner, tmp_path):
    accounts = partner.folder / "accounts.toml"
    accounts.write_text(accounts.read_text().replace('"operator", ', '"operator", "privacy_officer", '))
    node = Node(partner, WATCHED)
    node.start()
    try:
        file = write(tmp_path / "export.csv", [person(number) for number in range(20)])
        for command in (f"sync {file} --register {REGISTER}", "audit fsck", f"audit export {tmp_path / 'log'}"):
            done = node.run(*command.split())
            assert done.returncode == 0, done.stderr
    finally:
        node.kill(signal.SIGTERM)
    said = (partner.folder / "node.log").read_text()
    assert "node.sqlite" not in said
    assert "ownlog.tree" not in said
