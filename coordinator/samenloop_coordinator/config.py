"""The coordinator's configuration: one TOML file, environment variables `SAMENLOOP_COORDINATOR_...` over it.

Who can change this file can point the coordinator at another database or pepper: it belongs to the operator, mode
0640. An unknown key is an error. Relative paths are relative to the folder of the file.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from samenloop.errors import InvalidInput
from samenloop.texts import _

POSTGRESQL = "postgresql://"
_Model = TypeVar("_Model", bound=BaseModel)
Address = Annotated[str, StringConstraints(pattern=r"^[^\s/]+:[0-9]{1,5}$", max_length=255)]
Origin = Annotated[str, StringConstraints(pattern=r"^[^\s+]+$", max_length=255)]


def _secret(value: object) -> object:
    """Keep the address of a database out of every text that shows the configuration: it may hold a password."""
    return SecretStr(value) if isinstance(value, str) and value.startswith(POSTGRESQL) else value


Place = Annotated[Path | SecretStr, Field(union_mode="left_to_right"), BeforeValidator(_secret)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataFiles(_Part):
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


class SecretFiles(_Part):
    """The root pepper and the Ed25519 audit key, each mode 0400."""

    pepper: Path
    audit_key: Path


class TlsPaths(_Part):
    """PEM files: own key (mode 0400), own certificate, the CA's certificate; and the CA's signed denylist."""

    key: Path
    certificate: Path
    ca: Path
    denylist: Path


class CoordinatorConfig(BaseSettings):
    """Everything that a coordinator must be told. `origin` is the log origin that the covenant names."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="SAMENLOOP_COORDINATOR_", env_nested_delimiter="__"
    )

    listen: Address
    origin: Origin
    data: DataFiles
    secrets: SecretFiles
    tls: TlsPaths

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file; no .env file and no folder of secrets."""
        del settings_cls, dotenv_settings, file_secret_settings
        return (env_settings, init_settings)


def load_config(path: Path) -> CoordinatorConfig:
    """Read, check and resolve the configuration; raises InvalidInput with the path of the wrong key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("config", _("De configuratie {path} is niet leesbaar.", path=path)) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            "config", _("De configuratie {path} is geen TOML: {why}.", path=path, why=str(error))
        ) from error
    try:
        return _resolved(CoordinatorConfig(**table), path.absolute().parent)
    except ValidationError as error:
        raise _dutch(error) from error


def _resolved(model: _Model, folder: Path) -> _Model:
    changes: dict[str, object] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path):
            changes[name] = folder / value
        elif isinstance(value, BaseModel):
            changes[name] = _resolved(value, folder)
    return model.model_copy(update=changes)


def _dutch(error: ValidationError) -> InvalidInput:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"]) or "config"
    if first["type"] == "extra_forbidden":
        return InvalidInput(
            place, _("Configuratie: {place} is geen bekende sleutel. Verbeter de naam of haal hem weg.", place=place)
        )
    if first["type"] == "missing":
        return InvalidInput(place, _("Configuratie: {place} ontbreekt.", place=place))
    return InvalidInput(place, _("Configuratie: {place} heeft een ongeldige waarde.", place=place))
