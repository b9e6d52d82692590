"""The covenant: a signed agreement as configuration (architecture.md section 4). Pure but for `cli`."""

from samenloop.covenant.document import Covenant, Participant, Register
from samenloop.covenant.parse import canonical, fill_keys, fingerprint, parse_canonical, parse_toml

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
