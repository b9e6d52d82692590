"""Logs are complete and themselves secret (R-72)."""

import pytest

from samenloop.audit import seal
from samenloop.audit.events import EVENTS
from samenloop.audit.fields import Event
from samenloop.errors import IntegrityError
from samenloop.keys import SealingKey

KEYS = {name: SealingKey.generate() for name in ("politie-noord", "ggz-noord", "auditor")}
DAY, SALT = "2026-05-01", bytes(16)
CONTENT = seal.make_content_keys(
    DAY,
    {name: key.public for name, key in KEYS.items() if name != "auditor"},
    KEYS["auditor"].public,
)


def _read(reader: str, holder: str) -> bytes:
    wrapped = next(one for one in CONTENT.wrapped if one.holder == holder)
    key = seal.open_wrapped(wrapped, DAY, KEYS[reader], auditor=reader == "auditor")
    return seal.open_fixed(key, CONTENT.seal(holder, b"hidden", SALT), seal.HALF_BYTES, SALT)


@pytest.mark.parametrize("reader", ["politie-noord", "auditor"])
def test_R72_a_holder_and_the_auditor_read_the_holders_side_of_the_log(reader: str) -> None:
    assert _read(reader, "politie-noord") == b"hidden"


def test_R72_no_partner_reads_another_partners_side_of_the_log() -> None:
    with pytest.raises(IntegrityError):
        _read("ggz-noord", "politie-noord")


@pytest.mark.parametrize("event", ["question", "release", "refuse", "find_own", "register", "withdraw"])
def test_R72_every_act_of_a_partner_is_logged_with_who_did_it(event: str) -> None:
    assert "actor" in EVENTS[Event(event)].must


def test_R72_a_question_is_logged_with_case_user_purpose_and_holders() -> None:
    assert {"actor", "user", "case", "purpose", "holders"} <= EVENTS[Event.QUESTION].must
