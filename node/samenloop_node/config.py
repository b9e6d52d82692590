"""The node's configuration: one TOML file, environment variables `SAMENLOOP_NODE_...` over it. An unknown key is an
error.

Who can change this file can point the node at other keys and another covenant fingerprint: it belongs to the
operator, mode 0640. Relative paths are relative to the folder of the file.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic_settings import SettingsConfigDict

from samenloop.config import Config, Part, read_config
from samenloop_node.columns import FactColumn

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*$", max_length=64)]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class CovenantFiles(Part):
    """The covenant version that this node starts from: its canonical file and the fingerprint read out at the
    signing.
    """

    document: Path
    fingerprint: Hex32


class TlsPaths(Part):
    """PEM files for the connection to the coordinator: own key (mode 0400), own certificate, the CA's certificate."""

    key: Path
    certificate: Path
    ca: Path


class KeyFiles(Part):
    """This partner's private keys; `secrets` is the folder with one consortium secret per epoch."""

    signing: Path
    sealing: Path
    references: Path
    secrets: Path


class BeforehandGrounds(Part):
    """What decisions beforehand in the files of a register rest on (R-76): codes of the legal catalogue."""

    give_basis: Id
    breach_ground: Id | Literal[""] = ""


class RegisterSettings(Part):
    """One register of this node.

    `columns` names our column -> the file's column; empty = this file has none. `ignore` lists columns that are left
    unread; any other unknown column is refused. `defaults` gives the value of a fact column that the file lacks.
    """

    columns: dict[str, str] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    defaults: dict[FactColumn, str] = Field(default_factory=dict)
    beforehand: BeforehandGrounds | None = None


class NodeConfig(Config):
    """Everything that a node must be told."""

    model_config = SettingsConfigDict(env_prefix="SAMENLOOP_NODE_")

    participant: Id
    state: Path
    socket: Path
    authorisations: Path
    covenant: CovenantFiles
    tls: TlsPaths
    keys: KeyFiles
    registers: dict[Id, RegisterSettings] = Field(default_factory=dict)
    catalogue_override: Path | None = None
    poll_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    tokenise_processes: Annotated[int, Field(ge=1, le=64)] = min(2, os.cpu_count() or 1)
    """Two make tokens faster than one coordinator takes registrations, and each needs memory of its own."""


def load_config(path: Path) -> NodeConfig:
    """Read, check and resolve the configuration; raises InvalidInput with the path of the wrong key."""
    return read_config(path, NodeConfig)
