"""Which covenant this node believes, when its certificate ends, and what it says when the coordinator misbehaves."""

import asyncio
import dataclasses
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from samenloop.clock import milliseconds
from samenloop.covenant import Covenant, canonical, fingerprint
from samenloop.covenant.document import Flags
from samenloop.covenant.files import signatures_path
from samenloop.covenant.override import sign_override
from samenloop.covenant.signatures import format_signatures, sign
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.keys import SigningKey
from samenloop.model import Mode
from samenloop.wire.declare import Anchor
from samenloop.wire.v1 import covenant_pb2
from samenloop_node.app import App, one_daemon
from samenloop_node.connection import client
from samenloop_node.connection.client import Connection
from samenloop_node.periodic import anchor
from samenloop_node.registrations.jobs import synchronise
from samenloop_node.registrations.sync import Order
from tests.covenant.consortium import KEYS, PARTNERS
from tests.node.kit import ME, REGISTER, FakeCoordinator, Partner, utc_now, world
from tests.node.sync.test_sync import person, write
from tests.tls.pki import odd_certificate, pem

STRICTER = b'[registers.politie]\nmode = "consent_only"\n'


@pytest.fixture(name="both")
def _both(tmp_path: Path) -> Iterator[tuple[FakeCoordinator, Partner]]:
    fake, partner = world(tmp_path)
    with fake.serving():
        yield fake, partner


def with_app(partner: Partner, act):
    async def main():
        app = App.open(partner.config())
        try:
            return await act(app)
        finally:
            await app.close()

    return asyncio.run(main())


def successor(fake: FakeCoordinator, partner: Partner, signers=PARTNERS, **changes) -> Covenant:
    """Publish the next version at the coordinator, signed by these partners."""
    old = fake.covenant
    new = dataclasses.replace(old, version=old.version + 1, predecessor=fingerprint(old), **changes)
    mine = SigningKey.load(partner.config().keys.signing)
    signatures = format_signatures(sign(new, name, mine if name == ME else KEYS[name]) for name in signers)
    fake.versions[new.version] = covenant_pb2.CovenantDocument(document=canonical(new), signatures=signatures)
    fake.covenant = new
    return new


def test_a_newer_version_is_taken_over_when_everybody_signed_and_stays_after_a_restart(both):
    fake, partner = both
    successor(fake, partner, name="Nieuwe naam")
    successor(fake, partner, name="Nog nieuwer")
    with_app(partner, lambda app: app.agreement.refresh(app.connection))
    assert with_app(partner, _version) == 3


def test_jobs_that_refresh_at_the_same_moment_all_see_the_newer_version(both):
    fake, partner = both
    successor(fake, partner, name="Nieuwe naam")

    async def act(app: App) -> int:
        await asyncio.gather(*(app.agreement.refresh(app.connection) for _job in range(4)))
        return app.covenant().version

    assert with_app(partner, act) == 2


async def _version(app: App) -> int:
    return app.covenant().version


def test_a_version_counts_for_what_was_signed_before_its_successor_came(both):
    fake, partner = both
    first = fake.covenant
    second = successor(fake, partner, name="Nieuwe naam")
    with_app(partner, lambda app: app.agreement.refresh(app.connection))

    async def counted(app: App) -> list[tuple[str, ...]]:
        now = milliseconds(utc_now())
        return [tuple(one.name for one in app.agreement.counted_at(ms)) for ms in (0, now - 60_000, now + 600_000)]

    both_names, only_new = (second.name, first.name), (second.name,)
    assert with_app(partner, counted) == [both_names, both_names, only_new], "also after a restart"


def test_a_version_that_one_partner_did_not_sign_is_not_taken_over(both):
    fake, partner = both
    successor(fake, partner, signers=PARTNERS[1:], name="Nieuwe naam")
    with pytest.raises(IntegrityError, match="niet volledig getekend"):
        with_app(partner, lambda app: app.agreement.refresh(app.connection))
    assert with_app(partner, _version) == 1


def test_another_document_under_the_same_number_stops_the_node(both):
    fake, partner = both
    fake.covenant = dataclasses.replace(fake.covenant, name="Zomaar anders")
    with pytest.raises(IntegrityError, match="ander convenant"):
        with_app(partner, lambda app: app.agreement.refresh(app.connection))


def test_a_first_covenant_that_is_not_the_pinned_one_stops_the_start(both):
    _fake, partner = both
    partner.settings = {"covenant": {"document": partner.folder / "covenant.json", "fingerprint": "0" * 64}}
    with pytest.raises(IntegrityError, match="vingerafdruk"):
        App.open(partner.config())


def test_a_message_under_the_old_version_is_made_again_under_the_new_one(both, tmp_path):
    fake, partner = both

    async def act(app: App):
        await app.agreement.refresh(app.connection)
        order = Order(REGISTER, write(tmp_path / "a.csv", [person(1)]), 0, "o.operator")
        loop = asyncio.get_running_loop()
        original = app.agreement.refresh

        async def refresh_then_change(connection: Connection):
            state = await original(connection)
            if fake.covenant.version == 1:
                await loop.run_in_executor(None, lambda: successor(fake, partner, name="Nieuwe naam"))
            return state

        app.agreement.refresh = refresh_then_change  # type: ignore[method-assign]
        return await synchronise(app, order, lambda _message: None)

    assert with_app(partner, act)["added"] == 1
    assert len(fake.registered) == 1


def test_an_expired_certificate_is_named_with_its_file_and_date_before_dialling(both):
    fake, partner = both
    files = fake.made.odd(
        "old", f"spiffe://{fake.covenant.trust_domain}/participant/{ME}", end=utc_now() - timedelta(hours=1)
    )
    partner.settings = {"tls": {"key": files.key, "certificate": files.certificate, "ca": files.ca}}
    with pytest.raises(SamenloopError, match=r"old.pem is verlopen op \d\d-\d\d-\d{4}") as expired:
        with_app(partner, lambda app: app.agreement.refresh(app.connection))
    assert expired.value.code is ErrorCode.NOT_AUTHENTICATED


def test_a_certificate_that_ends_soon_is_warned_of(both):
    fake, partner = both
    name, now = f"spiffe://{fake.covenant.trust_domain}/participant/{ME}", utc_now()
    files = fake.made.odd("soon", name, start=now - timedelta(days=25), end=now + timedelta(days=5))
    partner.settings = {"tls": {"key": files.key, "certificate": files.certificate, "ca": files.ca}}
    assert "binnen 7 dagen" in with_app(partner, _warning)


async def _warning(app: App) -> str:
    return app.connection.certificate_warning() or ""


def test_a_renewed_certificate_is_used_without_a_restart(both):
    _fake, partner = both

    async def act(app: App) -> tuple[object, object]:
        await app.agreement.refresh(app.connection)
        first = app.connection._current
        await app.agreement.refresh(app.connection)
        assert app.connection._current is first
        path = partner.config().tls.certificate
        path.write_bytes(path.read_bytes())
        os.utime(path, ns=(1, 1))
        await app.agreement.refresh(app.connection)
        return first, app.connection._current

    first, second = with_app(partner, act)
    assert first is not second


def test_a_running_stream_goes_on_when_the_channel_is_replaced_and_nobody_waits_for_it(both, tmp_path, monkeypatch):
    fake, partner = both
    fake.held = held = threading.Event()
    monkeypatch.setattr(client, "_CLOSE_GRACE", 0.2)

    async def act(app: App) -> tuple[bool, int]:
        order = Order(REGISTER, write(tmp_path / "a.csv", [person(1)]), 0, "o.operator")
        begun, original = asyncio.Event(), app.connection.register

        def register(requests, seconds: float):
            begun.set()
            return original(requests, seconds)

        app.connection.register = register  # type: ignore[method-assign]
        stream = asyncio.create_task(synchronise(app, order, lambda _message: None))
        await begun.wait()
        await asyncio.sleep(0.5)  # and the request is under way
        os.utime(partner.config().tls.certificate, ns=(1, 1))
        await app.agreement.refresh(app.connection)
        waited = stream.done()
        held.set()
        return waited, (await stream)["added"]

    assert with_app(partner, act) == (False, 1)


def test_who_needs_the_coordinator_at_the_same_moment_waits_for_one_dialling(both, monkeypatch):
    _fake, partner = both
    dialled = []

    def away(*_arguments: object) -> bytes:
        dialled.append(1)
        time.sleep(0.2)
        raise SamenloopError(ErrorCode.UNAVAILABLE, "weg")

    async def act(app: App) -> set[str]:
        request = covenant_pb2.GetStateRequest(covenant=app.covenant().id)
        replies = await asyncio.gather(*(app.connection.get_state(request) for _n in range(5)), return_exceptions=True)
        return {one.text if isinstance(one, SamenloopError) else type(one).__name__ for one in replies}

    with monkeypatch.context() as patched:
        patched.setattr(client, "coordinator_certificate", away)
        assert with_app(partner, act) == {"weg"}
    assert len(dialled) == 1
    assert with_app(partner, act) == {"CovenantState"}


def test_somebody_else_at_the_address_of_the_coordinator_is_not_believed(tmp_path):
    fake, partner = world(tmp_path)
    impostor = odd_certificate(
        fake.made.authority,
        _key(fake.made.police.key),
        (f"spiffe://{fake.covenant.trust_domain}/coordinator", "dns:localhost"),
    )
    place = tmp_path / "impostor.pem"
    place.write_bytes(pem(impostor))
    fake.made.coordinator = dataclasses.replace(fake.made.police, certificate=place)
    with fake.serving(), pytest.raises(SamenloopError) as refused:
        with_app(partner, lambda app: app.agreement.refresh(app.connection))
    assert refused.value.code is ErrorCode.NOT_AUTHENTICATED


def _key(path: Path):
    from samenloop.keys import load_private

    return load_private(path)


def test_the_own_log_is_anchored_once_a_day_with_a_salt_that_stays_here(both):
    fake, partner = both

    async def act(app: App) -> None:
        await anchor(app)
        await anchor(app)

    with_app(partner, act)
    (sent,) = fake.statements
    assert isinstance(sent, Anchor)

    async def kept(app: App):
        from samenloop_node.store import ownlog

        return await app.store.read(lambda db: ownlog.anchor_of(db, f"{utc_now():%Y-%m-%d}"))

    due = with_app(partner, kept)
    assert due.sent
    assert due.digest() == sent.digest


def test_the_flags_of_the_version_that_is_active_now_count_and_only_with_their_start_options(both):
    fake, partner = both

    async def followed(app):
        started = dataclasses.replace(app, started_demo=True, started_evaluation=True)
        seen = [(started.demo, started.evaluation)]
        for flags in (Flags(evaluation=True), Flags(demo=True), Flags()):
            successor(fake, partner, flags=flags)
            await app.agreement.refresh(app.connection)
            assert (app.demo, app.evaluation) == (False, False)
            seen.append((started.demo, started.evaluation))
        return seen

    assert with_app(partner, followed)[1:] == [(False, True), (True, False), (False, False)]


def test_one_daemon_per_state_folder(tmp_path):
    with one_daemon(tmp_path), pytest.raises(SamenloopError, match="draait al"), one_daemon(tmp_path):
        pass
    with one_daemon(tmp_path):
        pass


def test_R15_a_node_starts_only_with_an_override_that_its_own_partner_signed(both, tmp_path):
    _fake, partner = both
    path = tmp_path / "strenger.toml"
    path.write_bytes(STRICTER)
    partner.settings["catalogue_override"] = path
    for name, key in ((ME, KEYS[PARTNERS[0]]), ("ggz-midden", KEYS["ggz-midden"])):
        signature = sign_override(partner.covenant, STRICTER, name, key)
        signatures_path(path).write_bytes(format_signatures([signature]))
        with pytest.raises(SamenloopError):
            App.open(partner.config())
    mine = SigningKey.load(partner.config().keys.signing)
    signatures_path(path).write_bytes(format_signatures([sign_override(partner.covenant, STRICTER, ME, mine)]))

    async def mode(app):
        return app.catalogue.registers["politie"].mode

    assert with_app(partner, mode) is Mode.CONSENT_ONLY
