"""The course of an evaluation: make, register, ask, write, score. Progress goes to standard error."""

import asyncio
import csv
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from consortium import Consortium
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from samenloop_node.socket_client import call
from tests.quality.evaluation_asking import Asker, Outcome, ask_all, askers
from tests.quality.evaluation_consortium import EPOCH, REGISTER, build, parties
from tests.quality.evaluation_sources import Source, find_sources, records
from tests.quality.score import read_truth, score

CONSOLE = Console(stderr=True, highlight=False)
Told = Callable[[int], None]


def evaluate(data: Path, out: Path, keep: Path | None = None) -> None:
    """Do a whole evaluation; raises SamenloopError, ProgramError, TimeoutError or OSError, and then writes nothing."""
    begun = time.monotonic()
    sources = find_sources(data)
    with _folder(keep) as folder:
        consortium = Consortium(folder, parties(sources), "--evaluation")
        try:
            prepare(consortium, sources)
            outcome = _ask(askers(sources, lambda name: consortium.folder(name) / "node.sock"))
        finally:
            consortium.stop()
    write(out, outcome.hits)
    took = time.monotonic() - begun
    CONSOLE.print(f"{out}: {len(set(outcome.hits))} hits; {outcome.asked} questions; {took:.0f} s in all.")
    if any(data.glob("truth-*.csv")):
        print("\n".join(score(read_truth(data), outcome.hits).lines()))
    if outcome.refused:
        CONSOLE.print(f"{outcome.refused} questions were not put: their record is not accepted as a person.")


def prepare(consortium: Consortium, sources: Sequence[Source]) -> None:
    """Make and start the consortium, hold the key ceremony, register every file."""
    begun = time.monotonic()
    os.environ["SAMENLOOP_NODE_TOKENISE_PROCESSES"] = "1"
    CONSOLE.print(f"{len(sources)} organisations: {', '.join(one.name for one in sources)}")
    build(consortium)
    consortium.start()
    consortium.ceremony(EPOCH, sources[0].participant, sources[1].participant)
    CONSOLE.print(f"Consortium made and key ceremony held: {time.monotonic() - begun:.1f} s")
    begun = time.monotonic()
    reports = _register(consortium, sources)
    took = time.monotonic() - begun
    for source, report in zip(sources, reports, strict=True):
        CONSOLE.print(f"{source.name}: {report['text']}")
        if report["fields_dropped"]:
            CONSOLE.print(f"{source.name}: {report['fields_dropped']} fields that did not validate were dropped")
    total = sum(report["rows"] for report in reports)
    CONSOLE.print(f"Registered {total} records in {took:.1f} s ({total / took:.0f} per second)")


def write(out: Path, hits: Sequence[tuple[str, str]]) -> None:
    """Write the hits, each once, in a fixed order; the file appears whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(out.name + ".part")
    with draft.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("record_id", "organisation"))
        rows.writerows(sorted(set(hits)))
    draft.replace(out)


def _register(consortium: Consortium, sources: Sequence[Source]) -> list[Mapping[str, Any]]:
    """Synchronise all files at the same time; return the report of each."""
    sent = dict.fromkeys(sources, 0)
    with (
        _progress("Registering", sum(_count(one) for one in sources)) as told,
        ThreadPoolExecutor(len(sources)) as pool,
    ):

        def sync(source: Source) -> dict[str, Any]:
            def heard(message: Mapping[str, Any]) -> None:
                if message.get("stage") == "send":
                    sent[source] = message["done"]
                    told(sum(sent.values()))

            arguments = {"file": str(source.path.resolve()), "register": REGISTER}
            return call(consortium.folder(source.participant) / "node.sock", "sync", arguments, progress=heard)

        return list(pool.map(sync, sources))


def _ask(asking: Sequence[Asker]) -> Outcome:
    total, begun = sum(_count(one.source) * len(one.groups) for one in asking), time.monotonic()
    with _progress("Asking", total) as told:
        try:
            outcome = asyncio.run(ask_all(asking, told))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
    took = time.monotonic() - begun
    CONSOLE.print(f"Asked {outcome.asked} questions in {took:.1f} s ({outcome.asked / took:.0f} per second)")
    return outcome


def _count(source: Source) -> int:
    return sum(1 for _record in records(source))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give a private folder that is removed afterwards, unless the caller named one."""
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="samenloop-evaluation-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _progress(title: str, total: int) -> Iterator[Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=CONSOLE, transient=True, disable=not CONSOLE.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
