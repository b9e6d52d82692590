"""Which module may import what (architecture.md section 3, craft.md section 4): one table, walked with `ast`.

The developers' environment holds all three distributions, so nothing else stops an import in the wrong direction.
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "src", ROOT / "node", ROOT / "coordinator")
GENERATED = "samenloop.wire.v1.*"

# Library (with all below it) -> the modules that may import it; nobody else may. Empty = nobody at all.
ONLY = {
    "samenloop_node": ("samenloop_node", "samenloop_node.*"),
    "samenloop_coordinator": ("samenloop_coordinator", "samenloop_coordinator.*"),
    "hmac": ("samenloop_node.tokens.*", "samenloop_node.references", "samenloop_coordinator.pepper"),
    "cryptography.hazmat.primitives.hmac": ("samenloop_node.tokens.*", "samenloop_coordinator.pepper"),
    "sqlite3": ("samenloop.audit.*", "samenloop_node.store.*", "samenloop_coordinator.store.*"),
    "sqlite_utils": ("samenloop.audit.*", "samenloop_node.store.*", "samenloop_coordinator.store.*"),
    "psycopg": ("samenloop_coordinator.store.postgres*",),
    "grpc": (
        "samenloop.tls",
        "samenloop.tls.*",
        "samenloop.wire.*",
        "samenloop_node.connection.*",
        "samenloop_coordinator.services.*",
        "samenloop_coordinator.server",
    ),
    "cryptography": (
        "samenloop.keys",
        "samenloop.tls",
        "samenloop.tls.*",
        "samenloop.covenant.*",
        "samenloop.audit.*",
        "samenloop_node.tokens.*",
        "samenloop_node.references",
        "samenloop_node.questions.motives",  # free text is encrypted at rest
        "samenloop_node.questions.padding",  # random-looking tokens that a retry repeats
        "samenloop_coordinator.pepper",
        "samenloop_coordinator.ca",
        "samenloop_node.ceremony",  # HKDF
        "samenloop_node.join",
    ),
    "structlog": ("samenloop.logs", "samenloop_node.*", "samenloop_coordinator.*"),  # configured in logs alone
    "anyascii": ("samenloop_node.identity.*",),
    "typer": ("samenloop.usage", "*.cli", "*.cli.*", "*.cli_*", "*_cli"),
    "rich": ("*.cli", "*.cli.*", "*.cli_*", "*_cli", "*.prompts"),
    "jinja2": ("samenloop.reports.html", "samenloop_node.documents.render"),
    "fpdf": ("samenloop.reports.pdf", "samenloop.reports.typeface", "samenloop_node.documents.render"),
    "pickle": (),  # unpickling runs code
    "random": (),  # secrets only: predictable ids and dummies would tell hidden hits apart
}

# Modules that take values and return values: no file, network, database, clock or process in them.
PURE = (
    "samenloop.errors",
    "samenloop.bsn",
    "samenloop.model",
    "samenloop.profile",
    "samenloop.decisions.*",
    "samenloop.covenant.permissions",
    "samenloop.covenant.changes",
    "samenloop.covenant.requirements",
    "samenloop.covenant.signatures",
    "samenloop.covenant.notices",
    "samenloop.covenant.epochs",
    "samenloop_node.ceremony",
    "samenloop.audit.tree",
    "samenloop_node.identity.*",
    "samenloop_coordinator.matching",
    "samenloop_coordinator.permissions",
    "samenloop_coordinator.budgets",
    "samenloop.review.facts",
    "samenloop.review.patterns",
    "samenloop.review.leakage",
    "samenloop.review.sampling",
    "samenloop.reports.cells",
    "samenloop.reports.numbers",
    "samenloop.reports.accountability",
    "samenloop.reports.council",
    "samenloop.reports.processing",
)
NOT_PURE = ("asyncio", "grpc", "multiprocessing", "socket", "sqlite3", "structlog", "subprocess", "threading", "time")


def modules(folders: tuple[Path, ...] = SOURCES) -> Iterator[tuple[str, str]]:
    """Yield (dotted module name, source) of our own modules; generated ones left out."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if not fnmatchcase(name, GENERATED):
                yield name, path.read_text(encoding="utf-8")


def imports(source: str) -> Iterator[str]:
    """Yield every imported dotted name; a relative import as one that starts with a dot, a computed one as `*`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, level=level, names=names):
                yield from (f"{'.' * level}{module or ''}.{alias.name}" for alias in names)
            case ast.Call(func=ast.Name(id="__import__") | ast.Attribute(attr="import_module")):
                yield "*"


def violations(name: str, source: str) -> list[str]:
    """Return one sentence for every import that the tables above do not allow."""
    found = []
    for imported in imports(source):
        if imported.startswith((".", "*")):
            found.append(f"{name}: only absolute imports that can be read here ({imported})")
        for library, importers in ONLY.items():
            if _below(imported, library) and not _any(name, importers):
                found.append(f"{name} imports {imported}")
        if _any(name, PURE) and any(_below(imported, library) for library in NOT_PURE):
            found.append(f"{name} is pure, yet imports {imported}")
    return found


def _below(imported: str, library: str) -> bool:
    return imported == library or imported.startswith(library + ".")


def _any(name: str, patterns: tuple[str, ...]) -> bool:
    # A pattern for everything below a package holds for the package's own __init__ as well.
    return any(fnmatchcase(name, pattern) or name == pattern.removesuffix(".*") for pattern in patterns)


def test_every_import_is_allowed_by_the_table() -> None:
    found = [sentence for name, source in modules() for sentence in violations(name, source)]
    assert found == []


def test_all_three_packages_are_walked() -> None:
    assert {name.split(".")[0] for name, _source in modules()} == {
        "samenloop",
        "samenloop_node",
        "samenloop_coordinator",
    }


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("samenloop.covenant.document", "import samenloop_node"),
        ("samenloop.cli", "def main():\n    from samenloop_coordinator.store import sqlite"),
        ("samenloop_coordinator.matching", "from samenloop_node.tokens import recipes"),
        ("samenloop_node.questions.ask", "import samenloop_coordinator.pepper"),
        ("samenloop.audit.tree", "import hmac"),
        ("samenloop.audit.seal", "from cryptography.hazmat.primitives.hmac import HMAC"),
        ("samenloop_node.tokens_spare", "from hmac import digest"),
        ("samenloop_coordinator.matching", "import sqlite3"),
        ("samenloop_node.registrations", "import sqlite3"),
        ("samenloop_coordinator.store.sqlite", "import psycopg"),
        ("samenloop.model", "import grpc.aio"),
        ("samenloop.decisions.release", "import time"),
        ("samenloop_node.questions.ask", "from . import draft"),
        ("samenloop_node.questions.ask", "import importlib\nimportlib.import_module('samenloop_' + 'coordinator')"),
        ("samenloop_coordinator.mailbox", "import random"),
    ],
    ids=str,
)
def test_a_planted_import_is_caught(name: str, source: str) -> None:
    """The positive control: without it an empty list above would prove nothing."""
    assert violations(name, source)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("samenloop_node.tokens.recipes", "import hmac"),
        ("samenloop_node.references", "import hmac"),
        ("samenloop_coordinator.pepper", "import hmac"),
        ("samenloop_coordinator.store.sqlite", "import sqlite3"),
        ("samenloop_node.cli", "from samenloop_node.questions import ask"),
    ],
    ids=str,
)
def test_an_allowed_import_passes(name: str, source: str) -> None:
    assert violations(name, source) == []
