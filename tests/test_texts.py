"""The English catalogue is what the code and its translations say, compiled; every refusal of a rule is translated."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from samenloop import texts

ROOT = Path(__file__).parents[1]
PLACE = re.compile(r"\{\w+\}")


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("texts_tool", ROOT / "docs" / "tools" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["texts_tool"] = module
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


def test_the_catalogue_has_exactly_the_texts_of_the_code() -> None:
    kept = {message.id for message in TOOL.catalogue() if message.id}
    assert sorted(TOOL.texts() ^ kept) == [], "run: make texts"


def test_the_compiled_catalogue_is_that_of_the_translations() -> None:
    assert TOOL.MO.read_bytes() == TOOL.mo(TOOL.catalogue()), "run: make texts"


def test_a_translation_has_the_places_of_its_text() -> None:
    wrong = [
        message.id
        for message in TOOL.catalogue()
        if message.id and message.string and sorted(PLACE.findall(message.id)) != sorted(PLACE.findall(message.string))
    ]
    assert wrong == []


def test_every_refusal_of_a_rule_is_translated() -> None:
    from samenloop.decisions.explain import _guard_texts

    kept = TOOL.catalogue()
    assert sorted(text for text in set(_guard_texts().values()) if not kept[text].string) == []


def test_the_environment_chooses_the_language_and_dutch_is_the_text_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dutch = "Deze casus hoort niet bij de doelgroep. Geef advies of verwijs door."
    assert texts._(dutch) == dutch
    monkeypatch.setenv("SAMENLOOP_LANG", "en")
    assert texts._(dutch) == "This case does not belong to the target group. Advise or refer."
    monkeypatch.setenv("SAMENLOOP_LANG", "fy")
    assert texts._(dutch) == dutch
