"""Notices on the board, and the life of an epoch."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.audit.canonical import canonical
from samenloop.covenant.epochs import EpochState, announce, check_room, destroyed, epoch_states, read, retire, written
from samenloop.covenant.notices import MAX_BODY, Kind, Notice, make_notice, verify_notice
from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from samenloop.model import EpochId
from tests.covenant.consortium import KEYS, demo_covenant, with_row

DEMO = demo_covenant()
CARE, POLICE, PROBATION = "ggz-midden", "politie-midden", "reclassering-midden"
PAIR = [POLICE, PROBATION]
SECRET = "a" * 64


def notice(kind: Kind, author: str, epoch: str = "2026-1", **fields: object) -> Notice:
    return make_notice(DEMO, kind, epoch, author, fields, KEYS[author])  # type: ignore[arg-type]


def through(epoch: str = "2026-1", accepting: tuple[str, ...] = ()) -> list[Notice]:
    """Return a board on which both partners confirmed this epoch and some participants accepted it."""
    made = [notice(Kind.ANNOUNCE, name, epoch, contributors=PAIR) for name in PAIR]
    digest = verify_notice(DEMO, made[0]).digest
    sealed = {row.id: "00" for row in DEMO.participants}
    made += [notice(Kind.PACKAGE, name, epoch, announcement=digest, commitments=[], sealed=sealed) for name in PAIR]
    made += [notice(Kind.CONFIRM, name, epoch, announcement=digest, packages=[], secret=SECRET) for name in PAIR]
    return made + [notice(Kind.ACCEPT, name, epoch, announcement=digest, secret=SECRET) for name in accepting]


ALL = tuple(row.id for row in DEMO.participants)


def states(*notices: Notice) -> dict[str, EpochState]:
    return dict(epoch_states(DEMO, [verify_notice(DEMO, one) for one in notices]))


def test_an_epoch_goes_from_announced_to_destroyed() -> None:
    board = through()
    assert states(board[0]) == {}
    assert states(*board[:2]) == {"2026-1": EpochState.ANNOUNCED}
    assert states(*board) == {"2026-1": EpochState.DUAL_WRITE}
    board = through(accepting=ALL)
    assert states(*board[:-1]) == {"2026-1": EpochState.DUAL_WRITE}
    assert states(*board) == {"2026-1": EpochState.LIVE}
    board.append(retire(DEMO, "2026-1", CARE, KEYS[CARE]))
    assert states(*board, board[-1]) == {"2026-1": EpochState.LIVE}, "one partner does not end an epoch"
    board.append(retire(DEMO, "2026-1", POLICE, KEYS[POLICE]))
    assert states(*board) == {"2026-1": EpochState.RETIRED}
    board += [destroyed(DEMO, "2026-1", name, KEYS[name]) for name in ALL]
    assert states(*board[:-1]) == {"2026-1": EpochState.RETIRED}
    assert states(*board) == {"2026-1": EpochState.DESTROYED}


def test_a_contributor_cannot_take_an_epoch_back() -> None:
    board = through(accepting=ALL)
    digest = verify_notice(DEMO, board[0]).digest
    later = notice(Kind.CONFIRM, POLICE, announcement=digest, packages=[], secret="b" * 64)
    wider = notice(Kind.PACKAGE, POLICE, announcement=digest, commitments=[], sealed={"om-midden": "00"})
    assert states(*board, later, wider) == {"2026-1": EpochState.LIVE}


def test_words_of_others_confirm_nothing() -> None:
    board = through()
    digest = verify_notice(DEMO, board[0]).digest
    third = notice(Kind.CONFIRM, CARE, announcement=digest, packages=[], secret=SECRET)
    stray = notice(Kind.CONFIRM, PROBATION, announcement="0" * 64, packages=[], secret=SECRET)
    assert states(*board[:5], third, stray) == {"2026-1": EpochState.ANNOUNCED}
    accepted = [notice(Kind.ACCEPT, name, announcement=digest, secret="b" * 64) for name in ALL]
    assert states(*board, *accepted) == {"2026-1": EpochState.DUAL_WRITE}


def test_who_joins_later_makes_nobody_wait_and_who_left_neither() -> None:
    board = [verify_notice(DEMO, one) for one in through(accepting=tuple(name for name in ALL if name != "zvh-oost"))]
    assert epoch_states(DEMO, board) == {"2026-1": EpochState.DUAL_WRITE}
    smaller = dataclasses.replace(DEMO, participants=tuple(row for row in DEMO.participants if row.id != "zvh-oost"))
    assert epoch_states(smaller, board) == {"2026-1": EpochState.LIVE}
    fresh = dataclasses.replace(smaller.participants[0], id="om-midden")
    bigger = dataclasses.replace(smaller, participants=(*smaller.participants, fresh))
    assert epoch_states(bigger, board) == {"2026-1": EpochState.LIVE}


def test_old_and_new_epoch_are_written_and_read_side_by_side_in_order_of_age() -> None:
    found = {
        EpochId("2026-10"): EpochState.LIVE,
        EpochId("2026-9"): EpochState.LIVE,
        EpochId("2027-1"): EpochState.DUAL_WRITE,
        EpochId("2027-2"): EpochState.ANNOUNCED,
        EpochId("2025-1"): EpochState.RETIRED,
        EpochId("2024-1"): EpochState.DESTROYED,
    }
    assert written(found) == ("2026-9", "2026-10", "2027-1")
    assert read(found) == ("2026-9", "2026-10")


def test_an_epoch_id_is_used_once_and_only_so_many_live_at_once() -> None:
    live = {EpochId("2026-1"): EpochState.LIVE, EpochId("2025-1"): EpochState.RETIRED}
    check_room(DEMO, live, "2026-2")
    for epoch in ("2026-1", "2025-1"):
        with pytest.raises(InvalidInput, match="al eens"):
            check_room(DEMO, live, epoch)
    with pytest.raises(InvalidInput, match="2026-1, 2026-2"):
        check_room(DEMO, live | {EpochId("2026-2"): EpochState.DUAL_WRITE}, "2026-3")


def test_two_partners_announce_together_and_nobody_else_does() -> None:
    both = [announce(DEMO, "2026-1", (PROBATION, POLICE), name, KEYS[name]) for name in PAIR]
    assert both[0].body == both[1].body
    assert states(*both) == {"2026-1": EpochState.ANNOUNCED}
    for pair, author in (((POLICE, POLICE), POLICE), ((POLICE, "zvh-oost"), POLICE), ((POLICE, PROBATION), CARE)):
        with pytest.raises(SamenloopError, match="twee partners"):
            announce(DEMO, "2026-1", pair, author, KEYS[author])


def test_announcements_of_another_shape_never_count() -> None:
    for contributors in ([POLICE], [PROBATION, POLICE], [POLICE, POLICE], [POLICE, 7]):
        odd = [notice(Kind.ANNOUNCE, name, contributors=contributors) for name in PAIR]
        assert states(*odd) == {}


def test_a_notice_keeps_its_author_kind_and_purpose() -> None:
    made = through(accepting=(CARE,))[-1]
    verified = verify_notice(DEMO, made)
    assert (verified.author, verified.kind, verified.epoch) == (CARE, Kind.ACCEPT, "2026-1")
    assert verified.text("secret") == SECRET
    assert verified.text("nothing") == ""
    assert verified.texts("nothing") == ()


def _resigned(made: Notice, **changed: object) -> Notice:
    body = canonical(json.loads(made.body) | changed)
    return dataclasses.replace(made, body=body, signature=KEYS[made.author].sign(f"notice.{made.kind}", body))


def test_anything_that_is_not_exactly_right_is_refused() -> None:
    good = through(accepting=(CARE,))[-1]
    network = through(accepting=("zvh-oost",))[-1]
    assert verify_notice(DEMO, network).author == "zvh-oost", "a network signs messages (R-08)"
    wrong = (
        dataclasses.replace(good, author=POLICE),
        dataclasses.replace(good, author="school"),
        dataclasses.replace(good, kind="key_commit"),
        dataclasses.replace(good, kind="other"),
        dataclasses.replace(good, signature=bytes(64)),
        dataclasses.replace(good, signature=b""),
        dataclasses.replace(good, body=good.body + b" "),
        dataclasses.replace(good, body=b"x" * (MAX_BODY + 1)),
        dataclasses.replace(good, body=b"[]"),
        dataclasses.replace(good, signature=KEYS[CARE].sign("notice.key_commit", good.body)),
        _resigned(good, covenant="other"),
        _resigned(good, purpose="zsm"),
        _resigned(good, kind="key_commit"),
        _resigned(good, more="x"),
        _resigned(good, secret=7),
        _resigned(good, epoch=7),
        _resigned(good, epoch="soon"),
        notice(Kind.RETIRE, "zvh-oost"),
        notice(Kind.ANNOUNCE, "zvh-oost", contributors=PAIR),
    )
    for one in wrong:
        with pytest.raises(SamenloopError):
            verify_notice(DEMO, one)


def test_a_suspended_participant_says_nothing() -> None:
    good = through(accepting=(CARE,))[-1]
    with pytest.raises(SamenloopError, match="geschorst"):
        verify_notice(with_row(DEMO, CARE, suspended_by=tuple(PAIR)), good)


@given(st.data())
def test_one_changed_byte_in_a_notice_is_noticed(data: st.DataObject) -> None:
    good = notice(Kind.RETIRE, CARE)
    place = data.draw(st.integers(0, len(good.body) - 1))
    body = bytearray(good.body)
    body[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SamenloopError):
        verify_notice(DEMO, dataclasses.replace(good, body=bytes(body)))


@given(st.binary(max_size=100))
def test_any_bytes_as_signature_are_refused_with_our_own_error(signature: bytes) -> None:
    with pytest.raises(IntegrityError):
        verify_notice(DEMO, dataclasses.replace(notice(Kind.RETIRE, CARE), signature=signature))
