"""Lines on the daemon's socket: strict in, errors that come out as they went in, and who may do what."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.audit.fields import Event
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, Refused, SamenloopError
from samenloop_node import socket_client, socket_server
from samenloop_node.accounts import Authorisations, Role
from samenloop_node.commands import COMMANDS, Command
from samenloop_node.socket_messages import MAX_LINE, Request, format_error, format_request, parse_reply, parse_request

ERRORS = [
    Refused("R-25", "nee", ("ground",)),
    InvalidInput("field", "fout"),
    IntegrityError("stop"),
    SamenloopError(ErrorCode.BUSY, "later"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code.value)
def test_an_error_comes_out_as_it_went_in(error):
    with pytest.raises(type(error)) as raised:
        parse_reply(format_error(error))
    assert raised.value.__dict__ == error.__dict__


@given(st.text(max_size=20), st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)), st.text())
def test_a_request_comes_out_as_it_went_in(command, arguments, acting):
    request = Request(command, arguments, acting)
    assert parse_request(format_request(request)) == request


@given(
    st.binary(max_size=200)
    | st.builds(lambda value: json.dumps(value).encode(), st.recursive(st.none() | st.text(), st.lists))
)
def test_whatever_comes_in_the_parsers_have_one_exit(line):
    with pytest.raises(SamenloopError):
        parse_request(line)
    with pytest.raises(SamenloopError):
        parse_reply(line)


def test_an_unknown_key_is_refused():
    with pytest.raises(InvalidInput):
        parse_request(b'{"command": "status", "arguments": {}, "roles": ["operator"]}')


def account(name: str, os_user: str, role: str) -> str:
    return (
        f'[[account]]\nname = "{name}"\nos_user = "{os_user}"\nroles = ["{role}"]\n'
        "secrecy_statement = 2020-01-01\nvalid_from = 2020-01-01\nvalid_until = 2099-01-01\n"
    )


class App(SimpleNamespace):
    """As much of an App as the socket needs."""


def app_of(os_user: str, *, demo: bool = False) -> Any:
    text = account("me", os_user, "case_worker") + account("other", "somebody", "operator")
    errors: list[str] = []
    log = SimpleNamespace(info=lambda *_a, **_k: None, error=lambda event, **fields: errors.append(f"{event} {fields}"))
    denied: list[dict[str, object]] = []

    async def write(work: Any) -> Any:
        return work(None)

    return App(
        authorisations=Authorisations.parse(text),
        demo=demo,
        clock=SystemClock(),
        log=log,
        errors=errors,
        denied=denied,
        config=SimpleNamespace(participant="politie-midden"),
        references=SimpleNamespace(user=str.encode),
        ownlog=SimpleNamespace(append=lambda _db, event, public: denied.append({"event": event, **public})),
        store=SimpleNamespace(write=write),
    )


async def who(_app: Any, user: Any, request: Mapping[str, object], emit: Any) -> dict[str, object]:
    emit({"stage": "a", "done": 1, "total": 2})
    return {"name": user.name, "given": dict(request)}


async def bug(_app: Any, _user: Any, _request: Mapping[str, object], _emit: Any) -> dict[str, object]:
    raise ZeroDivisionError("Zonnebloemenveld")


TABLE = {
    "who": Command(who, frozenset({Role.CASE_WORKER})),
    "operate": Command(who, frozenset({Role.OPERATOR})),
    "nobody": Command(who, frozenset()),
    "bug": Command(bug, frozenset(Role)),
}


def called(app: Any, path: Path, command: str, acting: str = "", line: bytes = b"") -> Any:
    async def main() -> Any:
        listening = await socket_server.serve(app, path, TABLE)
        seen: list[object] = []
        try:
            if line:
                reader, writer = await asyncio.open_unix_connection(path)
                writer.write(line)
                writer.write_eof()
                reply = await reader.read()
                writer.close()
                return parse_reply(reply)
            return await asyncio.to_thread(socket_client.call, path, command, {"a": 1}, acting, seen.append), seen
        finally:
            listening.close()
            await listening.finish()

    return asyncio.run(main())


@pytest.fixture(name="me")
def _me() -> str:
    import os
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def test_the_caller_is_whom_the_kernel_says(tmp_path, me):
    app = app_of(me)
    result, seen = called(app, tmp_path / "s", "who")
    assert app.denied == []
    assert result == {"name": "me", "given": {"a": 1}}
    assert seen == [{"stage": "a", "done": 1, "total": 2}]


def test_an_os_user_without_account_gets_nothing_and_leaves_an_entry(tmp_path):
    app = app_of("somebody-else")
    with pytest.raises(SamenloopError, match="geen account"):
        called(app, tmp_path / "s", "who")
    (entry,) = app.denied
    assert (entry["event"], entry["action"], entry["status"]) == (Event.REFUSE, "who", "not_permitted")
    assert "user" not in entry


@pytest.mark.parametrize("command", ["operate", "nobody"])
def test_without_the_role_a_command_is_refused(tmp_path, me, command):
    app = app_of(me)
    with pytest.raises(Refused, match="geen rol"):
        called(app, tmp_path / "s", command)
    (entry,) = app.denied
    assert (entry["action"], entry["rule"], entry["user"]) == (command, "R-10", b"me".hex())


def test_a_command_that_is_not_in_the_table_is_refused(tmp_path, me):
    with pytest.raises(InvalidInput, match="bestaat niet"):
        called(app_of(me), tmp_path / "s", "shell")


def test_acting_as_another_needs_a_demo(tmp_path, me):
    with pytest.raises(SamenloopError, match="demonstratie"):
        called(app_of(me), tmp_path / "s", "operate", "other")
    assert called(app_of(me, demo=True), tmp_path / "s", "operate", "other")[0]["name"] == "other"


def test_a_bug_comes_back_without_its_text_and_is_logged_by_place(tmp_path, me):
    app = app_of(me)
    with pytest.raises(SamenloopError) as failed:
        called(app, tmp_path / "s", "bug")
    assert failed.value.code is ErrorCode.INTERNAL
    assert "ZeroDivisionError" in app.errors[0]
    assert "Zonnebloemenveld" not in failed.value.text + app.errors[0]


@pytest.mark.parametrize("line", [b"{", b'{"command": 1}\n'], ids=["open", "wrong"])
def test_a_line_that_is_no_request_is_refused(tmp_path, me, line):
    with pytest.raises(InvalidInput):
        called(app_of(me), tmp_path / "s", "", line=line)


def test_a_request_above_one_mebibyte_is_not_read(tmp_path, me):
    async def main() -> None:
        listening = await socket_server.serve(app_of(me), tmp_path / "s", TABLE)
        try:
            await asyncio.to_thread(socket_client.call, tmp_path / "s", "who", {"a": "x" * 2 * MAX_LINE})
        finally:
            listening.close()
            await listening.finish()

    with pytest.raises(SamenloopError):
        asyncio.run(main())


def test_no_node_no_answer(tmp_path):
    with pytest.raises(SamenloopError, match="Start hem met"):
        socket_client.call(tmp_path / "s", "status", {})


def test_every_command_names_its_roles():
    assert all(command.roles for command in COMMANDS.values())
