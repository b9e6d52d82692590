"""The commands of the daemon, called as the socket calls them, and the daemon itself in this process."""

import asyncio
import json
import os
import pwd
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samenloop.covenant.epochs import announce, retire
from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop.keys import SigningKey
from samenloop_node import daemon
from samenloop_node.accounts import Role, User
from samenloop_node.activation import facts_of
from samenloop_node.app import App
from samenloop_node.cli import _status_lines
from samenloop_node.cli import app as program
from samenloop_node.cli.base import LATER, exit_code
from samenloop_node.commands import COMMANDS, epoch, key, register, status, sync, withdraw
from samenloop_node.commands.arguments import number, table, text
from samenloop_node.store import registrations
from tests.covenant.consortium import KEYS
from tests.node.base.test_agreement import successor, with_app
from tests.node.ceremony.board import PROBATION
from tests.node.ceremony.test_board import posted, with_key
from tests.node.kit import EPOCH, ME, REGISTER, FakeCoordinator, Partner, utc_now, world
from tests.node.sync.test_sync import PERSON, decided, person, write

DAY, END = date(2020, 1, 1), date(2099, 1, 1)
OPERATOR = User("o.operator", "operator", frozenset({Role.OPERATOR}), "o.operator", DAY, DAY, END)
FIELDS = {name: value for name, value in PERSON.items() if value}


@pytest.fixture(name="both")
def _both(tmp_path: Path) -> Iterator[tuple[FakeCoordinator, Partner]]:
    fake, partner = world(tmp_path, os_user=pwd.getpwuid(os.getuid()).pw_name)
    with fake.serving():
        yield fake, partner


def done(partner: Partner, *acts: tuple[Any, dict[str, Any]]) -> list[dict[str, Any]]:
    """Do these commands one after the other in one node and return their results; an error is a result too."""

    async def main() -> list[dict[str, Any]]:
        app, results = App.open(partner.config()), []
        for command, arguments in acts:
            try:
                results.append(await command.run(app, OPERATOR, arguments, lambda _message: None))
            except SamenloopError as error:
                results.append({"error": error})
        await app.background.stop()
        await app.close()
        return results

    return asyncio.run(main())


def test_register_status_and_withdraw(both):
    fake, partner = both
    one = {"register": REGISTER, "fields": FIELDS}
    put, again, shown, gone, twice = done(
        partner,
        (register, one),
        (register, {**one, "fields": {**FIELDS, "taak": "wpg13"}}),
        (status, {}),
        (withdraw, {"register": REGISTER, "record_id": "p-1"}),
        (withdraw, {"register": REGISTER, "record_id": "p-1"}),
    )
    assert put["registration_id"] == again["registration_id"]
    assert shown["registers"][0]["registered"] == 1
    assert shown["epochs"] == {"read": EPOCH, "write": EPOCH, "keys": EPOCH}
    assert gone["text"].startswith("Ingetrokken")
    assert twice["error"].code is ErrorCode.NOT_FOUND
    assert fake.registered == {}


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"taak": "wpg9"}, Refused, "P-04"),
        ({"taak": "Zin met spaties"}, InvalidInput, "taak"),
        ({"taak": ""}, InvalidInput, "taak"),
        ({"kader": "dwang"}, InvalidInput, "kader"),
        ({"bescherming": "misschien"}, InvalidInput, "bescherming"),
        ({"toetsdatum": "1-2-2027"}, InvalidInput, "toetsdatum"),
        ({"toetsdatum": "2020-01-01"}, Refused, "R-18"),
        ({"herkomst": "wpg"}, Refused, "R-16"),
        ({"zaak": "123456782"}, InvalidInput, "zaak"),
        ({"record_id": "Heijdenrijk Anna"}, InvalidInput, "record_id"),
        ({"zaak": "Zaak Heijdenrijk"}, InvalidInput, "zaak"),
        ({"besluit": "Besluit Heijdenrijk"}, InvalidInput, "besluit"),
        ({"geboortedatum": "2199-01-01"}, InvalidInput, "geboortedatum"),
        ({"voornamen": "", "roepnaam": ""}, InvalidInput, ""),
        ({"zaak": "z" * 65}, InvalidInput, "zaak"),
        ({"zaak": "a\u202eb"}, InvalidInput, "zaak"),
        ({"record_id": ""}, InvalidInput, "record_id"),
        ({"record_id": "r" * 65}, InvalidInput, "record_id"),
        ({"record_id": "a\tb"}, InvalidInput, "record_id"),
        ({"geboortedatum": ""}, InvalidInput, "geboortedatum"),
        ({"diagnose": "x"}, InvalidInput, "diagnose"),
        ({"bsn": "1"}, InvalidInput, "bsn"),
        ({"besluit": "b-1"}, InvalidInput, "besloten_voor"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_one_person_with_something_wrong_is_refused_by_field_or_rule_and_nothing_is_kept(both, fields, kind, code):
    fake, partner = both
    (result,) = done(partner, (register, {"register": REGISTER, "fields": {**FIELDS, **fields}}))
    assert isinstance(result["error"], kind)
    assert code in (getattr(result["error"], "field", ""), getattr(result["error"], "rule", ""))
    assert fake.registered == {}


def test_the_coordinators_refusal_of_one_person_is_a_refusal_by_rule(both):
    fake, partner = both
    fake.refuse = {"wpg8": "R-14"}
    (result,) = done(partner, (register, {"register": REGISTER, "fields": FIELDS}))
    assert result["error"].rule == "R-14"


def test_a_column_of_national_numbers_grown_one_by_one_is_refused(both):
    _fake, partner = both
    passing = [f"{n:09d}" for n in range(111222300, 111222600) if _eleven(n)][:10]
    acts = [(register, {"register": REGISTER, "fields": {**FIELDS, "record_id": one}}) for one in passing]
    results = done(partner, *acts)
    assert [("error" in one) for one in results] == [False] * 9 + [True]
    assert "BSN" in results[-1]["error"].text


def test_R76_one_by_one_the_same_limits_hold_for_decisions(both):
    fake, partner = both
    acts = [(register, {"register": REGISTER, "fields": _filled(decided(n))}) for n in range(21)]
    again = (register, {"register": REGISTER, "fields": _filled(decided(30, besluit="b-3"))})
    results = done(partner, *acts, again)
    assert [getattr(one.get("error"), "reason", "") for one in results] == [
        *[""] * 20,
        "decisions_of_day",
        "duplicate_decision",
    ]
    assert len(fake.registered) == 20


def test_an_unknown_register_or_act_is_named(both):
    _fake, partner = both
    wrong = done(
        partner,
        (register, {"register": "elders", "fields": FIELDS}),
        (sync, {"register": REGISTER, "file": "relative.csv"}),
        (key, {"action": "steal", "epoch": EPOCH}),
        (epoch, {"action": "steal", "epoch": EPOCH}),
        (epoch, {"action": "announce", "epoch": "2026-9", "contributors": ["a"]}),
    )
    assert [one["error"].field for one in wrong] == ["register", "file", "action", "action", "contributors"]


def test_before_the_ceremony_nothing_is_registered_and_the_steps_are_told(both):
    fake, partner = both
    fake.epochs = []
    partner.settings = {"keys": {**partner.table()["keys"], "secrets": partner.folder / "empty"}}
    put, shown, contributed, accepted, missing = done(
        partner,
        (register, {"register": REGISTER, "fields": FIELDS}),
        (key, {"action": "show", "epoch": "2026-9"}),
        (key, {"action": "contribute", "epoch": "2026-9"}),
        (key, {"action": "accept", "epoch": "2026-9"}),
        (epoch, {"action": "retire", "epoch": "2026-9"}),
    )
    assert "sleutelceremonie" in put["error"].text
    for one in (shown, contributed, accepted):
        assert "aangekondigd" in one["error"].text
        assert exit_code(one["error"]) == LATER
    assert missing["error"].code is ErrorCode.NOT_FOUND
    fake.epochs = [EPOCH]
    (put,) = done(partner, (register, {"register": REGISTER, "fields": FIELDS}))
    assert "geen sleutel voor tijdvak" in put["error"].text


def test_arguments_are_of_their_type_or_refused():
    request = {"a": "x", "n": 3, "t": {"k": "v"}, "b": True, "m": {"k": 1}}
    assert (text(request, "a"), number(request, "n"), table(request, "t")) == ("x", 3, {"k": "v"})
    assert (text(request, "z", "d"), number(request, "z", 4), table(request, "z")) == ("d", 4, {})
    for read, name in (
        (text, "n"),
        (text, "z"),
        (number, "a"),
        (number, "b"),
        (number, "z"),
        (table, "a"),
        (table, "m"),
    ):
        with pytest.raises(InvalidInput):
            read(request, name)


def test_the_daemon_serves_its_command_line_until_it_is_told_to_stop(both, tmp_path, monkeypatch):
    fake, partner = both
    export = write(tmp_path / "export.csv", [person(n) for n in range(3)])
    monkeypatch.setenv("SAMENLOOP_NODE_SOCKET", str(partner.config().socket))
    outcomes: dict[str, Any] = {}

    def use() -> None:
        while not partner.config().socket.exists():
            time.sleep(0.02)
        runner = CliRunner()
        outcomes["activate"] = runner.invoke(program, ["activate"])
        outcomes["sync"] = runner.invoke(program, ["sync", str(export), "--register", REGISTER, "--json"])
        outcomes["silent"] = runner.invoke(program, ["sync", str(export), "--register", REGISTER])
        export.write_text(export.read_text().replace("1910-03-17", "1910-17-03"))
        outcomes["partly"] = runner.invoke(program, ["sync", str(export), "--register", REGISTER])
        fields = json.dumps({name: value for name, value in FIELDS.items() if name != "record_id"})
        one = ["--register", REGISTER, "--record-id", "p-9"]
        outcomes["register"] = runner.invoke(program, ["register", *one], input=fields)
        outcomes["withdraw"] = runner.invoke(program, ["withdraw", *one])
        outcomes["status"] = runner.invoke(program, ["status"])
        outcomes["key"] = runner.invoke(program, ["key", "show", EPOCH])
        outcomes["todo"] = runner.invoke(program, ["epoch", "todo", EPOCH])
        outcomes["refused"] = runner.invoke(program, ["withdraw", "--register", "elders", "--record-id", "1"])
        outcomes["gone"] = runner.invoke(program, ["sync", str(tmp_path / "weg.csv"), "--register", REGISTER])
        os.kill(os.getpid(), signal.SIGTERM)

    user = threading.Thread(target=use)
    user.start()
    asyncio.run(daemon.run(partner.config()))
    user.join()
    codes = {name: outcome.exit_code for name, outcome in outcomes.items()}
    assert codes == {**dict.fromkeys(codes, 0), "partly": 3, "key": 5, "refused": 2, "gone": 2}
    assert json.loads(outcomes["sync"].stdout)["added"] == 3
    assert outcomes["silent"].stdout == ""
    assert "Rij 2, kolom geboortedatum: not_a_date" in outcomes["partly"].stdout
    assert "3 registraties" in outcomes["status"].stdout
    assert len(fake.registered) == 3


def test_status_says_the_same_sentence_once():
    wrong = "De coördinator is niet bereikbaar."
    row = {"register": "r", "registered": 1, "synced": "-", "outcome": wrong}
    epochs = {"read": "-", "write": "-", "keys": "-"}
    told = {"participant": "p", "covenant": "c", "version": 1, "registers": [row], "coverage": [], "epochs": epochs}
    lines = list(_status_lines({**told, "messages": [wrong, "Iets anders."]}))
    assert sum(wrong in line for line in lines) == 1
    assert "Iets anders." in lines[-1]


def test_a_registration_that_stands_still_stays_so_when_its_facts_change(both, tmp_path):
    fake, partner = both
    file = write(tmp_path / "export.csv", [person(1, taak="wpg8")])

    async def main() -> None:
        app = App.open(partner.config())
        await sync.run(app, OPERATOR, {"file": str(file), "register": REGISTER}, lambda _message: None)
        await app.store.write(lambda db: db.execute("UPDATE registration SET frozen = 1"))
        write(file, [person(1, taak="wpg13")])
        await sync.run(app, OPERATOR, {"file": str(file), "register": REGISTER}, lambda _message: None)
        assert await app.store.read(lambda db: registrations.count(db, REGISTER)) == 1
        await app.background.stop()
        await app.close()

    asyncio.run(main())
    (item,) = fake.registered.values()
    assert (item.facts.task, item.facts.frozen) == ("wpg13", True)
    assert utc_now()


def _filled(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if value}


def _eleven(value: int) -> bool:
    digits = [int(digit) for digit in f"{value:09d}"]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 11 == 0


def test_R73_status_says_when_the_processing_is_due_for_evaluation(both, monkeypatch):
    _fake, partner = both

    def said(agreed: date) -> list[str]:
        monkeypatch.setattr(status, "facts_of", lambda app: replace(facts_of(app), agreement_dated=agreed))
        (told,) = done(partner, (status, {}))
        return [one for one in told["messages"] if "R-73" in one]

    assert said(utc_now().date()) == []
    assert any("ouder dan 2 jaar" in one for one in said(date(2020, 1, 1)))


@pytest.mark.parametrize(("live", "over"), [("2026-2", True), (EPOCH, False), ("2025-9", False)])
def test_status_says_that_the_secret_of_an_ended_epoch_is_still_here(both, live, over):
    fake, partner = both
    fake.epochs = [live]

    async def main() -> list[str]:
        app = App.open(partner.config())
        await app.agreement.refresh(app.connection)
        told = await status.run(app, OPERATOR, {}, None)
        await app.close()
        return told["messages"]

    said = [one for one in asyncio.run(main()) if f"epoch retire {EPOCH}" in one]
    assert len(said) == int(over)


def test_who_is_the_second_to_announce_an_epoch_hears_that_it_counts(both):
    fake, partner = both
    pair = (ME, PROBATION)
    (alone,) = done(partner, (epoch, {"action": "announce", "epoch": "2026-3", "contributors": list(pair)}))
    assert "het telt als de andere partner" in alone["lines"][0]
    posted(fake, [announce(fake.covenant, "2026-2", pair, PROBATION, KEYS[PROBATION])])
    together, asked = done(
        partner,
        (epoch, {"action": "announce", "epoch": "2026-2", "contributors": list(pair)}),
        (epoch, {"action": "retire", "epoch": "2026-2"}),
    )
    assert "door beide partners aangekondigd" in together["lines"][0]
    assert "het telt als twee partners" in asked["lines"][0]


def test_who_is_the_second_to_end_an_epoch_hears_that_it_has_ended_and_what_is_left_to_do(both):
    fake, partner = both
    pair = (ME, PROBATION)
    posted(fake, [announce(fake.covenant, "2026-2", pair, PROBATION, KEYS[PROBATION])])
    posted(fake, [retire(fake.covenant, "2026-2", PROBATION, KEYS[PROBATION])])
    _announced, ended = done(
        partner,
        (epoch, {"action": "announce", "epoch": "2026-2", "contributors": list(pair)}),
        (epoch, {"action": "retire", "epoch": "2026-2"}),
    )
    assert "is beëindigd. Geef deze opdracht nu op elke node" in ended["lines"][0]


def test_a_node_whose_covenant_names_another_signing_key_says_what_to_do_and_sends_nothing(both, tmp_path):
    fake, partner = both
    successor(fake, partner, **with_key(fake.covenant, ME, SigningKey.generate()))
    with_app(partner, lambda app: app.agreement.refresh(app.connection))
    told, refused = done(partner, (status, {}), (COMMANDS["sync"], {"path": str(tmp_path), "register": REGISTER}))
    assert any("andere tekensleutel" in one for one in told["messages"])
    assert "andere tekensleutel" in refused["error"].text
    assert not fake.registered
