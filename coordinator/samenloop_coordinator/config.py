"""The coordinator's configuration: one TOML file, environment variables `SAMENLOOP_COORDINATOR_...` over it.

Who can change this file can point the coordinator at another database or pepper: it belongs to the operator, mode
0640. An unknown key is an error. Relative paths are relative to the folder of the file.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from samenloop.config import Config, Part, read_config

POSTGRESQL = "postgresql://"
Address = Annotated[str, StringConstraints(pattern=r"^[^\s/]+:[0-9]{1,5}$", max_length=255)]
Origin = Annotated[str, StringConstraints(pattern=r"^[^\s+]+$", max_length=255)]


def _secret(value: object) -> object:
    """Keep the address of a database out of every text that shows the configuration: it may hold a password."""
    return SecretStr(value) if isinstance(value, str) and value.startswith(POSTGRESQL) else value


Place = Annotated[Path | SecretStr, Field(union_mode="left_to_right"), BeforeValidator(_secret)]


class DataFiles(Part):
    """The database, and the second file that holds the signed head of the log (keep it under the same care as
    the key). Both are paths (SQLite), or both are addresses `postgresql://...`, which may be equal.

    `cache_mib` is for SQLite; `connections` is how many connections a process reads PostgreSQL with, at most (it
    has four more: to write, to read the log, to keep its tree, and one while it starts).
    """

    database: Place
    log_head: Place
    cache_mib: Annotated[int, Field(ge=2, le=65_536)] = 128
    connections: Annotated[int, Field(ge=1, le=64)] = 4

    @model_validator(mode="after")
    def _alike(self) -> Self:
        if isinstance(self.database, Path) != isinstance(self.log_head, Path):
            raise ValueError("two kinds of place")
        return self


class SecretFiles(Part):
    """The root pepper and the Ed25519 audit key, each mode 0400."""

    pepper: Path
    audit_key: Path


class TlsPaths(Part):
    """PEM files: own key (mode 0400), own certificate, the CA's certificate; and the CA's signed denylist."""

    key: Path
    certificate: Path
    ca: Path
    denylist: Path


class CoordinatorConfig(Config):
    """Everything that a coordinator must be told. `origin` is the log origin that the covenant names."""

    model_config = SettingsConfigDict(env_prefix="SAMENLOOP_COORDINATOR_")

    listen: Address
    origin: Origin
    data: DataFiles
    secrets: SecretFiles
    tls: TlsPaths
    catalogue_override: Path | None = None


def load_config(path: Path) -> CoordinatorConfig:
    """Read, check and resolve the configuration; raises InvalidInput with the path of the wrong key."""
    return read_config(path, CoordinatorConfig)
