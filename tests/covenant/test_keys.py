"""Key files and what is made with them."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SEAL_OVERHEAD, SealingKey, SealingPublicKey, SigningKey, VerifyKey

SIGNING, SEALING = SigningKey.generate(), SealingKey.generate()


def test_a_key_is_kept_with_mode_0400_and_never_overwritten(tmp_path: Path) -> None:
    for kind in (SigningKey, SealingKey):
        path = tmp_path / kind.__name__
        made = kind.generate(path)
        assert path.stat().st_mode & 0o777 == 0o400
        assert kind.load(path).public.hex == made.public.hex
        before = path.read_bytes()
        with pytest.raises(SamenloopError, match="nooit overschreven"):
            kind.generate(path)
        assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o600 | 0o020, 0o401])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    SigningKey.generate(path)
    path.chmod(mode)
    with pytest.raises(InvalidInput, match="0400"):
        SigningKey.load(path)


def test_a_missing_or_odd_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SamenloopError, match="kan niet worden gelezen"):
        SigningKey.load(tmp_path / "none")
    odd = tmp_path / "odd"
    odd.write_bytes(b"x")
    odd.chmod(0o400)
    with pytest.raises(InvalidInput, match="geen sleutelbestand"):
        SealingKey.load(odd)


def test_a_signing_key_is_no_sealing_key(tmp_path: Path) -> None:
    SigningKey.generate(tmp_path / "signing")
    SealingKey.generate(tmp_path / "sealing")
    with pytest.raises(InvalidInput, match="ander soort"):
        SealingKey.load(tmp_path / "signing")
    with pytest.raises(InvalidInput, match="ander soort"):
        SigningKey.load(tmp_path / "sealing")


@given(st.binary(max_size=64), st.sampled_from(["covenant", "question"]))
def test_a_signature_is_good_for_its_own_label_and_message_only(message: bytes, label: str) -> None:
    signature = SIGNING.sign(label, message)
    SIGNING.public.verify(label, message, signature)
    for other_label, other in ((label + "x", message), (label, message + b"x"), ("x", message)):
        with pytest.raises(IntegrityError):
            SIGNING.public.verify(other_label, other, signature)
    with pytest.raises(IntegrityError):
        SigningKey.generate().public.verify(label, message, signature)


def test_control_a_signature_without_a_label_would_fit_any_purpose() -> None:
    """Positive control: what is signed begins with the label, so the bare message does not verify."""
    signature = SIGNING.sign("covenant", b"message")
    bare = Ed25519PublicKey.from_public_bytes(bytes.fromhex(SIGNING.public.hex))
    bare.verify(signature, b"samenloop/v1/covenant\0message")
    with pytest.raises(InvalidSignature):
        bare.verify(signature, b"message")


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_with_the_same_key_and_info_only(plaintext: bytes) -> None:
    sealed = SEALING.public.seal(plaintext, b"info")
    assert len(sealed) == len(plaintext) + SEAL_OVERHEAD
    assert SEALING.open(sealed, b"info") == plaintext
    flipped = bytes([sealed[0] ^ 1]) + sealed[1:]
    for key, data, info in (
        (SealingKey.generate(), sealed, b"info"),
        (SEALING, sealed, b"other"),
        (SEALING, flipped, b"info"),
        (SEALING, sealed[:-1], b"info"),
        (SEALING, b"", b"info"),
    ):
        with pytest.raises(IntegrityError):
            key.open(data, info)


def test_sealing_to_a_key_of_no_order_is_refused() -> None:
    with pytest.raises(InvalidInput):
        SealingPublicKey("0" * 64).seal(b"x", b"info")


@pytest.mark.parametrize("digits", ["", "0" * 63, "A" * 64, "g" * 64, " " + "0" * 63])
def test_a_public_key_is_64_small_hexadecimal_digits(digits: str) -> None:
    for kind in (VerifyKey, SealingPublicKey):
        with pytest.raises(InvalidInput):
            kind(digits)


def test_no_repr_shows_a_private_key() -> None:
    for key in (SIGNING, SEALING):
        raw = key._key.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        assert raw.hex() not in repr(key)
    assert SIGNING.public == VerifyKey(SIGNING.public.hex)
    assert len({SIGNING.public, VerifyKey(SIGNING.public.hex)}) == 1
    assert SIGNING.public.hex in repr(SIGNING.public)
    assert SEALING.public.hex in repr(SEALING.public)
