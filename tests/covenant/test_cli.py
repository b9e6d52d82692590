"""The commands `samenloop covenant ...`, run as a person runs them."""

import contextlib
import dataclasses
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samenloop.cli import main
from samenloop.covenant import canonical, fingerprint
from samenloop.covenant.changes import without
from samenloop.covenant.signatures import format_signatures, parse_signatures, sign
from samenloop.keys import SealingKey, keep_private
from tests.covenant.consortium import KEYS, PARTNERS, demo_covenant, demo_toml, with_row

DEMO = demo_covenant()
CARE, POLICE = "ggz-midden", "politie-midden"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "covenant.toml").write_text(demo_toml(), encoding="utf-8")
    (tmp_path / "next.json").write_bytes(canonical(with_row(DEMO, CARE, may_ask=(POLICE,))))
    for number, name in enumerate(KEYS, start=1):
        keep_private(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32), tmp_path / f"{name}.key")
    return tmp_path


@dataclass
class Result:
    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, group: str = "covenant") -> Result:
    """Run the program in `folder`, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    code: object = 0
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(sys, "argv", ["samenloop", group, *arguments]),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    texts = [(stream.flush(), stream.seek(0), stream.read())[2] for stream in (out, err)]
    assert isinstance(code, int)
    return Result(code, *texts)


def test_show_says_what_is_signed_in_words_json_and_bytes(folder: Path) -> None:
    words = run(folder, "show", "covenant.toml")
    assert words.returncode == 0
    assert fingerprint(DEMO) in words.stdout
    assert "Politie Midden (politie-midden), regio midden" in words.stdout
    assert "alleen voor een demonstratie" in words.stdout
    shown = json.loads(run(folder, "show", "covenant.toml", "--json").stdout)
    assert shown["fingerprint"] == fingerprint(DEMO)
    assert shown["covenant"]["participants"][0]["id"] == "burgemeester-middelstad"
    assert run(folder, "show", "covenant.toml", "--canonical").stdout.encode() == canonical(DEMO)


def test_a_covenant_is_signed_by_all_and_then_verifies(folder: Path) -> None:
    for name in PARTNERS:
        unsigned = run(folder, "verify", "covenant.toml")
        assert unsigned.returncode == 1
        assert "Nog niet compleet" in unsigned.stdout
        made = run(folder, "sign", "covenant.toml", "--key", f"{name}.key", "--as", name)
        assert made.returncode == 0, made.stderr
    complete = run(folder, "verify", "covenant.toml", "--json")
    assert complete.returncode == 0
    assert json.loads(complete.stdout) == {"fingerprint": fingerprint(DEMO), "complete": True, "missing": []}


def test_a_next_version_shows_its_changes_and_needs_the_right_signers(folder: Path) -> None:
    found = run(folder, "diff", "covenant.toml", "next.json")
    assert f"participants.{CARE}.may_ask.{POLICE}: 2 van {CARE}, {POLICE}" in found.stdout
    as_json = json.loads(run(folder, "diff", "covenant.toml", "next.json", "--json").stdout)
    assert as_json["changes"] == [f"participants.{CARE}.may_ask.{POLICE}"]
    assert not as_json["tightens"]
    run(folder, "sign", "next.json", "--key", f"{CARE}.key", "--as", CARE, "--json")
    short = run(folder, "verify", "next.json", "--previous", "covenant.toml", "--json")
    assert short.returncode == 1
    assert len(json.loads(short.stdout)["missing"]) == 1
    run(folder, "sign", "next.json", "--key", f"{POLICE}.key", "--as", POLICE)
    assert "Compleet" in run(folder, "verify", "next.json", "--previous", "covenant.toml").stdout


def test_a_tightening_is_said_aloud(folder: Path) -> None:
    (folder / "less.json").write_bytes(canonical(with_row(DEMO, POLICE, may_ask=())))
    assert "de vorige vervalt meteen" in run(folder, "diff", "covenant.toml", "less.json").stdout


def test_who_may_sign_a_removal_in_place_of_a_network_is_said_once(folder: Path) -> None:
    """Every partner acts in this network, so its stand-ins and all others are the same people."""
    rest = without(DEMO, frozenset({"zvh-oost"}))
    (folder / "left.json").write_bytes(canonical(dataclasses.replace(rest, version=2, predecessor=fingerprint(DEMO))))
    said = run(folder, "diff", "covenant.toml", "left.json").stdout
    (line,) = [one for one in said.splitlines() if one.strip().startswith("participants.zvh-oost:")]
    assert line.count("van ") == 1, line


@pytest.mark.parametrize("name", [POLICE, "foo"])
def test_a_wrong_signature_is_named_and_can_be_taken_out(folder: Path, name: str) -> None:
    run(folder, "sign", "covenant.toml", "--key", f"{CARE}.key", "--as", CARE)
    path = folder / "covenant.signatures.json"
    before = path.read_bytes()
    path.write_bytes(format_signatures([*parse_signatures(before), sign(DEMO, name, KEYS[CARE])]))
    wrong = run(folder, "verify", "covenant.toml")
    assert (wrong.returncode, len(wrong.stderr.strip().splitlines())) == (1, 1)
    assert f"De handtekening van {name}" in wrong.stderr
    assert f"samenloop covenant unsign CONVENANT --as {name}" in wrong.stderr
    assert run(folder, "unsign", "covenant.toml", "--as", name, "--json").returncode == 0
    assert path.read_bytes() == before
    assert "Nog niet compleet" in run(folder, "verify", "covenant.toml").stdout
    gone = run(folder, "unsign", "covenant.toml", "--as", name)
    assert (gone.returncode, path.read_bytes()) == (1, before)
    assert name in gone.stderr


def test_nobody_signs_with_the_key_of_another_or_for_who_is_no_participant(folder: Path) -> None:
    for name, said in ((POLICE, "niet de tekensleutel van politie-midden"), ("foo", "foo is geen deelnemer")):
        refused = run(folder, "sign", "covenant.toml", "--key", f"{CARE}.key", "--as", name)
        assert refused.returncode == 1
        assert said in refused.stderr
    assert not (folder / "covenant.signatures.json").exists()


def test_who_leaves_or_replaces_its_key_signs_with_the_old_one_beside_the_previous_version(folder: Path) -> None:
    renewed = with_row(DEMO, POLICE, signing_key=KEYS["other"].public.hex)
    (folder / "renewed.json").write_bytes(canonical(renewed))
    rest = without(DEMO, frozenset({POLICE}))
    (folder / "left.json").write_bytes(canonical(dataclasses.replace(rest, version=2, predecessor=fingerprint(DEMO))))
    signing = ("--key", f"{POLICE}.key", "--as", POLICE)
    for name in ("renewed.json", "left.json"):
        assert "--previous" in run(folder, "sign", name, *signing).stderr
        made = run(folder, "sign", name, *signing, "--previous", "covenant.toml")
        assert made.returncode == 0, made.stderr
        run(folder, "sign", name, "--key", f"{CARE}.key", "--as", CARE)
        assert run(folder, "verify", name, "--previous", "covenant.toml").returncode == 0
    new = run(folder, "sign", "renewed.json", "--key", "other.key", "--as", POLICE, "--previous", "covenant.toml")
    assert new.returncode == 1
    other = run(folder, "sign", "covenant.toml", *signing, "--previous", "left.json")
    assert "volgt niet" in other.stderr


def test_a_network_cannot_sign(folder: Path) -> None:
    refused = run(folder, "sign", "covenant.toml", "--key", "zvh-oost.key", "--as", "zvh-oost")
    assert refused.returncode == 1
    assert "R-08" in refused.stderr
    assert not (folder / "covenant.signatures.json").exists()


def test_wrong_input_is_one_sentence_and_exit_code_2(folder: Path) -> None:
    (folder / "odd.toml").write_text(demo_toml().replace("[flags]", "[flags]\nfast = true"), encoding="utf-8")
    (folder / "bytes.toml").write_bytes(b"\xff\xfe")
    for name, said in (("odd.toml", "flags.fast"), ("bytes.toml", "UTF-8")):
        wrong = run(folder, "show", name)
        assert wrong.returncode == 2
        assert said in wrong.stderr
        assert "Traceback" not in wrong.stderr
    gone = run(folder, "show", "gone.toml")
    assert gone.returncode == 1
    assert "gone.toml" in gone.stderr


@pytest.mark.parametrize("command", ["show", "diff", "sign", "unsign", "verify", "auditor-key"])
def test_every_command_has_help_with_an_example(folder: Path, command: str) -> None:
    shown = run(folder, command, "--help")
    assert shown.returncode == 0
    assert f"Voorbeeld: samenloop covenant {command}" in " ".join(shown.stdout.split())


def test_an_auditor_makes_a_sealing_key_once(folder: Path) -> None:
    made = json.loads(run(folder, "auditor-key", "auditor.key", "--json").stdout)
    assert SealingKey.load(folder / "auditor.key").public.hex == made["sealing_key"]
    again = run(folder, "auditor-key", "auditor.key")
    assert again.returncode == 1
    assert "nooit overschreven" in again.stderr
    assert "sealing_key" in run(folder, "auditor-key", "third.key").stdout


def test_flags_and_suspensions_are_said_aloud(folder: Path) -> None:
    flags = dataclasses.replace(DEMO.flags, evaluation=True, demo=False)
    suspended = with_row(dataclasses.replace(DEMO, flags=flags), CARE, suspended_by=(POLICE, "reclassering-midden"))
    (folder / "odd.json").write_bytes(canonical(suspended))
    shown = run(folder, "show", "odd.json").stdout
    assert "alleen voor metingen" in shown
    assert "demonstratie" not in shown
    assert "GESCHORST door politie-midden, reclassering-midden" in shown


def test_an_override_of_the_catalogue_is_signed_and_checked(folder: Path) -> None:
    (folder / "strenger.toml").write_text("[limits.respell]\nvalue = 1\n", encoding="utf-8")
    (folder / "ruimer.toml").write_text("[limits.respell]\nvalue = 9\n", encoding="utf-8")
    given = ("--covenant", "covenant.toml", "--key", f"{POLICE}.key", "--as", POLICE)
    for name in ("sign", "check"):
        assert (
            run(folder, name, "ruimer.toml", *given[: 2 if name == "check" else 6], group="catalogue").returncode == 1
        )
    made = run(folder, "sign", "strenger.toml", *given, group="catalogue")
    assert made.returncode == 0, made.stderr
    checked = run(folder, "check", "strenger.toml", "--covenant", "covenant.toml", group="catalogue")
    assert f"Getekend door: {POLICE}" in checked.stdout
    other = run(folder, "sign", "strenger.toml", *given[:4], "--as", CARE, group="catalogue")
    assert other.returncode == 1, "not with another's key"
    (folder / "strenger.toml").write_text("[limits.respell]\nvalue = 2\n", encoding="utf-8")
    assert run(folder, "check", "strenger.toml", "--covenant", "covenant.toml", group="catalogue").returncode == 1


def test_a_next_version_is_verified_and_compared_with_the_one_before_only(folder: Path) -> None:
    alone = run(folder, "verify", "next.json")
    assert (alone.returncode, "--previous" in alone.stderr) == (2, True)
    turned = run(folder, "diff", "next.json", "covenant.toml")
    assert (turned.returncode, turned.stdout) == (2, "")
    assert "nieuwer" in turned.stderr
