"""Every row of security.md section 6 about identity, over real handshakes with grpcio."""

import contextlib
import dataclasses
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.tls import TlsFiles, channel_credentials, channel_options, check_expiry, coordinator_certificate
from samenloop.tls.credentials import MAX_MESSAGE, _coordinator_only, _stamp, _State
from samenloop_coordinator import ca
from tests.covenant.consortium import with_row
from tests.tls.pki import (
    DOMAIN,
    ECHO,
    POLICE,
    POLICE_URI,
    Consortium,
    Server,
    consortium,
    issue,
    pin_of,
    request_for,
    serving,
    utc_now,
)

DENIED = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return consortium(tmp_path_factory.mktemp("consortium"))


@pytest.fixture(scope="module")
def server(made: Consortium) -> Iterator[Server]:
    with serving(made) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Consortium:
    return consortium(tmp_path)


@contextlib.contextmanager
def channel(files: TlsFiles, server: Server, root: bytes | None = None) -> Iterator[grpc.Channel]:
    """Open a channel as a client that does not look at its own certificate first."""
    credentials = grpc.ssl_channel_credentials(
        root or files.ca.read_bytes(), files.key.read_bytes(), files.certificate.read_bytes()
    )
    with grpc.secure_channel(server.address, credentials, options=channel_options()) as opened:
        yield opened


def call(opened: grpc.Channel, request: bytes = b"hello") -> grpc.StatusCode:
    try:
        opened.unary_unary(ECHO)(request, timeout=30)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def call_as(files: TlsFiles, server: Server) -> grpc.StatusCode:
    with channel(files, server) as opened:
        return call(opened)


def test_a_participant_is_known_by_the_one_name_in_its_certificate(made: Consortium, server: Server) -> None:
    assert call_as(made.police, server) is grpc.StatusCode.OK
    peer = server.peers[-1]
    assert peer.participant == POLICE
    assert peer.not_after > utc_now()


def test_the_key_exchange_is_the_post_quantum_hybrid(made: Consortium, server: Server) -> None:
    assert call_as(made.police, server) is grpc.StatusCode.OK
    assert server.peers[-1].key_exchange == "X25519MLKEM768"
    assert server.peers[-1].post_quantum


ODD_NAMES = {
    "no name but a common name": (),
    "two URI names": (POLICE_URI, f"spiffe://{DOMAIN}/participant/ggz-midden"),
    "the same URI name twice": (POLICE_URI, POLICE_URI),
    "a host name beside the URI name": (POLICE_URI, "dns:politie.example"),
    "only a host name": ("dns:politie-midden",),
    "another trust domain": (f"spiffe://other.test/participant/{POLICE}",),
    "the coordinator's name": (f"spiffe://{DOMAIN}/coordinator",),
    "an unknown participant": (f"spiffe://{DOMAIN}/participant/school",),
    "a longer path": (POLICE_URI + "/x",),
    "another case": (POLICE_URI.upper().replace("SPIFFE", "spiffe"),),
}


@pytest.mark.parametrize("uris", ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_any_other_name_is_denied(made: Consortium, server: Server, uris: tuple[str, ...]) -> None:
    before = len(server.denials)
    assert call_as(made.odd("odd", *uris), server) in DENIED
    assert len(server.denials) == before + 1


def test_control_grpc_itself_takes_the_common_name_for_an_identity(made: Consortium, server: Server) -> None:
    """Positive control: a build that trusts grpc's own notion of the peer would let this certificate in."""
    assert call_as(made.odd("cn"), server) in DENIED
    seen = server.contexts[-1]
    assert seen["x509_common_name"] == [POLICE.encode()]
    assert "x509_subject_alternative_name" not in seen


def test_a_right_name_with_another_key_is_denied(made: Consortium, server: Server, own: Consortium) -> None:
    """A rogue CA operator cannot speak for a partner: the covenant pins the key."""
    files = TlsFiles(own.police.key, own.folder / "rogue.pem", made.police.ca)
    files.certificate.write_bytes(issue(made.authority, own.police, POLICE))
    assert call_as(files, server) in DENIED
    assert "sleutel" in server.denials[-1]


def test_a_suspended_participant_is_denied(own: Consortium) -> None:
    suspended = with_row(own.covenant, POLICE, suspended_by=("ggz-midden", "reclassering-midden"))
    with serving(own, suspended) as server:
        assert call_as(own.police, server) is grpc.StatusCode.PERMISSION_DENIED


def test_a_certificate_of_another_ca_gets_no_connection(made: Consortium, server: Server, own: Consortium) -> None:
    files = dataclasses.replace(own.police, ca=made.police.ca)
    assert call_as(files, server) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(("start", "end"), [(-2, -1), (1, 2)], ids=["expired", "not yet valid"])
def test_outside_its_dates_a_certificate_gets_no_answer(made: Consortium, server: Server, start: int, end: int) -> None:
    now = utc_now()
    files = made.odd("dates", POLICE_URI, start=now + timedelta(days=start), end=now + timedelta(days=end))
    assert call_as(files, server) in (grpc.StatusCode.UNAVAILABLE, *DENIED)


def test_a_node_says_itself_which_file_expired_and_when(made: Consortium, server: Server) -> None:
    end = utc_now() - timedelta(days=1)
    files = made.odd("over", POLICE_URI, start=end - timedelta(days=2), end=end)
    root = coordinator_certificate(made.police, server.address, DOMAIN, pin_of(made.coordinator))
    with pytest.raises(SamenloopError) as refused:
        channel_credentials(files, root, utc_now())
    assert str(files.certificate) in refused.value.text
    assert end.strftime("%d-%m-%Y") in refused.value.text
    assert refused.value.code is ErrorCode.NOT_AUTHENTICATED


def test_a_node_is_not_warned_in_the_first_half_of_the_life_of_its_certificate(made: Consortium) -> None:
    end = (utc_now() + timedelta(days=29)).replace(microsecond=0)
    files = made.odd("month", POLICE_URI, end=end)
    assert [check_expiry(files.certificate, end - timedelta(days=left)) for left in (29, 20, 15)] == [None] * 3
    for left, said in ((14, "14 dagen"), (7, "7 dagen"), (1, "1 dagen")):
        assert said in str(check_expiry(files.certificate, end - timedelta(days=left)))


def test_a_node_is_warned_before_its_certificate_ends(made: Consortium) -> None:
    end = (utc_now() + timedelta(days=60)).replace(microsecond=0)
    files = made.odd("long", POLICE_URI, end=end)
    assert check_expiry(files.certificate, end - timedelta(days=31)) is None
    for left, said in ((30, "30 dagen"), (14, "14 dagen"), (13, "14 dagen"), (7, "7 dagen"), (1, "1 dagen")):
        warning = check_expiry(files.certificate, end - timedelta(days=left))
        assert warning is not None
        assert said in warning
    for moment, said in ((end, "verlopen"), (utc_now() - timedelta(days=2), "pas geldig vanaf")):
        with pytest.raises(SamenloopError, match=said):
            check_expiry(files.certificate, moment)


def test_an_open_connection_ends_with_its_certificate(made: Consortium, server: Server) -> None:
    for seconds in (3, 15, 60):  # a busy machine may need longer for the first call
        end = utc_now() + timedelta(seconds=seconds)
        files = made.odd("short", POLICE_URI, end=end.replace(microsecond=0))
        with channel(files, server) as opened:
            if call(opened) is not grpc.StatusCode.OK:
                assert utc_now() >= end.replace(microsecond=0)
                continue
            time.sleep(max(0.0, (end - utc_now()).total_seconds()))
            assert call(opened) in DENIED
            break
    else:
        pytest.fail("no call was in time before the certificate ended")
    assert "verlopen" in server.denials[-1]


def test_revoking_stops_an_open_connection_at_the_next_call(own: Consortium) -> None:
    with serving(own) as server, channel(own.police, server) as opened:
        assert call(opened) is grpc.StatusCode.OK
        ca.revoke(own.authority, server.peers[-1].serial)
        assert call(opened) in DENIED
        assert "ingetrokken" in server.denials[-1]
        own.police.certificate.write_bytes(issue(own.authority, own.police, POLICE))
        assert call_as(own.police, server) is grpc.StatusCode.OK, "a new certificate under the same key is welcome"


def test_without_a_valid_denylist_nobody_is_let_in(own: Consortium) -> None:
    with serving(own) as server, channel(own.police, server) as opened:
        assert call(opened) is grpc.StatusCode.OK
        own.authority.denylist_path.write_bytes(b"{}")
        assert call(opened) in DENIED


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _literal(name: bytes, value: bytes) -> bytes:
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def _grpc_call() -> bytes:
    """Return one whole gRPC call as raw HTTP/2, for a client that grpcio itself cannot be."""
    headers = {b":method": b"POST", b":scheme": b"https", b":path": ECHO.encode(), b":authority": b"localhost"}
    headers |= {b"content-type": b"application/grpc", b"te": b"trailers"}
    block = b"".join(_literal(name, value) for name, value in headers.items())
    message = b"\x00" + (5).to_bytes(4, "big") + b"hello"
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    return preface + _frame(4, 0, 0, b"") + _frame(1, 4, 1, block) + _frame(0, 1, 1, message)


def _raw_call(made: Consortium, server: Server, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=made.police.ca)
    context.load_cert_chain(made.police.certificate, made.police.key)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    judged = len(server.peers) + len(server.denials)
    with (
        socket.create_connection(("127.0.0.1", server.port), 30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(_grpc_call())
        deadline = time.monotonic() + 60
        while len(server.peers) + len(server.denials) == judged and time.monotonic() < deadline:
            time.sleep(0.01)


def test_a_client_with_tls_1_2_is_denied_and_with_1_3_let_in(made: Consortium, server: Server) -> None:
    peers = len(server.peers)
    _raw_call(made, server, ssl.TLSVersion.TLSv1_2)
    assert server.contexts[-1]["ssl_tls_version"] == [b"TLSv1.2"], "the control: grpcio itself accepts it"
    assert "TLS 1.3" in server.denials[-1]
    assert len(server.peers) == peers
    _raw_call(made, server, ssl.TLSVersion.TLSv1_3)
    assert len(server.peers) == peers + 1


def _seconds_until_closed(opened: socket.socket) -> float:
    started = time.monotonic()
    opened.settimeout(60)
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while opened.recv(4096):
            pass
    return time.monotonic() - started


def test_a_silent_peer_is_closed_after_two_seconds(made: Consortium, server: Server) -> None:
    context = ssl.create_default_context(cafile=made.police.ca)
    context.load_cert_chain(made.police.certificate, made.police.key)
    context.set_alpn_protocols(["h2"])
    took: dict[str, float] = {}

    def silent_from_the_start() -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            took["tcp"] = _seconds_until_closed(plain)

    def silent_after_the_handshake() -> None:
        with (
            socket.create_connection(("127.0.0.1", server.port)) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
        ):
            took["tls"] = _seconds_until_closed(secure)

    threads = [threading.Thread(target=one) for one in (silent_from_the_start, silent_after_the_handshake)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(took) == {"tcp", "tls"}
    # grpcio's own limit is 120 s; between that and ours there is room for a busy machine.
    assert all(1.0 < seconds < 30.0 for seconds in took.values()), took


def test_one_byte_over_the_limit_is_refused(made: Consortium, server: Server) -> None:
    with channel(made.police, server) as opened:
        assert call(opened, bytes(MAX_MESSAGE)) is grpc.StatusCode.OK
        assert call(opened, bytes(MAX_MESSAGE + 1)) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_ten_renewals_of_the_server_under_load_fail_no_call(own: Consortium) -> None:
    outcomes: list[grpc.StatusCode] = []
    done = threading.Event()

    def load(server: Server) -> None:
        while not done.is_set():
            outcomes.append(call_as(own.police, server))

    with serving(own) as server:
        threads = [threading.Thread(target=load, args=(server,)) for _number in range(2)]
        for thread in threads:
            thread.start()
        serials = set()
        for _renewal in range(10):
            fresh = own.folder / "fresh.pem"
            fresh.write_bytes(issue(own.authority, own.coordinator, "coordinator"))
            fresh.replace(own.coordinator.certificate)
            pinned = coordinator_certificate(own.police, server.address, DOMAIN, pin_of(own.coordinator))
            serials.add(x509.load_pem_x509_certificate(pinned).serial_number)
            enough = len(outcomes) + 3
            while len(outcomes) < enough:
                time.sleep(0.005)
        done.set()
        for thread in threads:
            thread.join()
    assert len(serials) == 10, "each renewal was served at once"
    assert len(outcomes) >= 30
    assert set(outcomes) == {grpc.StatusCode.OK}


def test_a_renewal_that_is_half_done_keeps_the_certificate_before(own: Consortium) -> None:
    good = own.coordinator.certificate.read_bytes()
    with serving(own) as server:
        for half in (own.police.certificate.read_bytes(), b"", good[:100]):
            own.coordinator.certificate.write_bytes(half)
            assert call_as(own.police, server) is grpc.StatusCode.OK
        own.coordinator.certificate.unlink()
        assert call_as(own.police, server) is grpc.StatusCode.OK


def test_a_node_talks_only_to_the_certificate_it_saw_under_the_pinned_key(own: Consortium) -> None:
    with serving(own) as server:
        root = coordinator_certificate(own.police, server.address, DOMAIN, own.covenant.coordinator.tls_pin)
        credentials = channel_credentials(own.police, root, utc_now())
        with grpc.secure_channel(server.address, credentials) as opened:
            assert call(opened) is grpc.StatusCode.OK
        own.coordinator.certificate.write_bytes(issue(own.authority, own.coordinator, "coordinator"))
        with grpc.secure_channel(server.address, credentials) as opened:
            assert call(opened) is grpc.StatusCode.UNAVAILABLE
        root = coordinator_certificate(own.police, server.address, DOMAIN, own.covenant.coordinator.tls_pin)
        with grpc.secure_channel(server.address, channel_credentials(own.police, root, utc_now())) as opened:
            assert call(opened) is grpc.StatusCode.OK


def test_somebody_else_cannot_pass_for_the_coordinator(own: Consortium) -> None:
    """A partner with a good certificate, and a rogue CA that certified another key as coordinator."""
    key = own.folder / "rogue.key"
    key.write_bytes(own.police.key.read_bytes())
    key.chmod(0o400)
    rogue = TlsFiles(key, own.folder / "rogue.pem", own.police.ca)
    rogue.certificate.write_bytes(issue(own.authority, rogue, "coordinator"))
    for files in (own.police, rogue):
        with serving(dataclasses.replace(own, coordinator=files)) as server, pytest.raises(SamenloopError) as refused:
            coordinator_certificate(own.police, server.address, DOMAIN, own.covenant.coordinator.tls_pin)
        assert refused.value.code is ErrorCode.NOT_AUTHENTICATED


def test_a_coordinator_that_is_down_or_of_another_ca_gives_one_clear_error(own: Consortium, made: Consortium) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(SamenloopError) as refused:
            coordinator_certificate(own.police, address, DOMAIN, "0" * 64)
    assert refused.value.code is ErrorCode.UNAVAILABLE
    with serving(made) as server, pytest.raises(SamenloopError) as refused:
        coordinator_certificate(own.police, server.address, DOMAIN, pin_of(made.coordinator))
    assert refused.value.code is ErrorCode.NOT_AUTHENTICATED


@pytest.mark.parametrize("name", ["ca", "key", "certificate"])
def test_an_own_file_that_is_missing_is_named_and_not_told_as_a_coordinator_that_is_away(
    own: Consortium, tmp_path: Path, name: str
) -> None:
    gone = tmp_path / "gone.pem"
    with serving(own) as server, pytest.raises(SamenloopError, match=str(gone)) as refused:
        coordinator_certificate(
            dataclasses.replace(own.police, **{name: gone}), server.address, DOMAIN, pin_of(own.coordinator)
        )
    assert refused.value.code is not ErrorCode.UNAVAILABLE


def test_the_server_does_not_start_with_a_key_of_another_certificate(own: Consortium) -> None:
    crossed = dataclasses.replace(own.coordinator, key=own.police.key)
    with pytest.raises(SamenloopError, match="hoort niet bij"), serving(dataclasses.replace(own, coordinator=crossed)):
        pass


def test_what_is_no_certificate_at_all_is_not_the_coordinator() -> None:
    with pytest.raises(SamenloopError, match="geen geldig certificaat"):
        _coordinator_only(b"", "127.0.0.1:1", DOMAIN, "0" * 64)


def test_changed_files_are_read_once_and_broken_ones_not_at_all(own: Consortium) -> None:
    """The same as over the network above, here on the thread of the test."""
    state = _State(own.coordinator, _stamp(own.coordinator))
    assert state.fetch() is None, "nothing changed"
    own.coordinator.certificate.write_bytes(issue(own.authority, own.coordinator, "coordinator"))
    assert state.fetch() is not None
    assert state.fetch() is None
    own.coordinator.certificate.write_bytes(own.police.certificate.read_bytes())
    assert state.fetch() is None
    own.coordinator.certificate.unlink()
    assert state.fetch() is None


def test_the_ca_signs_names_of_its_own_choice_only(own: Consortium) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = x509.load_pem_x509_certificate(
        ca.sign_participant(own.authority, request_for(key, "coordinator"), POLICE, 30, utc_now())
    )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [name.value for name in names] == [POLICE_URI]
    assert certificate.not_valid_after_utc - utc_now() <= timedelta(days=30)
