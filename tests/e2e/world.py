"""A running consortium for stories: a coordinator process, nodes with their own stores, people that were made up."""

import asyncio
import json
import os
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from samenloop.covenant import canonical, fingerprint
from samenloop.errors import SamenloopError
from samenloop.model import RegistrationId
from samenloop.wire.register import PUT, Item
from samenloop_node import inbox, mailbox, witness
from samenloop_node.accounts import Role, User
from samenloop_node.app import App
from samenloop_node.commands import answers as answers_command
from samenloop_node.commands import ask as ask_command
from samenloop_node.commands import decide as decide_command
from samenloop_node.commands import notice as notice_command
from samenloop_node.config import NodeConfig
from samenloop_node.identity.person import parse_person
from samenloop_node.keyring import Keyring
from samenloop_node.store import notices, registrations
from samenloop_node.store.registrations import Settled
from samenloop_node.tokens.tokenise import tokenise
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import (
    CARE,
    EPOCH,
    HOUSE,
    POLICE,
    PROBATION,
    REGISTERS,
    Process,
    chunk_request,
    connect,
    facts,
)

KINDS = {POLICE: "politie", CARE: "ggz", HOUSE: "vhh_casus", PROBATION: "reclassering"}
DAY, END = date(2020, 1, 1), date(2099, 1, 1)
ANNA = User("anna", "anna", frozenset({Role.CASE_WORKER}), "anna", DAY, DAY, END)
BAKKER = User("p.bakker", "bakker", frozenset({Role.DECISION_MAKER}), "p.bakker", DAY, DAY, END)
OFFICER = User("fg", "fg", frozenset({Role.PRIVACY_OFFICER}), "fg", DAY, DAY, END)
ACCOUNTS = """
[[account]]
name = "anna"
os_user = "anna"
roles = ["case_worker"]
secrecy_statement = 2020-01-01
valid_from = 2020-01-01
valid_until = 2099-01-01
"""
FILLED = {
    "purpose": "toezicht",
    "proportionality": "recidive_ernstig",
    "subsidiarity": "anoniem_onvoldoende",
    "receive_basis": "rr8",
    "reason": "genoemd_in_dossier",
}
HOLDERS = {
    POLICE: {"holder": POLICE, "give_basis": "wpg20", "inform_basis": "rr37_straf", **FILLED},
    CARE: {"holder": CARE, "give_basis": "wgs229", "inform_basis": "rr37_zorg", **FILLED},
    HOUSE: {"holder": HOUSE, "give_basis": "wgs_zvh", "inform_basis": "rr37_straf", **FILLED},
}
LOOK_SECONDS = 10


def person(number: int) -> dict[str, str]:
    """Return a made-up person; another number is somebody else altogether."""
    letters_of = "".join(chr(97 + (number * prime) % 26) for prime in (3, 5, 7, 11, 13))
    return {
        "voornamen": f"Jo{letters_of}",
        "geslachtsnaam": f"Zan{letters_of[::-1]}stra",
        "geboortedatum": f"19{50 + number % 40}-0{1 + number % 9}-1{number % 9}",
        "postcode": "1234 AB",
        "huisnummer": str(number),
    }


@dataclass
class World:
    """A consortium with its running coordinator and the nodes of this module; one event loop for all."""

    consortium: Consortium
    process: Process
    loop: asyncio.AbstractEventLoop
    secret: bytes
    nodes: dict[str, App] = field(default_factory=dict)
    looked: dict[Path, float] = field(default_factory=dict)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def node(self, name: str) -> App:
        """Return the node of a participant, opened once."""
        if name not in self.nodes:
            self.nodes[name] = App.open(self._config(name))
        return self.nodes[name]

    def restart(self, name: str) -> App:
        """Stop and open the node again."""
        self.run(self.nodes.pop(name).close())
        return self.node(name)

    def register(self, name: str, who: dict[str, str], record: str, **changes: Any) -> RegistrationId:
        """Register a person at a holder, as its node would, and remember it there."""
        identity = RegistrationId(os.urandom(16))
        node = self.node(PROBATION)
        found = tokenise(parse_person(who), node.profiles().of(EPOCH), node.epoch_keys(EPOCH))
        given = facts(KINDS[name], **changes)
        party = self.consortium.parties[name]
        request = chunk_request(party, REGISTERS[name], [Item(identity, PUT, (found,), given, ())])
        client = self.run(self._client(name))
        reply = self.run(client.register_all([request]))[0]
        self.run(client.channel.close())
        assert [one.status for one in reply.results] == [1], reply
        self.node(name).store.write_now(lambda db: _remember(db, REGISTERS[name], record, identity, given))
        return identity

    async def _client(self, name: str) -> Any:
        return connect(self.consortium, name)

    def _config(self, name: str) -> NodeConfig:
        party = self.consortium.parties[name]
        folder = party.folder
        (folder / "covenant.json").write_bytes(canonical(self.consortium.covenant))
        (folder / "accounts.toml").write_text(ACCOUNTS)
        if not (folder / "secrets").exists():
            Keyring(folder / "secrets").add(EPOCH, self.secret)
        references = folder / "references.key"
        if not references.exists():
            references.write_bytes(os.urandom(32))
            references.chmod(0o400)
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
                "references": references,
                "secrets": folder / "secrets",
            },
        )

    def ask(self, case: str, who: dict[str, str], *holders: str, app: App | None = None) -> dict[str, Any]:
        """Ask as the probation service."""
        question = {
            "case": case,
            "asked_person": "nee_gevaar",
            "anonymous_talk": "nee_persoon_nodig",
            "phone_call": "nee_vertelt_meer",
            "target_group": ["gebiedsprobleem"],
            "holders": [HOLDERS[holder] for holder in holders],
        }
        asker = app or self.node(PROBATION)
        self._look(asker)
        return self.run(ask_command.run(asker, ANNA, {"question": question, "person": who}, None))

    def _look(self, app: App) -> None:
        """Let a node look at the log now and then, as its daemon does: a minute without, and it asks nothing more."""
        if time.monotonic() - self.looked.setdefault(app.config.state, time.monotonic()) > LOOK_SECONDS:
            with suppress(SamenloopError):
                self.run(witness.watch(app))
            self.looked[app.config.state] = time.monotonic()

    def answers(self, case: str) -> list[dict[str, Any]]:
        """Look at a case again."""
        return self.run(answers_command.run(self.node(PROBATION), ANNA, {"case": case}, None))["questions"]

    def inform(self, case: str) -> None:
        """Write down that the person of a case of the probation service was told."""
        app = self.node(PROBATION)
        (notice,) = app.store.read_now(lambda db: notices.of_case(db, case))
        said = {"given_on": notice.due_on, "way": "gesprek", "given_by": PROBATION}
        said |= {"contents": list(app.catalogue.codes["notice_contents"])}
        request = {"action": "give", "notice": notice.id, "said": said}
        self.run(notice_command.run(app, ANNA, request, None))

    def poll(self, name: str) -> None:
        self.run(mailbox.poll(self.node(name)))

    def inbox(self, name: str) -> list[dict[str, Any]]:
        self.poll(name)
        return self.run(inbox.list_inbox(self.node(name), BAKKER))

    def decide(self, name: str, action: str, **decision: Any) -> dict[str, Any]:
        return self.run(decide_command.run(self.node(name), BAKKER, {"action": action, "decision": decision}, None))


def _remember(db: Any, register: str, record: str, identity: bytes, given: Any) -> None:
    kept = {
        "task": given.task,
        "framework": given.framework,
        "origin": given.origin,
        "measure": given.measure,
        "protected": given.protected,
        "review_date": given.review_date.isoformat(),
        "acting_for": given.acting_for,
    }
    registrations.unsettle(db, [(register, record, identity)], 1)
    registrations.settle(db, [Settled(identity, b"r" * 32, b"f" * 32, json.dumps(kept), "", (EPOCH,), (), 1)])


def roomy(text: str) -> str:
    """These tests ask more on one day than the demo covenant allows."""
    return text.replace("questions_per_user_and_day = 20", "questions_per_user_and_day = 2000")
