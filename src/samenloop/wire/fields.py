"""Checks of single fields at the edge: proto3 gives zero values for what is missing, so each one is asked for."""

import functools
from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from samenloop import model
from samenloop.errors import InvalidInput
from samenloop.texts import _

DIGEST_BYTES = 32
CODE_LENGTH = 32
MESSAGE = TypeVar("MESSAGE", bound=Message)


def exact(value: bytes, length: int, where: str) -> bytes:
    """Return `value` when it has exactly `length` bytes."""
    if len(value) != length:
        raise InvalidInput(where, _("{where} moet {length} bytes lang zijn.", where=where, length=length))
    return value


def digest(value: bytes, where: str) -> bytes:
    """Return a digest or keyed reference of exactly 32 bytes."""
    return exact(value, DIGEST_BYTES, where)


def code(text: str, where: str) -> str:
    """Return a code of at most 32 characters; empty is refused."""
    return text if _is_code(text) else _no_code(text, where)


@functools.lru_cache(4096)
def _is_code(text: str) -> bool:
    """Judge a code once: few different ones occur, and every message has many."""
    return len(text) <= CODE_LENGTH and model.is_name(text)


def _no_code(text: str, where: str) -> str:
    if len(text) > CODE_LENGTH:
        raise InvalidInput(where, _("{where} is te lang.", where=where))
    return model.code(text, where)


def optional_code(text: str, where: str) -> str:
    """Return a code, or empty."""
    return code(text, where) if text else ""


def iso_date(text: str, where: str) -> date:
    """Return a date written as YYYY-MM-DD."""
    try:
        value = date.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.isoformat() != text:
        raise InvalidInput(where, _("{where} is geen datum in de vorm JJJJ-MM-DD.", where=where))
    return value


def between(values: Sequence[object], lowest: int, highest: int, where: str) -> None:
    """Refuse a list that is too short or too long."""
    if not lowest <= len(values) <= highest:
        raise InvalidInput(
            where, _("{where} moet {lowest} tot {highest} delen hebben.", where=where, lowest=lowest, highest=highest)
        )


def parsed(kind: type[MESSAGE], data: bytes, where: str) -> MESSAGE:
    """Return the message in `data`; bytes that are no such message are refused."""
    try:
        return kind.FromString(data)
    except DecodeError:
        raise InvalidInput(where, _("{where} is geen geldig bericht.", where=where)) from None
