"""`make demo`, `make up`, `make down`: a consortium of six nodes and a coordinator on this machine, and its story.

All that is left behind is in `var/demo/`: sources, keys, databases, logs, and the export in `audit-export/`.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from consortium import Account, Consortium, Party, ProgramError, until
from making import make
from people import listed_cases, write_sources
from rich.console import Console
from story import MAYOR, POLICE, PROBATION, Story, SurpriseError

from samenloop.covenant import fill_keys

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / "var" / "demo"
RUNNING = "running.json"
EPOCH = "2026-1"
STOP_SECONDS = 60
DOMAIN = "demo.samenloop.test"
ACCOUNTS = (
    Account("beheer", ("operator",)),
    Account("k.blauw", ("case_worker",)),
    Account("r.oranje", ("decision_maker",)),
    Account("t.groen", ("privacy_officer",)),
)
POLICE_GROUND = 'beforehand = { give_basis = "wpg20", breach_ground = "wpg20" }'
PARTIES = (
    Party("burgemeester-middelstad", ("openbare_orde",), ACCOUNTS),
    Party("politie-midden", ("politie",), ACCOUNTS, settings=POLICE_GROUND),
    Party("reclassering-midden", ("reclassering",), ACCOUNTS),
    Party("ggz-midden", ("ggz",), ACCOUNTS),
    Party("zvh-midden", ("casussen",), ACCOUNTS, network=True),
    Party("zvh-oost", ("casussen",), ACCOUNTS, network=True),
)


def main() -> int:
    """Run the demo; exit code 0 when every scene ended as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running and say what to try")
    parser.add_argument("--stop", action="store_true", help="stop what --keep left running")
    parser.add_argument("--root", type=Path, default=ROOT, help="where everything is put (default: var/demo)")
    chosen = parser.parse_args()
    console = Console(width=120)
    root = chosen.root.absolute()
    stop_running(root)
    if chosen.stop:
        console.print("De demo is gestopt.")
        return 0
    return play(console, root, keep=chosen.keep)


def play(console: Console, root: Path, *, keep: bool) -> int:
    """Build, start, register, tell the story."""
    begin = time.monotonic()
    shutil.rmtree(root, ignore_errors=True)
    consortium = Consortium(root, PARTIES, "--demo")
    try:
        establish(consortium, console)
        register(consortium, console)
        Story(consortium, console).play()
    except (ProgramError, SurpriseError, TimeoutError) as problem:
        console.print(f"[red]De demo is mislukt:[/] {problem}", highlight=False)
        consortium.stop()
        return 1
    console.rule(f"Klaar in {time.monotonic() - begin:.0f} seconden", align="left")
    if keep:
        (root / RUNNING).write_text(json.dumps(consortium.processes()), encoding="utf-8")
        say_what_to_try(console, root)
    else:
        consortium.stop()
    return 0


def establish(consortium: Consortium, console: Console) -> None:
    """Make the consortium, start it and hold the key ceremony; nobody is registered yet."""
    console.rule("Zes partners en een coördinator: CA, sleutels, getekend convenant", align="left")
    template = (HERE / "covenant.toml").read_text(encoding="utf-8")
    make(consortium, lambda keys: fill_keys(template, keys), DOMAIN, f"{DOMAIN}/zvh-demo")
    consortium.start()
    console.print(f"Zeven programma's draaien, elk met een eigen map in {consortium.root}.", highlight=False)
    console.rule("Sleutelceremonie: politie en ggz maken samen het geheim van dit tijdvak", align="left")
    for line in consortium.ceremony(EPOCH, "politie-midden", "ggz-midden")["lines"]:
        console.print(line, highlight=False)


def register(consortium: Consortium, console: Console) -> None:
    """Let every partner synchronise the export of its own system."""
    console.rule("Registreren: elke partner synchroniseert een export van zijn eigen systeem", align="left")
    sources = write_sources(consortium.root / "bron", datetime.now(UTC).date())
    for party in PARTIES:
        command = ("sync", str(sources[party.id]), "--register", party.registers[0])
        done = consortium.node(party.id, *command, user="beheer")
        console.print(f"{party.id}: {done['text']}", highlight=False)
        for one in done["problems"]:
            console.print(f"  rij {one['row']}: {one['text']}", highlight=False)
    for party, cases in listed_cases().items():
        until(partial(heard, consortium, party, cases), f"{party} hears of its cases")


def heard(consortium: Consortium, party: str, cases: int) -> bool:
    """Say whether a partner has heard by letter of all its cases on the list of a Veiligheidshuis."""
    return int(consortium.node(party, "status", user="beheer")["listed_cases"]) == cases


def say_what_to_try(console: Console, root: Path) -> None:
    """Print one command per role."""

    def node(command: str, party: str, user: str) -> str:
        return f"samenloop-node {command} --socket {root / party / 'node.sock'} --as {user}"

    config = f"--config {root / 'coordinator' / 'coordinator.toml'}"
    rows = (
        ("Casusmedewerker bij de reclassering ziet een antwoord", node("answers R-2026-028", PROBATION, "k.blauw")),
        ("... en stelt zelf een vraag (zie docs/tutorial/first-steps.md)", node("ask", PROBATION, "k.blauw")),
        ("Beslisser bij de politie", node("inbox", POLICE, "r.oranje")),
        ("Beheerder van een node", node("status", MAYOR, "beheer")),
        ("Beheerder van de coördinator", f"samenloop-coordinator audit search --event question {config}"),
        ("Controleur van het logboek", f"samenloop audit verify {root / 'audit-export'}"),
    )
    for role, command in rows:
        console.print(f"[bold]{role}[/]\n  .venv/bin/{command}", highlight=False, soft_wrap=True)
    console.print("Stoppen: make down")


def stop_running(root: Path) -> None:
    """Stop the processes that an earlier run left in `root`, by the ids that it wrote down."""
    written = root / RUNNING
    if not written.exists():
        return
    pids = list(json.loads(written.read_text(encoding="utf-8")).values())
    for pid in pids:
        if ours(pid, root):
            os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while any(ours(pid, root) for pid in pids):
        if time.monotonic() > until:
            raise TimeoutError("the processes of an earlier demo do not stop")
        time.sleep(0.1)
    written.unlink()


def ours(pid: int, root: Path) -> bool:
    """Say whether this process is still a program of this demo: ids are used again."""
    try:
        return str(root).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
