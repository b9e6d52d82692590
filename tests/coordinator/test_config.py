"""Configuration and logs: an unknown key is an error, a field that is not on the list does not appear."""

import io
import json
import re
from pathlib import Path

import pytest

from samenloop.errors import InvalidInput
from samenloop.logs import describe, open_log
from samenloop_coordinator.config import CoordinatorConfig, load_config
from tests.coordinator.consortium import Consortium

EXAMPLE = Path(__file__).parents[2] / "deploy" / "coordinator.example.toml"


def test_paths_are_relative_to_the_file_and_the_environment_wins(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(consortium.config_file)
    assert config.data.database == consortium.folder / "coordinator" / "coordinator.db"
    monkeypatch.setenv("SAMENLOOP_COORDINATOR_LISTEN", "127.0.0.1:1")
    monkeypatch.setenv("SAMENLOOP_COORDINATOR_DATA__CACHE_MIB", "16")
    changed = load_config(consortium.config_file)
    assert (changed.listen, changed.data.cache_mib) == ("127.0.0.1:1", 16)


def test_the_example_is_a_configuration() -> None:
    config = load_config(EXAMPLE)
    assert config.tls.certificate == EXAMPLE.parent / "tls.pem"
    assert config.data.database == Path("/var/lib/samenloop-coordinator/coordinator.sqlite")


def test_the_example_names_every_key_and_the_credentials_of_the_unit() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    tables = {name: field.annotation for name, field in CoordinatorConfig.model_fields.items()}
    keys = {key for kind in tables.values() if hasattr(kind, "model_fields") for key in kind.model_fields}
    assert [key for key in (*tables, *keys) if not re.search(rf"^(# |\[)?{key}\b", text, re.MULTILINE)] == []
    unit = (EXAMPLE.parent / "systemd" / "samenloop-coordinator.service").read_text(encoding="utf-8")
    given = set(re.findall(r"^LoadCredential=([^:]+):", unit, re.MULTILINE))
    assert set(re.findall(r"/run/credentials/samenloop-coordinator\.service/([^\"]+)", text)) == given


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("cache_mib = 64", "cache_mb = 64", "data.cache_mb"),
        ("cache_mib = 64", "cache_mib = 1", "data.cache_mib"),
        ("[secrets]", "[secret]", "secrets"),
        ('listen = "', 'listen = "nowhere ', "listen"),
        ("[tls]", "[[tls]]", "tls"),
        ("origin = ", "origins = ", "origin"),
        ("listen", "= listen", "config"),
    ],
)
def test_a_wrong_or_unknown_key_is_named(consortium: Consortium, old: str, new: str, place: str) -> None:
    text = consortium.config_file.read_text(encoding="utf-8")
    consortium.config_file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_config(consortium.config_file)
    assert place in (caught.value.field, *caught.value.text.split())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"absent\.toml"):
        load_config(tmp_path / "absent.toml")


def test_a_log_line_has_fields_of_the_list_only() -> None:
    stream = io.StringIO()
    log = open_log("test", stream)
    log.info("call_failed", method="/x", code="refused", name="Jansen", token="ab", answer="known")
    line = json.loads(stream.getvalue())
    assert line.keys() == {"event", "level", "timestamp", "program", "method", "code"}


def test_an_exception_is_logged_by_type_and_place_and_never_by_its_words() -> None:
    stream = io.StringIO()
    try:
        raise KeyError("geheim van Jansen")
    except KeyError as error:
        open_log("test", stream).error("call_broke", **describe(error))
    line = stream.getvalue()
    assert "Jansen" not in line
    assert json.loads(line)["error_type"] == "KeyError"
    assert "test_config.py" in json.loads(line)["places"][0]
