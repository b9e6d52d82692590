"""Commands that need no node: explain, profile lint, config check."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samenloop.keys import SigningKey
from samenloop_node.cli import app, checked, fields
from tests.node.base.test_agreement import successor, with_app
from tests.node.ceremony.test_board import with_key
from tests.node.kit import ME, Partner, world
from tests.node.sync.test_sync import PERSON, person, write

FIELDS = {name: value for name, value in PERSON.items() if value and name != "record_id"}


def run(*arguments: str, stdin: str = ""):
    return CliRunner().invoke(app, list(arguments), input=stdin)


def test_explain_shows_per_recipe_what_would_be_keyed():
    shown = json.loads(run("explain", "--json", stdin=json.dumps(FIELDS)).stdout)
    assert shown["tokens"] == sum(row["padded"] for row in shown["recipes"])
    assert run("explain", stdin=json.dumps(FIELDS)).stdout.startswith("Profiel nl-1")


def test_explain_says_why_two_records_meet_and_names_no_value():
    other = {**FIELDS, "voorvoegsel": "v.d."}
    shown = run("explain", stdin=json.dumps({"one": FIELDS, "other": other}))
    assert "Treffer" in shown.stdout
    assert "eijdenr" not in shown.stdout.lower()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"geslachtsnaam": 1}', '{"one": {}, "other": {}}', '{"geslachtsnaam": "X"}']
)
def test_explain_refuses_what_is_no_person_with_one_sentence(text):
    refused = run("explain", stdin=text)
    assert refused.exit_code == 2
    assert len(refused.stderr.strip().splitlines()) == 1


def test_each_wrong_answer_of_register_is_said_and_asked_again_at_once(monkeypatch):
    answers = iter(
        [*(["Jan", "", "", "B3ns0n 123456", "Zandstra", "", ""]), *(["1984-13-01", "1984-05-17"]), *([""] * 4)]
        + [*(["jeugd", "vrij", "vrijwillig", "elders", "eigen", "", "31-12-2027", "2027-12-31", "misschien", "nee"])]
        + [""] * 7
    )
    monkeypatch.setattr("typer.prompt", lambda *_question, **_options: next(answers))
    asked = []
    monkeypatch.setattr("typer.echo", lambda text="", **_options: asked.append(text))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert fields.one_person() == {
        "voornamen": "Jan", "geslachtsnaam": "Zandstra", "geboortedatum": "1984-05-17", "taak": "jeugd",
        "kader": "vrijwillig", "herkomst": "eigen", "toetsdatum": "2027-12-31", "bescherming": "nee",
    }  # fmt: skip
    for text, word in zip(asked[1:], ("getal", "datum", "vrijwillig", "eigen", "datum", "ja, nee"), strict=True):
        assert word in text


def test_more_json_than_any_person_has_is_called_too_long():
    refused = run("explain", stdin=json.dumps({"voornamen": "a" * 1_100_000}))
    assert refused.exit_code == 2
    assert "te lang" in refused.stderr


def test_profile_lint_measures_files_and_says_when_there_are_too_few_people(tmp_path):
    rows = [{k: v for k, v in person(n).items() if k != "record_id"} for n in range(50)]
    measured = run("profile", "lint", str(write(tmp_path / "people.csv", rows)))
    assert measured.exit_code == 1
    assert "Niet in orde" in measured.stdout
    assert "Heijdenrijk" not in measured.stdout


@pytest.fixture(name="partner")
def _partner(tmp_path: Path) -> Partner:
    partner = world(tmp_path)[1]
    (partner.folder / "node.toml").write_text(partner.toml())
    return partner


def test_config_check_finds_nothing_wrong_and_starts_nothing(partner):
    checked = run("config", "check", "--config", str(partner.folder / "node.toml"))
    assert checked.exit_code == 0, checked.stderr
    assert checked.stdout.endswith("In orde.\n")
    assert not (partner.folder / "state").exists()


def test_config_check_names_a_key_that_is_not_the_one_in_the_covenant(partner):
    (partner.folder / "signing.key").rename(partner.folder / "old")
    SigningKey.generate(partner.folder / "signing.key")
    checked = run("config", "check", "--config", str(partner.folder / "node.toml"), "--json")
    assert checked.exit_code == 2
    assert json.loads(checked.stdout)["error"]["field"] == "signing_key"


def test_config_check_holds_the_keys_against_the_version_that_the_node_took_over(tmp_path):
    fake, partner = world(tmp_path)
    config = partner.folder / "node.toml"
    config.write_text(partner.toml())
    fresh = SigningKey.generate(tmp_path / "fresh.key")
    successor(fake, partner, **with_key(fake.covenant, ME, fresh))
    with fake.serving():
        with_app(partner, lambda node: node.agreement.refresh(node.connection))
    assert run("config", "check", "--config", str(config)).exit_code == 2
    (tmp_path / "fresh.key").replace(partner.folder / "signing.key")
    renewed = run("config", "check", "--config", str(config))
    assert renewed.exit_code == 0, renewed.stderr
    assert "versie 2" in renewed.stdout


def test_a_database_that_cannot_be_read_is_said_by_config_check(partner):
    (partner.folder / "state").mkdir()
    (partner.folder / "state" / "node.sqlite").write_bytes(b"no database" * 100)
    broken = run("config", "check", "--config", str(partner.folder / "node.toml"))
    assert broken.exit_code != 0
    assert "node.sqlite kan niet worden gelezen" in broken.stderr


def test_config_check_names_a_register_that_the_covenant_does_not_have(partner):
    path = partner.folder / "node.toml"
    path.write_text(path.read_text() + '\n[registers.elders]\nignore = ["x"]\n')
    assert "Register elders" in run("config", "check", "--config", str(path)).stderr


def test_config_check_says_when_the_references_key_will_be_made_and_when_it_cannot(partner):
    path = str(partner.folder / "node.toml")
    assert "references.key" in run("config", "check", "--config", path).stdout
    elsewhere = partner.folder / "credentials" / "references.key"
    partner.settings = {"keys": {**partner.table()["keys"], "references": elsewhere}}
    (partner.folder / "node.toml").write_text(partner.toml())
    refused = run("config", "check", "--config", path, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["field"]) == (2, "keys.references")
    assert "join prepare" in json.loads(refused.stdout)["error"]["text"]


def test_config_check_refuses_a_node_that_ran_and_lost_its_references_key(partner):
    (partner.folder / "state").mkdir()
    (partner.folder / "state" / "node.sqlite").touch()
    assert "reservekopie" in run("config", "check", "--config", str(partner.folder / "node.toml")).stderr


KEYS = ["references.key", "sealing.key", "signing.key", "tls.key"]


def test_join_prepare_makes_every_key_that_the_node_and_its_unit_need(tmp_path):
    folder = tmp_path / "keys"
    for _again in range(2):
        assert run("join", "prepare", str(folder), "--participant", "politie-midden").exit_code == 0
    assert sorted(one.name for one in folder.glob("*.key")) == KEYS
    assert {one.stat().st_mode & 0o777 for one in folder.glob("*.key")} == {0o400}
    assert len((folder / "references.key").read_bytes()) == 32
    unit = (Path(__file__).parents[3] / "deploy/systemd/samenloop-node.service").read_text()
    assert sorted(re.findall(r"LoadCredential=([^:]+):", unit)) == KEYS


def test_join_renew_never_makes_a_key(tmp_path):
    folder = tmp_path / "keys"
    run("join", "prepare", str(folder), "--participant", "politie-midden")
    (folder / "references.key").unlink()
    assert run("join", "renew", str(folder), "--participant", "politie-midden").exit_code == 0
    assert not (folder / "references.key").exists()


def test_every_command_has_help_with_an_example():
    import typer.main

    def walk(command, path=()):
        for name, below in getattr(command, "commands", {}).items():
            if getattr(below, "commands", None):
                yield from walk(below, (*path, name))
            else:
                yield (*path, name), below

    for path, command in walk(typer.main.get_command(app)):
        assert "Voorbeeld:" in (command.help or ""), path


def test_bytes_that_a_terminal_cannot_read_are_asked_again(capsys):
    def ask(_question):
        wrong = next(typed)
        if isinstance(wrong, Exception):
            raise wrong
        return wrong

    typed = iter([UnicodeDecodeError("utf-8", b"\xff", 0, 1, ""), "Jan"])
    assert checked.checked(ask, "?", str) == "Jan"
    assert "UTF-8" in capsys.readouterr().err
