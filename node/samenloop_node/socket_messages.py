"""What goes over the daemon's Unix socket: one JSON line per message, one request per connection.

request    {"command": "status", "arguments": {...}, "language": "en", "as": "name"}      "as" only in a demo
progress   {"progress": {...}}                                          any number
outcome    {"result": {...}}  or  {"error": {"code", "text", "rule", "missing", "field"}}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, Refused, SamenloopError
from samenloop.texts import DUTCH, LANGUAGES, _
from samenloop_node import strict_json

MAX_LINE = 1 << 20
_REQUEST_KEYS = {"command", "arguments", "language", "as"}


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request line."""

    command: str
    arguments: Mapping[str, object]
    acting: str
    language: str = DUTCH


def parse_request(line: bytes) -> Request:
    """Parse a request line; raises InvalidInput for anything but exactly the known keys."""
    message = _object(line)
    command, arguments, acting = message.get("command"), message.get("arguments"), message.get("as", "")
    language = message.get("language", DUTCH)
    if (
        not (isinstance(command, str) and isinstance(arguments, dict) and isinstance(acting, str))
        or language not in LANGUAGES
        or message.keys() - _REQUEST_KEYS
    ):
        raise InvalidInput("request", _("Dit verzoek is niet goed gevormd."))
    return Request(command, arguments, acting, str(language))


def format_request(request: Request) -> bytes:
    """Return the line of a request."""
    message: dict[str, object] = {
        "command": request.command,
        "arguments": dict(request.arguments),
        "language": request.language,
    }
    return _line({**message, "as": request.acting} if request.acting else message)


def format_progress(progress: Mapping[str, object]) -> bytes:
    """Return the line of a progress message."""
    return _line({"progress": dict(progress)})


def format_result(result: Mapping[str, object]) -> bytes:
    """Return the line of a result."""
    return _line({"result": dict(result)})


def format_error(error: SamenloopError) -> bytes:
    """Return the line of an error."""
    detail: dict[str, object] = {"code": error.code.value, "text": error.text, "rule": "", "missing": [], "field": ""}
    if isinstance(error, Refused):
        detail.update(rule=error.rule, missing=list(error.missing))
    if isinstance(error, InvalidInput):
        detail.update(field=error.field)
    return _line({"error": detail})


def parse_reply(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return ("progress" or "result", content); raises the SamenloopError that an error line describes."""
    message = _object(line)
    for kind in ("progress", "result"):
        content = message.get(kind)
        if isinstance(content, dict):
            return kind, content
    raise _error(message.get("error"))


def _error(detail: object) -> SamenloopError:
    if not isinstance(detail, dict):
        return SamenloopError(ErrorCode.INTERNAL, _("De node gaf een antwoord dat dit programma niet kent."))
    text = str(detail.get("text", ""))
    try:
        code = ErrorCode(detail.get("code"))
    except ValueError:
        code = ErrorCode.INTERNAL
    if code is ErrorCode.REFUSED:
        return Refused(str(detail.get("rule", "")), text, tuple(map(str, detail.get("missing", ()))))
    if code is ErrorCode.INVALID_INPUT:
        return InvalidInput(str(detail.get("field", "")), text)
    return IntegrityError(text) if code is ErrorCode.INTEGRITY else SamenloopError(code, text)


def _object(line: bytes) -> dict[str, Any]:
    try:
        message = strict_json.parse(line)
    except ValueError as error:
        raise InvalidInput("request", _("Dit bericht is geen JSON.")) from error
    if not isinstance(message, dict):
        raise InvalidInput("request", _("Dit bericht is geen JSON-object."))
    return message


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
