"""A file that changes while it is read, or that is no file at all: nobody gets another's tokens or is withdrawn."""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samenloop.errors import InvalidInput
from samenloop_node.app import App
from samenloop_node.cli import app as cli
from samenloop_node.identity.person import parse_person
from samenloop_node.registrations import prepare, stream
from samenloop_node.registrations.jobs import synchronise
from samenloop_node.registrations.sync import Order
from samenloop_node.store import registrations, syncs
from samenloop_node.tokens.tokenise import tokenise
from tests.node.kit import EPOCH, REGISTER, FakeCoordinator, Partner
from tests.node.sync.test_sync import _coordinator, _partner, _sync, day_ago, person, write  # noqa: F401 - fixtures

Progress = Callable[[Mapping[str, Any]], None]
ROWS = 600


def rows(shift: int = 0, **changes: str) -> list[dict[str, str]]:
    """Return rows that have the same length whatever the shift, each about another person."""
    names = [f"Aa{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(676)]
    return [person(n, record_id=f"p-{n:04}", voornamen=names[n + shift], **changes) for n in range(ROWS)]


def synchronised(partner: Partner, file: Path, progress: Progress = lambda _message: None) -> str:
    """Synchronise and return the state in which it ended."""

    async def main() -> str:
        app = App.open(partner.config())
        try:
            with suppress(InvalidInput):
                await synchronise(app, Order(REGISTER, file, 0, "o.operator"), progress)
        finally:
            found = app.store.read_now(lambda db: syncs.last(db, REGISTER))
            await app.background.stop()
            await app.close()
        assert found is not None
        return found.state

    return asyncio.run(main())


def wrong_persons(partner: Partner, coordinator: FakeCoordinator, said: list[dict[str, str]]) -> int:
    """Count the registrations that have not the tokens of the person who had this record id in the file."""

    async def main() -> int:
        app = App.open(partner.config())
        try:
            return sum(_is_wrong(app, coordinator, row) for row in said)
        finally:
            await app.close()

    return asyncio.run(main())


def _is_wrong(app: App, coordinator: FakeCoordinator, row: Mapping[str, str]) -> bool:
    found = app.store.read_now(lambda db: registrations.find(db, REGISTER, row["record_id"]))
    if found is None or found.registration_id not in coordinator.registered:
        return False
    who = parse_person({name: text for name, text in row.items() if name != "record_id"})
    strong = tokenise(who, app.profiles().of(EPOCH), app.epoch_keys(EPOCH)).tokens[:16]
    return coordinator.registered[found.registration_id].token_sets[0].tokens[:16] != strong


def once(stage: str, act: Callable[[], None]) -> Progress:
    """Return what acts at the first news of a stage, when something of it was done."""
    done: list[bool] = []

    def progress(message: Mapping[str, Any]) -> None:
        if message["stage"] == stage and message["done"] and not done:
            done.append(True)
            act()

    return progress


def overwrite(file: Path, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.write(content)


def before_sending(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have something happen between planning and sending."""
    honest = prepare.everything

    def changed(*arguments: Any, **named: Any) -> Any:
        act()
        return honest(*arguments, **named)

    monkeypatch.setattr(prepare, "everything", changed)


def test_a_file_overwritten_while_it_is_sent_never_gives_anybody_the_tokens_of_another(
    coordinator, partner, tmp_path, monkeypatch
):
    monkeypatch.setattr(stream, "WINDOW", 1)
    file, other = write(tmp_path / "export.csv", rows()), write(tmp_path / "other.csv", rows(shift=1)).read_bytes()
    assert synchronised(partner, file, once("send", lambda: overwrite(file, other))) == syncs.STOPPED
    assert 0 < len(coordinator.registered) < ROWS
    assert wrong_persons(partner, coordinator, rows()) == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_a_file_overwritten_after_it_was_planned_is_seen_whatever_the_number_of_processes(
    coordinator, partner, tmp_path, monkeypatch, processes
):
    monkeypatch.setattr("samenloop_node.registrations.sync.PARALLEL_FROM", 1)
    partner.settings["tokenise_processes"] = processes
    file, other = write(tmp_path / "export.csv", rows()), write(tmp_path / "other.csv", rows(shift=1)).read_bytes()
    before_sending(monkeypatch, lambda: overwrite(file, other))
    assert synchronised(partner, file) == syncs.STOPPED
    assert coordinator.registered == {}


def test_a_file_overwritten_before_it_is_sent_stops_the_sync_and_the_right_file_mends_it(
    coordinator, partner, tmp_path
):
    file, other = write(tmp_path / "export.csv", rows()), write(tmp_path / "other.csv", rows(shift=1)).read_bytes()
    assert synchronised(partner, file, once("plan", lambda: overwrite(file, other))) == syncs.STOPPED
    assert synchronised(partner, write(file, rows())) == syncs.DONE
    assert len(coordinator.registered) == ROWS
    assert wrong_persons(partner, coordinator, rows()) == 0


def test_facts_that_change_between_planning_and_sending_are_not_sent(coordinator, partner, tmp_path, monkeypatch):
    first, second, third = (day_ago(-days) for days in (40, 50, 60))
    assert synchronised(partner, write(tmp_path / "export.csv", rows(toetsdatum=first))) == syncs.DONE
    file = write(tmp_path / "export.csv", rows(toetsdatum=second))
    other = write(tmp_path / "other.csv", rows(toetsdatum=third)).read_bytes()
    before_sending(monkeypatch, lambda: overwrite(file, other))
    acts = len(coordinator.acts)
    assert synchronised(partner, file) == syncs.STOPPED
    assert len(coordinator.acts) == acts


def test_a_file_cut_off_while_it_is_planned_withdraws_nobody_and_declares_nothing(coordinator, partner, tmp_path):
    file = write(tmp_path / "export.csv", rows())
    assert synchronised(partner, file) == syncs.DONE
    lines = file.read_bytes().splitlines(keepends=True)
    kept = sum(map(len, lines[: 1 + ROWS - 25]))
    assert synchronised(partner, file, once("plan", lambda: os.truncate(file, kept))) == syncs.STOPPED
    assert len(coordinator.registered) == ROWS
    assert len(coordinator.statements) == 1


def test_a_record_is_kept_as_a_keyed_digest_only(partner):
    app = App.open(partner.config())
    try:
        mine = app.references.record(["p-1", "Anna"])
        assert mine == app.references.record(["p-1", "Anna"])
        assert mine not in (app.references.record(["p-1", "Ann", "a"]), app.references.record(["p-1A", "nna"]))
    finally:
        asyncio.run(app.close())


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_regular_file_is_refused_at_once_and_holds_up_nothing(coordinator, partner, sync, tmp_path, kind):
    path = tmp_path / "export.csv"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")

    async def main() -> None:
        app = App.open(partner.config())
        try:
            work = synchronise(app, Order(REGISTER, path, 0, "o.operator"), lambda _message: None)
            with pytest.raises(InvalidInput, match="geen gewoon bestand"):
                await asyncio.wait_for(work, 60)
        finally:
            await app.background.stop()
            await app.close()

    asyncio.run(main())
    said = CliRunner().invoke(cli, ["sync", str(path), "--register", REGISTER])
    assert (said.exit_code, "geen gewoon bestand" in said.output) == (2, True)
    assert sync(write(tmp_path / "good.csv", [person(1)]))["added"] == 1
