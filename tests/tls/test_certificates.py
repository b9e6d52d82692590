"""The CA, certificate files and the denylist, without a network."""

import dataclasses
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samenloop.errors import IntegrityError, InvalidInput, SamenloopError
from samenloop.keys import SigningKey
from samenloop.tls import Certificate, Denylist, identify, read_certificate
from samenloop.tls.denylist import format_denylist, parse_denylist
from samenloop_coordinator import ca
from tests.tls.pki import DOMAIN, POLICE, Consortium, consortium, pem, pin_of, request_for, utc_now


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return consortium(tmp_path_factory.mktemp("consortium"))


def test_a_new_ca_keeps_its_key_for_itself_and_is_never_overwritten(tmp_path: Path) -> None:
    authority = ca.init(tmp_path / "ca", DOMAIN, utc_now())
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o777 == 0o400
    assert ca.load(tmp_path / "ca").trust_domain == DOMAIN
    assert authority.denylist() == Denylist(0, DOMAIN, frozenset())
    before = (tmp_path / "ca" / "ca.pem").read_bytes()
    with pytest.raises(SamenloopError, match="nooit overschreven"):
        ca.init(tmp_path / "ca", DOMAIN, utc_now())
    assert (tmp_path / "ca" / "ca.pem").read_bytes() == before


@pytest.mark.parametrize("name", ["", "UPPER.test", "a b", "-x", "x/y", "x" * 300])
def test_a_strange_trust_domain_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        ca.init(tmp_path / "ca", name, utc_now())


def test_a_participant_gets_client_use_only_and_the_coordinator_server_use_only(made: Consortium) -> None:
    for files, use in (
        (made.police, ExtendedKeyUsageOID.CLIENT_AUTH),
        (made.coordinator, ExtendedKeyUsageOID.SERVER_AUTH),
    ):
        certificate = read_certificate(files.certificate)
        assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [use]
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        certificate.verify_directly_issued_by(made.authority.certificate)


def test_the_pin_of_a_request_is_the_pin_of_the_certificate_and_survives_renewal(made: Consortium) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = request_for(key)
    pins = {ca.request_pin(request)}
    for _renewal in range(2):
        signed = ca.sign_participant(made.authority, request, POLICE, 30, utc_now())
        pins.add(Certificate.from_pem(signed).pin)
    assert len(pins) == 1


def _rsa_request() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _forged_request() -> bytes:
    der = bytearray(
        x509.load_pem_x509_csr(request_for(ec.generate_private_key(ec.SECP256R1()))).public_bytes(
            serialization.Encoding.DER
        )
    )
    der[-1] ^= 1
    return x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)


def test_requests_that_are_not_right_are_refused(made: Consortium) -> None:
    good = request_for(ec.generate_private_key(ec.SECP256R1()))
    other_curve = request_for(ec.generate_private_key(ec.SECP384R1()))
    for request in (b"", b"x", other_curve, _rsa_request(), _forged_request()):
        with pytest.raises(InvalidInput):
            ca.sign_participant(made.authority, request, POLICE, 30, utc_now())
    for days in (0, 31, -1):
        with pytest.raises(InvalidInput, match="30 dagen"):
            ca.sign_participant(made.authority, good, POLICE, days, utc_now())
    with pytest.raises(InvalidInput):
        ca.sign_participant(made.authority, good, "Politie/../x", 30, utc_now())
    for hosts in ([], ["a b"], ["*.example"]):
        with pytest.raises(InvalidInput):
            ca.sign_coordinator(made.authority, good, hosts, 30, utc_now())


def test_a_folder_that_is_no_ca_is_refused(tmp_path: Path, made: Consortium) -> None:
    with pytest.raises(SamenloopError):
        ca.load(tmp_path)
    (tmp_path / "ca.pem").write_bytes(made.police.certificate.read_bytes().replace(b"BEGIN", b"BEGUN"))
    with pytest.raises(InvalidInput):
        ca.load(tmp_path)
    (tmp_path / "ca.pem").write_bytes(pem(made.authority.certificate))
    SigningKey.generate(tmp_path / "ca.key")
    with pytest.raises(InvalidInput, match="ander soort"):
        ca.load(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "ca.pem").write_bytes(pem(_without_names(made)))
    (other / "ca.key").write_bytes((made.authority.folder / "ca.key").read_bytes())
    (other / "ca.key").chmod(0o400)
    with pytest.raises(InvalidInput, match="geen map"):
        ca.load(other)
    with pytest.raises(SamenloopError, match="kan niet worden gelezen"):
        dataclasses.replace(made.authority, folder=other).denylist()


def _without_names(made: Consortium) -> x509.Certificate:
    files = made.odd("nameless")
    return read_certificate(files.certificate)


def test_revoking_grows_the_list_once_and_takes_only_serial_numbers(tmp_path: Path) -> None:
    authority = ca.init(tmp_path / "ca", DOMAIN, utc_now())
    assert ca.revoke(authority, "abc").number == 1
    assert ca.revoke(authority, "abc").number == 1
    assert ca.revoke(authority, "def").serials == {"abc", "def"}
    assert authority.denylist().revoked("def")
    for serial in ("", "0abc", "ABC", "xyz", "a" * 41):
        with pytest.raises(InvalidInput):
            ca.revoke(authority, serial)


def test_the_serial_number_that_is_printed_is_the_one_that_is_judged(made: Consortium) -> None:
    certificate = Certificate.from_x509(read_certificate(made.police.certificate))
    assert int(certificate.serial, 16) == read_certificate(made.police.certificate).serial_number
    assert certificate.pin == pin_of(made.police)


def test_an_older_denylist_is_never_taken_back(tmp_path: Path) -> None:
    made = consortium(tmp_path)
    older = made.authority.denylist_path.read_bytes()
    watched = made.denylist()
    assert not watched.current().revoked("abc")
    ca.revoke(made.authority, "abc")
    assert watched.current().revoked("abc")
    assert watched.current().revoked("abc")
    made.authority.denylist_path.write_bytes(older)
    for _again in range(2):
        with pytest.raises(IntegrityError, match="ouder"):
            watched.current()


def test_a_missing_denylist_is_an_error_at_each_call(tmp_path: Path) -> None:
    made = consortium(tmp_path)
    watched = made.denylist()
    watched.current()
    made.authority.denylist_path.unlink()
    for _again in range(2):
        with pytest.raises(SamenloopError, match="kan niet worden gelezen"):
            watched.current()


def test_a_denylist_of_another_ca_or_trust_domain_is_refused(made: Consortium, tmp_path: Path) -> None:
    other = ca.init(tmp_path / "ca", DOMAIN, utc_now())
    data = made.authority.denylist_path.read_bytes()
    with pytest.raises(IntegrityError):
        parse_denylist(data, other.certificate, DOMAIN)
    with pytest.raises(IntegrityError):
        parse_denylist(data, made.authority.certificate, "other.test")


def test_a_signed_list_of_another_shape_is_refused(made: Consortium) -> None:
    odd = Denylist("1", DOMAIN, frozenset({"abc"}))  # type: ignore[arg-type]
    with pytest.raises(IntegrityError):
        parse_denylist(format_denylist(odd, made.authority.key), made.authority.certificate, DOMAIN)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_one_changed_byte_in_the_denylist_is_noticed(made: Consortium, data: st.DataObject) -> None:
    ca.revoke(made.authority, "abc")
    good = made.authority.denylist_path.read_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    broken = bytearray(good)
    broken[place] ^= data.draw(st.integers(1, 255))
    try:
        read = parse_denylist(bytes(broken), made.authority.certificate, DOMAIN)
    except IntegrityError:
        return
    assert read == made.authority.denylist(), "only other spelling of the same signature (hex in capitals) may pass"


@given(
    st.binary(max_size=80) | st.dictionaries(st.text(max_size=9), st.integers()).map(lambda d: json.dumps(d).encode())
)
def test_any_other_bytes_are_no_denylist(made: Consortium, data: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_denylist(data, made.authority.certificate, DOMAIN)


def test_a_context_that_grpc_would_never_give_is_denied(made: Consortium) -> None:
    good = {
        "transport_security_type": [b"ssl"],
        "ssl_tls_version": [b"TLSv1.3"],
        "x509_pem_cert": [made.police.certificate.read_bytes()],
    }
    denylist = made.authority.denylist()
    assert identify(good, made.covenant, denylist, utc_now()).participant == POLICE
    odd = (
        {},
        good | {"transport_security_type": []},
        good | {"ssl_tls_version": [b"TLSv1.3", b"TLSv1.2"]},
        good | {"x509_pem_cert": []},
        good | {"x509_pem_cert": [b"x"]},
        good | {"x509_pem_cert": good["x509_pem_cert"] * 2},
    )
    for context in odd:
        with pytest.raises(SamenloopError):
            identify(context, made.covenant, denylist, utc_now())
    for moment in (utc_now() - timedelta(days=1), utc_now() + timedelta(days=31)):
        with pytest.raises(SamenloopError):
            identify(good, made.covenant, denylist, moment)
    with pytest.raises(SamenloopError, match="ingetrokken"):
        identify(good, made.covenant, Denylist(9, "other.test", frozenset()), utc_now())


def test_files_that_are_no_certificate_are_named(tmp_path: Path) -> None:
    with pytest.raises(SamenloopError, match=r"none\.pem"):
        read_certificate(tmp_path / "none.pem")
    (tmp_path / "odd.pem").write_bytes(os.urandom(40))
    with pytest.raises(InvalidInput, match=r"odd\.pem"):
        read_certificate(tmp_path / "odd.pem")
