"""Run by test_other_programs: a node's database in use. Does what each line of standard input says, and answers when it
is done: `write` prints how many rows were acknowledged, `look` opens and closes a connection as the own log does.

With `weak` it opens and closes the file by itself before each connection.
"""

import os
import sys
from pathlib import Path

from samenloop_node.store import Store, base, registrations

path, connect = Path(sys.argv[1]), base.connect


def weak(path: Path) -> object:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return connect(path)


if sys.argv[2:] == ["weak"]:
    base.connect = weak  # type: ignore[assignment]

store, acknowledged = Store(path), 0
for line in sys.stdin:
    if line == "write\n":
        row = [("r", str(acknowledged), acknowledged.to_bytes(16))]
        store.write_now(lambda db, row=row: registrations.unsettle(db, row, 1))  # type: ignore[misc]
        acknowledged += 1
    else:
        base.connect(path).close()
    print(acknowledged, flush=True)
