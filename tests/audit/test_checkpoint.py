"""Signed notes, checkpoints, cosignatures and kept proofs: strict in form, and only the right keys hold."""

import base64
import hashlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import note as notes
from samenloop.audit import proof
from samenloop.audit.checkpoint import TreeHead
from samenloop.audit.note import Note, NoteSigner, Signature
from samenloop.errors import IntegrityError, SamenloopError
from samenloop.keys import SealingKey, SigningKey
from tests.audit.world import HOLDERS, ORIGIN, SIGNER, WITNESSES, signing_key

HEAD = TreeHead(ORIGIN, 42, bytes(range(32)))
KEYS = {name: signer.public_key() for name, signer in WITNESSES.items()}

SPECIFICATION = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY"
    "N7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9"
    "dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
"""The example of c2sp.org/tlog-cosignature (its public keys are not published)."""


def signed() -> checkpoints.Checkpoint:
    return checkpoints.sign(HEAD, SIGNER)


def test_the_example_of_the_specification_is_read_and_written_alike() -> None:
    found = checkpoints.parse(SPECIFICATION.encode())
    assert (found.head.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.format().decode() == SPECIFICATION
    witness = found.note.signatures[1]
    assert struct.unpack(">Q", witness.value[:8]) == (1_679_315_147,)


def test_the_key_id_and_the_signed_bytes_are_those_of_the_specification() -> None:
    public = SIGNER.public_key()
    expected = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    one = signed().note.signatures[0]
    assert one.key_id == expected
    SIGNER.key.public_key().verify(one.value, f"{ORIGIN}\n42\n{base64.b64encode(HEAD.root).decode()}\n".encode())
    cosigned = checkpoints.cosign(signed(), WITNESSES[HOLDERS[0]], 1_679_315_147)
    key = WITNESSES[HOLDERS[0]]
    assert cosigned.key_id == hashlib.sha256(key.name.encode() + b"\n\x04" + key.public_key()).digest()[:4]
    message = b"cosignature/v1\ntime 1679315147\n" + signed().note.text.encode()
    key.key.public_key().verify(cosigned.value[8:], message)


def test_a_signed_checkpoint_verifies_with_its_key_and_name_only() -> None:
    data = signed().format()
    assert checkpoints.verify(data, ORIGIN, SIGNER.public_key()).head == HEAD
    for origin, key in (("other", SIGNER.public_key()), (ORIGIN, KEYS[HOLDERS[0]]), (ORIGIN, b"short")):
        with pytest.raises(IntegrityError):
            checkpoints.verify(data, origin, key)


def test_a_signature_of_another_length_does_not_hold() -> None:
    good = signed()
    one = good.note.signatures[0]
    short = Note(good.note.text, (Signature(one.name, one.key_id, one.value[:-1]),))
    with pytest.raises(IntegrityError):
        checkpoints.verify(short.format(), ORIGIN, SIGNER.public_key())
    with pytest.raises(IntegrityError):
        notes.parse_signature(one.line() + " ")


def test_a_log_key_signs_under_its_own_name_only() -> None:
    with pytest.raises(IntegrityError):
        checkpoints.sign(HEAD, NoteSigner("other", signing_key(1)))


def test_cosignatures_are_found_with_their_times_and_unknown_ones_ignored() -> None:
    whole = signed()
    for number, name in enumerate(HOLDERS):
        whole = checkpoints.add_cosignature(whole, checkpoints.cosign(whole, WITNESSES[name], 100 + number))
    whole = checkpoints.parse(whole.format())
    assert checkpoints.cosignatures(whole, KEYS) == dict(zip(HOLDERS, (100, 101, 102), strict=True))
    some = {HOLDERS[0]: KEYS[HOLDERS[0]], HOLDERS[1]: KEYS[HOLDERS[2]]}
    assert checkpoints.cosignatures(whole, some) == {HOLDERS[0]: 100}
    assert checkpoints.unknown_signers(whole, SIGNER.public_key(), KEYS) == ()
    assert checkpoints.unknown_signers(whole, SIGNER.public_key(), some) == HOLDERS[1:]
    assert checkpoints.unknown_signers(whole, bytes(32), KEYS) == (ORIGIN,)


def test_a_cosignature_of_another_time_or_tree_does_not_hold() -> None:
    good = checkpoints.cosign(signed(), WITNESSES[HOLDERS[0]], 100)
    later = Signature(good.name, good.key_id, struct.pack(">Q", 101) + good.value[8:])
    endless = Signature(good.name, good.key_id, struct.pack(">Q", 1 << 63) + good.value[8:])
    elsewhere = checkpoints.sign(TreeHead(ORIGIN, 43, HEAD.root), SIGNER)
    for whole in (
        checkpoints.add_cosignature(signed(), later),
        checkpoints.add_cosignature(signed(), endless),
        checkpoints.add_cosignature(elsewhere, good),
    ):
        with pytest.raises(IntegrityError):
            checkpoints.cosignatures(whole, KEYS)
    with pytest.raises(IntegrityError):
        checkpoints.cosign(signed(), WITNESSES[HOLDERS[0]], -1)


def test_a_newer_cosignature_replaces_the_older_one() -> None:
    whole = signed()
    for seconds in (100, 200):
        whole = checkpoints.add_cosignature(whole, checkpoints.cosign(whole, WITNESSES[HOLDERS[0]], seconds))
    assert checkpoints.cosignatures(whole, KEYS) == {HOLDERS[0]: 200}
    assert len(whole.note.signatures) == 2


ROOT = base64.b64encode(HEAD.root).decode()


def note(text: str) -> bytes:
    return Note(text, (SIGNER.sign(text),)).format()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n042\n{ROOT}\n",
        f"{ORIGIN}\n+42\n{ROOT}\n",
        f"{ORIGIN}\n4_2\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n٤٢\n{ROOT}\n",
        f"{ORIGIN}\n9999999999999999999\n{ROOT}\n",
        f"{ORIGIN}\n42\n{ROOT}\nextension\n",
        f"{ORIGIN}\n42\n",
        f"{ORIGIN}\n42\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n42\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n42\n{ROOT[:-2]}9=\n",
        f"{ORIGIN} x\n42\n{ROOT}\n",
        f"\n42\n{ROOT}\n",
        f"{ORIGIN}+x\n42\n{ROOT}\n",
    ],
)
def test_a_checkpoint_of_another_form_is_refused_though_signed(text: str) -> None:
    with pytest.raises(IntegrityError):
        checkpoints.parse(note(text))


def variants() -> dict[str, bytes]:
    good = signed().format()
    line = good.splitlines()[-1]
    return {
        "empty": b"",
        "no signature": good[: good.index("—".encode())],
        "no final newline": good[:-1],
        "extra newline": good + b"\n",
        "trailing text": good + b"x",
        "same line twice": good + line + b"\n",
        "carriage return": good.replace(b"\n", b"\r\n"),
        "control character": good.replace(b"42", b"4\x002"),
        "not utf-8": b"\xff" + good,
        "hyphen for dash": good.replace("—".encode(), b"-"),
        "two spaces": good.replace("— ".encode(), "—  ".encode()),
        "no base64": good.replace(line[-10:], b"!!!!!!!!!!"),
        "only a key id": good.replace(line.split(b" ")[-1], base64.b64encode(b"1234")),
        "loose bits": good.replace(line[-4:], line[-4:-2] + b"B="),
        "too long": good + (line + b"\n") * 1000,
        "too many": good + b"".join("— n{} {}\n".format(n, "AAAAAAA=").encode() for n in range(64)),
    }


@pytest.mark.parametrize("name", variants())
def test_a_note_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError):
        notes.parse(variants()[name])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u2003b", "x" * 256])
def test_a_key_name_that_a_line_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError):
        NoteSigner(name, signing_key(1))


@given(st.data())
def test_no_single_changed_bit_in_a_checkpoint_is_accepted(data: st.DataObject) -> None:
    good = checkpoints.add_cosignature(signed(), checkpoints.cosign(signed(), WITNESSES[HOLDERS[0]], 9)).format()
    place = data.draw(st.integers(0, len(good) * 8 - 1))
    bad = bytearray(good)
    bad[place // 8] ^= 1 << place % 8
    with pytest.raises(IntegrityError):
        found = checkpoints.verify(bytes(bad), ORIGIN, SIGNER.public_key())
        checkpoints.cosignatures(found, KEYS)
        if checkpoints.unknown_signers(found, SIGNER.public_key(), KEYS):
            raise IntegrityError("unknown signer")


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_or_survive_unchanged(data: bytes) -> None:
    for parse in (notes.parse, checkpoints.parse, proof.parse):
        try:
            found = parse(data)  # type: ignore[operator]
        except IntegrityError:
            continue
        assert found.format() == data


def test_a_proof_survives_its_file_and_another_leaf_or_log_does_not_fit() -> None:
    leaf = hashlib.sha256(b"\x00x").digest()
    one = checkpoints.sign(TreeHead(ORIGIN, 1, leaf), SIGNER)
    kept = proof.LogProof(0, (), one).format()
    assert proof.verify(kept, leaf, ORIGIN, SIGNER.public_key()).format() == kept
    for wrong in (
        lambda: proof.verify(kept, bytes(32), ORIGIN, SIGNER.public_key()),
        lambda: proof.verify(kept, leaf, "other", SIGNER.public_key()),
        lambda: proof.verify(kept, leaf, ORIGIN, bytes(32)),
        lambda: proof.parse(kept.replace(b"index 0", b"index 00")),
        lambda: proof.parse(kept.replace(b"index 0\n", b"index 0\nAAAA\n")),
        lambda: proof.parse(kept.replace(b"@v1", b"@v2")),
        lambda: proof.parse(kept.replace(b"index", b"ind\xc3\xa9x")),
        lambda: proof.parse(b"c2sp.org/tlog-proof@v1"),
        lambda: proof.parse(b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"AAAA\n" * 70 + b"\n"),
    ):
        with pytest.raises(IntegrityError):
            wrong()


def test_a_signer_is_read_from_a_key_file_of_the_right_kind(tmp_path: Path) -> None:
    made = SigningKey.generate(tmp_path / "audit.key")
    assert notes.load_signer(ORIGIN, tmp_path / "audit.key").public_key().hex() == made.public.hex
    SealingKey.generate(tmp_path / "sealing.key")
    with pytest.raises(SamenloopError):
        notes.load_signer(ORIGIN, tmp_path / "sealing.key")
    assert "PrivateKey" not in repr(SIGNER)
