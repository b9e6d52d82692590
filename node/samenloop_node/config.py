"""The node's configuration: one TOML file, environment variables `SAMENLOOP_NODE_...` over it. An unknown key is an
error.

Who can change this file can point the node at other keys and another covenant fingerprint: it belongs to the
operator, mode 0640. Relative paths are relative to the folder of the file.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.columns import FactColumn

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*$", max_length=64)]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Model = TypeVar("_Model", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CovenantFiles(_Part):
    """The covenant version that this node starts from: its canonical file and the fingerprint read out at the
    signing.
    """

    document: Path
    fingerprint: Hex32


class TlsPaths(_Part):
    """PEM files for the connection to the coordinator: own key (mode 0400), own certificate, the CA's certificate."""

    key: Path
    certificate: Path
    ca: Path


class KeyFiles(_Part):
    """This partner's private keys; `secrets` is the folder with one consortium secret per epoch."""

    signing: Path
    sealing: Path
    references: Path
    secrets: Path


class BeforehandGrounds(_Part):
    """What decisions beforehand in the files of a register rest on (R-76): codes of the legal catalogue."""

    give_basis: Id
    breach_ground: Id | Literal[""] = ""


class RegisterSettings(_Part):
    """One register of this node.

    `columns` names our column -> the file's column; empty = this file has none. `ignore` lists columns that are left
    unread; any other unknown column is refused. `defaults` gives the value of a fact column that the file lacks.
    """

    columns: dict[str, str] = {}
    ignore: tuple[str, ...] = ()
    defaults: dict[FactColumn, str] = {}
    beforehand: BeforehandGrounds | None = None


class NodeConfig(BaseSettings):
    """Everything that a node must be told."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="SAMENLOOP_NODE_", env_nested_delimiter="__"
    )

    participant: Id
    state: Path
    socket: Path
    authorisations: Path
    covenant: CovenantFiles
    tls: TlsPaths
    keys: KeyFiles
    registers: dict[Id, RegisterSettings] = {}
    poll_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    tokenise_processes: Annotated[int, Field(ge=1, le=64)] = os.cpu_count() or 1

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


def load_config(path: Path) -> NodeConfig:
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
        return _resolved(NodeConfig(**table), path.absolute().parent)
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
        return InvalidInput(place, _("Configuratie: {place} ontbreekt. Zie deploy/node.example.toml.", place=place))
    return InvalidInput(place, _("Configuratie: {place} heeft een ongeldige waarde.", place=place))
