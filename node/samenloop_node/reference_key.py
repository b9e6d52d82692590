"""The file of the node-local key for references: made once, by `join prepare` or else at the node's first start.

Another key would make every record look changed: it is never made anew for a node that has run.
"""

import os
from pathlib import Path

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.config import NodeConfig
from samenloop_node.keyring import keep_secret, read_secret
from samenloop_node.references import KEY_BYTES, References

DATABASE = "node.sqlite"


def make(path: Path) -> None:
    """Make the key (mode 0400); raises InvalidInput rather than overwrite anything."""
    keep_secret(path, os.urandom(KEY_BYTES))


def load(config: NodeConfig) -> References:
    """Read the key; a node that never ran makes it. Raises SamenloopError."""
    if _to_be_made(config):
        make(config.keys.references)
    return _read(config.keys.references)


def check(config: NodeConfig) -> str:
    """Check the key and make nothing; return a remark when the first start will make it. Raises SamenloopError."""
    path = config.keys.references
    if not _to_be_made(config):
        _read(path)
        return ""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InvalidInput(
            "keys.references",
            _(
                "Sleutel {path} ontbreekt en kan daar niet worden gemaakt. Maak hem met samenloop-node join prepare.",
                path=path,
            ),
        )
    return _("Sleutel {path} is er nog niet; de node maakt hem bij de eerste start.", path=path)


def _to_be_made(config: NodeConfig) -> bool:
    return not config.keys.references.exists() and not (config.state / DATABASE).exists()


def _read(path: Path) -> References:
    return References(
        read_secret(path, KEY_BYTES, _("Sleutel {path} is weg. Zet hem terug uit de reservekopie.", path=path))
    )
