"""Nothing in the mailbox is believed that its author did not sign; each refusal has a genuine twin that is accepted."""

import dataclasses
from datetime import date

import pytest

from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.keys import SigningKey
from samenloop.model import ParticipantId, QuestionId, RegisterId, RegistrationId
from samenloop.wire.declare import Freshness, Letter, Release
from samenloop.wire.mail import pack_mail
from samenloop.wire.v1 import common_pb2, mailbox_pb2
from samenloop_node.letters import CaseListed, seal_case_letter
from samenloop_node.mail_reading import Hit, Lapsed, Released, read_content

ASKER, HOLDER, NETWORK = ParticipantId("reclassering-midden"), ParticipantId("politie-midden"), "zvh-midden"
QUESTION = QuestionId(b"q" * 16)
REGISTRATION = RegistrationId(b"r" * 16)


def read(kit, content, me, counted_at=None):
    versions = counted_at or (lambda _ms: (kit.covenant,))
    return read_content(content, versions, ParticipantId(me), kit.sealing[me])


def rotated(kit, participant):
    """Return the covenant after `participant` replaced its signing key."""
    fresh = SigningKey.generate().public.hex
    rows = tuple(
        dataclasses.replace(row, signing_key=fresh) if row.id == participant else row
        for row in kit.covenant.participants
    )
    return dataclasses.replace(kit.covenant, version=2, participants=rows)


def event(signed):
    return mailbox_pb2.MailContent(event=mailbox_pb2.Event(statement=signed))


def release(*, receiver=ASKER, withdrawn=False):
    return Release(QUESTION, receiver, withdrawn, b"" if withdrawn else b"g" * 32)


def letter(kit, network=NETWORK, receiver=ASKER, signer=None, sealed=None):
    act = seal_case_letter(kit.covenant, network, receiver, "R-2026-9", REGISTRATION)
    if sealed is not None:
        act = Letter(act.receiver, sealed)
    return mailbox_pb2.MailContent(letter=kit.signed(act, network, signer))


def test_a_genuine_hit_names_the_asker_and_our_registrations(kit):
    found = read(kit, kit.hit(HOLDER, shown=True), HOLDER)
    assert isinstance(found, Hit)
    assert (found.part.asker, found.shown, found.registrations) == (ASKER, True, (RegistrationId(b"1" * 16),))


@pytest.mark.parametrize("shown", [True, False])
def test_a_hit_that_the_asker_did_not_sign_is_refused(kit, shown):
    with pytest.raises(IntegrityError):
        read(kit, kit.hit(HOLDER, shown=shown, signer="ggz-midden"), HOLDER)


def test_a_hit_for_another_holder_is_refused(kit):
    with pytest.raises(IntegrityError):
        read(kit, kit.hit("ggz-midden"), HOLDER)


@pytest.mark.parametrize("field", ["part", "question_digest", "path", "signature"])
def test_a_changed_hit_is_refused(kit, field):
    content = kit.hit(HOLDER)
    if field == "path":
        content.hit.path[0] = bytes(32)
    elif field == "part":
        content.hit.part = content.hit.part.replace(b"recent", b"andere")
    else:
        setattr(content.hit, field, bytes(len(getattr(content.hit, field))))
    with pytest.raises(IntegrityError):
        read(kit, content, HOLDER)


def test_what_was_signed_before_a_key_was_replaced_is_verified_with_the_key_of_that_time(kit):
    new = rotated(kit, ASKER)
    moments = []

    def counted_at(ms):
        moments.append(ms)
        return (new, kit.covenant)

    content = kit.hit(HOLDER)
    assert isinstance(read(kit, content, HOLDER, counted_at), Hit)
    assert moments == [content.hit.asked_ms]
    with pytest.raises(IntegrityError):
        read(kit, content, HOLDER, lambda _ms: (new,))
    with pytest.raises(IntegrityError):
        read(kit, kit.hit(HOLDER, signer="ggz-midden"), HOLDER, counted_at)


def test_a_release_of_before_its_holders_new_key_is_the_holders_word(kit):
    new, mail = rotated(kit, HOLDER), event(kit.signed(release(), HOLDER, sent_ms=7))
    assert isinstance(read(kit, mail, ASKER, lambda _ms: (new, kit.covenant)), Released)
    with pytest.raises(IntegrityError):
        read(kit, mail, ASKER, lambda _ms: (new,))
    with pytest.raises(IntegrityError):
        read(kit, mail, ASKER, lambda _ms: ())


def test_a_hit_without_registrations_is_refused(kit):
    content = kit.hit(HOLDER)
    del content.hit.registration_ids[:]
    with pytest.raises(SamenloopError):
        read(kit, content, HOLDER)


def test_a_release_is_the_holders_own_word(kit):
    found = read(kit, event(kit.signed(release(), HOLDER, sent_ms=7)), ASKER)
    assert found == Released(QUESTION, HOLDER, withdrawn=False, stated_ms=7)
    assert read(kit, event(kit.signed(release(withdrawn=True), HOLDER, sent_ms=8)), ASKER).withdrawn


def test_a_release_signed_by_another_is_refused(kit):
    with pytest.raises(IntegrityError):
        read(kit, event(kit.signed(release(), HOLDER, signer="ggz-midden")), ASKER)


def test_a_release_for_another_receiver_is_refused(kit):
    with pytest.raises(IntegrityError):
        read(kit, event(kit.signed(release(receiver=ParticipantId("burgemeester-middelstad")), HOLDER)), ASKER)


def test_another_statement_than_a_release_is_no_event(kit):
    with pytest.raises(IntegrityError):
        read(kit, event(kit.signed(Freshness(RegisterId("politie"), date(2026, 1, 1)), HOLDER)), ASKER)


def test_the_coordinator_itself_can_only_say_that_something_lapsed(kit):
    content = mailbox_pb2.MailContent(event=mailbox_pb2.Event(lapsed_question_id=QUESTION, lapsed_holder=HOLDER))
    assert read(kit, content, ASKER) == Lapsed(QUESTION, HOLDER)


def test_a_letter_tells_which_registration_is_our_own_case(kit):
    assert read(kit, letter(kit), ASKER) == CaseListed(ParticipantId(NETWORK), "R-2026-9", REGISTRATION)


def test_a_letter_signed_by_another_or_for_another_is_refused(kit):
    with pytest.raises(IntegrityError):
        read(kit, letter(kit, signer="zvh-oost"), ASKER)
    with pytest.raises(IntegrityError):
        read(kit, letter(kit, receiver="politie-midden"), ASKER)


def test_a_letter_from_a_partner_that_keeps_no_case_list_is_refused(kit):
    with pytest.raises(SamenloopError) as caught:
        read(kit, letter(kit, network="ggz-midden"), ASKER)
    assert caught.value.code is ErrorCode.NOT_PERMITTED


def test_a_letter_sealed_for_another_pair_is_refused(kit):
    other = seal_case_letter(kit.covenant, "zvh-oost", ASKER, "R-2026-9", REGISTRATION).sealed
    with pytest.raises(IntegrityError):
        read(kit, letter(kit, sealed=other), ASKER)


def test_a_dummy_means_nothing(kit):
    assert read(kit, mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy()), HOLDER) is None


def test_every_kind_of_mail_fits_into_one_length(kit):
    mails = [kit.hit(HOLDER), letter(kit), event(kit.signed(release(), HOLDER)), mailbox_pb2.MailContent(dummy={})]
    assert {len(pack_mail(mail)) for mail in mails} == {1024}


def test_an_unsigned_statement_is_refused(kit):
    signed = kit.signed(release(), HOLDER)
    with pytest.raises(SamenloopError):
        read(kit, event(common_pb2.Signed(body=signed.body)), ASKER)
