"""Structured logs of the daemons: one JSON line per event, with fields of a closed list only.

Whatever is not on the list is dropped before anything is written, so no name, token, answer or secret can appear.
Exceptions are logged by their type and the places in our code that they passed, never by their text or values.
"""

import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "program",
        "version",
        "method",
        "code",
        "rule",
        "participant",
        "covenant",
        "epoch",
        "register",
        "path",
        "address",
        "count",
        "size",
        "seconds",
        "fingerprint",
        "error_type",
        "places",
    }
)
"""Every field that a line may have. `participant` is an organisation, never a person."""

Log = structlog.typing.FilteringBoundLogger


def only_allowed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list (a structlog processor)."""
    return {name: value for name, value in event.items() if name in ALLOWED}


def open_log(program: str, stream: TextIO) -> Log:
    """Return a logger that writes JSON lines to `stream`."""
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        program=program,
    )
    return log


def describe(error: BaseException) -> dict[str, object]:
    """Return the type of an error and where it passed (`module.py:line function`), without text or values."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error_type": type(error).__name__, "places": places[-12:]}
