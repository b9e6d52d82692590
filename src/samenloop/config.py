"""What the configurations of node and coordinator share: one TOML file, environment variables over it, sentences in
Dutch. An unknown key is an error. Relative paths are relative to the folder of the file.
"""

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from samenloop.errors import InvalidInput
from samenloop.reasons import toml_place, why
from samenloop.texts import _

_OF_PROGRAMS = "config"
"""What the environment tells a program itself: where its configuration is."""
_Model = TypeVar("_Model", bound=BaseModel)


class Part(BaseModel):
    """A table of a configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Config(BaseSettings):
    """A whole configuration; a subclass adds the prefix of its environment variables."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_nested_delimiter="__")

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


_Config = TypeVar("_Config", bound=Config)


def read_config(path: Path, kind: type[_Config]) -> _Config:
    """Read, check and resolve a configuration; raises InvalidInput with the path of the wrong key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "config", _("De configuratie {path} kan niet worden gelezen: {why}.", path=path, why=why(error))
        ) from error
    except tomllib.TOMLDecodeError as error:
        text = _("De configuratie {path} is geen geldig TOML: kijk bij {place}.", path=path, place=toml_place(error))
        raise InvalidInput("config", text) from error
    _check_environment(os.environ, kind)
    try:
        return _resolved(kind(**table), path.absolute().parent)
    except ValidationError as error:
        raise _dutch(error) from error


def _check_environment(names: Iterable[str], kind: type[Config]) -> None:
    """Refuse a variable with our prefix that names no setting; in a table, the table itself refuses it."""
    prefix = kind.model_config.get("env_prefix", "").lower()
    for name in sorted(names):
        setting = name.lower().removeprefix(prefix).partition("__")[0]
        if name.lower().startswith(prefix) and setting not in {*kind.model_fields, _OF_PROGRAMS}:
            text = _(
                "De omgevingsvariabele {name} is geen bekende sleutel. Verbeter de naam of haal haar weg.", name=name
            )
            raise InvalidInput(name, text)


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
        text = _("Configuratie: {place} ontbreekt. Zie docs/reference/config.md voor een voorbeeld.", place=place)
        return InvalidInput(place, text)
    return InvalidInput(
        place, _("Configuratie: {place} heeft een waarde die niet mag. Zie docs/reference/config.md.", place=place)
    )
