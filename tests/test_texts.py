"""Every text that people read is Dutch in the catalogue of texts, has an English translation, and is compiled."""

import ast
import asyncio
import errno
import importlib.util
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog

from samenloop import reasons, texts
from samenloop.decisions.explain import _guard_texts

ROOT = Path(__file__).parents[1]
PLACE = re.compile(r"\{\w*\}")
DUTCH = re.compile(r"\b(de|het|een|niet|geen|wordt|worden|deze|zijn|moet|naar|maar|uw|bij|ook)\b")
# What is not a text of the program: papers in the citizen's language, and tables of letters.
NOT_TRANSLATED = {"consent_form.py", "notice_letter.py", "fold.py"}
SENTENCE = "Informeer de persoon, of leg vast waarom dat nog niet kan."
ENGLISH = "Tell the person, or record why that cannot be done yet."


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("texts_tool", ROOT / "docs" / "tools" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["texts_tool"] = module
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


def test_the_catalogue_has_exactly_the_texts_of_code_templates_and_data() -> None:
    kept = {message.id for message in TOOL.catalogue() if message.id}
    assert sorted(TOOL.texts() ^ kept) == [], "run: make texts"


def test_code_templates_and_data_are_all_read() -> None:
    somewhere = TOOL.texts()
    assert SENTENCE in somewhere  # src
    assert "Raad voor de Kinderbescherming" in somewhere  # the legal catalogue
    assert "Staafdiagram bij: {title}. De getallen staan in de tabel." in somewhere  # a template
    assert "Er is geen database: {path}. Maak haar met `samenloop-coordinator init`." in somewhere  # coordinator
    assert "De kolom {column} is leeg en moet een waarde hebben." in somewhere  # node


def test_the_compiled_catalogue_is_that_of_the_translations() -> None:
    assert TOOL.MO.read_bytes() == TOOL.mo(TOOL.catalogue()), "run: make texts"


def test_every_text_has_an_english_translation() -> None:
    assert TOOL.untranslated(TOOL.catalogue()) == []


def test_a_text_without_english_is_found() -> None:
    broken = TOOL.catalogue()
    broken[SENTENCE].string = ""
    del broken["Raad voor de Kinderbescherming"]
    assert TOOL.untranslated(broken) == [SENTENCE, "Raad voor de Kinderbescherming"]


def _other_places(found: Catalog) -> list[str]:
    return [
        message.id
        for message in found
        if message.id and message.string and sorted(PLACE.findall(message.id)) != sorted(PLACE.findall(message.string))
    ]


def test_a_translation_has_the_places_of_its_text() -> None:
    assert _other_places(TOOL.catalogue()) == []


def test_a_translation_with_other_places_is_found() -> None:
    broken, text = TOOL.catalogue(), "Versie {version} van convenant {id} geldt nu."
    broken[text].string = "Version {number} of covenant {id} is in force now."
    assert _other_places(broken) == [text]


def _unmarked(tree: ast.Module) -> Iterator[str]:
    """Yield texts that read as Dutch and stand outside `_` and `N_`; docstrings are no texts."""
    marked = {
        id(part)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOOL.MARKS)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in marked:
            continue
        if " " in node.value.strip() and DUTCH.search(node.value.casefold()):
            yield node.value


def test_no_dutch_sentence_in_the_code_is_left_unmarked() -> None:
    help_texts = TOOL.in_help()
    found = {
        f"{path.name}: {text}"
        for folder in TOOL.SOURCES
        for path in folder.rglob("*.py")
        if path.name not in NOT_TRANSLATED and "v1" not in path.parts
        for text in _unmarked(ast.parse(path.read_text(encoding="utf-8")))
        if text not in help_texts
    }
    assert found == set()


def test_an_unmarked_sentence_is_found() -> None:
    tree = ast.parse(
        """raise InvalidInput("x", f"De kolom {name} is niet goed.")\nshow(_("Dit is wel gemarkeerd, bij _."))"""
    )
    assert list(_unmarked(tree)) == ["De kolom ", " is niet goed."]


def _marked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text)), *_rest]) if name in TOOL.MARKS:
                yield text


def test_every_marked_text_is_collected() -> None:
    """Also where the collector cannot look: before Python 3.12 it does not see a mark inside an f-string."""
    everywhere = {
        text
        for folder in TOOL.SOURCES
        for path in folder.rglob("*.py")
        for text in _marked(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert sorted(everywhere - TOOL.texts()) == []


def test_a_mark_inside_an_f_string_is_found() -> None:
    assert list(_marked(ast.parse("""f"{text} {_('Te vroeg.')}" """))) == ["Te vroeg."]


def test_every_refusal_of_a_rule_is_translated() -> None:
    kept = TOOL.catalogue()
    assert sorted(text for text in set(_guard_texts().values()) if not kept[text].string) == []


def test_the_environment_chooses_the_language_and_dutch_is_the_text_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert texts._(SENTENCE) == SENTENCE
    monkeypatch.setenv("SAMENLOOP_LANG", "en")
    assert texts._(SENTENCE) == ENGLISH
    for unknown in ("fy", "", "../en", "EN"):
        monkeypatch.setenv("SAMENLOOP_LANG", unknown)
        assert texts._(SENTENCE) == SENTENCE


def test_a_task_speaks_its_own_language_and_takes_it_along_to_other_threads() -> None:
    with ThreadPoolExecutor(1) as pool:

        async def said(language: str) -> tuple[str, str, str]:
            texts.speak(language)
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            bare = await loop.run_in_executor(pool, texts._, SENTENCE)
            return texts._(SENTENCE), await loop.run_in_executor(pool, texts.carried(texts._), SENTENCE), bare

        async def both() -> list[tuple[str, str, str]]:
            return await asyncio.gather(said("en"), said("nl"))

        english, dutch = asyncio.run(both())
    assert english == (ENGLISH, ENGLISH, SENTENCE)  # the last one is the control: not carried, so it is Dutch
    assert dutch == (SENTENCE, SENTENCE, SENTENCE)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "bestaat niet"),
        (errno.EACCES, "geen rechten"),
        (errno.EISDIR, "een map"),
        (errno.ENOSPC, "schijf is vol"),
        (errno.ENOTTY, "fout ENOTTY"),
    ],
)
def test_why_a_file_could_not_be_used_is_said_in_dutch(number: int, words: str) -> None:
    said = reasons.why(OSError(number, "No such English"))
    assert words in said
    assert "English" not in said


def test_no_text_shows_the_words_of_the_operating_system() -> None:
    assert [
        path.name
        for folder in TOOL.SOURCES
        for path in folder.rglob("*.py")
        if path.name != "reasons.py" and ".strerror" in path.read_text(encoding="utf-8")
    ] == []
