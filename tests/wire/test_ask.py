"""A question: what its signature binds, and what a holder can and cannot learn from its own part."""

import hashlib
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.commitment import tokens_digest
from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SigningKey
from samenloop.model import EpochId, ParticipantId, QuestionId, RegistrationId, TokenSet
from samenloop.wire.ask import (
    MAX_PART_BYTES,
    Ask,
    Part,
    Question,
    build_ask,
    hit_notice,
    parse_ask,
    verify_ask,
    verify_notice,
)
from samenloop.wire.convert import CovenantRef
from samenloop.wire.mail import MAIL_BYTES, pack_mail, parse_mail
from samenloop.wire.v1 import mailbox_pb2, overlap_pb2

KEY = SigningKey.generate()
SALT, SEED = bytes([7] * 32), bytes([8] * 32)
QUESTION_ID = QuestionId(b"q" * 16)
TOKENS = (TokenSet(EpochId("2026-1"), 0b101, 2, bytes([1, 2]), b"t" * 48),)
EXCLUDED = (RegistrationId(b"e" * 16),)


def part(holder: str = "ggz-midden", nonce: bytes = b"n" * 16) -> Part:
    return Part(
        nonce=nonce,
        question_id=QUESTION_ID,
        covenant="zvh-demo",
        asker=ParticipantId("politie-midden"),
        holder=ParticipantId(holder),
        purpose="casusoverleg",
        proportionality="ernstig",
        subsidiarity="niet-anders",
        give_basis="wmo-5-2-6",
        receive_basis="politiewet-3",
        inform_basis="wpg-20",
        acting_as="none",
        reason="signaal",
    )


def question(**changes: object) -> Question:
    value = Question(
        covenant=CovenantRef("zvh-demo", 1),
        question_id=QUESTION_ID,
        asker=ParticipantId("politie-midden"),
        sent_ms=1_790_000_000_000,
        case_ref=b"c" * 32,
        user_ref=b"u" * 32,
        responsible_ref=b"r" * 32,
        purpose="casusoverleg",
        epochs=(EpochId("2026-1"),),
        digest=tokens_digest(SALT, TOKENS, EXCLUDED),
    )
    return replace(value, **changes)  # type: ignore[arg-type]


def request(*parts: Part, asked: Question | None = None) -> overlap_pb2.AskRequest:
    return build_ask(asked or question(), parts or (part(),), TOKENS, EXCLUDED, SALT, SEED, KEY)


def ask(*parts: Part) -> Ask:
    return parse_ask(request(*parts))


def notice(asked: Ask, index: int = 0) -> mailbox_pb2.HitNotice:
    return hit_notice(asked, index, shown=False, registrations=[RegistrationId(b"1" * 16)], asked_ms=5)


def test_a_question_comes_out_as_it_went_in_and_its_signature_holds() -> None:
    asked = ask(part(), part("vhh-oost"))
    verify_ask(asked, KEY.public)
    assert asked.question == question()
    assert asked.parts == (part(), part("vhh-oost"))
    assert (asked.token_sets, asked.excluded) == (TOKENS, EXCLUDED)


def test_a_question_of_another_author_is_refused() -> None:
    with pytest.raises(IntegrityError):
        verify_ask(ask(), SigningKey.generate().public)


def _other_tokens(message: overlap_pb2.AskRequest) -> None:
    message.tokens[0].tokens = b"u" * 48


def _other_salt(message: overlap_pb2.AskRequest) -> None:
    message.salt = bytes([9] * 32)


def _less_excluded(message: overlap_pb2.AskRequest) -> None:
    del message.excluded[:]


def _twice(message: overlap_pb2.AskRequest) -> None:
    message.parts.append(message.parts[0])


def _none(message: overlap_pb2.AskRequest) -> None:
    del message.parts[:]


def _part_of_another_question(message: overlap_pb2.AskRequest) -> None:
    other = QuestionId(b"z" * 16)
    message.parts[0] = request(replace(part(), question_id=other), asked=question(question_id=other)).parts[0]


def _part_too_large(message: overlap_pb2.AskRequest) -> None:
    message.parts[0] += b"\x82\x01" + bytes([0xD0, 0x04]) + b"x" * MAX_PART_BYTES


def _garbage(message: overlap_pb2.AskRequest) -> None:
    message.question = b"\xff\xff\xff"


def _asks_itself(message: overlap_pb2.AskRequest) -> None:
    message.CopyFrom(request(part("politie-midden")))


@pytest.mark.parametrize(
    "change",
    [
        _other_tokens,
        _other_salt,
        _less_excluded,
        _twice,
        _none,
        _part_of_another_question,
        _part_too_large,
        _garbage,
        _asks_itself,
    ],
)
def test_a_changed_or_incomplete_question_is_refused_at_the_edge(change: object) -> None:
    message = request()
    parse_ask(message)
    change(message)  # type: ignore[operator]
    with pytest.raises(InvalidInput):
        parse_ask(message)


@settings(max_examples=200)
@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_no_flipped_bit_in_the_signed_parts_survives(place: int, bit: int) -> None:
    message = request(part(), part("vhh-oost"))
    name = ("question", "padding_seed", "signature", "parts")[place % 4]
    data = bytearray(message.parts[0] if name == "parts" else getattr(message, name))
    data[(place // 4) % len(data)] ^= 1 << bit
    if name == "parts":
        message.parts[0] = bytes(data)
    else:
        setattr(message, name, bytes(data))
    with pytest.raises(SamenloopError):
        verify_ask(parse_ask(message), KEY.public)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_holder_verifies_its_own_part_alone(index: int) -> None:
    asked = ask(part("ggz-midden"), part("vhh-oost"), part("vhh-midden"))
    assert verify_notice(notice(asked, index), KEY.public) == asked.parts[index]


def test_a_notice_has_one_length_whatever_the_number_of_holders_and_tells_no_other_holder() -> None:
    alone = notice(ask(part()))
    among = notice(ask(part(), part("vhh-oost"), part("vhh-midden")))
    assert len(alone.SerializeToString()) == len(among.SerializeToString())
    assert b"vhh-oost" not in among.SerializeToString()


def test_the_part_of_another_holder_cannot_be_guessed_from_the_path() -> None:
    asked = ask(part("ggz-midden"), part("vhh-oost", nonce=os.urandom(16)))
    guess = request(part("ggz-midden"), part("vhh-oost")).parts[1]
    hashes = set(notice(asked).path)
    assert hashlib.sha256(b"\x00" + guess).digest() not in hashes
    known_nonce = asked.part_bytes[1]
    assert hashlib.sha256(b"\x00" + known_nonce).digest() in hashes, "control: with the nonce the guess succeeds"


def _forged_part(message: mailbox_pb2.HitNotice) -> None:
    message.part = request(part("vhh-oost")).parts[0]


def _moved(message: mailbox_pb2.HitNotice) -> None:
    message.part_index = 1


def _outside(message: mailbox_pb2.HitNotice) -> None:
    message.part_index = 16


def _short_path(message: mailbox_pb2.HitNotice) -> None:
    del message.path[-1]


def _other_question(message: mailbox_pb2.HitNotice) -> None:
    message.question_digest = b"z" * 32


@pytest.mark.parametrize("forge", [_forged_part, _moved, _outside, _short_path, _other_question])
def test_a_forged_notice_is_refused(forge: object) -> None:
    message = notice(ask())
    verify_notice(message, KEY.public)
    forge(message)  # type: ignore[operator]
    with pytest.raises(SamenloopError):
        verify_notice(message, KEY.public)


def test_the_largest_notice_fits_in_a_mailbox_item() -> None:
    largest = replace(
        part(holder="h" * 64), asker=ParticipantId("a" * 64), covenant="c" * 64, **dict.fromkeys(_CODES, "x" * 32)
    )
    asked = parse_ask(
        request(largest, asked=question(asker="a" * 64, purpose="x" * 32, covenant=CovenantRef("c" * 64, 1)))
    )
    registrations = [RegistrationId(os.urandom(16)) for place in range(9)]
    content = mailbox_pb2.MailContent(
        hit=hit_notice(asked, 0, shown=True, registrations=registrations, asked_ms=1_790_000_000_000)
    )
    assert content.hit.more
    assert len(content.hit.registration_ids) == 8
    padded = pack_mail(content)
    assert len(padded) == MAIL_BYTES
    assert parse_mail(padded) == content


_CODES = (
    "purpose",
    "proportionality",
    "subsidiarity",
    "give_basis",
    "receive_basis",
    "inform_basis",
    "acting_as",
    "reason",
)


def test_two_requests_are_the_same_request_exactly_when_their_signed_content_is() -> None:
    assert ask().payload_hash == ask().payload_hash
    assert ask().payload_hash != ask(part("vhh-oost")).payload_hash
    assert ask().payload_hash != parse_ask(request(asked=question(sent_ms=1))).payload_hash
