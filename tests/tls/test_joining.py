"""From nothing to a certificate with two programs and no openssl command line."""

import contextlib
import dataclasses
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samenloop.errors import SamenloopError
from samenloop.keys import SealingKey, SigningKey
from samenloop.tls import TlsFiles, read_certificate
from samenloop_coordinator import ca, ca_cli
from samenloop_node import join_cli
from tests.tls.pki import DOMAIN, POLICE, POLICE_URI, consortium, serving
from tests.tls.test_handshakes import call_as


@pytest.fixture
def here(tmp_path: Path):
    with contextlib.chdir(tmp_path):
        yield tmp_path


def run(app, *arguments: str) -> dict:
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def joined(here: Path) -> dict:
    run(ca_cli.app, "init", "ca", "--trust-domain", DOMAIN)
    public = run(join_cli.app, "prepare", "keys", "--participant", POLICE)
    signed = run(ca_cli.app, "sign", "keys/tls.csr", "--participant", POLICE, "--out", "back.pem")
    assert signed["tls_pin"] == public["tls_pin"]
    installed = run(
        join_cli.app, "install", "keys", "back.pem", "ca/ca.pem", "--participant", POLICE, "--trust-domain", DOMAIN
    )
    assert installed["name"] == POLICE_URI
    return public | signed


def test_a_partner_joins_with_what_the_programs_print(here: Path) -> None:
    public = joined(here)
    assert SigningKey.load(here / "keys" / "signing.key").public.hex == public["signing_key"]
    assert SealingKey.load(here / "keys" / "sealing.key").public.hex == public["sealing_key"]
    modes = {path.name: path.stat().st_mode & 0o777 for path in (here / "keys").glob("*.key")}
    assert modes == dict.fromkeys(("tls.key", "signing.key", "sealing.key", "references.key"), 0o400)
    assert (here / "keys").stat().st_mode & 0o777 == 0o700


def test_renewing_keeps_the_pin_and_gives_another_certificate(here: Path) -> None:
    public = joined(here)
    again = run(join_cli.app, "renew", "keys", "--participant", POLICE)
    assert again["tls_pin"] == public["tls_pin"]
    assert again["signing_key"] == public["signing_key"]
    signed = run(ca_cli.app, "sign", "keys/tls.csr", "--participant", POLICE, "--out", "back.pem", "--days", "7")
    assert signed["serial"] != public["serial"]


def test_revoking_by_the_printed_serial_number_works(here: Path) -> None:
    public = joined(here)
    listed = run(ca_cli.app, "revoke", public["serial"])
    assert listed["revoked"] == [public["serial"]]
    assert ca.load(here / "ca").denylist().revoked(public["serial"])


def test_a_coordinator_made_with_the_commands_talks_to_a_node_made_with_the_commands(here: Path) -> None:
    public = joined(here)
    keys = run(ca_cli.app, "prepare", "coordinator")
    assert run(ca_cli.app, "prepare", "coordinator") == keys, "keys that are there stay"
    signed = run(
        ca_cli.app, "sign-coordinator", "coordinator/tls.csr", "--host", "127.0.0.1", "--out", "coordinator/tls.pem"
    )
    assert signed["tls_pin"] == keys["tls_pin"]
    made = consortium(here / "spare")
    rows = tuple(
        dataclasses.replace(row, tls_pin=public["tls_pin"]) if row.id == POLICE else row
        for row in made.covenant.participants
    )
    server = TlsFiles(here / "coordinator" / "tls.key", here / "coordinator" / "tls.pem", here / "ca" / "ca.pem")
    made.covenant = dataclasses.replace(made.covenant, participants=rows)
    made.authority, made.coordinator = ca.load(here / "ca"), server
    node = TlsFiles(here / "keys" / "tls.key", here / "keys" / "tls.pem", here / "keys" / "ca.pem")
    with serving(made) as running:
        assert call_as(node, running).name == "OK"
        assert running.peers[-1].participant == POLICE


def test_a_certificate_that_does_not_fit_is_not_installed(here: Path) -> None:
    joined(here)
    before = (here / "keys" / "tls.pem").read_bytes()
    run(join_cli.app, "prepare", "other", "--participant", POLICE)
    run(ca_cli.app, "sign", "other/tls.csr", "--participant", POLICE, "--out", "other.pem")
    run(ca_cli.app, "sign", "keys/tls.csr", "--participant", "ggz-midden", "--out", "name.pem")
    run(ca_cli.app, "init", "rogue", "--trust-domain", DOMAIN)
    wrong = {
        "other.pem": ("ca/ca.pem", "niet bij de sleutel"),
        "name.pem": ("ca/ca.pem", "niet precies de naam"),
        "back.pem": ("rogue/ca.pem", "niet door deze CA"),
    }
    for certificate, (authority, said) in wrong.items():
        arguments = ["install", "keys", certificate, authority, "--participant", POLICE, "--trust-domain", DOMAIN]
        with pytest.raises(SamenloopError, match=said):
            CliRunner().invoke(join_cli.app, arguments, catch_exceptions=False)
    assert (here / "keys" / "tls.pem").read_bytes() == before
    assert read_certificate(here / "keys" / "tls.pem")


def test_without_keys_or_files_there_is_one_clear_sentence(here: Path) -> None:
    run(ca_cli.app, "init", "ca", "--trust-domain", DOMAIN)
    wrong = (
        (join_cli.app, ["renew", "keys", "--participant", POLICE], "begin met"),
        (ca_cli.app, ["sign", "none.csr", "--participant", POLICE, "--out", "x.pem"], "kan niet worden gelezen"),
        (ca_cli.app, ["sign", "ca/ca.pem", "--participant", POLICE, "--out", "x.pem"], "geen certificaataanvraag"),
    )
    for app, arguments, said in wrong:
        with pytest.raises(SamenloopError, match=said):
            CliRunner().invoke(app, arguments, catch_exceptions=False)
    run(join_cli.app, "prepare", "keys", "--participant", POLICE)
    with pytest.raises(SamenloopError, match="kan niet worden geschreven"):
        CliRunner().invoke(
            ca_cli.app,
            ["sign", "keys/tls.csr", "--participant", POLICE, "--out", "none/x.pem"],
            catch_exceptions=False,
        )


def test_what_is_printed_for_people_names_what_goes_where(here: Path) -> None:
    for app, arguments, said in (
        (ca_cli.app, ["init", "ca", "--trust-domain", DOMAIN], "ca.key blijft hier"),
        (ca_cli.app, ["prepare", "coordinator"], "audit_key"),
        (join_cli.app, ["prepare", "keys", "--participant", POLICE], "signing_key"),
        (ca_cli.app, ["sign", "keys/tls.csr", "--participant", POLICE, "--out", "x.pem"], "Pin van de sleutel"),
        (
            join_cli.app,
            ["install", "keys", "x.pem", "ca/ca.pem", "--participant", POLICE, "--trust-domain", DOMAIN],
            "geldig tot",
        ),
        (ca_cli.app, ["revoke", "abc"], "Lijst nummer 1"),
    ):
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0
        assert said in result.stdout


def test_a_key_of_another_kind_is_never_used_for_tls(here: Path) -> None:
    (here / "keys").mkdir()
    SigningKey.generate(here / "keys" / "tls.key")
    for app, command in (
        (join_cli.app, ["prepare", "keys", "--participant", POLICE]),
        (ca_cli.app, ["prepare", "keys"]),
    ):
        with pytest.raises(SamenloopError, match="ander soort"):
            CliRunner().invoke(app, command, catch_exceptions=False)
