"""`make evaluate` end to end on a few people, and that neither the covenant's flag nor the start option works alone."""

import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from samenloop.covenant.permissions import check_evaluation
from samenloop.errors import ErrorCode, SamenloopError
from tests.coordinator.consortium import Consortium, make_consortium

SCRIPT = Path(__file__).with_name("evaluate.py")
PROGRAMS = Path(sys.executable).parent
COLUMNS = (
    "record_id,organisation,voornamen,roepnaam,voorvoegsel,geslachtsnaam,partner_voorvoegsel,partner_geslachtsnaam,"
    "geboortedatum,geboorteplaats,geslacht,postcode,huisnummer"
)
HERE = """a-1,Noord & Zuid,Willem Johannes,,van,Testeren,,,1971-03-14,Utrecht,M,3511 AB,12
a-2,Noord & Zuid,Geertruida,,,Proefman,,,1980-11-02,Zwolle,V,8011 CC,4
a-3,Noord & Zuid,Alleen,,,Hierbekend,,,1990-05-06,Assen,V,9401 AA,1
a-4,Noord & Zuid,111222333,,,Geenpersoon,,,1990-05-06,Assen,V,9401 AA,1
"""
THERE = """b-1,ggz,W.J.,Wim,v.,Testeren,,,1971-03-14,,M,3511AB,12
b-2,ggz,Geertruida,,,Proefman,,,1980-11-02,,V,geen postcode,4
b-3,ggz,Niemand,,,Anders,,,1965-01-09,,M,9000 AA,8
"""
TRUTH = "record_id,person_id,organisation,error_kinds,situation\n" + "".join(
    f"{record},{person},{organisation},,\n"
    for record, person, organisation in (
        ("a-1", "p1", "Noord & Zuid"),
        ("a-2", "p2", "Noord & Zuid"),
        ("a-3", "p3", "Noord & Zuid"),
        ("b-1", "p1", "ggz"),
        ("b-2", "p2", "ggz"),
        ("b-3", "p4", "ggz"),
    )
)


def write(folder: Path, name: str, rows: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"{COLUMNS}\n{rows}", encoding="utf-8")


def evaluate(data: Path, out: Path, temporary: Path) -> subprocess.CompletedProcess[str]:
    temporary.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), "--data", str(data), "--out", str(out)]
    environment = os.environ | {"TMPDIR": str(temporary)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, env=environment)


def running_below(folder: Path) -> list[str]:
    """Return the command lines of processes that name something in `folder`."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [line for line in lines if str(folder) in line and "evaluate.py" not in line]


@pytest.fixture
def short() -> Iterator[Path]:
    """Give a temporary folder with a short name: the path of a socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as folder:
        yield Path(folder)


def test_every_record_is_asked_at_the_other_organisation_and_nothing_is_left_behind(
    tmp_path: Path, short: Path
) -> None:
    data, out, temporary = tmp_path / "data", tmp_path / "out" / "hits.csv", short / "t"
    write(data, "people-set-Noord & Zuid.csv", HERE)
    write(data, "people-set-ggz.csv", THERE)
    (data / "truth-set.csv").write_text(TRUTH, encoding="utf-8")
    done = evaluate(data, out, temporary)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["record_id", "organisation"],
        ["a-1", "ggz"],
        ["a-2", "ggz"],
        ["b-1", "Noord & Zuid"],
        ["b-2", "Noord & Zuid"],
    ]
    assert "recall 1.0000   precision 1.0000" in done.stdout
    assert "ggz: 1 fields that did not validate were dropped" in done.stderr
    assert "1 questions were not put" in done.stderr
    assert list(temporary.iterdir()) == []
    assert running_below(temporary) == []


def test_two_files_of_one_organisation_are_refused_in_one_sentence(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "hits.csv"
    write(data, "people-a-ggz.csv", THERE)
    write(data, "people-b-ggz.csv", THERE)
    done = evaluate(data, out, tmp_path / "t")
    assert done.returncode == 1
    assert done.stderr.strip() == "people-a-ggz.csv and people-b-ggz.csv are both of organisation ggz: keep one."
    assert not out.exists()


def test_one_organisation_alone_has_nobody_to_ask(tmp_path: Path) -> None:
    write(tmp_path / "data", "people-ggz.csv", THERE)
    done = evaluate(tmp_path / "data", tmp_path / "hits.csv", tmp_path / "t")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("flagged", "started"), [(True, False), (False, True)])
def test_flag_or_start_option_alone_lifts_nothing(flagged: bool, started: bool) -> None:
    with pytest.raises(SamenloopError) as refused:
        check_evaluation(flagged=flagged, started=started)
    assert refused.value.code is ErrorCode.NOT_PERMITTED


@pytest.mark.parametrize("both", [True, False])
def test_flag_and_start_option_together_decide(both: bool) -> None:
    check_evaluation(flagged=both, started=both)


@pytest.mark.parametrize(
    ("flags", "option"),
    [("evaluation = true", []), ("demo = true", ["--evaluation"])],
    ids=["a flagged covenant without the option", "the option without a flagged covenant"],
)
def test_neither_daemon_starts_for_an_evaluation_that_only_one_side_asks_for(
    tmp_path: Path, flags: str, option: list[str]
) -> None:
    made = make_consortium(tmp_path, lambda text: text.replace("demo = true", flags))
    coordinator = [str(PROGRAMS / "samenloop-coordinator"), "serve", "--config", str(made.config_file), *option]
    node = [str(PROGRAMS / "samenloop-node"), "run", "--config", str(node_config(made)), *option]
    for command in (coordinator, node):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode != 0, command
        assert "Een evaluatie vraagt beide" in done.stderr


def node_config(made: Consortium) -> Path:
    """Write the configuration of one node of this consortium."""
    from samenloop.covenant import canonical, fingerprint

    party = made.parties["politie-midden"]
    folder = party.folder
    (folder / "covenant.json").write_bytes(canonical(made.covenant))
    account = '[[account]]\nname = "a"\nos_user = "a"\nroles = ["operator"]\nsecrecy_statement = 2026-01-15\n'
    dates = "valid_from = 2026-01-15\nvalid_until = 2035-12-31\n"
    (folder / "authorisations.toml").write_text(account + dates, encoding="utf-8")
    path = folder / "node.toml"
    path.write_text(
        f"""participant = "{party.name}"
state = "state"
socket = "node.sock"
authorisations = "authorisations.toml"

[covenant]
document = "covenant.json"
fingerprint = "{fingerprint(made.covenant)}"

[tls]
key = "tls.key"
certificate = "tls.pem"
ca = "ca.pem"

[keys]
signing = "signing.key"
sealing = "sealing.key"
references = "references.key"
secrets = "secrets"
""",
        encoding="utf-8",
    )
    return path
