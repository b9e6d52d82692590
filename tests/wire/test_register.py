"""Chunks of registrations and statements: complete at the edge, bound to their author and content."""

from dataclasses import replace
from datetime import date

import pytest

from samenloop.commitment import items_digest, tokens_digest
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.modes import RecordFacts
from samenloop.errors import IntegrityError, InvalidInput
from samenloop.keys import SigningKey
from samenloop.model import MAX_EPOCHS, EpochId, Mode, ParticipantId, QuestionId, RegisterId, RegistrationId, TokenSet
from samenloop.wire import declare, labels, own, register
from samenloop.wire.convert import CovenantRef
from samenloop.wire.mail import MAIL_BYTES, pack_mail, parse_mail
from samenloop.wire.v1 import common_pb2, mailbox_pb2, overlap_pb2

KEY = SigningKey.generate()
SALT = bytes([7] * 32)
COVENANT = CovenantRef("zvh-demo", 1)
TOKENS = (TokenSet(EpochId("2026-1"), 1, 0, bytes([1]), b"t" * 16),)
FACTS = RecordFacts(
    kind="politie",
    task="politietaak",
    framework="maatregel",
    origin="eigen",
    measure="",
    protected=True,
    tightened=Mode.CONSENT_ONLY,
    review_date=date(2027, 1, 1),
    acting_for="",
    frozen=True,
    origin_permission=True,
)
DECISION = BeforehandDecision(
    registration=b"1" * 16,
    receivers=(ParticipantId("reclassering-midden"),),
    purpose="casusoverleg",
    basis="wpg-20",
    breach_ground="",
    valid_until=date(2026, 12, 31),
    reference=b"b" * 32,
    decider=b"d" * 32,
    decided_on=date(2026, 11, 1),
    steps=("wpg20",),
)
PUT = register.Item(RegistrationId(b"1" * 16), register.PUT, TOKENS, FACTS, (DECISION,))
CHANGE = replace(PUT, act=register.FACTS, token_sets=())
WITHDRAWAL = register.Item(RegistrationId(b"2" * 16), register.WITHDRAW, (), None, ())


@pytest.mark.parametrize("item", [PUT, CHANGE, WITHDRAWAL], ids=["put", "facts", "withdraw"])
def test_an_item_comes_out_as_it_went_in(item: register.Item) -> None:
    assert register.parse_item(register.item_bytes(item), "politie", "items[0]") == item


@pytest.mark.parametrize(
    "item",
    [
        replace(PUT, token_sets=()),
        replace(PUT, facts=None),
        replace(CHANGE, token_sets=TOKENS),
        replace(WITHDRAWAL, facts=FACTS),
        replace(WITHDRAWAL, beforehand=(DECISION,)),
        replace(PUT, act=0),
        replace(PUT, registration_id=RegistrationId(bytes(16))),
        replace(PUT, token_sets=TOKENS * 2),
        replace(PUT, token_sets=tuple(replace(TOKENS[0], epoch=EpochId(f"2026-{n}")) for n in range(MAX_EPOCHS + 1))),
    ],
    ids=["no tokens", "no facts", "too much", "facts", "decision", "no act", "zero id", "epoch twice", "5 epochs"],
)
def test_an_incomplete_item_is_refused_and_named(item: register.Item) -> None:
    with pytest.raises(InvalidInput):
        register.parse_item(register.item_bytes(item), "politie", "items[3]")


def chunk(items: list[bytes]) -> register.Chunk:
    return register.Chunk(
        covenant=COVENANT,
        request_id=b"r" * 16,
        participant=ParticipantId("politie-midden"),
        register=RegisterId("politie"),
        sent_ms=1,
        digest=items_digest(SALT, items),
        count=len(items),
    )


def test_a_chunk_is_bound_to_its_author_and_its_items() -> None:
    items = [register.item_bytes(PUT), register.item_bytes(WITHDRAWAL)]
    message = register.build_register(chunk(items), items, SALT, KEY)
    parsed = register.parse_register(message)
    register.verify_register(parsed, KEY.public)
    assert parsed.chunk == chunk(items)
    with pytest.raises(IntegrityError):
        register.verify_register(parsed, SigningKey.generate().public)
    message.items[0] = register.item_bytes(CHANGE)
    with pytest.raises(InvalidInput):
        register.parse_register(message)


@pytest.mark.parametrize("number", [0, 201])
def test_a_chunk_without_items_or_with_too_many_is_refused(number: int) -> None:
    items = [register.item_bytes(WITHDRAWAL)] * number
    with pytest.raises(InvalidInput):
        register.parse_register(register.build_register(chunk(items), items, SALT, KEY))


GROUNDS = declare.Grounds(
    nonce=b"n" * 16,
    register=RegisterId("politie"),
    give_basis="wpg-20",
    breach_ground="",
    registration_id=RegistrationId(b"1" * 16),
    decider=b"d" * 32,
)
RELEASE = declare.Release(
    QuestionId(b"q" * 16), ParticipantId("reclassering-midden"), False, declare.grounds_digest(GROUNDS)
)
ACTS: list[declare.Act] = [
    replace(RELEASE, withdrawn=True, grounds_digest=b""),
    declare.Freshness(RegisterId("politie"), date(2026, 11, 20)),
    declare.CaseClosed(b"c" * 32),
    declare.Anchor(b"a" * 32),
    declare.Letter(ParticipantId("politie-midden"), b"sealed"),
]


def statement(act: declare.Act) -> declare.Statement:
    return declare.Statement(COVENANT, b"r" * 16, ParticipantId("politie-midden"), 1, act)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: type(act).__name__)
def test_a_statement_comes_out_as_it_went_in(act: declare.Act) -> None:
    parsed = declare.parse_declare(declare.build_declare(statement(act), KEY))
    assert parsed.statement == statement(act)
    assert parsed.grounds is None
    declare.verify_statement(parsed.body, parsed.signature, KEY.public)
    with pytest.raises(IntegrityError):
        declare.verify_statement(parsed.body, parsed.signature, SigningKey.generate().public)


def test_a_release_is_bound_to_its_grounds_without_showing_them() -> None:
    message = declare.build_declare(statement(RELEASE), KEY, GROUNDS)
    assert declare.parse_declare(message).grounds == GROUNDS
    assert b"wpg-20" not in message.statement.body
    message.grounds = declare.build_declare(statement(RELEASE), KEY, replace(GROUNDS, give_basis="anders")).grounds
    with pytest.raises(InvalidInput):
        declare.parse_declare(message)


def test_a_release_without_grounds_and_another_act_with_grounds_are_refused() -> None:
    with pytest.raises(InvalidInput):
        declare.parse_declare(declare.build_declare(statement(RELEASE), KEY))
    with pytest.raises(InvalidInput):
        declare.parse_declare(declare.build_declare(statement(ACTS[1]), KEY, GROUNDS))


def test_a_statement_without_an_act_and_an_empty_letter_are_refused() -> None:
    body = overlap_pb2.Statement.FromString(declare.build_declare(statement(ACTS[1]), KEY).statement.body)
    body.ClearField("freshness")
    with pytest.raises(InvalidInput):
        declare.parse_statement(body.SerializeToString())
    with pytest.raises(InvalidInput):
        declare.parse_declare(declare.build_declare(statement(declare.Letter(ParticipantId("x"), b"")), KEY))


def test_a_signature_for_one_kind_of_message_never_fits_another() -> None:
    message = declare.build_declare(statement(ACTS[1]), KEY)
    items = [register.item_bytes(WITHDRAWAL)]
    signed = register.build_register(chunk(items), items, SALT, KEY)
    with pytest.raises(IntegrityError):
        declare.verify_statement(signed.chunk.body, signed.chunk.signature, KEY.public)
    declare.verify_statement(message.statement.body, message.statement.signature, KEY.public)


def test_find_own_comes_out_as_it_went_in_and_is_bound_to_its_tokens() -> None:
    query = own.OwnQuery(
        COVENANT,
        b"r" * 16,
        ParticipantId("politie-midden"),
        1,
        b"u" * 32,
        "access",
        (EpochId("2026-1"),),
        tokens_digest(SALT, TOKENS),
    )
    message = own.build_find_own(query, TOKENS, SALT, KEY)
    parsed = own.parse_find_own(message)
    own.verify_find_own(parsed, KEY.public)
    assert (parsed.query, parsed.token_sets) == (query, TOKENS)
    message.tokens[0].tokens = b"u" * 16
    with pytest.raises(InvalidInput):
        own.parse_find_own(message)


def test_a_page_of_own_registrations_is_asked_for_as_it_was_signed_and_with_nothing_else() -> None:
    query = own.OwnList(
        COVENANT, b"r" * 16, ParticipantId("politie-midden"), 1, b"u" * 32, RegisterId("politie"), b"i" * 16
    )
    first = replace(query, after=b"")
    for one in (query, first):
        parsed = own.parse_list_own(own.build_list_own(one, KEY))
        own.verify_list_own(parsed, KEY.public)
        assert parsed.query == one
        with pytest.raises(IntegrityError):
            KEY.public.verify(labels.OWN_QUERY, parsed.body, parsed.signature)
    for wrong in (replace(query, after=b"short"), replace(query, register=RegisterId("Geen Code"))):
        with pytest.raises(InvalidInput):
            own.parse_list_own(own.build_list_own(wrong, KEY))


def test_every_mail_has_one_length_and_any_other_form_is_refused() -> None:
    dummy = pack_mail(mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy()))
    letter = common_pb2.Signed(body=b"x" * 900, signature=b"s" * 64)
    assert len(dummy) == len(pack_mail(mailbox_pb2.MailContent(letter=letter))) == MAIL_BYTES
    for wrong in (dummy[:-1], dummy[:-1] + b"\x01", bytes(MAIL_BYTES), b"\xff" * MAIL_BYTES):
        with pytest.raises(InvalidInput):
            parse_mail(wrong)
    letter.body = b"x" * MAIL_BYTES
    with pytest.raises(InvalidInput):
        pack_mail(mailbox_pb2.MailContent(letter=letter))


def test_the_largest_letter_fits_in_a_mailbox_item() -> None:
    largest = declare.Letter(ParticipantId("p" * 64), b"x" * declare.MAX_LETTER_BYTES)
    long = replace(statement(largest), author=ParticipantId("a" * 64), covenant=CovenantRef("c" * 64, 2**31))
    signed = declare.build_declare(long, KEY).statement
    assert len(pack_mail(mailbox_pb2.MailContent(letter=signed))) == MAIL_BYTES
