"""An override of the catalogue counts only with the signatures that it needs, and only when it tightens."""

from dataclasses import fields
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samenloop.catalogue import load_catalogue, tightened
from samenloop.covenant import override
from samenloop.covenant.checks import signing_participants
from samenloop.covenant.override import read_override, sign_override, signed_override, signers
from samenloop.covenant.signatures import format_signatures
from samenloop.errors import IntegrityError, InvalidInput, Refused
from samenloop.model import Mode
from tests.covenant.consortium import KEYS, PARTNERS, demo_covenant

LAW, DEMO = load_catalogue(), demo_covenant()
POLICE, CARE = "politie-midden", "ggz-midden"
STRICTER = b'[registers.politie]\nmode = "consent_only"\n'
LOOSER = b'[registers.ggz]\nmode = "holder_decides"\n'
OWN = frozenset({POLICE})


def signed(data: bytes, *names: str):
    return tuple(sign_override(DEMO, data, name, KEYS[name]) for name in names)


def test_R15_an_override_that_its_partner_signed_is_taken() -> None:
    stricter = signed_override(LAW, DEMO, STRICTER, signed(STRICTER, POLICE), OWN)
    assert (LAW.registers["politie"].mode, stricter.registers["politie"].mode) == (
        Mode.HOLDER_DECIDES,
        Mode.CONSENT_ONLY,
    )


@pytest.mark.parametrize("names", [(), (CARE,)], ids=["nobody", "another"])
def test_R15_an_override_that_is_not_signed_by_who_must_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as caught:
        signed_override(LAW, DEMO, STRICTER, signed(STRICTER, *names), OWN)
    assert (caught.value.rule, caught.value.missing) == ("R-15", (f"R-15 {POLICE}",))


def test_R15_at_the_coordinator_all_partners_sign() -> None:
    everybody = signing_participants(DEMO)
    assert everybody == frozenset(PARTNERS)
    for name in PARTNERS:
        with pytest.raises(Refused) as caught:
            signed_override(LAW, DEMO, STRICTER, signed(STRICTER, *(set(PARTNERS) - {name})), everybody)
        assert caught.value.missing == (f"R-15 {name}",)
    assert signed_override(LAW, DEMO, STRICTER, signed(STRICTER, *PARTNERS), everybody) != LAW


def test_R15_a_signature_never_makes_a_loosening_good() -> None:
    with pytest.raises(Refused, match="strenger"):
        signed_override(LAW, DEMO, LOOSER, signed(LOOSER, *PARTNERS), signing_participants(DEMO))


def test_R15_nobody_asked_is_nobody_signed() -> None:
    with pytest.raises(Refused):
        signed_override(LAW, DEMO, STRICTER, signed(STRICTER, POLICE), frozenset())


def test_a_signature_is_for_these_bytes_this_covenant_and_this_partner_only() -> None:
    (good,) = signed(STRICTER, POLICE)
    assert signers(DEMO, STRICTER, [good]) == OWN
    forged = Ed25519PrivateKey.generate()
    wrong = type(good)(good.participant, good.fingerprint, forged.sign(b"x"))
    unknown = type(good)("zvh-midden", good.fingerprint, good.signature)
    for data, one in ((STRICTER + b"#", good), (STRICTER, wrong), (STRICTER, unknown)):
        with pytest.raises(IntegrityError):
            signers(DEMO, data, [one])


def test_control_without_the_check_an_unsigned_override_would_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken build: one that takes the signers at their word. The test above tells the two apart."""
    monkeypatch.setattr(override, "signers", lambda *_arguments: OWN)
    counted = signed_override(LAW, DEMO, STRICTER, (), OWN)
    stricter = tightened(LAW, {"registers": {"politie": {"mode": "consent_only"}}})
    assert all(getattr(counted, one.name) == getattr(stricter, one.name) for one in fields(stricter))
    assert counted.registers != LAW.registers


def test_files_are_read_from_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "strenger.toml"
    assert read_override(LAW, DEMO, None, OWN) is LAW
    with pytest.raises(InvalidInput):
        read_override(LAW, DEMO, path, OWN)
    path.write_bytes(STRICTER)
    with pytest.raises(Refused):
        read_override(LAW, DEMO, path, OWN)
    (tmp_path / "strenger.signatures.json").write_bytes(format_signatures(signed(STRICTER, POLICE)))
    assert read_override(LAW, DEMO, path, OWN).registers["politie"].mode is Mode.CONSENT_ONLY
    path.write_bytes(b"\xff")
    with pytest.raises((InvalidInput, IntegrityError)):
        read_override(LAW, DEMO, path, OWN)
