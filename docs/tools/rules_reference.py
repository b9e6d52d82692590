"""Write docs/reference/rules.md (rule -> code -> tests) and legal-catalogue.md (the law as data). `make docs`.

A rule is enforced where its id stands as a text of its own in the code or in the catalogue's data; its tests carry it
in their name (`test_R24_...`). Nothing is written by hand, so the page cannot claim more than there is.
"""

import ast
import gettext
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from samenloop.catalogue import load_catalogue
from samenloop.catalogue.catalogue import Catalogue
from samenloop.catalogue.schema import Ground, Rule
from samenloop.model import Mode
from samenloop.texts import LOCALE_DIR

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SOURCES = (ROOT / "src", ROOT / "node", ROOT / "coordinator")
_ENGLISH = gettext.translation("samenloop", LOCALE_DIR, languages=["en"]).gettext
_ID = re.compile(r"[RP]-[0-9]{2}\Z")
_QUOTED = re.compile(r'"([RP]-[0-9]{2})"')
_TEST = re.compile(r"test_((?:[RP][0-9]{2}_)+)")
RULES_INTRO = """# Decision rules: where each is kept

Made from code, data and tests (`make docs`); a test compares it. Ids are never renumbered. *Software* refuses by
itself. *People and software*: the software asks for the decision, records it and refuses without it, but the judgement
is a person's. *People only* is not enforced by this software.
"""
LAW_INTRO = """# The legal catalogue

The law as data: `src/samenloop/catalogue/data/*.toml`, read by node and coordinator alike. Made from those files
(`make docs`); a test compares it. `samenloop catalogue show` prints any row, `check` tests that all of it holds
together, `diff` shows what a deployer's override changes: an override may only tighten. What is unknown is refused.
`[m]` marks a conclusion of our own; a jurist of the deploying Veiligheidshuis approves the profile of each partner
before its node is switched on. Days from which a law is valid come from the laws themselves and are ours [m].

Strictness of modes: automatic < holder_decides < consent_only < never. The mode of a hit is the register's default, or
the mode of a loosening pair rule whose condition holds; then the strictest of that, the origin of the record, the other
pair rules, the covenant, the holder's own tightening and the protection flag.
"""


def enforced() -> dict[str, list[str]]:
    """Return rule id -> the modules and data files in which it stands as a text of its own, sorted."""
    found: dict[str, set[str]] = {}
    for path in _files(SOURCES, "*.py"):
        for rule in _constants(path):
            found.setdefault(rule, set()).add(_module(path))
    for path in _files(SOURCES, "*.toml"):
        if path.name != "rules.toml":
            for rule in _QUOTED.findall(path.read_text(encoding="utf-8")):
                found.setdefault(rule, set()).add(f"catalogue data: {path.name}")
    return {rule: sorted(places) for rule, places in found.items()}


def tests() -> dict[str, list[str]]:
    """Return rule id -> `file: test` of every test that carries the id in its name, sorted."""
    found: dict[str, set[str]] = {}
    for path in _files((ROOT / "tests",), "test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match = _TEST.match(node.name) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None
            for rule in match[1].strip("_").split("_") if match else ():
                name = f"{path.relative_to(ROOT).as_posix()}: {node.name}"  # type: ignore[attr-defined]
                found.setdefault(f"{rule[0]}-{rule[1:]}", set()).add(name)
    return {rule: sorted(names) for rule, names in found.items()}


def rules_page() -> str:
    """Return the text of docs/reference/rules.md."""
    law, where, named = load_catalogue(), enforced(), tests()
    lines = [RULES_INTRO]
    for title, kept_by in (("Software", "software"), ("People and software", "both"), ("People only", "people")):
        lines += [f"## {title}", ""]
        for rule in law.rules.values():
            if rule.kept_by == kept_by:
                lines += _rule(rule, where.get(rule.id, []), named.get(rule.id, []))
    return "\n".join(lines).rstrip("\n") + "\n"


def law_page() -> str:
    """Return the text of docs/reference/legal-catalogue.md."""
    law = load_catalogue()
    return "\n".join([LAW_INTRO, *_partners(law), *_registers(law), *_pairs(law), *_grounds(law), *_rest(law)]) + "\n"


def main() -> None:
    """Write both pages."""
    (REFERENCE / "rules.md").write_text(rules_page(), encoding="utf-8")
    (REFERENCE / "legal-catalogue.md").write_text(law_page(), encoding="utf-8")


def _files(folders: Iterable[Path], pattern: str) -> Iterator[Path]:
    return (path for folder in folders for path in sorted(folder.rglob(pattern)))


def _constants(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ID.match(node.value):
            yield node.value


def _module(path: Path) -> str:
    parts = next(path.relative_to(folder) for folder in SOURCES if path.is_relative_to(folder)).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _rule(rule: Rule, where: list[str], named: list[str]) -> list[str]:
    lines = [f"### {rule.id}", "", _ENGLISH(rule.text), ""]
    if rule.people:
        lines.append(f"- Stays with people: {_ENGLISH(rule.people)}")
    if rule.kept_by != "people":
        lines.append(f"- Where: {', '.join(f'`{place}`' for place in where) or 'in the shape of the system'}")
    lines += [f"- `{one}`" for one in named]
    return [*lines, f"- Source: {rule.source}", ""]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _column in head), *rows]
    return [f"| {' | '.join(cell.replace('|', '/') or '-' for cell in line)} |" for line in lines] + [""]


def _mode(mode: Mode | None) -> str:
    return mode.name.lower() if mode is not None else ""


def _list(kinds: Iterable[str]) -> str:
    return ", ".join(kinds)


def _partners(law: Catalogue) -> list[str]:
    rows = (
        (f"`{one.id}`", one.name, one.role, one.ask, ", ".join(one.secrecy), one.decider, one.source)
        for one in law.partners.values()
    )
    note = "role: S core, F occasional. ask: y yes, r only for a purpose that names this kind, n no."
    head = ("id", "name", "role", "ask", "secrecy", "decides", "source")
    return [
        "## Kinds of partner",
        "",
        note,
        "",
        *_table(head, rows),
    ]


def _registers(law: Catalogue) -> list[str]:
    rows = (
        (f"`{one.id}`", one.category, _mode(one.mode), _mode(one.otherwise), _mode(one.voluntary), ", ".join(one.tasks))
        for one in law.registers.values()
    )
    note = "category: O ordinary, H health, C criminal. otherwise: the mode without the condition of the default."
    head = ("id", "category", "default mode", "otherwise", "voluntary framework", "tasks")
    return ["## Registers", "", note, "", *_table(head, rows)]


def _pairs(law: Catalogue) -> list[str]:
    rows = (
        (one.id + one.part, one.effect, _mode(one.mode), _list(one.holders), _list(one.receivers), one.text, one.source)
        for one in law.pairs
    )
    return ["## Pair rules", "", *_table(("rule", "effect", "mode", "holder", "receiver", "text", "source"), rows)]


def _grounds(law: Catalogue) -> list[str]:
    head = ("id", "law", "article", "from kinds", "to kinds", "capacity", "valid", "source")
    never = _table(
        ("id", "refused by", "text", "source"),
        ((f"`{one.id}`", one.rule, one.text, one.source) for one in law.never.values()),
    )
    return [
        *("## Grounds to give", "", *_table(head, map(_ground, law.give.values()))),
        *("## Grounds to receive", "", *_table(head, map(_ground, law.receive.values()))),
        *("## Grounds that break secrecy", "", *_table(head, map(_ground, law.breach_grounds.values()))),
        *("## Never a ground", "", *never),
    ]


def _ground(one: Ground) -> tuple[str, ...]:
    valid = f"{one.valid_from} to {one.valid_to or 'now'}"
    kinds = (", ".join(one.holders), ", ".join(one.receivers), ", ".join(one.acting_as or ()))
    return (f"`{one.id}`", one.law, one.article, *kinds, valid, one.source)


def _rest(law: Catalogue) -> list[str]:
    terms = ((f"`{one.id}`", f"{one.amount} {one.unit}", one.start, one.text, one.source) for one in law.terms.values())
    choices = ((f"`{one.id}`", one.rule, str(one.value).lower(), one.text) for one in law.choices.values())
    limits = ((f"`{one.id}`", one.rule, str(one.value), one.text) for one in law.limits.values())
    lists = ((name, ", ".join(f"`{code}`" for code in rows)) for name, rows in law.codes.items())
    return [
        *("## Terms", "", *_table(("id", "term", "from", "text", "source"), terms)),
        *("## Switches and numbers", "", *_table(("id", "rule", "value", "text"), (*choices, *limits))),
        *("## Closed lists", "", *_table(("list", "codes"), lists)),
    ]


if __name__ == "__main__":
    main()
