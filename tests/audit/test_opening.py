"""Sealed halves: what is told of them without a key, and what the auditor finds who opens them."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samenloop.audit import export, fsck, half, opening, verify
from samenloop.audit.fields import HALF_FIELDS, Event
from samenloop.audit.open_cli import RESULTS
from samenloop.cli import app
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant, canonical, fingerprint, parse_canonical
from samenloop.keys import SealingKey, keep_private
from tests.audit.world import ANCHOR, AUDITOR, COVENANT, HOLDERS, SEALING, SIGNER, World, sealing_key

A, B, C = HOLDERS
ASKER = "burgemeester-middelstad"
Make = Callable[[World, bytes], tuple[bytes, ...]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "log").mkdir()
    made = World(tmp_path / "log")
    made.fill(6)
    yield made
    made.close()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    keep_private(AUDITOR._key, tmp_path / "auditor.key")
    return tmp_path / "auditor.key"


def asked(world: World, make: Make, hit: str = "none") -> int:
    """Append a question whose sealed halves `make` makes."""
    world.clock.advance(seconds=7)
    salt = world.source.randbytes(16)
    return world.append(Event.QUESTION, world.question_fields(ASKER, hit), make(world, salt), salt)


def sealed(world: World, salt: bytes, *whose: str, result: str = "none") -> tuple[bytes, ...]:
    assert world.keys is not None
    return tuple(world.keys.seal(name, half.encode({"result": result}), salt) for name in whose)


def garbage(world: World, _salt: bytes) -> tuple[bytes, ...]:
    assert world.keys is not None
    return tuple(world.keys.keys[name].key_id + world.source.randbytes(540) for name in HOLDERS)


def nonsense(world: World, salt: bytes) -> tuple[bytes, ...]:
    assert world.keys is not None
    return tuple(world.keys.seal(name, b"{}", salt) for name in HOLDERS)


def exported(world: World) -> Path:
    world.integrate()
    world.cosign(A, B)
    return world.export(world.folder / "export")


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["audit", "open", *map(str, arguments)])
    return result.exit_code, result.output


def found(world: World, key: Path) -> tuple[int, list[str]]:
    code, output = run(exported(world), "--key", key, "--covenant", ANCHOR.fingerprint, "--json")
    return code, json.loads(output.splitlines()[-1])["problems"]


# Without a key


@pytest.mark.parametrize(
    "whose", [(A, A, A), (B, A, C), (A, C, B)], ids=["all under one key", "two swapped", "the other two swapped"]
)
def test_a_half_under_the_key_of_another_holder_is_found_without_any_key(world: World, whose: tuple[str, ...]) -> None:
    asked(world, lambda world, salt: sealed(world, salt, *whose))
    report = verify.verify_export(exported(world), ANCHOR.fingerprint)
    assert any("sleutel van een ander" in one for one in report.problems)
    assert fsck.fsck(world.entries, world.tree, ANCHOR).problems == report.problems


def test_a_half_under_a_key_of_another_day_is_found_without_any_key(world: World) -> None:
    world.clock.advance(days=2)
    world.question()
    report = verify.verify_export(exported(world), ANCHOR.fingerprint)
    assert any("sleutel van een andere dag" in one for one in report.problems)


def test_a_question_over_midnight_may_use_the_keys_of_the_day_on_which_it_began(world: World) -> None:
    world.clock.advance(hours=16)
    world.clock.moment = world.clock.moment.replace(hour=0, minute=0, second=1)
    world.question()
    assert fsck.fsck(world.entries, world.tree, ANCHOR).problems == ()


def test_after_a_clock_that_was_set_back_keys_of_the_true_day_are_good(world: World) -> None:
    world.clock.advance(days=1)
    world.refusal()
    world.clock.advance(days=-1)
    world.question()
    assert fsck.fsck(world.entries, world.tree, ANCHOR).problems == ()


def test_a_purge_excuses_keys_up_to_its_own_day_and_no_later_ones(world: World) -> None:
    world.clock.advance(days=ANCHOR.retention_days + 1)
    world.refusal()
    world.refusal()
    world.integrate()
    world.purge_until(5, ANCHOR.retention_days)
    world.integrate()
    world.cosign(A, B)
    assert fsck.fsck(world.entries, world.tree, ANCHOR).problems == ()
    world.clock.advance(days=2)
    world.question()
    assert any("niet in het logboek" in one for one in fsck.fsck(world.entries, world.tree, ANCHOR).problems)


# With the auditor's key


def test_the_auditor_opens_every_half_and_counts_what_they_say(world: World, key: Path) -> None:
    code, output = run(exported(world), "--key", key, "--covenant", ANCHOR.fingerprint)
    assert code == 0, output
    assert f"{A}: 2 keer treffer, niet gemeld" in output
    assert f"{A}: 2 keer treffer, gemeld aan de vrager" in output
    assert f"{B}: 6 keer geen treffer" in output
    assert "herkomst gecontroleerd" in output


def test_json_has_a_line_for_each_entry_with_halves_and_the_whole_at_the_end(world: World, key: Path) -> None:
    code, output = run(exported(world), "--key", key, "--json")
    *lines, whole = map(json.loads, output.splitlines())
    assert (code, len(lines), whole["holds"], whole["origin_checked"]) == (0, 6, True, False)
    assert [one["sealed"][0]["result"] for one in lines] == ["none", "shown", "hidden"] * 2
    assert {one["event"] for one in lines} == {"question"}
    assert whole["opened"][B] == {"none": 6}


@pytest.mark.parametrize("make", [garbage, nonsense])
def test_a_half_that_nobody_can_read_is_found_by_the_auditor_alone(world: World, key: Path, make: Make) -> None:
    seq = asked(world, make)
    code, problems = found(world, key)
    assert code == 1
    assert problems == [f"regel {seq}: het verzegelde deel voor {name} gaat niet open" for name in HOLDERS]
    assert verify.verify_export(world.folder / "export", ANCHOR.fingerprint).holds


@pytest.mark.parametrize(("hit", "result"), [("shown", "none"), ("none", "shown")])
def test_a_half_that_says_something_else_than_its_entry_is_found(
    world: World, key: Path, hit: str, result: str
) -> None:
    seq = asked(world, lambda world, salt: sealed(world, salt, A, result=result) + sealed(world, salt, B, C), hit)
    assert found(world, key) == (1, [f"regel {seq}: het verzegelde deel voor {A} zegt iets anders dan de regel"])


def test_a_half_of_another_entry_does_not_open(world: World, key: Path) -> None:
    asked(world, lambda world, _salt: sealed(world, bytes(16), *HOLDERS))
    assert found(world, key)[0] == 1


def test_a_key_that_is_not_wrapped_for_the_auditor_is_found(world: World, key: Path) -> None:
    assert world.keys is not None
    row = dataclasses.replace(world.keys.wrapped[0], for_auditor=bytes(80)).field()
    seq = world.append(Event.CONTENT_KEY, {"day": world.keys.day, "keys": [row]})
    assert found(world, key) == (1, [f"regel {seq}: de sleutel van {A} gaat niet open"])


def test_what_was_sealed_to_another_auditor_is_counted_and_no_fault(world: World, tmp_path: Path) -> None:
    """Version 2 names another auditor: each opens his own part."""
    first = parse_canonical(COVENANT)
    other = sealing_key(99)
    second = dataclasses.replace(
        first,
        version=2,
        predecessor=fingerprint(first),
        auditor=dataclasses.replace(first.auditor, sealing_key=other.public.hex),
    )
    world.append(Event.COVENANT, {"covenant": "demo", "version": 1, "document": fingerprint(first)})
    world.start()
    world.question()
    world.append(Event.COVENANT, {"covenant": "demo", "version": 2, "document": fingerprint(second)})
    world.question()
    counts = [opened(world, tmp_path / f"{number}", first, second, who) for number, who in enumerate((AUDITOR, other))]
    assert counts == [(24, 0, []), (0, 24, [])]


def opened(world: World, root: Path, first: Covenant, second: Covenant, who: SealingKey) -> tuple[int, int, list[str]]:
    world.integrate()
    stores = (world.entries, world.tree)
    documents = [canonical(one) for one in (first, second)]
    export.write_export(root, stores, SIGNER, documents, milliseconds(world.clock.now()))
    done = opening.opening(root, who)
    list(opening.open_halves(root, done))
    return sum(done.results.values()), done.others, done.problems


def test_halves_whose_key_was_purged_are_counted_and_no_fault(world: World, key: Path) -> None:
    world.clock.advance(days=ANCHOR.retention_days + 1)
    world.refusal()
    world.refusal()
    world.integrate()
    world.purge_until(5, ANCHOR.retention_days)
    code, output = run(exported(world), "--key", key)
    assert code == 0, output
    assert "hun sleutel is na de bewaartermijn gewist" in output


@pytest.mark.parametrize("number", [101, 99], ids=["a holder's", "nobody's"])
def test_a_key_of_somebody_else_is_refused(world: World, tmp_path: Path, number: int) -> None:
    keep_private({101: SEALING[A], 99: sealing_key(99)}[number]._key, tmp_path / "other.key")
    code, output = run(exported(world), "--key", tmp_path / "other.key")
    assert (code, "controleur" in output) == (2, True)


@pytest.mark.parametrize(
    "arguments", [("nowhere", "auditor.key"), (".", "no.key"), (".", "auditor.key", "--covenant", "x")]
)
def test_the_command_refuses_what_it_cannot_use(
    key: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(key.parent)
    where, name, *more = arguments
    assert run(where, "--key", name, *more)[0] == 2


def test_what_is_no_export_is_not_opened(key: Path, tmp_path: Path) -> None:
    code, output = run(tmp_path, "--key", key)
    assert (code, "STUK" in output) == (1, True)


def test_every_result_has_its_words() -> None:
    assert all(HALF_FIELDS["result"](code) for code in RESULTS)
    assert len(RESULTS) == 7
