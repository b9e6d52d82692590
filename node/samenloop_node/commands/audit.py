"""`audit`: the own log as an export for an auditor, and the full check of it. For the privacy officer."""

import asyncio
import base64
from collections.abc import Mapping

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.commands.emitting import Emit
from samenloop_node.review import evidence, own_halves
from samenloop_node.review.own_halves import Shut

PIECE_BYTES = 512 << 10
_BYTES = ("key", "wrapped", "sealed", "salt")


async def run(app: App, user: User, request: Mapping[str, object], emit: Emit) -> dict[str, object]:
    """Take {action: export | fsck | halves}.

    An export comes as progress {path, data (base64)}, and ends with {size}; the check reports progress {done, all}, and
    ends with {size, problems, purged}. `halves` takes {rows: [{day, key, wrapped, sealed, salt}]} in hexadecimal and
    gives {participant, rows} in the same order.
    """
    match request.get("action"):
        case "export":
            return {"size": await evidence.export(app, user, lambda path, data: _send(emit, path, data))}
        case "fsck":
            return await _fsck(app, user, emit)
        case "halves":
            opened = await own_halves.open_own(app, user, _shut(request.get("rows")))
            return {"participant": app.config.participant, "rows": opened}
        case _other:
            raise InvalidInput("action", _("Kies export, fsck of halves."))


def _shut(rows: object) -> list[Shut]:
    try:
        if not isinstance(rows, list):
            raise TypeError
        return [Shut(str(row["day"]), *(bytes.fromhex(row[name]) for name in _BYTES)) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("rows", _("De verzegelde delen zijn niet goed gevormd.")) from error


async def _send(emit: Emit, path: str, data: bytes) -> None:
    for first in range(0, max(len(data), 1), PIECE_BYTES):
        emit({"path": path, "data": base64.b64encode(data[first : first + PIECE_BYTES]).decode()})
        await emit.taken()


async def _fsck(app: App, user: User, emit: Emit) -> dict[str, object]:
    loop = asyncio.get_running_loop()

    def progress(done: int, whole: int) -> None:
        loop.call_soon_threadsafe(emit, {"done": done, "all": whole})

    report = await evidence.check(app, user, progress)
    return {
        "size": report.size,
        "problems": list(report.problems),
        "purged": [list(span) for span in report.purged],
    }
