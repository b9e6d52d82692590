"""The demo covenant with test-only keys: what the tests of covenant, TLS and ceremony start from."""

import dataclasses
import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samenloop.covenant import Covenant, fill_keys, fingerprint, parse_toml
from samenloop.keys import SigningKey

TEMPLATE = Path(__file__).parents[2] / "deploy" / "demo" / "covenant.toml"
PARTNERS = ("burgemeester-middelstad", "ggz-midden", "politie-midden", "reclassering-midden")
KEYS = {
    name: SigningKey(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    for number, name in enumerate((*PARTNERS, "zvh-midden", "zvh-oost", "om-midden", "other"), start=1)
}


def demo_toml() -> str:
    """Return the demo covenant as text, its places filled in."""
    text = TEMPLATE.read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"@([a-z0-9_.-]+)@", text)))
    return fill_keys(text, {name: _value(name, number) for number, name in enumerate(names, start=1)})


def _value(name: str, number: int) -> str:
    if name == "coordinator.address":
        return "127.0.0.1:9443"
    owner, _dot, kind = name.partition(".")
    return KEYS[owner].public.hex if kind == "signing_key" else f"{number:064x}"


def demo_covenant() -> Covenant:
    """Return version 1 of the demo covenant."""
    return parse_toml(demo_toml())


def following(old: Covenant, **changed: Any) -> Covenant:
    """Return the next version of `old` with these fields changed."""
    return dataclasses.replace(old, version=old.version + 1, predecessor=fingerprint(old), **changed)


def with_row(old: Covenant, name: str, **changed: Any) -> Covenant:
    """Return the next version of `old` with these fields of one participant changed."""
    rows = tuple(dataclasses.replace(row, **changed) if row.id == name else row for row in old.participants)
    return following(old, participants=rows)
