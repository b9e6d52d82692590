"""Puts a coordinator together and serves until it is told to stop.

Starting refuses, in this order: a slow protobuf backend, a weak pepper, a second process on the database, a log that
was rolled back, no covenant, a covenant of another coordinator, an evaluation that only one side asks for.
"""

import asyncio
import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.protobuf.internal import api_implementation

from samenloop.audit import log as audit_log
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner, load_signer
from samenloop.audit.stamp import Stamper
from samenloop.clock import Clock
from samenloop.covenant import permissions
from samenloop.errors import ErrorCode, IntegrityError, SamenloopError
from samenloop.logs import Log, describe
from samenloop.texts import _
from samenloop.tls import (
    DenylistFile,
    PeerIdentity,
    TlsFiles,
    identify,
    read_certificate,
    server_credentials,
    server_options,
)
from samenloop.wire.guard import AuthContext, Guard, address
from samenloop.wire.v1 import audit_pb2_grpc, covenant_pb2_grpc, mailbox_pb2_grpc, overlap_pb2_grpc
from samenloop_coordinator import covenants, epochs
from samenloop_coordinator.agreement import Agreement, catalogue_in_force
from samenloop_coordinator.asking import Asking
from samenloop_coordinator.board import Board
from samenloop_coordinator.config import CoordinatorConfig
from samenloop_coordinator.control import (
    Activate,
    Order,
    Reviewed,
    control_path,
    record_review,
    record_view,
    serve_control,
)
from samenloop_coordinator.covenants import Own
from samenloop_coordinator.declaring import Declaring
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.expiry import ExpiryWatch
from samenloop_coordinator.front import Front
from samenloop_coordinator.gate import Gate
from samenloop_coordinator.integrator import Integrator
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.keys import DayKeys
from samenloop_coordinator.lapsing import Lapsing
from samenloop_coordinator.law import Records
from samenloop_coordinator.owning import FindingOwn
from samenloop_coordinator.pepper import Pepper, read_root
from samenloop_coordinator.periodic import Periodic
from samenloop_coordinator.policy import Policy
from samenloop_coordinator.registering import RegisterChunks
from samenloop_coordinator.services.audit import AuditServicer
from samenloop_coordinator.services.covenant import CovenantServicer
from samenloop_coordinator.services.mailbox import MailboxServicer
from samenloop_coordinator.services.overlap import OverlapServicer
from samenloop_coordinator.store.backend import backend_of
from samenloop_coordinator.store.contract import Store

GRACE_SECONDS = 8.0


@dataclass(slots=True)
class Coordinator:
    """A coordinator that is ready to serve."""

    config: CoordinatorConfig
    store: Store
    desk: Desk
    board: Board
    lapsing: Lapsing
    integrator: Integrator
    periodic: Periodic
    signer: NoteSigner
    policy: Policy
    log: Log
    stopping: asyncio.Event
    broken: "list[BaseException]"
    turned_away: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def serve(self, ready: Callable[[int], None]) -> None:
        """Serve until `stopping` is set; then finish what is running, log the stop, integrate and close.

        Raises, at the end, what was found when the log does not hold.
        """
        server, port = self._server()
        control = await self._commands()
        await self.desk.keys.renew(self.desk.agreement.covenant)
        tasks = [asyncio.create_task(job) for job in (self.integrator.run(), *self.periodic.jobs())]
        await server.start()
        ready(port)
        await self.stopping.wait()
        if control is not None:
            control.close()
        await server.stop(GRACE_SECONDS)
        for task in tasks[1:]:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._close(tasks[0])
        if self.broken:
            raise self.broken[0]

    def _server(self) -> tuple[grpc.aio.Server, int]:
        tls = self.config.tls
        denylist = DenylistFile(tls.denylist, read_certificate(tls.ca), self.desk.agreement.covenant.trust_domain)
        guard = Guard(functools.partial(self._identify, denylist), self._report)
        server = grpc.aio.server(interceptors=(guard,), options=server_options())
        self._add_services(server)
        credentials = server_credentials(TlsFiles(tls.key, tls.certificate, tls.ca))
        try:
            port = server.add_secure_port(self.config.listen, credentials)
        except RuntimeError:
            text = _(
                "De coördinator kan niet luisteren op {address}. Kies een ander adres of "
                "stop het programma dat het gebruikt.",
                address=self.config.listen,
            )
            raise SamenloopError(ErrorCode.UNAVAILABLE, text) from None
        return server, port

    def _add_services(self, server: grpc.aio.Server) -> None:
        front = Front(self.desk)
        overlap = OverlapServicer(
            front,
            Asking(self.desk, self.policy, Gate(self.desk.agreement.catalogue)),
            RegisterChunks(self.desk, self.lapsing),
            Declaring(self.desk, self.lapsing),
            FindingOwn(self.desk),
        )
        overlap_pb2_grpc.add_OverlapServiceServicer_to_server(overlap, server)  # type: ignore[no-untyped-call]  # generated
        mailbox_pb2_grpc.add_MailboxServiceServicer_to_server(MailboxServicer(front, self.desk), server)  # type: ignore[no-untyped-call]  # generated
        covenant_pb2_grpc.add_CovenantServiceServicer_to_server(CovenantServicer(front, self.desk, self.board), server)  # type: ignore[no-untyped-call]  # generated
        audit = AuditServicer(front, self.desk, self.integrator, self.signer)
        audit_pb2_grpc.add_AuditServiceServicer_to_server(audit, server)  # type: ignore[no-untyped-call]  # generated

    def _identify(self, denylist: DenylistFile, context: AuthContext) -> PeerIdentity:
        try:
            return identify(context, self.desk.agreement.covenant, denylist.current(), self.desk.clock.now())
        except SamenloopError as error:
            self._turn_away(error)
            raise

    def _turn_away(self, error: SamenloopError) -> None:
        """Log that somebody whom we do not know or do not let in was refused; the certificate did not say who."""
        public = {"actor": "unknown", "status": error.code.value, "action": "connect", "address": address()}

        async def write() -> None:
            await self.store.write(lambda parts: parts.log.append(self.desk.journal.body(Event.REFUSE, public), ()))

        task = asyncio.create_task(self.periodic.safely("turn_away", write))
        self.turned_away.add(task)
        task.add_done_callback(self.turned_away.discard)

    def _report(self, method: str, error: BaseException) -> None:
        if isinstance(error, SamenloopError):
            self.log.info("call_failed", method=method, code=error.code.value)
        else:
            self.log.error("call_broke", method=method, **describe(error))
        if self.store.broken:
            self.log.error("storage_broken")
            self.stopping.set()

    async def _commands(self) -> asyncio.Server | None:
        """Take orders of the operator's commands, unless these work on a shared database themselves."""
        if backend_of(self.config.data).shared:
            return None
        return await serve_control(control_path(self.config), self._control, functools.partial(self._report, "control"))

    async def _control(self, order: Order) -> None:
        if isinstance(order, Activate):
            await self.board.submit(order.document, order.signatures)
        elif isinstance(order, Reviewed):
            await self.store.write(lambda parts: record_review(parts, self.desk.journal, order))
        else:
            await self.store.write(lambda parts: record_view(parts, self.desk.journal, order))

    async def _close(self, integrating: "asyncio.Task[None]") -> None:
        with contextlib.suppress(SamenloopError):
            await self.periodic.record(Event.STOP)
        await self.integrator.stop()
        await integrating
        await self.integrator.close()
        await self.store.close()


async def prepare(config: CoordinatorConfig, clock: Clock, log: Log, *, evaluation: bool = False) -> Coordinator:
    """Open everything and check it; raises SamenloopError: do not start."""
    if api_implementation.Type() != "upb":
        raise SamenloopError(
            ErrorCode.INTERNAL,
            _("Protobuf draait zonder zijn snelle, veilige kern (upb). Installeer de pakketten opnieuw."),
        )
    pepper = Pepper(read_root(config.secrets.pepper))
    signer = load_signer(config.origin, config.secrets.audit_key)
    journal = Journal(config.origin, Stamper(clock))
    backend = backend_of(config.data)
    store = backend.open(journal)
    stopping, broken = asyncio.Event(), list[BaseException]()
    integrator = Integrator(store.entries(), backend.open_tree, signer, _alarm(log, stopping, broken), log)
    try:
        await integrator.open()
        journal.stamper.go_on_from(audit_log.newest_ms(store.entries()))
        agreement = await _agreement(store, config, pepper, signer, evaluation=evaluation)
    except SamenloopError:
        await integrator.close()
        await store.close()
        raise
    desk = Desk(store, journal, clock, agreement, DayKeys(store, journal, clock), Records(agreement.catalogue))
    policy = Policy(agreement.catalogue)
    board, lapsing = Board(desk, own(signer, config.catalogue_override)), Lapsing(desk, policy)
    watch = ExpiryWatch(config.tls.certificate, clock, log)
    periodic = Periodic(config, desk, board, lapsing, integrator, log, stopping, watch)
    await periodic.record(Event.START)
    return Coordinator(config, store, desk, board, lapsing, integrator, periodic, signer, policy, log, stopping, broken)


def own(signer: NoteSigner, override: Path | None) -> Own:
    """Return what a covenant is held against before it is activated here."""
    return Own(signer.name, signer.public_key().hex(), override)


async def _agreement(
    store: Store, config: CoordinatorConfig, pepper: Pepper, signer: NoteSigner, *, evaluation: bool
) -> Agreement:
    generation, state = await store.read(lambda parts: (parts.covenants.generation(), covenants.in_force(parts)))
    if state is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND,
            _("Er is nog geen convenant. Activeer het met `samenloop-coordinator covenant activate`."),
        )
    named = state.current.coordinator
    if (named.log_origin, named.audit_key) != (signer.name, signer.public_key().hex()):
        raise IntegrityError(_("Het convenant noemt een andere auditsleutel dan deze coördinator heeft."))
    permissions.check_evaluation(flagged=state.current.flags.evaluation, started=evaluation)
    live = await store.read(lambda parts: epochs.live(parts, state.current))
    store.judged_by(generation)
    catalogue = catalogue_in_force(state.current, config.catalogue_override)
    return Agreement(state, catalogue, live, pepper, evaluation)


def _alarm(log: Log, stopping: asyncio.Event, broken: list[BaseException]) -> Callable[[BaseException], None]:
    def alarm(error: BaseException) -> None:
        log.error("log_does_not_hold", **describe(error))
        broken.append(error)
        stopping.set()

    return alarm
