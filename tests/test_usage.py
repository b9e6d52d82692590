"""Help and errors of use of all commands of the three programs are ours: Dutch, and English when asked."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from babel.messages.catalog import Catalog
from typer import rich_utils
from typer.main import get_command
from typer.testing import CliRunner

from samenloop import usage
from tests.doc_tools import doc_tool

ROOT = Path(__file__).parents[1]
PROGRAMS = ("samenloop-node", "samenloop-coordinator", "samenloop")
# Words that only English has, outside names of codes, files and commands.
ENGLISH = re.compile(
    r"(?<![\w/.`-])(a|an|it|you|its|that|the|and|your|with|which|this|are|not|from|for|to|by|has|when|where|only)(?![\w/-])"
)
OF_TYPER = ("Usage:", "[OPTIONS]", "Options ─", "Show this message", "<str>", "[default:", "Install completion")
OF_TYPER_IN_COMMANDS = ("Arguments ─", "[required]", "[env var:", "<path>", "<int range>", "<int>")
OF_TYPER_IN_GROUPS = ("COMMAND [ARGS]", "Commands ─")
OF_TYPER_IN_ERRORS = (
    "Usage:",
    "Error ─",
    "Try '",
    "Missing",
    "No such",
    "Invalid",
    "Input should",
    "Did you",
    "unexpected",
)


cli = doc_tool("cli_reference")
catalogue = doc_tool("texts").catalogue()


def _help_texts(program: str) -> set[str]:
    """Return the help of each command, option and argument of a program, as it stands in the code."""
    found: set[str] = set()
    usage.each_text(get_command(cli.program(program)), lambda text: found.add(text) or text)
    return found - {""}


def _without_english(texts: set[str], kept: Catalog) -> list[str]:
    return sorted(text for text in texts if not (message := kept.get(text)) or not message.string)


def _in_english(texts: set[str]) -> list[str]:
    return sorted(text for text in texts if ENGLISH.search(text))


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_help_of_command_and_option_is_in_the_catalogue(program: str) -> None:
    texts = _help_texts(program)
    assert {usage._unwrapped(command.help) for _path, command in cli.commands(program)} <= texts
    assert _without_english(texts, catalogue) == []


def test_a_help_that_is_not_in_the_catalogue_is_found() -> None:
    broken, text = doc_tool("texts").catalogue(), "Zaaknummer in uw eigen systeem."
    del broken[text]
    assert _without_english(_help_texts("samenloop-node"), broken) == [text]


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_help_is_written_in_english(program: str) -> None:
    assert _in_english(_help_texts(program)) == []


def test_help_in_english_is_found() -> None:
    """The control: of the translations of the longer texts nearly all are seen to be English."""
    texts = {catalogue[text].string for text in _help_texts("samenloop-node") if len(text) > 60}
    assert len(_in_english(texts)) > 0.9 * len(texts)


BARE = """
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

@app.command()
def one(
    path: Annotated[Path, typer.Argument(help="h")],
    count: Annotated[int, typer.Option(envvar="COUNT", help="h")] = 1,
    bound: Annotated[int, typer.Option(min=1)] = 1,
    word: str = "x",
) -> None: ...

@app.command()
def two() -> None: ...

app()
"""


def _bare(*words: str) -> str:
    """Return what a program prints that typer has for itself: without us, and in a process without us."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", BARE, *words], capture_output=True, encoding="utf-8", check=False
    )
    return done.stdout + done.stderr


def test_the_words_of_typer_are_what_it_prints_without_us() -> None:
    """The control of the tests below: the words that they look for are the ones that are there by default."""
    printed = _bare("--help") + _bare("one", "--help")
    assert [word for word in (*OF_TYPER, *OF_TYPER_IN_COMMANDS, *OF_TYPER_IN_GROUPS) if word not in printed] == []
    wrong = (["one"], ["thee"], ["two", "--two"], ["one", "x", "--count", "x"], ["two", "3"], ["twoo"])
    errors = "".join(_bare(*line) for line in wrong)
    assert [word for word in OF_TYPER_IN_ERRORS if word not in errors] == []


def test_no_help_has_words_of_typer() -> None:
    page = cli.render()
    everywhere = (*OF_TYPER, *OF_TYPER_IN_COMMANDS, *OF_TYPER_IN_GROUPS, "<bool>")
    assert [word for word in everywhere if word in page] == []
    assert (
        page.count("Gebruik: ")
        == page.count("Toon deze uitleg en stop.")
        == sum(len(list(cli.commands(program))) for program in PROGRAMS)
    )


WRONG = {
    "case show": ("CASUS ontbreekt en is verplicht.", "CASE is missing and required."),
    "sync x.csv": ("--register ontbreekt en is verplicht.", "--register is missing and required."),
    "case shw": ("De opdracht shw bestaat niet. Bedoelt u show?", "There is no command shw. Did you mean show?"),
    "frob": ("De opdracht frob bestaat niet.", "There is no command frob."),
    "case list --jsn": (
        "De optie --jsn bestaat niet. Bedoelt u --json",
        "There is no option --jsn. Did you mean --json",
    ),
    "--frob": ("De optie --frob bestaat niet.", "There is no option --frob."),
    "case list a b": ("Hier staat te veel: a b", "This is too much: a b"),
    "case list --as": ("De optie --as mist haar waarde.", "Option --as lacks its value."),
    "case list --json=1": ("De optie --json krijgt geen waarde.", "Option --json takes no value."),
    "log search --limit 0": ("--limit is niet goed. Geef een getal van 1 tot en met", "Give a number from 1 up to"),
    "log search --since x": ("Geef <JJJJ-MM-DD(TUU:MM:SS)>.", "Give <YYYY-MM-DD(THH:MM:SS)>."),
    "review sign-off -- x": ("REGEL... is niet goed. Geef een getal van 0 of meer.", "Give a number of 0 or more."),
    "notice give x --given-on 2026-11-20 --way a --given-by b": (
        "BERICHT is niet goed. Geef <getal>.",
        "Give <number>.",
    ),
}


@pytest.mark.parametrize("line", WRONG)
def test_an_error_of_use_is_said_in_dutch_and_in_english(line: str) -> None:
    dutch, english = (_said(line, language) for language in ("nl", "en"))
    assert WRONG[line][0] in dutch
    assert WRONG[line][1] in english
    assert [word for word in OF_TYPER_IN_ERRORS if word in dutch] == []
    assert "Fout ─" in dutch
    assert "Error ─" in english


def _said(line: str, language: str) -> str:
    environment = {**cli.SCREEN, "SAMENLOOP_LANG": language}
    result = CliRunner().invoke(
        cli.program("samenloop-node"), line.split(), prog_name="samenloop-node", env=environment
    )
    assert result.exit_code == 2
    return " ".join(result.output.replace("│", "").split())


@pytest.mark.parametrize("message", ["Missing command.", "Something that typer never said before."])
def test_an_error_that_typer_tells_by_words_only_is_said_in_ours(message: str) -> None:
    said = usage._sentence(usage.UsageError(message))
    assert said in ("Er ontbreekt een opdracht.", "De opdracht is niet goed geschreven.")


@pytest.mark.parametrize("ending", [typer.Abort, EOFError])
def test_a_command_that_is_broken_off_says_so_in_dutch(
    ending: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rich_utils, "ABORTED_TEXT", "Aborted.")
    app = typer.Typer(cls=usage.Program)

    @app.command()
    def one() -> None:
        raise ending

    @app.command()
    def two() -> None: ...

    result = CliRunner().invoke(app, ["one"], env={"SAMENLOOP_LANG": "nl"})
    assert (result.exit_code, result.output.strip()) == (1, "Afgebroken.")


def test_a_group_without_a_command_shows_its_help() -> None:
    result = CliRunner().invoke(cli.program("samenloop"), ["audit"], env={"SAMENLOOP_LANG": "nl"})
    assert result.exit_code == 2
    assert "Controleer een export van het logboek." in result.output
    assert "Fout" not in result.output


NO_JSON = {
    "samenloop-node run": "runs until it is stopped",
    "samenloop-coordinator serve": "runs until it is stopped",
    "samenloop-coordinator migrate": "is done once, by a person who watches",
    "samenloop-node consent form": "makes a paper",
    "samenloop-node notice letter": "makes a paper",
    "samenloop-node notice calendar": "makes a calendar file",
}


def test_every_step_can_be_had_as_json() -> None:
    without = {
        " ".join((program, *path))
        for program in PROGRAMS
        for path, command in cli.commands(program)
        if not hasattr(command, "commands") and not any("--json" in one.opts for one in command.params)
    }
    assert without == NO_JSON.keys()


NOT_TEXT = b"\xff"


@pytest.mark.parametrize(
    "line",
    [
        ["samenloop-node", "register", "--register", "r", "--record-id", NOT_TEXT],
        ["samenloop-node", "sync", b"bad" + NOT_TEXT, "--register", "r"],
        ["samenloop-coordinator", "audit", "export", NOT_TEXT],
        ["samenloop", "covenant", "show", NOT_TEXT],
    ],
    ids=lambda line: " ".join(line[:2]),
)
def test_an_argument_that_is_no_utf_8_is_one_sentence(line: list[str | bytes], tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad" + NOT_TEXT)).touch()
    program = Path(sys.executable).with_name(str(line[0]))
    done = subprocess.run([program, *line[1:]], capture_output=True, cwd=tmp_path, check=False, input=b"{}")
    said = done.stderr.decode()
    assert (done.returncode, "Traceback" in said) == (2, False)
    assert "geen UTF-8" in said
