"""Make a consortium with nothing but the public programs: CA, keys, certificates, signed covenant, configurations.

The same steps, done by hand on several machines, are in docs/how-to/join-a-consortium.md.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from consortium import Consortium, Party, run, run_json


def make(made: Consortium, covenant: Callable[[Mapping[str, str]], str], domain: str, origin: str) -> None:
    """Make all that is needed before the first daemon starts; `covenant(keys)` returns the covenant as TOML."""
    ca = made.root / "ca"
    made.root.mkdir(parents=True, exist_ok=True)
    run("samenloop-coordinator", "ca", "init", str(ca), "--trust-domain", domain)
    keys = _coordinator(made, ca, origin) | _auditor(made)
    with ThreadPoolExecutor(2) as pool:
        for facts in pool.map(lambda party: _join(made.folder(party), party, ca, domain), made.parties):
            names = ("signing_key", "sealing_key", "tls_pin")
            keys |= {f"{facts['participant']}.{name}": facts[name] for name in names}
    document = made.root / "covenant.toml"
    document.write_text(covenant(keys), encoding="utf-8")
    _sign(made, document)
    _configure(made, document)


def _coordinator(made: Consortium, ca: Path, origin: str) -> dict[str, str]:
    folder, config = made.folder("coordinator"), made.config("coordinator")
    folder.mkdir()
    config.write_text(_coordinator_config(made.port, origin), encoding="utf-8")
    prepared = run_json("samenloop-coordinator", "ca", "prepare", str(folder / "keys"))
    run("samenloop-coordinator", "init", "--config", str(config))
    out = ("--out", str(folder / "keys" / "tls.pem"), "--ca", str(ca))
    run("samenloop-coordinator", "ca", "sign-coordinator", prepared["request"], "--host", "127.0.0.1", *out)
    keys = {f"coordinator.{name}": prepared[name] for name in ("tls_pin", "audit_key")}
    return keys | {"coordinator.address": f"127.0.0.1:{made.port}"}


def _auditor(made: Consortium) -> dict[str, str]:
    folder = made.folder("auditor")
    folder.mkdir()
    key = run_json("samenloop", "covenant", "auditor-key", str(folder / "sealing.key"))
    return {"auditor.sealing_key": key["sealing_key"]}


def _join(home: Path, party: str, ca: Path, domain: str) -> Any:
    folder, name = home / "keys", ("--participant", party)
    prepared = run_json("samenloop-node", "join", "prepare", str(folder), *name)
    certificate = home / "from-operator.pem"
    run("samenloop-coordinator", "ca", "sign", prepared["request"], *name, "--out", str(certificate), "--ca", str(ca))
    files = (str(folder), str(certificate), str(ca / "ca.pem"))
    run("samenloop-node", "join", "install", *files, *name, "--trust-domain", domain)
    return prepared


def _sign(made: Consortium, document: Path) -> None:
    for party in made.parties.values():
        if not party.network:
            key = str(made.folder(party.id) / "keys" / "signing.key")
            run("samenloop", "covenant", "sign", str(document), "--key", key, "--as", party.id)
    run("samenloop", "covenant", "verify", str(document))


def _configure(made: Consortium, document: Path) -> None:
    fingerprint = run_json("samenloop", "covenant", "show", str(document))["fingerprint"]
    run("samenloop-coordinator", "covenant", "activate", str(document), "--config", str(made.config("coordinator")))
    canonical = run("samenloop", "covenant", "show", str(document), "--canonical")
    for party in made.parties.values():
        folder = made.folder(party.id)
        (folder / "covenant.json").write_text(canonical, encoding="utf-8")
        (folder / "authorisations.toml").write_text(_authorisations(party), encoding="utf-8")
        made.config(party.id).write_text(_node_config(party, fingerprint), encoding="utf-8")


def _coordinator_config(port: int, origin: str) -> str:
    return f"""listen = "127.0.0.1:{port}"
origin = "{origin}"

[data]
database = "data/coordinator.sqlite"
log_head = "data/log-head.sqlite"

[secrets]
pepper = "keys/pepper.key"
audit_key = "keys/audit.key"

[tls]
key = "keys/tls.key"
certificate = "keys/tls.pem"
ca = "../ca/ca.pem"
denylist = "../ca/denylist.json"
"""


def _authorisations(party: Party) -> str:
    """Return the authorisation document: each account has its own OS user, as it should be; the demo uses --as."""
    return "\n".join(
        f"""[[account]]
name = "{account.name}"
os_user = "{account.os_user or f"demo-{account.name}"}"
roles = {json.dumps(account.roles)}
secrecy_statement = 2026-01-15
valid_from = 2026-01-15
valid_until = 2035-12-31
"""
        for account in party.accounts
    )


def _node_config(party: Party, fingerprint: str) -> str:
    registers = "\n".join(f"[registers.{register}]\n{party.settings}" for register in party.registers)
    return f"""participant = "{party.id}"
state = "state"
socket = "node.sock"
authorisations = "authorisations.toml"
poll_seconds = {party.poll_seconds}

[covenant]
document = "covenant.json"
fingerprint = "{fingerprint}"

[tls]
key = "keys/tls.key"
certificate = "keys/tls.pem"
ca = "keys/ca.pem"

[keys]
signing = "keys/signing.key"
sealing = "keys/sealing.key"
references = "keys/references.key"
secrets = "secrets"

{registers}
"""
