"""The page about joining a consortium: its commands up to the activation of the covenant, run as they stand there."""

import contextlib
import re
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from samenloop.covenant import canonical, parse_toml
from samenloop.keys import keep_private
from tests.covenant.consortium import KEYS, PARTNERS, demo_toml, with_row
from tests.doc_tools import doc_tool

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-to" / "join-a-consortium.md"
POLICE, OPERATOR, PARTNER = "politie-midden", "samenloop-coordinator", "samenloop-node"
CONFIG = """
listen = "127.0.0.1:9443"
origin = "{origin}"

[data]
database = "coordinator.sqlite"
log_head = "log-head.sqlite"

[secrets]
pepper = "keys/pepper.key"
audit_key = "keys/audit.key"

[tls]
key = "keys/tls.key"
certificate = "keys/tls.pem"
ca = "ca/ca.pem"
denylist = "ca/denylist.json"
"""
cli = doc_tool("cli_reference")


def commands(page: str) -> list[list[str]]:
    """Return the command lines of the first four steps."""
    return [line.split() for line in re.findall(r"^\$ (.+)$", page.partition("\n## 5.")[0], re.MULTILINE)]


class Machines:
    """The operator's machine and the partner's, each a folder, and what is sent between them."""

    def __init__(self, folder: Path) -> None:
        self.operator, self.partner = folder / "operator", folder / "partner"
        for machine in (self.operator, self.partner):
            machine.mkdir()
        origin = parse_toml(demo_toml()).coordinator.log_origin
        (self.operator / "coordinator.toml").write_text(CONFIG.format(origin=origin), encoding="utf-8")
        self.facts: dict[str, str] = {}

    def run(self, program: str, *words: str, at: Path | None = None) -> str:
        machine = at or (self.operator if program == OPERATOR else self.partner)
        with contextlib.chdir(machine):
            done = CliRunner().invoke(cli.program(program), list(words))
        assert done.exit_code == 0, (program, words, done.output, done.exception)
        return done.output

    def send(self) -> None:
        """Send each other what is there by now, as the page says."""
        for source, target in (
            (self.partner / "keys" / "tls.csr", self.operator / "politie.csr"),
            (self.operator / "politie.pem", self.partner / "politie.pem"),
            (self.operator / "ca" / "ca.pem", self.partner / "ca.pem"),
        ):
            if source.exists():
                shutil.copy(source, target)

    def agree(self, folder: Path) -> None:
        """Write the first covenant with the keys that were printed, signed by all; and a second that asks less."""
        text = demo_toml()
        for owner, name in (("coordinator", "audit_key"), ("coordinator", "tls_pin"), (POLICE, "signing_key")):
            text = text.replace(self._before(owner, name), self.facts[f"{owner}.{name}"])
        first = parse_toml(text)
        (self.partner / "covenant-1.toml").write_bytes(canonical(first))
        (self.partner / "covenant-2.toml").write_bytes(canonical(with_row(first, POLICE, may_ask=())))
        for number, name in enumerate(PARTNERS, start=1):
            key = folder / f"{name}.key"
            keep_private(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32), key)
            used = self.partner / "keys" / "signing.key" if name == POLICE else key
            self.run("samenloop", "covenant", "sign", "covenant-1.toml", "--key", str(used), "--as", name)
        self._send_covenant(1)
        self.run(OPERATOR, "covenant", "activate", "covenant-1.toml")

    def _send_covenant(self, version: int) -> None:
        for file in self.partner.glob(f"covenant-{version}.*"):
            shutil.copy(file, self.operator)

    def follow(self, page: str, folder: Path) -> None:
        """Run the page's commands in order, and between them what it says in words."""
        for program, *words in commands(page):
            if words[:2] == ["covenant", "diff"]:
                self.agree(folder)
            if words[:2] == ["covenant", "activate"]:
                self._send_covenant(2)
            printed = self.run(program, *words)
            owner = "coordinator" if program == OPERATOR else POLICE
            for name, value in re.findall(r'(\w+) = "([0-9a-f]{64})"', printed):
                self.facts.setdefault(f"{owner}.{name}", value)
            self.send()

    @staticmethod
    def _before(owner: str, name: str) -> str:
        row = parse_toml(demo_toml())
        found = getattr(row.coordinator if owner == "coordinator" else row.participant(owner), name)
        return str(found)


def test_the_commands_of_the_page_bring_a_partner_in(tmp_path: Path) -> None:
    machines = Machines(tmp_path)
    machines.follow(PAGE.read_text(encoding="utf-8"), tmp_path)
    assert {path.name for path in (machines.partner / "keys").iterdir()} >= {"tls.pem", "signing.key"}
    assert KEYS[POLICE].public.hex != machines.facts[f"{POLICE}.signing_key"]


def test_a_page_without_a_step_is_found(tmp_path: Path) -> None:
    """The positive control of the test above."""
    page = PAGE.read_text(encoding="utf-8").replace("$ samenloop-coordinator ca prepare keys\n", "")
    with pytest.raises(AssertionError, match="sign-coordinator"):
        Machines(tmp_path).follow(page, tmp_path)
