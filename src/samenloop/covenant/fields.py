"""Kinds of value that a covenant may hold; everything else is refused."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, StringConstraints

from samenloop.model import EpochId, Mode, ParticipantId, RegisterId

_NAME = r"^[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*$"
_HOST_PORT = r"^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]):[0-9]{1,5}$"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_Name = TypeVar("_Name", bound=str)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def _text(value: str) -> str:
    if value != value.strip() or _CONTROL.search(value):
        raise ValueError
    return value


def _name_set(values: Iterable[_Name]) -> tuple[_Name, ...]:
    ordered = tuple(sorted(values))
    if len(set(ordered)) != len(ordered):
        raise ValueError
    return ordered


def _mode(value: Any) -> Mode:
    for mode in Mode:
        if value == mode.name.lower():
            return mode
    raise ValueError


def _date(value: Any) -> date:
    if not isinstance(value, str) or not _ISO_DATE.match(value):
        raise ValueError
    return date.fromisoformat(value)


Day = Annotated[date, PlainValidator(_date), PlainSerializer(date.isoformat, return_type=str)]
"""A calendar day, written YYYY-MM-DD."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_text)]
"""Text for people: 1 to 4000 characters, no control or direction characters but line feed."""
Reference = Annotated[str, StringConstraints(max_length=400), AfterValidator(_text)]
"""Where the paper convenant arranges something; empty = still open."""
Code = Annotated[str, StringConstraints(pattern=_NAME, max_length=64)]
"""A code of the catalogue, profile or covenant."""
Epoch = Annotated[EpochId, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{1,3}$")]
"""Epoch id: year and number."""
Pid = Annotated[ParticipantId, StringConstraints(pattern=_NAME, max_length=64)]
"""Participant id."""
Rid = Annotated[RegisterId, StringConstraints(pattern=_NAME, max_length=64)]
"""Register id."""
Codes = Annotated[tuple[Code, ...], AfterValidator(_name_set)]
"""A set of codes: no repeats, kept in order."""
Pids = Annotated[tuple[Pid, ...], AfterValidator(_name_set)]
"""A set of participant ids: no repeats, kept in order."""
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""32 bytes as 64 lower-case hexadecimal digits: a public key or a SHA-256."""
HostPort = Annotated[str, StringConstraints(pattern=_HOST_PORT, max_length=255)]
"""`host:port`, lower case; an IPv6 address in brackets."""
TrustDomain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$", max_length=255)]
"""Name below which the CA makes SPIFFE ids."""
Origin = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9./-]*[a-z0-9])?$", max_length=255)]
"""Origin line of the audit log's checkpoints (C2SP tlog-checkpoint)."""
Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""A whole number from 1."""
Small = Annotated[int, Field(ge=0, le=64)]
"""A whole number from 0 to 64."""
ModeName = Annotated[Mode, PlainValidator(_mode), PlainSerializer(lambda mode: mode.name.lower(), return_type=str)]
"""A disclosure mode, written by its name (`holder_decides`)."""
