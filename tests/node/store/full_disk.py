"""Run by test_store: fill the database under a limit on the size of files; print the error's code and what is left."""

import resource
import signal
import sys
from pathlib import Path

from samenloop.errors import SamenloopError
from samenloop_node.store import Store, registrations

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(Path(sys.argv[1]) / "node.sqlite")
store.write_now(lambda db: registrations.unsettle(db, [("r", "first", b"f" * 16)], 1))
size = max(path.stat().st_size for path in Path(sys.argv[1]).iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 65536, size + 65536))
rows = [("r", f"{number:0200d}", number.to_bytes(16)) for number in range(1, 5000)]
try:
    store.write_now(lambda db: registrations.unsettle(db, rows, 1))
except SamenloopError as error:
    print(error.code.value, store.read_now(lambda db: registrations.count(db, "r")))
