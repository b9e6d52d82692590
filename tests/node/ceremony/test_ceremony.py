"""The key ceremony: two partners, a board that sees nothing, and nodes that check everything."""

import dataclasses
import hashlib
import hmac
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.audit.canonical import canonical
from samenloop.covenant.epochs import EpochState, announce, epoch_states
from samenloop.covenant.notices import Kind, Notice, make_notice
from samenloop.errors import IntegrityError, SamenloopError
from samenloop.keys import SealingPublicKey
from samenloop_node.ceremony import Ceremony, Step, combine, spoken
from tests.covenant.consortium import demo_covenant
from tests.node.ceremony.board import CARE, EPOCH, MAYOR, PAIR, POLICE, PROBATION, Board, board


def forged(made: Board, notice: Notice, **changed: object) -> Notice:
    """Return a notice whose author changed some fields of the body and signed it again."""
    body = json.loads(notice.body) | changed
    kind = next(one for one in Kind if one.value == notice.kind)
    fields = {name: value for name, value in body.items() if name not in ("covenant", "purpose", "epoch", "kind")}
    return make_notice(made.covenant, kind, EPOCH, notice.author, fields, made.parties[notice.author].signing)


def until(made: Board, kind: Kind) -> None:
    """Play until both contributors have done this step."""
    made.announce()
    for _step in range(list(Kind).index(kind)):
        for name in PAIR:
            made.act(name)


def test_six_nodes_end_with_one_secret_and_the_epoch_is_live() -> None:
    made = board()
    made.announce()
    made.play()
    secrets = {party.secret for party in made.parties.values()}
    assert len(secrets) == 1
    assert len(next(iter(secrets))) == 32
    assert all(made.seen_by(name).step() is Step.DONE for name in made.parties)
    assert epoch_states(made.covenant, made.verified()) == {EPOCH: EpochState.LIVE}
    assert made.seen_by(POLICE).differing() == ()


def test_the_secret_is_bound_to_covenant_purpose_and_epoch_and_to_the_order() -> None:
    covenant = demo_covenant()
    other_purpose = dataclasses.replace(covenant, purpose=dataclasses.replace(covenant.purpose, id="zsm"))
    first, second = bytes(range(32)), bytes(range(32, 64))
    made = {
        combine(first, second, covenant, EPOCH),
        combine(second, first, covenant, EPOCH),
        combine(first, second, covenant, "2026-2"),
        combine(first, second, other_purpose, EPOCH),
        combine(first, second, dataclasses.replace(covenant, id="other"), EPOCH),
    }
    assert len(made) == 5


VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ceremony" / "secret.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['epoch']} {vector['first'][:4]}")
def test_the_secret_is_hkdf_as_rfc_5869_writes_it(vector: dict[str, str]) -> None:
    covenant = demo_covenant()
    first, second = bytes.fromhex(vector["first"]), bytes.fromhex(vector["second"])
    made = combine(first, second, covenant, vector["epoch"])
    bound = canonical({"covenant": vector["covenant"], "epoch": vector["epoch"], "purpose": vector["purpose"]})
    extracted = hmac.digest(bytes(32), first + second, "sha256")
    expanded = hmac.digest(extracted, b"samenloop/v1/consortium-secret\0" + bound + b"\x01", "sha256")
    assert made == expanded == bytes.fromhex(vector["secret"])
    assert hashlib.sha256(made).hexdigest() == vector["commitment"]
    assert spoken(vector["commitment"]) == vector["spoken"]


def test_the_board_sees_hashes_and_sealed_bytes_only() -> None:
    made = board()
    made.announce()
    made.play()
    everything = b"".join(notice.body + notice.signature for notice in made.notices)
    for party in made.parties.values():
        for value in (party.secret, made.parties[POLICE].contribution, made.parties[PROBATION].contribution):
            assert value not in everything
            assert value.hex().encode() not in everything


def test_control_the_same_search_finds_a_planted_secret() -> None:
    made = board()
    assert made.parties[POLICE].contribution.hex().encode() in canonical({"x": made.parties[POLICE].contribution.hex()})


def test_every_step_waits_for_the_one_before() -> None:
    made = board()
    assert made.seen_by(CARE).step() is Step.WAIT_FOR_ANNOUNCEMENT
    made.post(announce(made.covenant, EPOCH, PAIR, POLICE, made.parties[POLICE].signing))
    assert made.seen_by(POLICE).step() is Step.WAIT_FOR_ANNOUNCEMENT, "one announcer is not enough"
    made.post(announce(made.covenant, EPOCH, PAIR, PROBATION, made.parties[PROBATION].signing))
    assert made.act(POLICE) is Step.CONTRIBUTE
    assert made.seen_by(POLICE).step() is Step.WAIT_FOR_OTHERS, "no reveal before both commitments are there"
    assert made.act(PROBATION) is Step.CONTRIBUTE
    assert made.act(POLICE) is Step.REVEAL
    assert made.seen_by(POLICE).step() is Step.WAIT_FOR_OTHERS
    assert made.act(PROBATION) is Step.REVEAL
    assert made.seen_by(CARE).step() is Step.WAIT_FOR_OTHERS
    assert made.act(POLICE) is Step.CONFIRM
    assert made.act(PROBATION) is Step.CONFIRM
    assert made.act(CARE) is Step.ACCEPT
    assert made.seen_by(CARE).step() is Step.DONE


def test_a_step_that_is_not_due_is_refused() -> None:
    made = board()
    party = made.parties[POLICE]
    acts = (
        lambda seen: seen.contribute(party.contribution, party.signing),
        lambda seen: seen.reveal(party.contribution, party.signing),
        lambda seen: seen.confirm(party.sealing, party.signing),
        lambda seen: seen.accept(party.sealing, party.signing),
    )
    for act in acts:
        with pytest.raises(SamenloopError, match="niet aan de orde"):
            act(made.seen_by(POLICE))
    made.announce()
    for act in acts[1:]:
        with pytest.raises(SamenloopError, match="niet aan de orde"):
            act(made.seen_by(POLICE))


@pytest.mark.parametrize(
    ("pair", "author"),
    [
        ((POLICE, POLICE), POLICE),
        ((POLICE, "zvh-midden"), POLICE),
        ((POLICE, PROBATION), CARE),
        ((POLICE, "school"), POLICE),
    ],
    ids=["alone", "with a network", "by a third", "with a stranger"],
)
def test_a_ceremony_of_one_partner_or_a_network_is_refused(pair: tuple[str, str], author: str) -> None:
    made = board()
    with pytest.raises(SamenloopError):
        announce(made.covenant, EPOCH, pair, author, made.parties[author].signing)


def test_an_announcement_that_names_one_partner_twice_never_counts() -> None:
    made = board()
    for contributors in ([POLICE, POLICE], [POLICE], [PROBATION, POLICE], [POLICE, PROBATION, CARE]):
        for name in (POLICE, PROBATION):
            fields = {"contributors": contributors}
            made.post(make_notice(made.covenant, Kind.ANNOUNCE, EPOCH, name, fields, made.parties[name].signing))
    assert made.seen_by(POLICE).step() is Step.WAIT_FOR_ANNOUNCEMENT
    assert epoch_states(made.covenant, made.verified()) == {}


def test_the_first_announcement_that_both_signed_counts() -> None:
    made = board()
    made.announce()
    made.announce(pair=(CARE, MAYOR))
    assert made.seen_by(CARE).contributors == PAIR


@pytest.mark.parametrize("contribution", [b"", bytes(31), bytes(32), b"\x07" * 32, bytes(33)])
def test_a_contribution_that_is_not_random_is_refused(contribution: bytes) -> None:
    made = board()
    made.announce()
    with pytest.raises(IntegrityError, match="willekeurige"):
        made.seen_by(POLICE).contribute(contribution, made.parties[POLICE].signing)


def test_other_bytes_than_committed_are_not_revealed() -> None:
    made = board()
    until(made, Kind.COMMIT)
    with pytest.raises(IntegrityError, match="andere dan"):
        made.seen_by(POLICE).reveal(bytes(range(100, 132)), made.parties[POLICE].signing)


def test_a_copied_commitment_is_refused() -> None:
    made = board()
    made.announce()
    copied = made.parties[POLICE].contribution
    for name in PAIR:
        made.post(made.seen_by(name).contribute(copied, made.parties[name].signing))
    with pytest.raises(IntegrityError, match="hetzelfde kenmerk"):
        made.seen_by(POLICE).reveal(copied, made.parties[POLICE].signing)


def _package(made: Board, author: str, contribution: bytes) -> dict[str, object]:
    seen = made.seen_by(author)
    sealed = {
        row.id: SealingPublicKey(row.sealing_key).seal(contribution, seen._info(author, row.id)).hex()
        for row in made.covenant.participants
    }
    return {"sealed": sealed}


def replaced(made: Board, kind: Kind, author: str, **changed: object) -> Board:
    """Return the board with one notice of its author changed and signed again."""
    notices = [
        forged(made, notice, **changed) if (notice.kind, notice.author) == (kind.value, author) else notice
        for notice in made.notices
    ]
    return Board(made.covenant, made.parties, notices)


def test_a_contributor_who_seals_other_bytes_than_he_committed_to_is_caught_by_every_node() -> None:
    made = board()
    until(made, Kind.PACKAGE)
    cheated = replaced(made, Kind.PACKAGE, POLICE, **_package(made, POLICE, bytes(range(200, 232))))
    with pytest.raises(IntegrityError, match="gepubliceerde kenmerk"):
        cheated.act(PROBATION)


def test_a_contributor_who_gives_one_node_other_bytes_is_caught_by_that_node() -> None:
    made = board()
    until(made, Kind.PACKAGE)
    body = next(json.loads(one.body) for one in made.notices if (one.kind, one.author) == ("key_package", POLICE))
    other = _package(made, POLICE, bytes(range(200, 232)))["sealed"]
    assert isinstance(other, dict)
    cheated = replaced(made, Kind.PACKAGE, POLICE, sealed=body["sealed"] | {CARE: other[CARE]})
    for name in PAIR:
        assert cheated.act(name) is Step.CONFIRM
    assert cheated.act(MAYOR) is Step.ACCEPT
    with pytest.raises(IntegrityError, match="gepubliceerde kenmerk"):
        cheated.act(CARE)
    assert cheated.parties[CARE].secret == b""


@pytest.mark.parametrize(
    "changed",
    [
        {"sealed": {}},
        {"sealed": {CARE: 7}},
        {"commitments": []},
        {"sealed": {PROBATION: "00"}},
        {"sealed": {PROBATION: "x"}},
    ],
    ids=["for nobody", "no text", "other commitments", "too short", "no hexadecimal"],
)
def test_a_package_that_does_not_fit_is_refused(changed: dict[str, object]) -> None:
    made = board()
    until(made, Kind.PACKAGE)
    with pytest.raises(IntegrityError):
        replaced(made, Kind.PACKAGE, POLICE, **changed).act(PROBATION)


def test_a_package_is_good_for_its_own_receiver_author_and_epoch_only() -> None:
    made = board()
    until(made, Kind.PACKAGE)
    body = next(json.loads(one.body) for one in made.notices if (one.kind, one.author) == ("key_package", POLICE))
    moved = body["sealed"] | {PROBATION: body["sealed"][CARE]}
    with pytest.raises(IntegrityError, match="niet voor deze sleutel"):
        replaced(made, Kind.PACKAGE, POLICE, sealed=moved).act(PROBATION)
    seen = made.seen_by(POLICE)
    infos = {
        seen._info(POLICE, CARE),
        seen._info(CARE, POLICE),
        dataclasses.replace(seen, epoch="2026-2")._info(POLICE, CARE),
    }
    assert len(infos) == 3


@pytest.mark.parametrize("changed", [{"secret": "0" * 64}, {"packages": []}], ids=["another secret", "other packages"])
def test_a_secret_that_not_both_confirmed_is_never_accepted(changed: dict[str, object]) -> None:
    made = board()
    until(made, Kind.CONFIRM)
    cheated = replaced(made, Kind.CONFIRM, POLICE, **changed)
    with pytest.raises(IntegrityError, match="bevestigd"):
        cheated.act(CARE)
    assert epoch_states(made.covenant, cheated.verified()) == {EPOCH: EpochState.ANNOUNCED}


def test_two_different_messages_for_one_step_stop_the_ceremony() -> None:
    made = board()
    until(made, Kind.COMMIT)
    again = forged(made, made.notices[-1], commitment="1" * 64)
    made.post(again)
    with pytest.raises(IntegrityError, match="twee verschillende"):
        made.seen_by(CARE).step()


def test_a_repeated_message_changes_nothing() -> None:
    made = board()
    until(made, Kind.COMMIT)
    for notice in list(made.notices):
        made.post(notice)
    made.play()
    assert len({party.secret for party in made.parties.values()}) == 1


def test_a_third_partner_cannot_contribute() -> None:
    made = board()
    made.announce()
    announced = made.seen_by(CARE).announced
    assert announced is not None
    fields = {"announcement": announced.digest, "commitment": hashlib.sha256(bytes(32)).hexdigest()}
    made.post(make_notice(made.covenant, Kind.COMMIT, EPOCH, CARE, fields, made.parties[CARE].signing))
    made.play()
    assert made.seen_by(CARE).step() is Step.DONE
    assert len({party.secret for party in made.parties.values()}) == 1


def test_a_node_that_accepted_something_else_is_named() -> None:
    made = board()
    made.announce()
    assert made.seen_by(POLICE).differing() == ()
    made.play()
    accepted = next(one for one in made.notices if (one.kind, one.author) == ("key_accept", CARE))
    other = Board(made.covenant, made.parties, [one for one in made.notices if one is not accepted])
    other.post(forged(made, accepted, secret="2" * 64))
    assert other.seen_by(POLICE).differing() == (CARE,)
    assert epoch_states(made.covenant, other.verified()) == {EPOCH: EpochState.DUAL_WRITE}


def test_a_suspended_participant_gets_no_package_and_nobody_waits_for_it() -> None:
    made = board()
    rows = tuple(
        dataclasses.replace(row, suspended_by=(POLICE, MAYOR)) if row.id == CARE else row
        for row in made.covenant.participants
    )
    made.covenant = dataclasses.replace(made.covenant, participants=rows)
    made.announce()
    del made.parties[CARE]
    made.play()
    assert epoch_states(made.covenant, made.verified()) == {EPOCH: EpochState.LIVE}
    assert made.seen_by(CARE).step() is Step.NOT_FOR_US
    with pytest.raises(SamenloopError):
        made.seen_by(CARE).accept(board().parties[CARE].sealing, board().parties[CARE].signing)


def test_the_secret_is_read_aloud_as_four_short_groups() -> None:
    groups = spoken("a" * 64).split()
    assert [len(group) for group in groups] == [5, 5, 5, 5]
    assert all(group.isdigit() for group in groups)
    assert spoken("a" * 64) != spoken("b" * 64)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_in_whatever_order_people_act_all_end_with_one_secret(random) -> None:
    made = board()
    made.announce()
    names = list(made.parties)
    for _round in range(80):
        made.act(random.choice(names))
        if all(party.secret for party in made.parties.values()):
            break
    made.play()
    assert len({party.secret for party in made.parties.values()}) == 1


def test_no_prefix_of_the_board_gives_a_node_a_secret_early() -> None:
    made = board()
    made.announce()
    made.play()
    whole = made.verified()
    for size in range(len(whole)):
        seen = Ceremony(made.covenant, EPOCH, "zvh-oost", whole[:size])
        confirms = [one for one in whole[:size] if one.kind is Kind.CONFIRM]
        if len(confirms) < 2:
            assert seen.step() not in (Step.ACCEPT, Step.DONE)
    for one, two in itertools.pairwise(range(len(whole) + 1)):
        order = list(EpochState)
        before, after = (epoch_states(made.covenant, whole[:size]).get(EPOCH) for size in (one, two))
        if before is not None and after is not None:
            assert order.index(after) >= order.index(before), "an epoch never goes back"
