"""Parsing a covenant: strict, with the path of what is wrong, and one canonical form."""

import dataclasses
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.covenant import Covenant, canonical, fill_keys, fingerprint, parse_canonical, parse_toml
from samenloop.errors import InvalidInput, SamenloopError
from samenloop.model import MAX_EPOCHS, Mode
from tests.covenant.consortium import demo_covenant, demo_toml, with_row

TEXT = demo_toml()
DEMO = demo_covenant()
ACTING = '["burgemeester-middelstad", "ggz-midden", "politie-midden", "reclassering-midden"]'
ACTING_BACKWARDS = '["reclassering-midden", "politie-midden", "ggz-midden", "burgemeester-middelstad"]'


def test_the_demo_covenant_names_its_parties_registers_and_limits() -> None:
    police, house = DEMO.participant("politie-midden"), DEMO.participant("zvh-midden")
    assert (DEMO.id, DEMO.purpose.id, DEMO.flags.demo, DEMO.flags.evaluation) == (
        "zvh-demo",
        "casusoverleg",
        True,
        False,
    )
    assert [row.id for row in police.registers] == ["politie"]
    assert police.register(police.registers[0].id).kind == "politie"
    assert house.network
    assert house.acting_partners == ("burgemeester-middelstad", "ggz-midden", "politie-midden", "reclassering-midden")
    assert DEMO.review_date == date(2027, 12, 31)
    assert not police.suspended


def test_a_covenant_survives_its_canonical_form() -> None:
    data = canonical(DEMO)
    assert parse_canonical(data) == DEMO
    assert canonical(parse_canonical(data)) == data
    assert len(fingerprint(DEMO)) == 64


def test_order_of_participants_and_names_does_not_change_the_fingerprint() -> None:
    head, *blocks = TEXT.split("[[participants]]")
    flags = "[flags]" + blocks[-1].split("[flags]")[1]
    blocks[-1] = blocks[-1].split("[flags]")[0]
    shuffled = "[[participants]]".join([head, *reversed(blocks)]) + flags
    assert ACTING in shuffled
    shuffled = shuffled.replace(ACTING, ACTING_BACKWARDS)
    assert fingerprint(parse_toml(shuffled)) == fingerprint(DEMO)


def test_a_stricter_mode_is_written_by_its_name_and_read_back() -> None:
    text = TEXT.replace('kind = "burgemeester"', 'kind = "burgemeester"\nmode = "holder_decides"')
    covenant = parse_toml(text)
    assert covenant.participant("burgemeester-middelstad").registers[0].mode is Mode.HOLDER_DECIDES
    assert parse_canonical(canonical(covenant)) == covenant


WRONG = {
    "an unknown key at the top": ("[flags]", "[extra]\na = 1\n[flags]", "extra"),
    "an unknown key in a table": ("demo = true", "demo = true\nfast = true", "flags.fast"),
    "an unknown key in a register": ('id = "ggz"\n', 'id = "ggz"\nnote = "x"\n', "participants.3.registers.0.note"),
    "a missing key": ('token_profile = "nl-1"\n', "", "token_profile"),
    "a number as text": ("witness_quorum = 2", 'witness_quorum = "2"', "witness_quorum"),
    "a true where a number belongs": ("max_live = 2", "max_live = true", "epochs.max_live"),
    "more epochs than travel together": ("max_live = 2", f"max_live = {MAX_EPOCHS + 1}", "epochs.max_live"),
    "a fraction": ("max_live = 2", "max_live = 2.0", "epochs.max_live"),
    "a budget of nothing": ("questions_per_user_and_day = 20", "questions_per_user_and_day = 0", "budgets."),
    "a date with a time": ("2027-12-31", "2027-12-31T10:00:00", "review_date"),
    "a date that does not exist": ("2027-12-31", '"2027-02-30"', "review_date"),
    "a mode that does not exist": (
        'kind = "ggz"',
        'kind = "ggz"\nmode = "sometimes"',
        "participants.3.registers.0.mode",
    ),
    "a key of 31 bytes": ('audit_key = "00', 'audit_key = "', "coordinator.audit_key"),
    "a key in capitals": ('audit_key = "00', 'audit_key = "AA', "coordinator.audit_key"),
    "a name with a line of control": ('name = "Demo-auditor"', 'name = "Demo\\u0007"', "auditor.name"),
    "a name that turns the reading direction": ('name = "Demo-auditor"', 'name = "Demo\\u202e"', "auditor.name"),
    "an empty name": ('name = "Demo-auditor"', 'name = ""', "auditor.name"),
    "a participant twice": ('id = "zvh-oost"', 'id = "zvh-midden"', "participants"),
    "a name twice in a set": ('regions = ["midden", "oost"]', 'regions = ["midden", "midden"]', "regions"),
    "no regions": ('regions = ["midden", "oost"]', "regions = []", "regions"),
    "another format": ("covenant/v1", "covenant/v2", "format"),
    "a first version with a predecessor": (
        "version = 1\n",
        f'version = 1\npredecessor = "{"a" * 64}"\n',
        "predecessor",
    ),
    "a later version without one": ("version = 1\n", "version = 2\n", "predecessor"),
    "a region that is not there": ('region = "oost"', 'region = "west"', "participants.zvh-oost.region"),
    "asking oneself": ('may_ask = ["ggz-midden", "pol', 'may_ask = ["burgemeester-middelstad", "pol', "may_ask"),
    "asking nobody known": ('may_ask = ["ggz-midden", "pol', 'may_ask = ["ggz-west", "pol', "may_ask"),
    "a network that asks (R-01)": ("network = true", 'network = true\nasks_as = ["politie"]', "may_ask"),
    "a network with another list (R-08)": ('kind = "vhh_casus"', 'kind = "politie"', "registers"),
    "a list on behalf of nobody (R-01)": (
        f"acting_partners = {ACTING}",
        "acting_partners = []",
        "zvh-midden.registers",
    ),
    "a list on behalf of a network (R-08)": (
        f"acting_partners = {ACTING}",
        'acting_partners = ["zvh-oost"]',
        "zvh-midden.registers",
    ),
    "a partner with a case list (R-08)": ('kind = "ggz"', 'kind = "vhh_casus"', "participants.ggz-midden.registers"),
    "a joint care provider (R-04)": ("joint = false", "joint = true", "controller.joint"),
    "the operator as controller (R-05)": (
        'operator = "Demo-beheerder"',
        'operator = "korpschef  van Politie"',
        "politie-midden.controller",
    ),
    "the operator as participant (R-05)": (
        'operator = "Demo-beheerder"',
        'operator = "GGZ Midden"',
        "ggz-midden.contr",
    ),
    "a Veiligheidshuis as controller (R-01)": (
        'name = "De partners namens wie de lijst wordt bijgehouden"',
        'name = "Zorg- en Veiligheidshuis Midden"',
        "zvh-midden.controller",
    ),
    "suspending oneself": ('id = "zvh-oost"\n', 'id = "zvh-oost"\nsuspended_by = ["zvh-oost"]\n', "suspended_by"),
    "nobody who signed on paper (R-02)": ("signing_bodies = [", "signing_bodies = [] # [", "agreement.signing_bodies"),
    "a receiver of police data who is no party (R-06)": ("receivers = [", 'receivers = ["om-west", ', "wpg20.0"),
    "a police decision that ended before it began": ("valid_until = 2029", "valid_until = 2025", "wpg20.0"),
    "too few witnesses": ("witness_quorum = 2", "witness_quorum = 1", "witness_quorum"),
    "more witnesses than parties": ("witness_quorum = 2", "witness_quorum = 6", "witness_quorum"),
}


@pytest.mark.parametrize(("old", "new", "path"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused_with_its_path(old: str, new: str, path: str) -> None:
    assert old in TEXT
    with pytest.raises(InvalidInput) as refused:
        parse_toml(TEXT.replace(old, new, 1))
    assert path in refused.value.field
    assert refused.value.text.startswith("Convenant: ")


def test_two_parties_with_one_key_are_refused() -> None:
    shared = DEMO.participant("politie-midden")
    for field in ("signing_key", "sealing_key", "tls_pin"):
        twins = with_row(DEMO, "ggz-midden", **{field: getattr(shared, field)})
        with pytest.raises(InvalidInput, match="dezelfde sleutel"):
            parse_canonical(canonical(twins))


def test_the_coordinators_log_is_not_named_as_a_participants_own() -> None:
    origin = DEMO.own_log_origin("ggz-midden")
    taken = dataclasses.replace(DEMO, coordinator=dataclasses.replace(DEMO.coordinator, log_origin=origin))
    with pytest.raises(InvalidInput, match=r"coordinator\.log_origin.*eigen logboek"):
        parse_canonical(canonical(taken))


def test_one_signing_party_is_not_enough() -> None:
    alone = dataclasses.replace(DEMO, participants=(DEMO.participant("ggz-midden"),), wpg20=(), witness_quorum=0)
    with pytest.raises(InvalidInput, match="minstens twee"):
        parse_canonical(canonical(alone))


def test_text_that_is_no_toml_or_too_long_is_refused() -> None:
    for text in ("format = ", "x" * (1 << 20) + "x"):
        with pytest.raises(InvalidInput):
            parse_toml(text)


def test_other_bytes_for_the_same_covenant_are_refused() -> None:
    data = canonical(DEMO)
    table = json.loads(data)
    doubled = data.replace(b'"version":1', b'"version":1,"version":1')
    del table["predecessor"]
    others = (
        data + b"\n",
        b" " + data,
        json.dumps(json.loads(data)).encode(),
        doubled,
        json.dumps(table, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(),
        b"\xff" + data,
        b"x" * ((1 << 20) + 1),
        b"[]",
        b"",
    )
    for other in others:
        with pytest.raises(InvalidInput):
            parse_canonical(other)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: json.dumps({"format": text}).encode()))
def test_any_bytes_are_refused_with_our_own_error(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_canonical(data)


@given(st.integers(0, len(canonical(DEMO)) - 1), st.integers(1, 255))
def test_one_changed_byte_never_keeps_the_fingerprint(place: int, flip: int) -> None:
    data = bytearray(canonical(DEMO))
    data[place] ^= flip
    try:
        changed: Covenant | None = parse_canonical(bytes(data))
    except InvalidInput:
        changed = None
    assert changed is None or fingerprint(changed) != fingerprint(DEMO)


def test_every_place_in_a_template_must_be_filled_and_every_key_used() -> None:
    assert fill_keys('a = "@x.key@"', {"x.key": "1"}) == 'a = "1"'
    with pytest.raises(InvalidInput, match="geen sleutel"):
        fill_keys('a = "@x.key@"', {})
    with pytest.raises(InvalidInput, match="geen plaats"):
        fill_keys("a = 1", {"x.key": "1"})


def test_unknown_parties_and_registers_are_denied() -> None:
    with pytest.raises(SamenloopError, match="geen deelnemer"):
        DEMO.participant("politie-west")
    police = DEMO.participant("politie-midden")
    with pytest.raises(SamenloopError, match="geen register"):
        police.register(DEMO.participant("ggz-midden").registers[0].id)
