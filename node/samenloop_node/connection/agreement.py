"""Which covenant is active here, and which epochs: taken over from the coordinator only when everything is signed.

1. A fresh node starts from the file with the pinned fingerprint; nothing else is believed.
2. A newer version is accepted one by one, each the signed successor of the one before (`covenant.signatures.complete`).
3. Taking over a version is an entry in the own log, which is judged by the version in force at each place.
4. The coordinator says which epochs are live; that gives it nothing, because the secrets come from the ceremony.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from samenloop.audit.fields import Event
from samenloop.clock import Clock, milliseconds
from samenloop.covenant import Covenant, Participant, canonical, fingerprint, parse_canonical
from samenloop.covenant.signatures import complete, parse_signatures
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.model import EpochId, epoch_id
from samenloop.reasons import why
from samenloop.texts import _
from samenloop.wire.convert import CovenantRef
from samenloop.wire.v1 import covenant_pb2 as pb
from samenloop_node.config import CovenantFiles
from samenloop_node.connection.client import Connection
from samenloop_node.store import Store, Transaction, covenants
from samenloop_node.store.covenants import StoredCovenant

MAX_SKEW_MS = 120_000
_MAX_STEPS = 1000
_T = TypeVar("_T")
Append = Callable[[Transaction, Event, Mapping[str, object]], int]
"""Appends an entry to the own log, in an open transaction."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many registrations of an own register have tokens for an epoch, as the coordinator counts them."""

    register: str
    epoch: EpochId
    registered: int
    with_epoch: int


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the coordinator said last: epochs to read and to write, and the coverage of the own registers.

    `asked_ms` is when it was asked, on this node's clock.
    """

    read_epochs: tuple[EpochId, ...] = ()
    write_epochs: tuple[EpochId, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    asked_ms: int = 0


class Agreement:
    """Holds the active covenant and the live epochs of this node."""

    def __init__(self, store: Store, files: CovenantFiles, clock: Clock) -> None:
        """Take the newest accepted version from the store, or on a fresh node the pinned file."""
        self._store = store
        self._clock = clock
        rows = store.read_now(covenants.accepted)
        known = [parse_canonical(row.document) for row in rows]
        self._covenant = known[0] if known else pinned(files)
        self._earlier = [(old, row.accepted_ms) for old, row in zip(known[1:], rows, strict=False)]
        self._live = LiveState()
        self._one_at_a_time = asyncio.Lock()
        self._append: Append | None = None

    def log_to(self, append: Append) -> None:
        """Let every version that is taken over from now on be an entry, appended in the same transaction."""
        self._append = append

    def covenant(self) -> Covenant:
        """Return the active covenant."""
        return self._covenant

    def counted_at(self, ms: int) -> tuple[Covenant, ...]:
        """Return the versions that may have counted at a moment, the newest first.

        Mail can be fetched long after it was written: what a partner signed before its signing key was replaced is
        verified with the key of that time. An earlier version counts until this node took over its successor.
        """
        earlier = (old for old, replaced_ms in self._earlier if ms <= replaced_ms + MAX_SKEW_MS)
        return (self._covenant, *earlier)

    def first(self) -> Covenant:
        """Return the oldest version that this node knows, the pinned one."""
        return self._earlier[-1][0] if self._earlier else self._covenant

    def ever_in(self, participant: str) -> Participant | None:
        """Return a participant as the newest version has it: what was answered before it left still names it."""
        found = (one.find(participant) for one in (self._covenant, *(old for old, _ms in self._earlier)))
        return next((row for row in found if row is not None), None)

    def former_signing_keys(self, participant: str) -> tuple[bytes, ...]:
        """Return the public signing keys of a participant in earlier versions, the newest first."""
        rows = (row for old, _ms in self._earlier for row in old.participants if row.id == participant)
        return tuple(bytes.fromhex(row.signing_key) for row in rows)

    def witnesses_since(self, participant: str) -> int:
        """Return when (Unix ms) this node took over the version that changed who witnesses beside `participant`, with
        which key, or how many must; 0 when none did. A change of anything else is no reason to wait longer for them.
        """
        now = _witnesses(self._covenant, participant)
        return next((ms for old, ms in self._earlier if _witnesses(old, participant) != now), 0)

    def ref(self) -> CovenantRef:
        """Return the reference that messages carry."""
        return CovenantRef(self._covenant.id, self._covenant.version)

    @property
    def live(self) -> LiveState:
        """Return what the last `refresh` learned."""
        return self._live

    async def refresh(self, connection: Connection) -> LiveState:
        """Do what `keep_up` does, and learn the live epochs; for whoever is going to sign something.

        Raises SamenloopError: what `keep_up` raises, and CLOCK_SKEW when the clocks differ more than 120 seconds.
        """
        asked_ms = milliseconds(self._clock.now())
        state = await self.keep_up(connection)
        self._check_clock(state.now_ms)
        self._live = _live(state, asked_ms)
        return self._live

    async def keep_up(self, connection: Connection) -> pb.CovenantState:
        """Ask the coordinator for its state; take over newer versions that are completely signed.

        Raises SamenloopError: INTEGRITY when a version does not follow or the coordinator names another fingerprint
        for the active one; CLOCK_SKEW when there is a newer version and the clocks differ more than 120 seconds,
        because until when a version counted is told by this node's clock.
        """
        async with self._one_at_a_time:
            state = await connection.get_state(pb.GetStateRequest(covenant=self._covenant.id))
            if state.version > self._covenant.version:
                self._check_clock(state.now_ms)
                await self._follow_to(connection, state.version)
            if (state.version, state.fingerprint.hex()) != (self._covenant.version, fingerprint(self._covenant)):
                raise IntegrityError(
                    _("De coördinator werkt met een ander convenant dan deze node heeft aangenomen. Bel de beheerder.")
                )
            return state

    async def history(self, connection: Connection) -> tuple[Covenant, ...]:
        """Return every version until now, oldest first, also those before this node came.

        An older version is believed because its successor names its fingerprint; one that the coordinator does not have
        counted nowhere. Raises SamenloopError.
        """
        versions = [self._covenant, *(old for old, _ms in self._earlier)]
        while versions[-1].predecessor is not None:
            request = pb.GetCovenantRequest(id=self._covenant.id, version=versions[-1].version - 1)
            try:
                before = parse_canonical((await connection.get_covenant(request)).document)
            except SamenloopError as error:
                if error.code is not ErrorCode.NOT_FOUND:
                    raise
                break
            if fingerprint(before) != versions[-1].predecessor:
                raise IntegrityError(_("Versie {version} van het convenant is niet de echte.", version=before.version))
            versions.append(before)
        return tuple(reversed(versions))

    async def retried(self, connection: Connection, act: Callable[[], Awaitable[_T]]) -> _T:
        """Do `act`; when covenant or epochs turn out to have changed, refresh and do it once more."""
        try:
            return await act()
        except SamenloopError as error:
            if error.code not in (ErrorCode.COVENANT_MISMATCH, ErrorCode.EPOCH_MISMATCH):
                raise
        await self.refresh(connection)
        return await act()

    async def _follow_to(self, connection: Connection, version: int) -> None:
        for _step in range(_MAX_STEPS):
            if version <= self._covenant.version:
                break
            await self._follow(connection, self._covenant.version + 1)

    async def _follow(self, connection: Connection, version: int) -> None:
        reply = await connection.get_covenant(pb.GetCovenantRequest(id=self._covenant.id, version=version))
        successor = parse_canonical(reply.document)
        if not complete(self._covenant, successor, parse_signatures(reply.signatures)):
            raise IntegrityError(_("Versie {version} van het convenant is niet volledig getekend.", version=version))
        row = StoredCovenant(version, reply.document, reply.signatures, milliseconds(self._clock.now()))
        await self._store.write(lambda db: self._accept(db, row, successor))
        self._covenant, self._earlier = successor, [(self._covenant, row.accepted_ms), *self._earlier]

    def _accept(self, db: Transaction, row: StoredCovenant, successor: Covenant) -> None:
        """Add a version; before the first of them the pinned one, which is in a file only."""
        if not covenants.accepted(db):
            covenants.accept(db, StoredCovenant(self._covenant.version, canonical(self._covenant), b"", 0))
        covenants.accept(db, row)
        if self._append is not None:
            named = {"covenant": successor.id, "version": successor.version, "document": fingerprint(successor)}
            self._append(db, Event.COVENANT, {**named, "action": "accept"})

    def _check_clock(self, now_ms: int) -> None:
        skew = milliseconds(self._clock.now()) - now_ms
        if abs(skew) > MAX_SKEW_MS:
            direction = _("voor") if skew > 0 else _("achter")
            raise SamenloopError(
                ErrorCode.CLOCK_SKEW,
                _(
                    "De klok van deze computer loopt {minutes} minuten {direction} op die van de coördinator. Zet "
                    "hem gelijk.",
                    minutes=round(abs(skew) / 60_000),
                    direction=direction,
                ),
            )


def pinned(files: CovenantFiles) -> Covenant:
    """Return the covenant of the configured file if it has the configured fingerprint; raises SamenloopError."""
    try:
        covenant = parse_canonical(files.document.read_bytes())
    except OSError as error:
        raise InvalidInput(
            "covenant.document",
            _("Het convenant {path} kan niet worden gelezen: {why}.", path=files.document, why=why(error)),
        ) from error
    if fingerprint(covenant) != files.fingerprint:
        raise IntegrityError(
            _(
                "Het convenant {path} heeft een andere vingerafdruk dan de configuratie noemt. Vergelijk beide met de "
                "vingerafdruk die bij het ondertekenen is voorgelezen.",
                path=files.document,
            )
        )
    return covenant


def _witnesses(covenant: Covenant, participant: str) -> tuple[int, dict[str, str]]:
    others: dict[str, str] = {one.id: one.signing_key for one in covenant.participants if one.id != participant}
    return covenant.witness_quorum, others


def _live(state: pb.CovenantState, asked_ms: int) -> LiveState:
    return LiveState(
        read_epochs=tuple(epoch_id(name) for name in state.read_epochs),
        write_epochs=tuple(epoch_id(name) for name in state.write_epochs),
        coverage=tuple(
            Coverage(row.register, epoch_id(row.epoch), row.registered, row.with_epoch) for row in state.coverage
        ),
        asked_ms=asked_ms,
    )
