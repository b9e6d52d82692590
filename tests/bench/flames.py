"""Flame graphs of the coordinator, asked and registered at: `python -m tests.bench.flames FOLDER`.

py-spy samples only what holds the interpreter's lock, so waiting does not count. A picture is from one run: it shows
where time goes, not how much there is of it.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samenloop.loop import run
from tests.bench.asking import ready_requests
from tests.bench.peers import timed_calls
from tests.bench.people import write_export
from tests.bench.rig import Rig, rig

_COMMAND = re.compile("[^<>]*py-spy record [^<>]*")
"""The command as it was given names folders of this machine."""
QUESTIONS, CONCURRENCY, PERSONS, RATE = 1_500, 32, 20_000, 200


def draw(folder: Path) -> None:
    """Sample a coordinator while it is asked, and while a node synchronises."""
    with rig() as made:
        made.fill(10_000, 20)
        coordinator = made.consortium.processes()["coordinator"]
        with _sampled(coordinator, folder / "asking.svg"):
            run(_ask(made))
        export = made.folder / "export.csv"
        write_export(export, PERSONS, seed=11)
        with _sampled(coordinator, folder / "registering.svg"):
            run(_synchronise(made, export))


@contextmanager
def _sampled(process: int, picture: Path) -> Iterator[None]:
    program = Path(sys.executable).with_name("py-spy")
    given = ["--gil", "--rate", str(RATE), "--pid", str(process), "--output", str(picture)]
    sampling = subprocess.Popen([program, "record", *given], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        sampling.send_signal(signal.SIGINT)
        sampling.wait(60)
        picture.write_text(_COMMAND.sub("py-spy record --gil", picture.read_text(encoding="utf-8")), encoding="utf-8")


async def _ask(made: Rig) -> None:
    app = made.open()
    try:
        await app.agreement.refresh(app.connection)
        ready = ready_requests(made, app, QUESTIONS)
        await timed_calls(lambda: app.connection.ask(next(ready)), QUESTIONS, CONCURRENCY)
    finally:
        await app.close()


async def _synchronise(made: Rig, export: Path) -> None:
    app = made.open()
    try:
        await made.sync(app, export)
    finally:
        await app.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
