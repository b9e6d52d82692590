"""A consortium to measure on: a coordinator as its own process, and one node inside this process, over mutual TLS.

Made with the public programs, as the demo is; three other participants are the holders of every question. Nothing is
lifted: budgets are high, modes and rules are those of the catalogue.
"""

import mmap
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from consortium import Consortium
from making import make

from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.config import load_config
from samenloop_node.questions import asking
from samenloop_node.questions.draft import QuestionDraft, parse_question
from samenloop_node.registrations.jobs import synchronise
from samenloop_node.registrations.sync import Order
from tests.bench.loader import Filled, fill
from tests.quality.evaluation_consortium import DOMAIN, EPOCH, HOLDER, QUESTION, REGISTER, covenant, parties
from tests.quality.evaluation_sources import Source

MAP_LOCKED = 0x2000
"""Of Linux' mman.h; Python names only the other flags."""
NAMES = tuple(f"organisation-{number}" for number in range(1, 5))
ASKER, HOLDERS = NAMES[0], NAMES[1:]
_PROCESSES = "SAMENLOOP_NODE_TOKENISE_PROCESSES"
_BUDGET = {"_holder = 3": "_holder = 1000000", "_user_and_day = 20": "_user_and_day = 1000000", "= 200": "= 1000000"}


class Rig:
    """One consortium, its coordinator, and the asker's node."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        os.environ[_PROCESSES] = "1"
        members = parties([Source(name, name, folder, (), ()) for name in NAMES])
        self.consortium = Consortium(folder / "consortium", members, "")
        self.cases = 0
        self.held: mmap.mmap | None = None

    def make(self) -> None:
        """Make everything, hold the key ceremony, and leave only the coordinator running."""
        make(self.consortium, _covenant, DOMAIN, f"{DOMAIN}/log")
        self.consortium.start()
        self.consortium.ceremony(EPOCH, *NAMES[:2])
        self.consortium.stop(*NAMES)

    def open(self) -> App:
        """Open the asker's node in this process."""
        return App.open(load_config(self.consortium.config(ASKER)))

    def user(self, app: App) -> User:
        """Return the account that asks."""
        return next(iter(app.authorisations.users.values()))

    def draft(self) -> QuestionDraft:
        """Return a question for a new case to all three holders."""
        self.cases += 1
        return parse_question(
            {"case": f"B{self.cases}", "holders": [{"holder": name, **HOLDER} for name in HOLDERS], **QUESTION}
        )

    async def ask(self, app: App, fields: dict[str, str]) -> None:
        """Ask one question as the node's own function call."""
        await asking.ask(app, self.user(app), self.draft(), fields)

    async def sync(self, app: App, export: Path) -> dict[str, object]:
        """Synchronise an export."""
        order = Order(REGISTER, export, 0, self.user(app).name)
        return await synchronise(app, order, lambda _message: None)

    def start_node(self) -> psutil.Process:
        """Start the asker's node as a process of its own, as it comes: with its own number of token processes."""
        del os.environ[_PROCESSES]
        try:
            self.consortium.start_nodes(ASKER)
        finally:
            os.environ[_PROCESSES] = "1"
        return psutil.Process(self.consortium.processes()[ASKER])

    def fill(self, persons: int, tokens: int) -> Filled:
        """Bring the coordinator to `persons` registrations of random tokens, then start it again.

        Its file is then held in the file cache: what is measured is a coordinator at work with enough memory, not the
        disk of one that was just loaded, nor a machine that takes back what was not read for a minute.
        """
        self.consortium.stop("coordinator")
        filled = fill(self.database, persons, tokens, HOLDERS, EPOCH)
        self.held = in_file_cache(self.database)
        self.start()
        return filled

    def start(self) -> float:
        """Start the coordinator; return the seconds until it listens."""
        begun = time.perf_counter()
        self.consortium.start_coordinator()
        return time.perf_counter() - begun

    def restart(self) -> float:
        """Stop the coordinator and return the seconds that starting takes."""
        self.consortium.stop("coordinator")
        return self.start()

    @property
    def database(self) -> Path:
        """Return the coordinator's database."""
        return self.consortium.folder("coordinator") / "data" / "coordinator.sqlite"

    def coordinator_mib(self) -> float:
        """Return the coordinator's anonymous memory in MiB (file cache apart)."""
        memory = self._coordinator().memory_info()
        return float(memory.rss - memory.shared) / 2**20

    def coordinator_seconds(self) -> float:
        """Return how much processor time the coordinator has used since it started."""
        times = self._coordinator().cpu_times()
        return float(times.user + times.system)

    def _coordinator(self) -> psutil.Process:
        return psutil.Process(self.consortium.processes()["coordinator"])


def in_file_cache(path: Path) -> mmap.mmap:
    """Read a whole file into the file cache; it is kept there while the result lives, where this user may lock it."""
    read_now = mmap.MAP_SHARED | mmap.MAP_POPULATE
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, read_now | MAP_LOCKED, mmap.PROT_READ)
        except OSError:
            return mmap.mmap(file.fileno(), 0, read_now, mmap.PROT_READ)


@contextmanager
def rig(below: Path | None = None) -> Iterator[Rig]:
    """Give a rig in a private folder; everything is stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="samenloop-bench-", dir=below))
    made = Rig(folder)
    try:
        made.make()
        yield made
    finally:
        made.consortium.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _covenant(keys: dict[str, str]) -> str:
    text = covenant(NAMES, keys, flagged=False)
    for low, high in _BUDGET.items():
        text = text.replace(low, high, 1)
    return text
