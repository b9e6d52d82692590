"""The configuration: unknown keys are errors, relative paths belong to the file's folder, the example is right."""

import re
from pathlib import Path

import pytest

from samenloop.errors import InvalidInput
from samenloop_node.config import NodeConfig, RegisterSettings, load_config

EXAMPLE = Path(__file__).parents[3] / "deploy" / "node.example.toml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "node.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_the_example_is_a_configuration(tmp_path):
    config = load_config(changed(tmp_path, "poll_seconds = 60", "poll_seconds = 61"))
    assert config.poll_seconds == 61
    assert config.covenant.document == tmp_path / "covenant.json"
    assert config.state == Path("/var/lib/samenloop-node")
    assert config.registers["basisvoorziening"].beforehand.give_basis == "wpg20"


def test_the_example_names_every_key_of_the_node():
    text = EXAMPLE.read_text(encoding="utf-8")
    tables = {name: field.annotation for name, field in NodeConfig.model_fields.items()}
    keys = {key for kind in tables.values() if hasattr(kind, "model_fields") for key in kind.model_fields}
    keys |= set(RegisterSettings.model_fields)
    missing = [key for key in (*tables, *keys) if not re.search(rf"(?:^(?:# )?|\[|\.){key}\b", text, re.MULTILINE)]
    assert missing == []


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence"),
    [
        ("poll_seconds = 60", "pol_seconds = 60", "pol_seconds", "geen bekende sleutel"),
        ("poll_seconds = 60", "poll_seconds = 0", "poll_seconds", "waarde die niet mag"),
        ('document = "covenant.json"', "", "covenant.document", "ontbreekt"),
        ("[covenant]", "[covenant]\nsecret = 1", "covenant.secret", "geen bekende sleutel"),
        ("[covenant]", "[covenant", "config", "geen geldig TOML: kijk bij regel"),
        ('herkomst = "eigen"', 'bsn = "1"', "registers.basisvoorziening.defaults.bsn", "waarde die niet mag"),
    ],
)
def test_a_wrong_configuration_is_one_sentence_with_its_place(tmp_path, old, new, field, sentence):
    with pytest.raises(InvalidInput, match=sentence) as wrong:
        load_config(changed(tmp_path, old, new))
    assert wrong.value.field.startswith(field)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"nowhere\.toml"):
        load_config(tmp_path / "nowhere.toml")


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMENLOOP_NODE_POLL_SECONDS", "5")
    monkeypatch.setenv("SAMENLOOP_NODE_TLS__CERTIFICATE", "/elsewhere/tls.pem")
    config = load_config(EXAMPLE)
    assert config.poll_seconds == 5
    assert config.tls.certificate == Path("/elsewhere/tls.pem")


@pytest.mark.parametrize("name", ["SAMENLOOP_NODE_FOO", "SAMENLOOP_NODE_TLS__FOO", "SAMENLOOP_NODE_FOO__BAR"])
def test_an_unknown_key_in_the_environment_is_an_error_too(monkeypatch, name):
    monkeypatch.setenv("SAMENLOOP_NODE_CONFIG", str(EXAMPLE))
    load_config(EXAMPLE)
    monkeypatch.setenv(name, "x")
    with pytest.raises(InvalidInput, match="geen bekende sleutel") as refused:
        load_config(EXAMPLE)
    assert "foo" in refused.value.text.lower()
