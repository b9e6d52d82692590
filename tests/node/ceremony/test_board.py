"""The board as a node reads it: keys change, and what was posted before stays what it was."""

import dataclasses
from pathlib import Path

import pytest

from samenloop.covenant import Covenant, canonical
from samenloop.covenant.epochs import EpochState, announce, epoch_states, retire
from samenloop.covenant.notices import BoardReader, Notice
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.keys import SigningKey
from samenloop.wire.v1 import covenant_pb2
from samenloop_node import ceremonies
from samenloop_node.app import App
from tests.covenant.consortium import KEYS
from tests.node.base.test_agreement import successor, with_app
from tests.node.ceremony.board import CARE, EPOCH, PAIR, PROBATION, board
from tests.node.kit import ME, FakeCoordinator, Partner, world


def with_key(covenant: Covenant, owner: str, key: SigningKey) -> dict[str, object]:
    rows = (
        dataclasses.replace(row, signing_key=key.public.hex) if row.id == owner else row
        for row in covenant.participants
    )
    return {"participants": tuple(rows)}


def posted(fake: FakeCoordinator, notices: list[Notice]) -> None:
    for one in notices:
        fake.notices.append(
            covenant_pb2.Notice(
                kind=one.kind, author=one.author, body=one.body, signature=one.signature, sequence=len(fake.notices) + 1
            )
        )


@pytest.fixture(name="rotated")
def _rotated(tmp_path: Path) -> tuple[FakeCoordinator, Partner]:
    """A consortium that announced an epoch, after which one of both contributors got a new signing key."""
    fake, partner = world(tmp_path)
    keys = {ME: SigningKey.load(partner.config().keys.signing), PROBATION: KEYS[PROBATION]}
    posted(fake, [announce(fake.covenant, EPOCH, PAIR, name, keys[name]) for name in PAIR])
    fake.versions[1] = covenant_pb2.CovenantDocument(document=canonical(fake.covenant))
    successor(fake, partner, **with_key(fake.covenant, PROBATION, SigningKey.generate()))
    return fake, partner


def known_epochs(fake: FakeCoordinator, partner: Partner) -> dict[str, EpochState]:
    with fake.serving():
        seen = with_app(partner, ceremonies.board)
    return dict(epoch_states(fake.covenant, seen.notices))


def test_an_epoch_stays_known_when_a_contributor_gets_another_signing_key(rotated):
    assert known_epochs(*rotated) == {EPOCH: EpochState.ANNOUNCED}


def test_a_node_that_came_later_knows_it_too(rotated):
    fake, partner = rotated
    partner.covenant = fake.covenant
    (partner.folder / "covenant.json").write_bytes(canonical(fake.covenant))
    assert known_epochs(fake, partner) == {EPOCH: EpochState.ANNOUNCED}


def test_an_older_version_is_believed_only_when_its_successor_names_it(rotated):
    fake, partner = rotated
    partner.covenant = fake.covenant
    (partner.folder / "covenant.json").write_bytes(canonical(fake.covenant))
    other = dataclasses.replace(fake.covenant, version=1, predecessor=None)
    fake.versions[1] = covenant_pb2.CovenantDocument(document=canonical(other))
    with pytest.raises(IntegrityError, match="niet de echte"):
        known_epochs(fake, partner)


def test_a_replaced_key_counts_for_nothing_after_a_notice_of_its_successor():
    made = board()
    old, fresh = made.parties[CARE].signing, SigningKey.generate()
    newer = dataclasses.replace(made.covenant, version=2, **with_key(made.covenant, CARE, fresh))
    by_old, by_new = (retire(made.covenant, EPOCH, CARE, key) for key in (old, fresh))
    reader = BoardReader([made.covenant, newer])
    assert [reader.verify(one).author for one in (by_old, by_old, by_new)] == [CARE] * 3
    with pytest.raises(SamenloopError):
        reader.verify(by_old)
    with pytest.raises(SamenloopError):
        BoardReader([newer]).verify(by_old)


def test_who_joined_after_the_secret_was_sealed_hears_that_it_is_not_his_and_what_to_ask_for(tmp_path, monkeypatch):
    _fake, partner = world(tmp_path)
    made = board()
    made.covenant = dataclasses.replace(
        made.covenant, participants=tuple(row for row in made.covenant.participants if row.id != ME)
    )
    del made.parties[ME]
    made.announce(pair=(CARE, PROBATION))
    made.play()
    seen = ceremonies.Board(tuple(made.verified()))

    async def read(app: App) -> ceremonies.Board:
        return seen

    monkeypatch.setattr(ceremonies, "board", read)
    with pytest.raises(SamenloopError, match="deed toen niet mee") as late:
        with_app(partner, lambda app: ceremonies.accept(app, EPOCH, "o.operator"))
    assert late.value.code is ErrorCode.UNAVAILABLE
    assert "niet mee" in with_app(partner, lambda app: ceremonies.show(app, EPOCH))[0]
