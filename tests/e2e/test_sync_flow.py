"""From key ceremony to registrations, nodes and coordinator as they are: nothing is put there behind their backs."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from samenloop.covenant import canonical, fingerprint
from samenloop.errors import Refused, SamenloopError
from samenloop_node import ceremonies, declaring, mailbox
from samenloop_node.app import App
from samenloop_node.config import BeforehandGrounds, NodeConfig, RegisterSettings
from samenloop_node.registrations.jobs import synchronise
from samenloop_node.registrations.single import Single, put, withdraw
from samenloop_node.registrations.sync import Order
from samenloop_node.store import inbox, registrations
from tests.coordinator.consortium import Consortium, make_consortium
from tests.coordinator.harness import EPOCH, HOUSE, POLICE, PROBATION, REGISTERS, Process

sys.path.insert(0, str(Path(__file__).parents[2] / "deploy" / "demo"))
import people

ACCOUNTS = """
[[account]]
name = "{name}"
os_user = "bakker"
roles = ["decision_maker"]
secrecy_statement = 2020-01-01
valid_from = 2020-01-01
valid_until = 2099-01-01
"""

DECIDER = next(iter(people.DECIDED_BEFOREHAND.values()))[2]


class Story:
    """All nodes of the demo consortium on one event loop, and the coordinator's process."""

    def __init__(self, consortium: Consortium, process: Process) -> None:
        self.consortium = consortium
        self.process = process
        self.loop = asyncio.new_event_loop()
        self.first: dict[str, Any] = {}
        self.nodes = {name: App.open(self._config(name)) for name in consortium.parties}

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def sync(self, name: str, file: Path, confirmed: int = 0) -> dict[str, Any]:
        order = Order(REGISTERS[name], file, confirmed, DECIDER)
        return self.run(synchronise(self.nodes[name], order, lambda _message: None))

    def coverage(self, name: str) -> dict[str, tuple[int, int]]:
        live = self.run(self.nodes[name].agreement.refresh(self.nodes[name].connection))
        return {row.epoch: (row.registered, row.with_epoch) for row in live.coverage}

    def ceremony(self, epoch: str, pair: tuple[str, str] = (POLICE, PROBATION)) -> None:
        for name in pair:
            self.run(ceremonies.announce_epoch(self.nodes[name], epoch, pair, DECIDER))
        for _step in ("commit", "seal", "confirm"):
            for name in pair:
                self.run(ceremonies.contribute(self.nodes[name], epoch, DECIDER))
        for node in self.nodes.values():
            self.run(ceremonies.accept(node, epoch, DECIDER))

    def close(self) -> None:
        for node in self.nodes.values():
            self.run(node.close())
        self.loop.close()

    def _config(self, name: str) -> NodeConfig:
        folder = self.consortium.parties[name].folder
        (folder / "covenant.json").write_bytes(canonical(self.consortium.covenant))
        (folder / "accounts.toml").write_text(ACCOUNTS.format(name=DECIDER))
        settings = RegisterSettings(beforehand=BeforehandGrounds(give_basis="wpg20", breach_ground="wpg20"))
        return NodeConfig(
            participant=name,
            state=folder / "state",
            socket=folder / "node.sock",
            authorisations=folder / "accounts.toml",
            covenant={"document": folder / "covenant.json", "fingerprint": fingerprint(self.consortium.covenant)},
            tls={"certificate": folder / "tls.pem", "key": folder / "tls.key", "ca": folder / "ca.pem"},
            keys={
                "signing": folder / "signing.key",
                "sealing": folder / "sealing.key",
                "references": folder / "references.key",
                "secrets": folder / "secrets",
            },
            registers={REGISTERS[name]: settings} if name in REGISTERS else {},
            tokenise_processes=1,
        )


@pytest.fixture(name="story", scope="module")
def _story(tmp_path_factory: pytest.TempPathFactory, files: dict[str, Path]) -> Iterator[Story]:
    """A consortium that held its ceremony, and whose police synchronised once."""
    consortium = make_consortium(tmp_path_factory.mktemp("consortium"))
    process = Process(consortium)
    process.start()
    story = Story(consortium, process)
    story.ceremony(EPOCH)
    story.first = story.sync(POLICE, files[POLICE])
    yield story
    story.close()
    process.stop()


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return people.write_sources(tmp_path_factory.mktemp("files"), datetime.now(UTC).date())


def test_the_ceremony_gives_every_node_the_same_secret_and_opens_the_epoch(story):
    assert len({node.keyring.keys(node.covenant(), EPOCH).by_recipe["name"] for node in story.nodes.values()}) == 1
    lines = story.run(ceremonies.show(story.nodes[HOUSE], EPOCH))
    assert any("Lees elkaar voor" in line for line in lines)
    for node in story.nodes.values():
        assert list(node.keyring.folder.glob("*.contribution")) == []


def test_the_demo_files_are_registered_and_the_coordinator_counts_them(story, files):
    left_out = [(one["row"], one["reason"]) for one in story.first["problems"]]
    assert (story.first["added"], left_out) == (39, [(2, "not_findable")])
    assert story.coverage(POLICE) == {EPOCH: (39, 39)}
    assert story.sync(POLICE, files[POLICE])["unchanged"] == 39


def test_a_case_list_tells_the_acting_partner_under_which_id_his_case_stands(story, files):
    house, police = story.nodes[HOUSE], story.nodes[POLICE]
    report = story.sync(HOUSE, files[HOUSE])
    assert report["problems"] == []
    story.run(declaring.send_open(house))
    story.run(mailbox.poll(police))
    listed = story.run(police.store.read(lambda db: inbox.listed_registrations(db, "P-2026-024")))
    own = story.run(house.store.read(lambda db: registrations.find(db, REGISTERS[HOUSE], "zm-001")))
    assert listed == {own.registration_id: HOUSE}


def test_one_person_is_put_changed_and_withdrawn_by_hand(story, files):
    node = story.nodes[POLICE]
    fields = {**people.person("demo-gem-03"), "record_id": "los-1", "taak": "wpg8", "kader": "maatregel"}
    fields |= {"herkomst": "eigen", "maatregel": "", "bescherming": "nee", "toetsdatum": "2027-01-10"}
    single = Single(node, REGISTERS[POLICE], DECIDER)
    identity = story.run(put(single, fields)).registration_id
    assert story.run(put(single, {**fields, "taak": "wpg13"})).registration_id == identity
    assert story.coverage(POLICE)[EPOCH] == (40, 40)
    with pytest.raises(Refused, match="mag niet in de index"):
        story.run(put(single, {**fields, "taak": "wpg9"}))
    story.run(withdraw(single, "los-1"))
    assert story.coverage(POLICE)[EPOCH] == (39, 39)


def test_the_second_epoch_is_filled_by_the_next_export_and_only_then_the_first_can_end(story, files):
    story.ceremony("2026-2", (PROBATION, POLICE))
    node = story.nodes[POLICE]
    assert len(story.run(ceremonies.todo(node, "2026-2"))) == 39
    with pytest.raises(SamenloopError, match="39 registraties staan alleen"):
        story.run(ceremonies.retire_epoch(node, EPOCH, DECIDER))
    assert story.sync(POLICE, files[POLICE])["changed"] == 39
    assert story.coverage(POLICE)["2026-2"] == (39, 39)
    assert story.run(ceremonies.todo(node, "2026-2")) == []


def test_a_coordinator_that_restarts_in_between_is_found_again(story, files):
    story.process.kill()
    with pytest.raises(SamenloopError, match="niet bereikbaar"):
        story.sync(POLICE, files[POLICE])
    story.process.start()
    assert story.sync(POLICE, files[POLICE])["unchanged"] == 39
