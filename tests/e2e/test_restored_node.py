"""A node that was put back from an older copy: the coordinator has somebody whom this node no longer knows."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samenloop.errors import SamenloopError
from samenloop_node import ceremonies
from samenloop_node.app import App
from samenloop_node.commands import ask as ask_command
from samenloop_node.commands import reconcile as reconcile_command
from samenloop_node.commands import status as status_command
from samenloop_node.identity.person import PERSON_COLUMNS
from samenloop_node.own_records import find_own
from samenloop_node.registrations.single import Single, withdraw
from samenloop_node.store import registrations
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import EPOCH, HOUSE, POLICE, PROBATION, REGISTERS, Process
from tests.e2e.test_sync_flow import DECIDER, Story
from tests.e2e.test_sync_flow import _files as files_fixture
from tests.e2e.world import ANNA, HOLDERS, OFFICER, person, roomy

_files = files_fixture
EXTRA = person(7)
NEXT = "2026-2"


class Restored(Story):
    """The house's node can be copied and put back."""

    def reopen(self, before: Any) -> None:
        """Stop the node of the house, do something with its folder, and start it."""
        config = self.nodes[HOUSE].config
        self.run(self.nodes.pop(HOUSE).close())
        before(config.state)
        self.nodes[HOUSE] = App.open(config)

    def house(self, command: Any, user: Any = ANNA, **request: Any) -> Any:
        return self.run(command.run(self.nodes[HOUSE], user, request, None))

    def warnings(self) -> list[str]:
        return [one for one in self.house(status_command)["messages"] if "reconcile" in one]

    def known(self, case: str) -> bool:
        question = {
            "case": case,
            "asked_person": "nee_gevaar",
            "anonymous_talk": "nee_persoon_nodig",
            "phone_call": "nee_vertelt_meer",
            "target_group": ["gebiedsprobleem"],
            "holders": [HOLDERS[HOUSE]],
        }
        asker = self.nodes[PROBATION]
        told = self.run(ask_command.run(asker, ANNA, {"question": question, "person": EXTRA}, None))
        return "Bekend bij" in str(told)

    def own(self) -> list[Any]:
        return self.run(find_own(self.nodes[HOUSE], OFFICER, "erasure", EXTRA))

    def retire(self) -> None:
        self.run(ceremonies.retire_epoch(self.nodes[POLICE], EPOCH, DECIDER))


@pytest.fixture(name="story")
def _story(tmp_path: Path, files: dict[str, Path]) -> Iterator[Restored]:
    consortium = make_consortium(tmp_path / "consortium", edit=roomy)
    process = Process(consortium)
    process.start()
    story = Restored(consortium, process)
    story.ceremony(EPOCH)
    story.sync(HOUSE, files[HOUSE])
    yield story
    story.close()
    process.stop()


def _with_extra(file: Path, target: Path) -> Path:
    with file.open(newline="", encoding="utf-8-sig") as source:
        reader = csv.DictReader(source)
        rows, names = list(reader), list(reader.fieldnames or ())
    fresh = {name: EXTRA.get(name, "") for name in PERSON_COLUMNS if name in names}
    rows.append({**rows[0], **fresh})
    rows[-1] |= {"record_id": "extra-1", "zaak": ""}
    with target.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, names)
        writer.writeheader()
        writer.writerows(rows)
    return target


def test_R18_R65_what_a_restored_node_does_not_know_is_found_withdrawn_and_answers_no_more(story, files, tmp_path):
    (before,) = {row[0] for row in story.coverage(HOUSE).values()}
    copy = tmp_path / "copy"
    story.reopen(lambda state: shutil.copytree(state, copy))
    assert story.sync(HOUSE, _with_extra(files[HOUSE], tmp_path / "extra.csv"))["added"] == 1
    assert (story.known("c-1"), len(story.own()), story.warnings()) == (True, 1, [])

    def put_back(state: Path) -> None:
        shutil.rmtree(state)
        shutil.copytree(copy, state)

    story.reopen(put_back)
    assert story.sync(HOUSE, files[HOUSE])["unchanged"] == before
    assert story.coverage(HOUSE)[EPOCH] == (before + 1, before + 1)
    assert story.known("c-2"), "a false 'bekend'"
    with pytest.raises(SamenloopError, match="samenloop-node reconcile"):
        story.own()
    story.ceremony(NEXT)
    assert story.sync(HOUSE, files[HOUSE])["changed"] == before
    with pytest.raises(SamenloopError, match="kan nog niet weg"):
        story.retire()
    (warning,) = story.warnings()
    assert f"heeft {before + 1} registraties, deze node kent er {before}" in warning
    register = REGISTERS[HOUSE]
    assert f"samenloop-node reconcile --register {register}" in warning

    with pytest.raises(SamenloopError, match=r"kent deze node er 1 niet.*--confirm-withdrawals 1"):
        story.house(reconcile_command, register=register)
    assert story.coverage(HOUSE)[NEXT] == (before + 1, before)
    done = story.house(reconcile_command, register=register, confirm_withdrawals=1)
    assert (done["listed"], done["withdrawn"], done["lacking"]) == (before + 1, 1, 0)
    assert story.coverage(HOUSE)[NEXT] == (before, before)
    assert (story.known("c-3"), story.own(), story.warnings()) == (False, [], [])
    assert story.house(reconcile_command, register=register)["withdrawn"] == 0
    story.retire()


def test_R18_what_the_coordinator_lacks_since_the_copy_is_sent_again_by_the_next_sync(story, files, tmp_path):
    (before,) = {row[0] for row in story.coverage(HOUSE).values()}
    copy = tmp_path / "copy"
    story.reopen(lambda state: shutil.copytree(state, copy))
    node, register = story.nodes[HOUSE], REGISTERS[HOUSE]
    record = node.store.read_now(lambda db: next(registrations.record_ids(db, register)))
    story.run(withdraw(Single(node, register, DECIDER), record))
    story.reopen(lambda state: (shutil.rmtree(state), shutil.copytree(copy, state)))
    assert story.sync(HOUSE, files[HOUSE])["unchanged"] == before
    assert story.coverage(HOUSE)[EPOCH][0] == before - 1
    assert story.house(reconcile_command, register=register)["lacking"] == 1
    assert story.sync(HOUSE, files[HOUSE])["changed"] == 1
    assert story.coverage(HOUSE)[EPOCH] == (before, before)
