"""Who must sign what (architecture.md section 4), row by row and over random diffs."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.covenant import Covenant, Participant, Register, canonical, parse_canonical
from samenloop.covenant.changes import Change, changes
from samenloop.covenant.requirements import Demand, Quorum, SignerRequirement
from samenloop.covenant.signatures import (
    Signature,
    complete,
    format_signatures,
    missing,
    parse_signatures,
    required_signers,
    sign,
    tightens,
)
from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from samenloop.model import Mode, RegisterId
from tests.covenant.consortium import KEYS, PARTNERS, demo_covenant, following, with_row


def _with_a_small_network(whole: Covenant) -> Covenant:
    """Let police and probation alone stand for one of the two networks, so that the other partners are others."""
    rows = tuple(
        dataclasses.replace(
            one,
            registers=tuple(
                dataclasses.replace(register, acting_partners=("politie-midden", "reclassering-midden"))
                for register in one.registers
            ),
        )
        if one.id == "zvh-oost"
        else one
        for one in whole.participants
    )
    return dataclasses.replace(whole, participants=rows)


DEMO = _with_a_small_network(demo_covenant())
MAYOR, CARE, POLICE, PROBATION = PARTNERS
EVERYONE = frozenset(PARTNERS)


def row(name: str) -> Participant:
    return DEMO.participant(name)


def without_rows(old: Covenant, *names: str) -> Covenant:
    rows = tuple(
        dataclasses.replace(
            one,
            may_ask=tuple(other for other in one.may_ask if other not in names),
            registers=tuple(
                dataclasses.replace(
                    register, acting_partners=tuple(other for other in register.acting_partners if other not in names)
                )
                for register in one.registers
            ),
        )
        for one in old.participants
        if one.id not in names
    )
    decisions = tuple(
        dataclasses.replace(one, receivers=tuple(other for other in one.receivers if other not in names))
        for one in old.wpg20
        if one.holder not in names
    )
    return following(old, participants=rows, wpg20=decisions, witness_quorum=min(2, len(rows) - 1))


def newcomer(**changed: Any) -> Participant:
    fresh: dict[str, Any] = {"id": "om-midden", "registers": (), "signing_key": KEYS["om-midden"].public.hex}
    fresh |= {"sealing_key": "e" * 64, "tls_pin": "f" * 64, "may_ask": (), "asks_as": ()}
    return dataclasses.replace(row(POLICE), **(fresh | changed))


def registers(name: str, **changed: Any) -> tuple[Register, ...]:
    return tuple(dataclasses.replace(one, **changed) for one in row(name).registers)


NEW_LIST = Register(id=RegisterId("second"), kind="reclassering")
SUSPENDED = with_row(DEMO, CARE, suspended_by=(MAYOR, POLICE))

# Each case: the new version, sets of signers that are just enough, and sets that are not.
CASES: dict[str, tuple[Covenant, list[set[str]], list[set[str]]]] = {
    "an added edge needs both ends": (
        with_row(DEMO, CARE, may_ask=(POLICE,)),
        [{CARE, POLICE}],
        [{CARE}, {POLICE}, {CARE, MAYOR, PROBATION}],
    ),
    "an added edge to a network needs the asker and all its acting partners": (
        with_row(DEMO, CARE, may_ask=("zvh-oost",)),
        [{CARE, POLICE, PROBATION}],
        [{CARE, POLICE}, {POLICE, PROBATION}],
    ),
    "an added register needs its owner and all who may ask there": (
        with_row(DEMO, PROBATION, registers=(*row(PROBATION).registers, NEW_LIST)),
        [{PROBATION, MAYOR, POLICE}],
        [{PROBATION}, {PROBATION, MAYOR}, {MAYOR, POLICE}],
    ),
    "a removed edge needs its owner": (with_row(DEMO, POLICE, may_ask=()), [{POLICE}], [{MAYOR, CARE, PROBATION}]),
    "a removed register needs its owner": (with_row(DEMO, CARE, registers=()), [{CARE}], [{MAYOR, POLICE, PROBATION}]),
    "a stricter mode needs its owner": (
        with_row(DEMO, MAYOR, registers=registers(MAYOR, mode=Mode.CONSENT_ONLY)),
        [{MAYOR}],
        [{POLICE}],
    ),
    "a stricter mode of a network needs all its acting partners": (
        with_row(DEMO, "zvh-oost", registers=registers("zvh-oost", mode=Mode.HOLDER_DECIDES)),
        [{POLICE, PROBATION}],
        [{POLICE}, {MAYOR, CARE, POLICE}],
    ),
    "a lower own budget and a shorter own retention need their owner": (
        with_row(
            DEMO,
            POLICE,
            own_limits=dataclasses.replace(row(POLICE).own_limits, questions_per_user_and_day=5, retention_months=12),
        ),
        [{POLICE}],
        [{MAYOR, CARE, PROBATION}],
    ),
    "another own contact, TLS pin and sealing key need their owner": (
        with_row(DEMO, CARE, contact="Balie", tls_pin="a" * 64, sealing_key="b" * 64),
        [{CARE}],
        [{MAYOR}],
    ),
    "an own signing key needs the old key and one other": (
        with_row(DEMO, CARE, signing_key=KEYS["other"].public.hex),
        [{CARE, POLICE}, {CARE, MAYOR}],
        [{CARE}, {POLICE, MAYOR, PROBATION}],
    ),
    "a network's signing key needs its acting partners and one other": (
        with_row(DEMO, "zvh-oost", signing_key=KEYS["other"].public.hex),
        [{POLICE, PROBATION, CARE}],
        [{POLICE, PROBATION}, {POLICE, CARE, MAYOR}],
    ),
    "the key of a network of all partners needs all of them": (
        with_row(DEMO, "zvh-midden", signing_key=KEYS["other"].public.hex),
        [set(EVERYONE)],
        [{POLICE, PROBATION, CARE}],
    ),
    "removal needs the leaver or all others": (
        without_rows(DEMO, CARE),
        [{CARE}, {MAYOR, POLICE, PROBATION}],
        [{MAYOR, POLICE}, set()],
    ),
    "removal of a network needs its acting partners or all others": (
        without_rows(DEMO, "zvh-oost"),
        [{POLICE, PROBATION}, set(EVERYONE)],
        [{POLICE, MAYOR, CARE}],
    ),
    "suspending needs the two others who are named": (
        SUSPENDED,
        [{MAYOR, POLICE}],
        [{MAYOR}, {POLICE}, {CARE, MAYOR}, {MAYOR, PROBATION}],
    ),
    "suspending by one other is not enough": (
        with_row(DEMO, CARE, suspended_by=(MAYOR,)),
        [{MAYOR, POLICE}],
        [{MAYOR}, {CARE, MAYOR}],
    ),
    "suspending in the name of a network is not possible": (
        with_row(DEMO, CARE, suspended_by=("zvh-oost",)),
        [],
        [set(EVERYONE)],
    ),
    "a newcomer needs all, itself included": (
        following(DEMO, participants=(*DEMO.participants, newcomer())),
        [set(EVERYONE) | {"om-midden"}],
        [set(EVERYONE), {"om-midden"}, {"om-midden", POLICE}],
    ),
    "another display name needs all": (with_row(DEMO, CARE, display_name="X"), [set(EVERYONE)], [{CARE}]),
    "another purpose text needs all": (
        following(DEMO, purpose=dataclasses.replace(DEMO.purpose, legal_text="X")),
        [set(EVERYONE)],
        [set(EVERYONE) - {CARE}],
    ),
    "another audit key needs all": (
        following(DEMO, coordinator=dataclasses.replace(DEMO.coordinator, audit_key="a" * 64)),
        [set(EVERYONE)],
        [set(EVERYONE) - {CARE}],
    ),
    "a flag needs all": (
        following(DEMO, flags=dataclasses.replace(DEMO.flags, evaluation=True)),
        [set(EVERYONE)],
        [set(EVERYONE) - {MAYOR}],
    ),
    "two changes need what both need": (
        with_row(with_row(DEMO, CARE, contact="X"), POLICE, contact="Y"),
        [{CARE, POLICE}],
        [{CARE}, {POLICE}],
    ),
}


@pytest.mark.parametrize(("new", "enough", "short"), CASES.values(), ids=CASES.keys())
def test_the_table_of_signers(new: Covenant, enough: list[set[str]], short: list[set[str]]) -> None:
    requirement = required_signers(DEMO, new)
    for signers in enough:
        assert requirement.met_by(frozenset(signers)), requirement.unmet(frozenset(signers))
    for signers in short:
        assert not requirement.met_by(frozenset(signers))


def test_loosening_back_is_not_in_the_table_and_needs_all() -> None:
    strict = with_row(DEMO, MAYOR, registers=registers(MAYOR, mode=Mode.CONSENT_ONLY))
    limited = with_row(strict, MAYOR, own_limits=dataclasses.replace(row(MAYOR).own_limits, retention_months=12))
    for field, value in (("registers", registers(MAYOR)), ("own_limits", row(MAYOR).own_limits)):
        looser = with_row(limited, MAYOR, **{field: value})
        assert not required_signers(limited, looser).met_by(frozenset({MAYOR}))
        assert required_signers(limited, looser).met_by(EVERYONE)


def test_lifting_a_suspension_needs_those_who_suspended_and_the_suspended() -> None:
    requirement = required_signers(SUSPENDED, with_row(SUSPENDED, CARE, suspended_by=()))
    assert requirement.met_by(frozenset({MAYOR, POLICE, CARE}))
    for signers in ({MAYOR, POLICE}, {CARE, MAYOR, PROBATION}, {CARE}):
        assert not requirement.met_by(frozenset(signers))


def test_after_one_suspender_left_any_other_takes_his_place() -> None:
    left = without_rows(SUSPENDED, MAYOR)
    requirement = required_signers(left, with_row(left, CARE, suspended_by=()))
    assert requirement.met_by(frozenset({POLICE, PROBATION, CARE}))
    assert not requirement.met_by(frozenset({POLICE, CARE}))


def test_other_names_on_a_suspension_need_all() -> None:
    changed = with_row(SUSPENDED, CARE, suspended_by=(MAYOR, PROBATION))
    assert not required_signers(SUSPENDED, changed).met_by(frozenset({MAYOR, POLICE, PROBATION}))
    assert required_signers(SUSPENDED, changed).met_by(EVERYONE)


def test_of_two_participants_the_other_suspends_and_nobody_removes_the_other() -> None:
    two = without_rows(DEMO, MAYOR, CARE, "zvh-oost", "zvh-midden")
    suspended = with_row(two, POLICE, suspended_by=(PROBATION,))
    assert required_signers(two, suspended).met_by(frozenset({PROBATION}))
    assert not required_signers(two, suspended).met_by(frozenset({POLICE}))
    removed = without_rows(two, POLICE)
    assert not required_signers(two, removed).met_by(frozenset({PROBATION}))
    assert required_signers(two, removed).met_by(frozenset({POLICE}))


def test_a_network_or_a_witness_quorum_is_no_way_to_veto_ones_own_removal() -> None:
    own_list = Register(id=RegisterId("own"), kind="vhh_casus", acting_partners=(CARE,))
    both = with_row(DEMO, "zvh-midden", registers=(*row("zvh-midden").registers, own_list))
    solo = with_row(both, "zvh-oost", registers=registers("zvh-oost", acting_partners=(CARE,)))
    full = following(solo, witness_quorum=5)
    smaller = without_rows(full, CARE, "zvh-oost")
    house = smaller.participant("zvh-midden")
    kept = tuple(one for one in house.registers if one.acting_partners)
    new = dataclasses.replace(with_row(full, "zvh-midden"), participants=smaller.participants, wpg20=smaller.wpg20)
    new = with_row(dataclasses.replace(new, witness_quorum=3), "zvh-midden", registers=kept)
    new = dataclasses.replace(new, version=full.version + 1, predecessor=smaller.predecessor)
    assert parse_canonical(canonical(new)) == new
    assert required_signers(full, new).met_by(EVERYONE - {CARE}), required_signers(full, new).unmet(EVERYONE - {CARE})
    assert not required_signers(full, new).met_by(EVERYONE - {CARE, MAYOR})


def test_a_network_that_goes_on_after_its_only_partner_left_needs_all() -> None:
    solo = with_row(DEMO, "zvh-oost", registers=registers("zvh-oost", acting_partners=(CARE,)))
    left = without_rows(solo, CARE)
    new = dataclasses.replace(
        with_row(left, "zvh-oost", registers=registers("zvh-oost", acting_partners=(POLICE,))),
        version=left.version,
        predecessor=left.predecessor,
    )
    assert not required_signers(solo, new).met_by(EVERYONE - {CARE})
    assert required_signers(solo, new).met_by(EVERYONE)


def test_one_partner_behind_both_ends_of_an_edge_is_not_enough() -> None:
    solo = with_row(DEMO, "zvh-oost", registers=registers("zvh-oost", acting_partners=(CARE,)))
    edge = with_row(solo, CARE, may_ask=("zvh-oost",))
    assert not required_signers(solo, edge).met_by(frozenset({CARE}))
    assert required_signers(solo, edge).met_by(EVERYONE)


def test_the_first_version_needs_every_partner() -> None:
    assert required_signers(None, DEMO).met_by(EVERYONE)
    assert not required_signers(None, DEMO).met_by(EVERYONE - {CARE})


def test_a_version_that_changes_nothing_is_refused() -> None:
    with pytest.raises(SamenloopError, match="verandert niets"):
        required_signers(DEMO, following(DEMO))


def test_empty_requirements_demands_and_quorums_are_never_met() -> None:
    everyone = EVERYONE
    assert not SignerRequirement(()).met_by(everyone)
    assert not Demand("x", ()).met_by(everyone)
    assert not Demand("x", ((),)).met_by(everyone)
    assert not Quorum(0, everyone).met_by(everyone)


# Random edits, each of one kind; applied in any number they make a random diff.
Edit = Callable[[Covenant], Covenant]


def edit(name: str, **changed: Any) -> Edit:
    def apply(covenant: Covenant) -> Covenant:
        rows = tuple(dataclasses.replace(one, **changed) if one.id == name else one for one in covenant.participants)
        return dataclasses.replace(covenant, participants=rows)

    return apply


def top(**changed: Any) -> Edit:
    return lambda covenant: dataclasses.replace(covenant, **changed)


EDITS: dict[str, Edit] = {
    "edge": edit(CARE, may_ask=(POLICE,)),
    "edge to a network": edit(CARE, may_ask=("zvh-oost",)),
    "register": edit(PROBATION, registers=(*row(PROBATION).registers, NEW_LIST)),
    "edges gone": edit(POLICE, may_ask=()),
    "register gone": edit(CARE, registers=()),
    "stricter": edit(MAYOR, registers=registers(MAYOR, mode=Mode.NEVER)),
    "limits": edit(MAYOR, own_limits=dataclasses.replace(row(MAYOR).own_limits, retention_months=3)),
    "contact": edit(POLICE, contact="X"),
    "pin": edit(CARE, tls_pin="a" * 64),
    "sealing": edit(CARE, sealing_key="b" * 64),
    "signing": edit(CARE, signing_key=KEYS["other"].public.hex),
    "suspended": edit("zvh-oost", suspended_by=(MAYOR, POLICE)),
    "controller": edit(POLICE, controller=row(MAYOR).controller),
    "name": top(name="X"),
    "quorum": top(witness_quorum=3),
}
SIGNERS = st.sets(st.sampled_from(sorted(EVERYONE))).map(frozenset)


def apply(chosen: set[str]) -> Covenant:
    new = following(DEMO)
    for name in sorted(chosen):
        new = EDITS[name](new)
    return new


@settings(max_examples=300, deadline=None)
@given(
    st.sets(st.sampled_from(sorted(EDITS)), min_size=1),
    st.sets(st.sampled_from(sorted(EDITS))),
    SIGNERS,
    st.sampled_from([*PARTNERS, "zvh-oost", None]),
)
def test_adding_changes_never_lowers_what_is_needed(
    some: set[str], more: set[str], signers: frozenset[str], leaver: str | None
) -> None:
    fewer, bigger = apply(some), apply(some | more)
    if required_signers(DEMO, bigger).met_by(signers):
        assert required_signers(DEMO, fewer).met_by(signers)
    if leaver is not None and required_signers(DEMO, without_rows(DEMO, leaver)).met_by(signers) is False:
        assert not required_signers(DEMO, _left(bigger, leaver)).met_by(signers)


def _left(covenant: Covenant, leaver: str) -> Covenant:
    smaller = without_rows(covenant, leaver)
    return dataclasses.replace(smaller, version=covenant.version, predecessor=covenant.predecessor)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PARTNERS), SIGNERS)
def test_nobody_can_veto_his_own_removal(leaver: str, signers: frozenset[str]) -> None:
    requirement = required_signers(DEMO, without_rows(DEMO, leaver))
    assert requirement.met_by(EVERYONE - {leaver})
    if requirement.met_by(signers | {leaver}) and not requirement.met_by(signers):
        assert not signers >= EVERYONE - {leaver}


@settings(max_examples=300, deadline=None)
@given(st.sets(st.sampled_from(sorted(EDITS)), min_size=1), st.sampled_from(PARTNERS))
def test_no_single_partner_can_widen_who_may_ask_whom(chosen: set[str], partner: str) -> None:
    new = apply(chosen)
    if not required_signers(DEMO, new).met_by(frozenset({partner})):
        return
    for after in new.participants:
        before = DEMO.find(after.id)
        assert before is not None
        assert set(after.may_ask) <= set(before.may_ask)
        assert {one.id for one in after.registers} <= {one.id for one in before.registers}
        assert after.suspended_by == before.suspended_by


@settings(max_examples=200, deadline=None)
@given(st.sets(st.sampled_from(sorted(EDITS)), min_size=1), SIGNERS)
def test_the_signatures_of_everyone_are_always_enough(chosen: set[str], signers: frozenset[str]) -> None:
    requirement = required_signers(DEMO, apply(chosen))
    assert requirement.met_by(EVERYONE)
    assert requirement.met_by(signers) == (not requirement.unmet(signers))


def test_a_broken_table_in_which_any_one_signs_is_caught() -> None:
    """Positive control: the check above fails for a build that lets one signer do all."""
    new = apply({"edge"})
    weak = SignerRequirement(
        tuple(Demand(one.path, ((Quorum(1, EVERYONE),),)) for one in required_signers(DEMO, new).demands)
    )
    assert weak.met_by(frozenset({CARE}))
    assert not required_signers(DEMO, new).met_by(frozenset({CARE}))


def signed(new: Covenant, *names: str) -> list[Signature]:
    return [sign(new, name, KEYS[name]) for name in names]


def test_a_version_is_complete_with_the_signatures_it_needs() -> None:
    assert complete(None, DEMO, signed(DEMO, *PARTNERS))
    assert not complete(None, DEMO, signed(DEMO, *PARTNERS[:3]))
    new = with_row(DEMO, CARE, may_ask=(POLICE,))
    assert complete(DEMO, new, signed(new, CARE, POLICE))
    assert [one.path for one in missing(DEMO, new, signed(new, CARE))] == [f"participants.{CARE}.may_ask.{POLICE}"]


def test_a_signing_key_is_replaced_with_the_old_key_not_with_the_new() -> None:
    new = with_row(DEMO, CARE, signing_key=KEYS["other"].public.hex)
    assert complete(DEMO, new, signed(new, CARE, POLICE))
    with pytest.raises(IntegrityError):
        complete(DEMO, new, [sign(new, CARE, KEYS["other"]), *signed(new, POLICE)])


def test_a_newcomer_signs_with_its_new_key_and_a_leaver_with_its_old() -> None:
    joined = following(DEMO, participants=(*DEMO.participants, newcomer()))
    assert complete(DEMO, joined, signed(joined, *PARTNERS, "om-midden"))
    left = without_rows(DEMO, CARE)
    assert complete(DEMO, left, signed(left, CARE))


def test_wrong_signatures_make_the_whole_set_invalid() -> None:
    new = with_row(DEMO, CARE, contact="X")
    good = sign(new, CARE, KEYS[CARE])
    bad = (
        dataclasses.replace(good, signature=bytes(64)),
        dataclasses.replace(good, signature=good.signature[:63]),
        dataclasses.replace(good, participant=row(POLICE).id),
        sign(new, "stranger", KEYS[CARE]),
        sign(DEMO, CARE, KEYS[CARE]),
        sign(new, "zvh-oost", KEYS["zvh-oost"]),
        dataclasses.replace(good, signature=KEYS[CARE].sign("other", canonical(new))),
    )
    assert complete(DEMO, new, [good])
    for one in bad:
        with pytest.raises(IntegrityError):
            complete(DEMO, new, [good, one])


def test_a_version_must_follow_the_one_before() -> None:
    new = with_row(DEMO, CARE, contact="X")
    strangers = (
        dataclasses.replace(new, id="other"),
        dataclasses.replace(new, version=3),
        dataclasses.replace(new, predecessor="a" * 64),
    )
    for one in strangers:
        with pytest.raises(SamenloopError, match="volgt niet"):
            complete(DEMO, one, signed(one, CARE))
    with pytest.raises(SamenloopError, match="volgt niet"):
        complete(None, new, signed(new, *PARTNERS))


def test_the_signature_file_is_read_back_and_anything_else_refused() -> None:
    signatures = tuple(signed(DEMO, *PARTNERS))
    data = format_signatures(reversed(signatures))
    assert parse_signatures(data) == signatures
    assert parse_signatures(format_signatures(())) == ()
    broken = (b"", b"{}", b"[1]", data + b"\n", data[:-1], data.replace(b"signature", b"signed"), b" " * (1 << 19))
    for other in (*broken, b"[" * 5000, data.upper()):
        with pytest.raises(InvalidInput):
            parse_signatures(other)


TIGHTENING = ("edges gone", "register gone", "stricter", "limits", "pin", "sealing", "signing", "suspended", "quorum")
LOOSENING = ("edge", "edge to a network", "register", "contact", "name")


@pytest.mark.parametrize("name", TIGHTENING)
def test_what_allows_less_or_replaces_a_key_tightens(name: str) -> None:
    assert tightens(DEMO, apply({name}))
    assert tightens(DEMO, apply({name, "edge"}))


@pytest.mark.parametrize("name", LOOSENING)
def test_what_only_allows_more_does_not_tighten(name: str) -> None:
    assert not tightens(DEMO, apply({name}))


def test_budgets_modes_and_suspension_tighten_one_way_only() -> None:
    more = following(DEMO, budgets=dataclasses.replace(DEMO.budgets, questions_per_user_and_day=30))
    assert not tightens(DEMO, more)
    assert tightens(more, DEMO)
    strict = apply({"stricter", "limits"})
    assert not tightens(strict, DEMO)
    assert tightens(DEMO, strict)
    assert not tightens(SUSPENDED, DEMO)
    assert tightens(DEMO, without_rows(DEMO, CARE))
    assert not tightens(DEMO, following(DEMO, participants=(*DEMO.participants, newcomer())))


def test_random_versions_that_are_valid_survive_the_canonical_form() -> None:
    for name in EDITS:
        new = apply({name})
        assert parse_canonical(canonical(new)) == new


def test_changes_name_their_paths() -> None:
    assert changes(DEMO, DEMO) == ()
    found = [str(one) for one in changes(DEMO, apply({"edge", "name", "register gone"}))]
    assert found == ["name", f"participants.{CARE}.registers.ggz", f"participants.{CARE}.may_ask.{POLICE}"]
    assert Change(("a",), None, 1).added
    assert Change(("a",), 1, None).removed
