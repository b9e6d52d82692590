"""The documentation says what the programs do: help texts, commands, targets, links, pictures and closed lists."""

import importlib
import importlib.util
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from samenloop.errors import ErrorCode
from tests.doc_tools import doc_tool

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *(ROOT / f"{name}.md" for name in ("README", "SECURITY", "CONTRIBUTING", "CHANGELOG"))]
)
TARGETS = ("demo", "up", "down", "test", "lint", "proto", "separation", "bench", "evaluate", "clean")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


cli = doc_tool("cli_reference")
dataflow = doc_tool("dataflow")


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# --- commands --------------------------------------------------------------------------------------------------------


def _command_paths(program: str) -> dict[tuple[str, ...], object]:
    return dict(cli.commands(program))


def test_the_pasted_help_is_what_the_programs_print() -> None:
    assert _text(DOCS / "reference" / "cli.md") == cli.render(), "run: make docs"


@pytest.mark.parametrize("program", cli.PROGRAMS)
def test_every_command_has_help_with_an_example(program: str) -> None:
    without = []
    for path, command in cli.commands(program):
        line = " ".join((program, *path))
        if hasattr(command, "commands"):
            lacking = not (command.help or "").strip()
        else:
            lacking = not re.search(rf"\bVoorbeeld: {re.escape(line)}\b", " ".join((command.help or "").split()))
        if lacking:
            without.append(line)
    assert without == []


@pytest.mark.parametrize("program", cli.PROGRAMS)
def test_every_option_and_argument_has_help(program: str) -> None:
    without = [
        f"{' '.join((program, *path))}: {parameter.name}"
        for path, command in cli.commands(program)
        for parameter in command.params
        if not getattr(parameter, "help", None) and parameter.name != "help"
    ]
    assert without == []


def _typed_lines(text: str) -> Iterator[str]:
    """Yield the command lines in the code blocks of a page (not of pasted output: `text` blocks)."""
    for language, block in FENCE.findall(text):
        if language in {"console", "sh", "bash", "ini"}:
            yield from (line.removeprefix("$ ").strip() for line in block.splitlines())


def _unknown_commands(text: str) -> list[str]:
    unknown = []
    for line in _typed_lines(text):
        found = re.match(
            r"(?:ExecStart=)?(?:[\w./]*/)?(samenloop(?:-node|-coordinator)?)((?: [a-z][a-z-]*)*)(?= |$)", line
        )
        if found is None:
            continue
        program, words = found[1], tuple(found[2].split())
        known = _command_paths(program)
        path = max((words[:size] for size in range(len(words) + 1) if words[:size] in known), key=len)
        if hasattr(known[path], "commands") and "--help" not in line:
            unknown.append(line)
        unknown += [line for option in re.findall(r"(?<=\s)--[a-z-]+", line) if not _has_option(known[path], option)]
    return unknown


def _has_option(command: object, option: str) -> bool:
    parameters = getattr(command, "params", [])
    return option == "--help" or any(option in (*one.opts, *one.secondary_opts) for one in parameters)


@pytest.mark.parametrize("page", PAGES, ids=_page_id)
def test_a_command_line_on_a_page_exists(page: Path) -> None:
    assert _unknown_commands(_text(page)) == []


@pytest.mark.parametrize("line", ["samenloop-node frobnicate", "samenloop audit verify --no-such-option x"])
def test_a_planted_wrong_command_is_found(line: str) -> None:
    """The positive control of the test above."""
    assert _unknown_commands(f"```console\n$ {line}\n```\n")


# --- make ------------------------------------------------------------------------------------------------------------


def _makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", _text(ROOT / "Makefile"), re.MULTILINE))


def test_the_makefile_has_every_promised_target() -> None:
    assert set(TARGETS) <= _makefile_targets()


@pytest.mark.parametrize("page", PAGES, ids=_page_id)
def test_a_make_command_on_a_page_exists(page: Path) -> None:
    named = set(re.findall(r"(?:^|`|\$ )make ([a-z][a-z-]*)", _text(page), re.MULTILINE))
    assert named <= _makefile_targets()


def test_the_two_commands_of_the_readme_are_what_the_continuous_check_runs() -> None:
    readme = [line for line in _typed_lines(_text(ROOT / "README.md")) if line.startswith("make ")]
    assert readme[:2] == ["make demo", "make test"]
    steps = [line for line in _text(ROOT / ".ci" / "run").splitlines() if line.startswith("make ")]
    assert steps == ["make test", "make lint", "make demo"]


# --- links and pictures ----------------------------------------------------------------------------------------------


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _broken_links(page: Path, text: str) -> list[str]:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if "://" in link or link.startswith("mailto:"):
            continue
        place, _hash, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        inside = target.is_relative_to(ROOT)
        if not (inside and target.exists() and (not anchor or anchor in _anchors(_text(target)))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=_page_id)
def test_every_link_of_a_page_resolves(page: Path) -> None:
    assert _broken_links(page, _text(page)) == []


def test_a_planted_broken_link_is_found() -> None:
    """The positive control of the test above."""
    assert _broken_links(ROOT / "README.md", "[a](docs/nowhere.md) and [b](SECURITY.md#no-such-heading)") != []


def test_every_page_can_be_reached_from_the_index() -> None:
    index = DOCS / "README.md"
    linked = {
        (index.parent / link.partition("#")[0]).resolve() for link in re.findall(r"\]\(([^)\s]+)\)", _text(index))
    }
    assert {page for page in DOCS.rglob("*.md") if page != index} <= linked


def test_the_picture_is_drawn_from_its_text() -> None:
    assert _text(dataflow.PICTURE) == dataflow.draw(), "run: make docs"


# --- services and configuration --------------------------------------------------------------------------------------

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=_page_id)
def test_a_unit_starts_a_command_that_exists(unit: Path) -> None:
    assert _unknown_commands(f"```ini\n{_text(unit)}```\n") == []


@pytest.mark.parametrize("unit", UNITS, ids=_page_id)
def test_a_unit_is_hardened_and_keeps_keys_out_of_its_environment(unit: Path) -> None:
    lines = set(_text(unit).splitlines())
    assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "LimitCORE=0"} <= lines
    assert any(line.startswith("LoadCredential=") and line.endswith(".key") for line in lines)
    only_where_a_key_is = re.compile(r"Environment=[A-Z_]+=%d/[a-z.]+\Z")
    environment = [line for line in lines if line.startswith("Environment")]
    assert [line for line in environment if not only_where_a_key_is.match(line)] == []
    assert "User=root" not in lines


def _keys(model: type, prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every setting; `NAME` stands for a key that the user chooses."""
    for name, field in model.model_fields.items():  # type: ignore[attr-defined]
        arguments = typing.get_args(field.annotation)
        below = [part for part in (field.annotation, *arguments) if hasattr(part, "model_fields")]
        step = f"{prefix}{name}." + ("NAME." if typing.get_origin(field.annotation) is dict else "")
        yield from _keys(below[0], step) if below else [f"{prefix}{name}"]


@pytest.mark.parametrize(
    ("module", "heading"), [("samenloop_node.config", "Node"), ("samenloop_coordinator.config", "Coordinator")]
)
def test_the_configuration_page_names_every_key(module: str, heading: str) -> None:
    settings = importlib.import_module(module)
    [model] = [value for name, value in vars(settings).items() if name in {"NodeConfig", "CoordinatorConfig"}]
    chapter = re.split(r"^## ", _text(DOCS / "reference" / "config.md"), flags=re.MULTILINE)
    [page] = [part for part in chapter if part.startswith(heading + "\n")]
    rows = "".join(line for line in page.splitlines() if line.startswith("|"))
    assert [key for key in _keys(model) if f"`{key}`" not in rows] == []


def test_the_csv_page_names_every_column() -> None:
    from samenloop_node.columns import FACT_COLUMNS
    from samenloop_node.identity.person import PERSON_COLUMNS

    rows = re.findall(r"^\| `([a-z_]+)` \|", _text(DOCS / "reference" / "csv.md"), re.MULTILINE)
    assert {"record_id", "organisation", *PERSON_COLUMNS, *FACT_COLUMNS} == set(rows)


# --- closed lists ----------------------------------------------------------------------------------------------------


def test_the_error_page_names_every_code_and_its_status() -> None:
    from samenloop.wire.status import STATUS

    rows = re.findall(r"^\| `([a-z_]+)` \| `([A-Z_]+)` \|", _text(DOCS / "reference" / "errors.md"), re.MULTILINE)
    assert dict(rows) == {code.value: STATUS[code].name for code in ErrorCode}


def test_the_wire_page_names_every_call() -> None:
    text = _text(DOCS / "reference" / "wire.md")
    for proto in sorted((ROOT / "proto").rglob("*.proto")):
        source = _text(proto)
        for name in re.findall(r"^service (\w+)", source, re.MULTILINE) + re.findall(r"\brpc (\w+)\(", source):
            assert f"`{name}`" in text, f"{name} of {proto.name}"
