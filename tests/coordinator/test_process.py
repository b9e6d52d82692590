"""A real coordinator process over mutual TLS: who is calling, limits, witnesses, the operator's commands."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit.note import NoteSigner, load_signer
from samenloop.audit.store import Search
from samenloop.audit.tree import leaf_hash, verify_consistency, verify_inclusion
from samenloop.covenant.notices import Kind, make_notice
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.tls import read_certificate
from samenloop.wire.declare import Anchor
from samenloop.wire.guard import LANGUAGE_KEY
from samenloop.wire.status import error_from_rpc
from samenloop.wire.v1 import audit_pb2, covenant_pb2, mailbox_pb2, overlap_pb2
from samenloop_coordinator import ca
from tests.coordinator.consortium import Consortium, Party
from tests.coordinator.harness import (
    HOUSE,
    MAYOR,
    OTHER_HOUSE,
    POLICE,
    PROBATION,
    REGISTERS,
    Client,
    Process,
    chunk_request,
    connect,
    hold_ceremony,
    list_request,
    own_request,
    put,
    question_request,
    signed_entries,
    statement_request,
)
from tests.coordinator.world import copied


@pytest.fixture(scope="module")
def running(made_wide: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """One process for this module, with a live epoch and a few registrations."""
    consortium = copied(made_wide, tmp_path_factory.mktemp("running"))
    process = Process(consortium)
    process.start()
    asyncio.run(_prepare(consortium))
    yield consortium
    assert process.stop() == 0


async def _prepare(consortium: Consortium) -> None:
    await hold_ceremony(consortium)
    for name, kind in ((POLICE, "politie"), (MAYOR, "burgemeester"), (HOUSE, "vhh_casus")):
        client = connect(consortium, name)
        await client.register([put(kind, "anna"), put(kind, "berend")])
        await client.channel.close()


def _with(consortium: Consortium, name: str, scenario: Callable[[Client], Awaitable[None]]) -> None:
    async def playing() -> None:
        client = connect(consortium, name)
        try:
            await scenario(client)
        finally:
            await client.channel.close()

    asyncio.run(playing())


def _tool(consortium: Consortium, *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-c", "from samenloop_coordinator.cli import main; main()", *arguments]
    return subprocess.run(
        [*program, "--config", str(consortium.config_file)], capture_output=True, text=True, timeout=120, check=False
    )


def _search(consortium: Consortium, **wanted: str) -> list[dict[str, Any]]:
    return [dict(one.public) for one in signed_entries(consortium, Search(**wanted), 1000)]


def test_bekend_bij_over_the_wire(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        reply = await client.ask([POLICE, MAYOR, HOUSE], "anna")
        assert [answer.known for answer in reply.answers] == [False, True, True]

    _with(running, PROBATION, scenario)


Call = Callable[[Client, Party], Any]


def _notice(client: Client, other: Party, covenant: Any) -> Any:
    notice = make_notice(covenant, Kind.DESTROYED, "2026-1", other.name, {}, other.signing)
    return client.covenant.PostNotice(
        covenant_pb2.Notice(
            covenant="zvh-demo", kind=notice.kind, author=other.name, body=notice.body, signature=notice.signature
        )
    )


FOREIGN: dict[str, Call] = {
    "Ask": lambda client, other: client.overlap.Ask(question_request(other, [HOUSE], "anna")),
    "Declare": lambda client, other: client.overlap.Declare(statement_request(other, Anchor(b"a" * 32))),
    "FindOwn": lambda client, other: client.overlap.FindOwn(own_request(other, "anna")),
    "ListOwn": lambda client, other: client.overlap.ListOwn(list_request(other, REGISTERS[other.name])),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_T16_every_call_in_another_partners_name_is_denied_with_a_leaf(running: Consortium, name: str) -> None:
    before = len(_search(running, event="refuse", actor=MAYOR))

    async def scenario(client: Client) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await FOREIGN[name](client, running.parties[PROBATION])
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED

    _with(running, MAYOR, scenario)
    after = _wait(lambda: _search(running, event="refuse", actor=MAYOR), before + 1)
    assert (after[0]["actor"], after[0]["status"]) == (MAYOR, "not_permitted")


def test_T16_a_chunk_and_a_notice_in_another_partners_name_are_denied(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        other = running.parties[POLICE]
        with pytest.raises(SamenloopError) as caught:
            await client.register_all([chunk_request(other, "politie", [put("politie", "chris")])])
        assert caught.value.code is ErrorCode.NOT_PERMITTED
        with pytest.raises(grpc.aio.AioRpcError) as denied:
            await _notice(client, other, running.covenant)
        assert denied.value.code() is grpc.StatusCode.PERMISSION_DENIED

    _with(running, MAYOR, scenario)


def test_T16_a_mailbox_and_own_counts_are_the_callers_own(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        police = connect(running, POLICE)
        await client.ask([POLICE], "anna")
        reply = await police.send(police.mailbox.Fetch, mailbox_pb2.FetchRequest(limit=100))
        ids = [item.item_id for item in reply.items]
        await client.send(client.mailbox.Acknowledge, mailbox_pb2.AcknowledgeRequest(item_ids=ids))
        again = await police.send(police.mailbox.Fetch, mailbox_pb2.FetchRequest(limit=100))
        assert [item.item_id for item in again.items] == ids
        await police.channel.close()

    _with(running, PROBATION, scenario)


def test_a_client_without_a_certificate_of_the_consortium_gets_nowhere(running: Consortium, tmp_path: Path) -> None:
    stranger = ca.init(tmp_path / "ca", "demo.samenloop.test", datetime.now(UTC))
    folder = running.parties[MAYOR].folder
    request = (folder / "tls.csr").read_bytes()
    (tmp_path / "tls.pem").write_bytes(ca.sign_participant(stranger, request, MAYOR, 30, datetime.now(UTC)))

    async def scenario() -> None:
        credentials = grpc.ssl_channel_credentials(
            (running.folder / "coordinator" / "tls.pem").read_bytes(),
            (folder / "tls.key").read_bytes(),
            (tmp_path / "tls.pem").read_bytes(),
        )
        channel = grpc.aio.secure_channel(running.address, credentials)
        call = channel.unary_unary("/samenloop.wire.v1.CovenantService/GetState")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"", timeout=60)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        await channel.close()

    asyncio.run(scenario())


def test_a_revoked_certificate_is_denied_on_an_open_connection_with_a_leaf(running: Consortium) -> None:
    authority = ca.load(running.folder / "ca")
    serial = read_certificate(running.parties[OTHER_HOUSE].folder / "tls.pem").serial_number

    async def scenario(client: Client) -> None:
        state = covenant_pb2.GetStateRequest(covenant="zvh-demo")
        await client.send(client.covenant.GetState, state)
        ca.revoke(authority, f"{serial:x}")
        with pytest.raises(SamenloopError) as caught:
            await client.send(client.covenant.GetState, state)
        assert caught.value.code is ErrorCode.NOT_AUTHENTICATED

    _with(running, OTHER_HOUSE, scenario)
    (leaf,) = _wait(lambda: _search(running, event="refuse", actor="unknown"), 1)
    assert (leaf["status"], leaf["action"], leaf["address"]) == ("not_authenticated", "connect", "127.0.0.1")


def test_garbage_and_oversized_messages_are_refused_and_the_process_lives(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        call = client.channel.unary_unary("/samenloop.wire.v1.OverlapService/Ask")
        for body in (b"\xff" * 100, b"\x0a\x05hello", os.urandom(2000)):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(body, timeout=60)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert not caught.value.details()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"\x00" * (256 * 1024 + 1), timeout=60)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await client.ask([HOUSE], "anna")).answers[0].known

    _with(running, PROBATION, scenario)


def test_one_partner_with_too_many_calls_is_told_to_wait(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        requests = [question_request(client.party, [HOUSE], "anna") for _number in range(300)]
        channels = [connect(running, PROBATION) for _number in range(6)]
        calls = [
            channels[number % 6].send(channels[number % 6].overlap.Ask, one) for number, one in enumerate(requests)
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)
        codes = {one.code for one in results if isinstance(one, SamenloopError)}
        assert codes <= {ErrorCode.BUSY}
        assert sum(not isinstance(one, BaseException) for one in results) >= 96
        for one in channels:
            await one.channel.close()

    _with(running, PROBATION, scenario)


def test_a_node_can_witness_prove_its_own_entry_and_cosign(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        reply = await client.ask([HOUSE], "anna")
        leaf = leaf_hash(reply.receipt.entry)
        old = await _checkpoint(client)
        await client.ask([HOUSE], "anna")
        while True:
            new = await _checkpoint(client)
            found = await client.send(
                client.audit.GetInclusion, audit_pb2.GetInclusionRequest(leaf_hashes=[leaf], tree_size=new.size)
            )
            if found.inclusions[0].found and new.size > old.size:
                break
            await asyncio.sleep(0.1)
        place = found.inclusions[0]
        verify_inclusion(leaf, place.index, new.size, list(place.hashes), new.root)
        request = audit_pb2.GetConsistencyRequest(old_size=old.size, new_size=new.size)
        proof = await client.send(client.audit.GetConsistency, request)
        verify_consistency(old.size, new.size, list(proof.hashes), old.root, new.root)
        await _cosign(client, new)

    _with(running, PROBATION, scenario)


async def _checkpoint(client: Client) -> checkpoints.Checkpoint:
    shown = await client.send(client.audit.GetCheckpoint, audit_pb2.GetCheckpointRequest())
    return checkpoints.parse(shown.note)


async def _cosign(client: Client, seen: checkpoints.Checkpoint) -> None:
    signer: NoteSigner = load_signer(client.party.name, client.party.folder / "signing.key")
    line = checkpoints.cosign(seen, signer, int(datetime.now(UTC).timestamp())).line().encode()
    await client.send(client.audit.Cosign, audit_pb2.CosignRequest(signature_line=line, tree_size=seen.size))
    forged = checkpoints.cosign(seen, replace(signer, name=MAYOR), 1).line().encode()
    with pytest.raises(SamenloopError) as caught:
        await client.send(client.audit.Cosign, audit_pb2.CosignRequest(signature_line=forged, tree_size=seen.size))
    assert caught.value.code is ErrorCode.INTEGRITY


def test_own_questions_of_today_are_counted(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        day = datetime.now(UTC).date().isoformat()
        await _in_the_tree(client, await client.ask([HOUSE], "anna"))  # and with it every question before it
        before = await _counted(client, day)
        await client.ask([HOUSE], "anna")
        for _try in range(600):
            if await _counted(client, day) == before + 1:
                return
            await asyncio.sleep(0.1)
        pytest.fail("the question was not counted")

    _with(running, PROBATION, scenario)


async def _in_the_tree(client: Client, reply: overlap_pb2.AskReply) -> None:
    leaf = leaf_hash(reply.receipt.entry)
    for _try in range(600):
        size = (await _checkpoint(client)).size
        request = audit_pb2.GetInclusionRequest(leaf_hashes=[leaf], tree_size=size)
        if (await client.send(client.audit.GetInclusion, request)).inclusions[0].found:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the question never came into the tree")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_own_requests_of_any_day_are_counted(running: Consortium, day: str) -> None:
    async def scenario(client: Client) -> None:
        assert await _counted(client, day) == 0

    _with(running, PROBATION, scenario)


async def _counted(client: Client, day: str) -> int:
    reply = await client.send(client.audit.CountOwn, audit_pb2.CountOwnRequest(day=day))
    return sum(one.count for one in reply.counts if one.event == "question")


def test_the_operator_sees_visible_answers_by_case_rule_and_asker_and_never_a_hidden_hit(running: Consortium) -> None:
    case = os.urandom(32)

    async def scenario(client: Client) -> None:
        await client.ask([POLICE, HOUSE], "anna", case_ref=case)

    _with(running, PROBATION, scenario)
    _wait(lambda: _search(running, case=case.hex()), 1)
    done = _tool(running, "audit", "search", "--json", "--case", case.hex())
    row = json.loads(done.stdout)
    answers = {one["holder"]: one["answer"] for one in row["holders"]}
    assert answers == {POLICE: "no_message", HOUSE: "known"}
    (view,) = _wait(lambda: _search(running, event="log_view"), 1)
    assert (view["filters"], view["count"]) == (["case"], 1)
    assert "hidden" not in json.dumps(_search(running))


def test_fsck_status_and_export_work_beside_the_running_process(running: Consortium, tmp_path: Path) -> None:
    assert _tool(running, "audit", "fsck").returncode == 0
    status = json.loads(_tool(running, "status", "--json").stdout)
    assert status["covenant"] == "zvh-demo"
    done = _tool(running, "audit", "export", str(tmp_path / "export"))
    assert done.returncode == 0, done.stderr
    program = [
        sys.executable,
        "-c",
        "from samenloop.cli import main; main()",
        "audit",
        "verify",
        str(tmp_path / "export"),
    ]
    verified = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert verified.returncode == 0, verified.stdout


def test_errors_are_told_in_the_language_of_who_asks(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        async def said(method: Any, request: Any, language: str) -> str:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await method(request, timeout=60, metadata=((LANGUAGE_KEY, language),))
            return error_from_rpc(caught.value).text

        elsewhere = covenant_pb2.GetStateRequest(covenant="elders")
        assert await said(client.covenant.GetState, elsewhere, "en") == "This covenant is not known here."
        for language in ("nl", "fy", "../en"):
            assert await said(client.covenant.GetState, elsewhere, language) == "Dit convenant is hier niet bekend."
        number = os.urandom(16)
        await client.ask([HOUSE], "anna", question_id=number)
        again = [question_request(client.party, [HOUSE], "berend", question_id=number) for _language in range(2)]
        both = await asyncio.gather(
            said(client.overlap.Ask, again[0], "en"),
            said(client.overlap.Ask, again[1], "nl"),
        )
        assert both == [
            "This request number was used already for something else.",
            "Dit verzoeknummer is al voor iets anders gebruikt.",
        ]

    _with(running, PROBATION, scenario)


def test_the_operators_program_speaks_english_when_asked(running: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _tool(running, "status").stdout.startswith("Convenant: zvh-demo\n")
    assert "Er draait al een coördinator" in _tool(running, "serve").stderr
    monkeypatch.setenv("SAMENLOOP_LANG", "en")
    assert _tool(running, "status").stdout.startswith("Covenant: zvh-demo\n")
    assert "A coordinator is already running" in _tool(running, "serve").stderr


def test_a_second_process_on_the_same_database_is_refused(running: Consortium) -> None:
    done = _tool(running, "serve")
    assert done.returncode == 1
    assert "Er draait al een coördinator" in done.stderr


def test_the_log_of_the_process_names_no_person_no_token_and_no_answer(running: Consortium) -> None:
    lines = (running.folder / "coordinator.log").read_text(encoding="utf-8")
    assert "anna" not in lines
    for line in lines.splitlines():
        assert line.startswith("{"), "something else than our own lines"
        shown = json.loads(line)
        of_an_alarm = {"participant", "count"} if shown["event"] == "alarm" else set()
        assert shown.keys() <= of_an_alarm | {
            "event", "level", "timestamp", "program", "version", "address", "method", "code", "error_type", "places"
        }  # fmt: skip


def _wait(read: Callable[[], list[Any]], number: int) -> list[Any]:
    """Entries are searchable once they are in the tree, within a second."""
    found = read()
    for _try in range(300):
        if len(found) >= number:
            return found
        time.sleep(0.2)
        found = read()
    return found


ALWAYS = {
    "action": ("schema", "event"),
    "when": ("start_ms", "end_ms", "process", "n", "clock"),
    "which log": ("origin", "software"),
    "who": ("actor", "certificate"),
    "from where": ("address", "tls", "kex"),
}
REQUESTED = {**ALWAYS, "agreement": ("covenant", "version"), "joins both logs": ("request",)}
WRITTEN = {
    "question": {
        **REQUESTED,
        "why": ("purpose", "case", "holders"),
        "for whom": ("user", "responsible"),
        "result": ("status", "holders"),
        "by which rules": ("epochs", "recipes", "budget_left"),
        "evidence": ("commitment", "signature"),
    },
    "register": {
        **REQUESTED,
        "why": ("purpose", "register"),
        "result": ("count", "added", "changed", "withdrawn", "failed"),
        "by which rules": ("epochs", "recipes"),
        "evidence": ("commitment", "signature"),
    },
    "find_own": {**REQUESTED, "why": ("reason",), "evidence": ("commitment", "signature")},
    "node_anchor": {**REQUESTED, "evidence": ("anchor", "signature")},
    "key_ceremony": {**ALWAYS, "agreement": ("covenant", "version"), "about": ("action", "epochs", "document")},
    "refuse": {**ALWAYS, "result": ("status",), "about": ("action",)},
}
"""Per kind of act of a partner: what security.md section 4 asks of its entry, and the fields that say it."""


def test_what_a_partner_does_is_written_with_who_when_from_where_why_and_how_it_ended(running: Consortium) -> None:
    async def scenario(client: Client) -> None:
        await client.ask([HOUSE], "anna")
        await client.declare(Anchor(b"b" * 32))
        await client.send(client.overlap.FindOwn, own_request(client.party, "anna"))
        with pytest.raises(grpc.aio.AioRpcError):
            await FOREIGN["Declare"](client, running.parties[POLICE])

    before = len(_search(running, event="refuse", actor=PROBATION))
    _with(running, PROBATION, scenario)
    _wait(lambda: _search(running, event="refuse", actor=PROBATION), before + 1)
    found = [one for one in _search(running) if one["event"] in WRITTEN and one["actor"] != "unknown"]
    assert {one["event"] for one in found} == WRITTEN.keys()
    lacking = [
        (one["event"], need, name)
        for one in found
        for need, names in WRITTEN[one["event"]].items()
        for name in names
        if name not in one
    ]
    assert lacking == []
    assert {one["address"] for one in found} == {"127.0.0.1"}
