"""The covenant: a signed agreement as configuration (architecture.md section 4). Pure but for `cli`."""

from samenloop.covenant.document import Covenant
from samenloop.covenant.parse import canonical, fill_keys, fingerprint, parse_canonical, parse_toml
from samenloop.covenant.parties import Participant, Register

__all__ = [
    "Covenant",
    "Participant",
    "Register",
    "canonical",
    "fill_keys",
    "fingerprint",
    "parse_canonical",
    "parse_toml",
]
