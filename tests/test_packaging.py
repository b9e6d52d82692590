"""Three distributions, one version, no node code at the coordinator, and no package index address in the repository."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

import pytest
from flit_core.wheel import make_wheel_in
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "deploy" / "requirements"
PROJECTS = {"samenloop": ".", "samenloop-node": "node", "samenloop-coordinator": "coordinator"}
PROGRAMS = {name: f"{name.replace('-', '_')}.cli:main" for name in PROJECTS}
PROGRAMS |= {"samenloop-node": "samenloop_node.program:main"}


@dataclass(frozen=True, slots=True)
class Wheel:
    """What one built wheel says of itself."""

    files: frozenset[str]
    version: str
    requires: tuple[Requirement, ...]
    path: Path


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wheel]:
    folder = tmp_path_factory.mktemp("wheels")
    return {name: _build(ROOT / place / "pyproject.toml", folder) for name, place in PROJECTS.items()}


def _build(project: Path, folder: Path) -> Wheel:
    path = Path(make_wheel_in(project, folder).file)
    with zipfile.ZipFile(path) as archive:
        files = frozenset(archive.namelist())
        metadata = next(name for name in files if name.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(archive.read(metadata).decode())
    requires = tuple(Requirement(line) for line in fields.get_all("Requires-Dist", []))
    return Wheel(files, str(fields["Version"]), requires, path)


def _project(name: str) -> dict[str, object]:
    text = (ROOT / PROJECTS[name] / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    assert isinstance(project, dict)
    return project


# --- the wheels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROJECTS)
def test_a_wheel_holds_its_own_package_and_nothing_else(wheels: dict[str, Wheel], name: str) -> None:
    package = name.replace("-", "_")
    files = wheels[name].files
    tops = {file.split("/")[0] for file in files}
    assert tops == {package, f"{package}-{wheels[name].version}.dist-info"}
    assert {f"{package}/__init__.py", f"{package}/py.typed"} <= files
    assert {f"{package}/cli.py", f"{package}/cli/__init__.py"} & files
    assert not [file for file in files if file.endswith((".pyc", ".csv", ".key", ".pem", ".sqlite", ".db"))]


@pytest.mark.parametrize("name", PROJECTS)
def test_a_wheel_ships_every_module_of_the_tree(wheels: dict[str, Wheel], name: str) -> None:
    package = name.replace("-", "_")
    base = ROOT / PROJECTS[name] / ("src" if name == "samenloop" else "")
    tree = {
        path.relative_to(base).as_posix()
        for path in (base / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert tree <= wheels[name].files


@pytest.mark.parametrize("name", PROJECTS)
def test_a_wheel_carries_the_licence_that_it_names(wheels: dict[str, Wheel], name: str) -> None:
    assert [file for file in wheels[name].files if file.endswith(".dist-info/licenses/LICENSE")]
    licence = (ROOT / PROJECTS[name] / "LICENSE").read_bytes()
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert b"EUROPEAN UNION PUBLIC LICENCE v. 1.2" in licence
    assert b"Compatible Licence" in licence
    assert _project(name)["license"] == "EUPL-1.2"


def test_there_is_one_version_number_in_wheels_pins_and_publiccode(wheels: dict[str, Wheel]) -> None:
    versions = {wheel.version for wheel in wheels.values()}
    pins = {
        str(requirement.specifier)
        for name in ("samenloop-node", "samenloop-coordinator")
        for requirement in wheels[name].requires
        if requirement.name == "samenloop"
    }
    assert len(versions) == 1
    version = versions.pop()
    assert pins == {f"=={version}"}
    assert re.search(rf"^softwareVersion: {re.escape(version)}$", _text("publiccode.yml"), re.MULTILINE)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_distribution_installs_exactly_its_own_program(name: str) -> None:
    assert _project(name)["scripts"] == {name: PROGRAMS[name]}


# --- separation ------------------------------------------------------------------------------------------------------


def test_the_coordinator_requires_no_node_code(wheels: dict[str, Wheel]) -> None:
    required = {canonicalize_name(requirement.name) for requirement in wheels["samenloop-coordinator"].requires}
    assert "samenloop" in required
    assert "samenloop-node" not in required
    assert not [name for name in _pinned("coordinator.txt") if name.startswith("samenloop")]
    node_only = {canonicalize_name(requirement.name) for requirement in wheels["samenloop-node"].requires} - required
    assert node_only & _pinned("node.txt").keys()
    assert not node_only & _pinned("coordinator.txt").keys()


def _import_with(wheels: Iterable[Wheel], module: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Import `module` where only these wheels and the third-party packages are on the path (-S: no editables)."""
    for wheel in wheels:
        zipfile.ZipFile(wheel.path).extractall(folder)
    third_party = next(path for path in sys.path if path.endswith("site-packages"))
    script = f"import sys; sys.path += [{str(folder)!r}, {third_party!r}]; import {module}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], check=False, capture_output=True, text=True, timeout=60
    )


def test_on_a_coordinator_the_node_cannot_be_imported(wheels: dict[str, Wheel], tmp_path: Path) -> None:
    installed = [wheels["samenloop"], wheels["samenloop-coordinator"]]
    works = _import_with(installed, "samenloop_coordinator.cli", tmp_path)
    assert works.returncode == 0, works.stderr
    refused = _import_with(installed, "samenloop_node", tmp_path)
    assert refused.returncode != 0
    assert "ModuleNotFoundError" in refused.stderr
    # The control: with the node's wheel beside them the same import succeeds.
    assert _import_with([*installed, wheels["samenloop-node"]], "samenloop_node", tmp_path).returncode == 0


def test_an_auditor_needs_only_the_shared_distribution(wheels: dict[str, Wheel], tmp_path: Path) -> None:
    works = _import_with([wheels["samenloop"]], "samenloop.cli", tmp_path)
    assert works.returncode == 0, works.stderr


# --- requirement files -----------------------------------------------------------------------------------------------


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _pinned(name: str) -> dict[str, str]:
    lines = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+) \\$",
        (REQUIREMENTS / name).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return {canonicalize_name(package): version for package, version in lines}


def _wanted(name: str) -> list[Requirement]:
    root = tomllib.loads(_text("pyproject.toml"))
    node = tomllib.loads(_text("node/pyproject.toml"))["project"]["dependencies"]
    coordinator = tomllib.loads(_text("coordinator/pyproject.toml"))["project"]
    coordinator_lines = coordinator["dependencies"] + coordinator["optional-dependencies"]["postgres"]
    lines = {
        "node.txt": node,
        "coordinator.txt": coordinator_lines,
        "dev.txt": node + coordinator_lines + root["dependency-groups"]["dev"],
    }[name] + root["project"]["dependencies"]
    return [Requirement(line) for line in lines if not line.startswith("samenloop")]


@pytest.mark.parametrize("name", ["dev.txt", "node.txt", "coordinator.txt"])
def test_a_requirement_file_pins_what_the_projects_ask_for(name: str) -> None:
    pinned = _pinned(name)
    for requirement in _wanted(name):
        assert pinned.get(canonicalize_name(requirement.name), "0") in requirement.specifier, requirement


@pytest.mark.parametrize("name", ["dev.txt", "node.txt", "coordinator.txt"])
def test_every_pin_has_hashes_and_no_option_line(name: str) -> None:
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines))
    form = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+( \\\n {4}--hash=sha256:[0-9a-f]{64})+\Z")
    assert [entry for entry in entries if not form.match(entry)] == []


def _bare_pins(text: str) -> list[str]:
    """Return what a pinned package asks for with an extra that the pin of that name leaves out."""
    pins = [Requirement(line.removesuffix(" \\")) for line in text.splitlines() if re.match(r"[A-Za-z0-9]\S*==", line)]
    extras = {canonicalize_name(pin.name): pin.extras for pin in pins}
    asked = [Requirement(line) for pin in pins for line in importlib.metadata.requires(pin.name) or ()]
    return [
        f"{one.name}[{extra}]"
        for one in asked
        for extra in sorted(one.extras)
        if (one.marker is None or one.marker.evaluate({"extra": ""}))
        and extra not in extras.get(canonicalize_name(one.name), ())
    ]


def test_a_pin_names_the_extras_that_other_packages_ask_for() -> None:
    """Pip before 24 takes the newest release for a name with an extra when only the bare name is pinned, and fails."""
    text = (REQUIREMENTS / "dev.txt").read_text(encoding="utf-8")
    assert _bare_pins(text) == []
    # The control: the extra taken out of one pin is missed.
    assert _bare_pins(text.replace("coverage[toml]==", "coverage==")) == ["coverage[toml]"]


def test_the_three_files_agree_on_every_version() -> None:
    everything = _pinned("dev.txt").items()
    assert _pinned("node.txt").items() <= everything
    assert _pinned("coordinator.txt").items() <= everything


def test_no_gpl_library_is_installed_at_run_time() -> None:
    assert "pymerkle" in _pinned("dev.txt")
    assert not {"pymerkle", "unidecode"} & (_pinned("node.txt").keys() | _pinned("coordinator.txt").keys())


# --- no package index addresses --------------------------------------------------------------------------------------

INSTALL_FILES = re.compile(
    r"(^|/)(requirements[^/]*\.txt|[^/]*\.(lock|in)|pylock[^/]*\.toml|package-lock\.json|pyproject\.toml|Makefile|"
    r"Containerfile[^/]*|\.ci/run)$|^deploy/.*\.(txt|sh)$"
)
ADDRESS = re.compile(
    r"://|(?<!no-emit-)(?<!\w)(extra-index-url|index-url|trusted-host|find-links)\b|--index\b|"
    + "|".join((r"pypi" + r"\.org", r"pythonhosted" + r"\.org"))
)


def _tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _addresses(name: str, text: str) -> list[str]:
    found = enumerate(text.splitlines(), start=1)
    return [f"{name}:{number}: {line.strip()}" for number, line in found if ADDRESS.search(line)]


def test_no_install_file_names_a_package_index() -> None:
    names = [name for name in _tracked() if INSTALL_FILES.search(name)]
    assert {"Makefile", ".ci/run", "deploy/requirements/dev.txt"} <= set(names)
    assert [found for name in names for found in _addresses(name, _text(name))] == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url " + "https:" + "//packages.example/simple",
        "-i " + "https:" + "//packages.example/simple",
        "--find-links ../wheels",
        "samenloop @ file:" + "///opt/samenloop.whl",
        "--trusted-host packages.example",
    ],
)
def test_a_planted_address_is_found(line: str) -> None:
    """The positive control of the test above."""
    assert _addresses("deploy/requirements/dev.txt", f"rich==15.0.0\n{line}\n")
