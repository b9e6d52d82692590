"""The key ceremony and the life of epochs as this node does them: board in, next step out, everything signed and
logged.

The 32 bytes of a contribution wait in the folder of secrets between committing and accepting, and are removed then.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant.epochs import EpochState, announce, announcement, check_room, destroyed, epoch_states, retire
from samenloop.covenant.notices import BoardReader, Notice, Verified
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.model import EpochId
from samenloop.texts import _
from samenloop.wire.v1 import covenant_pb2 as pb
from samenloop_node.app import App
from samenloop_node.ceremony import CONTRIBUTION_BYTES, Ceremony, Step
from samenloop_node.keyring import keep_secret, read_secret
from samenloop_node.store import receipts, registrations

_MAX_PAGES = 1000
_WAITING = (Step.WAIT_FOR_ANNOUNCEMENT, Step.WAIT_FOR_OTHERS, Step.NOT_FOR_US)
_ENDED = (EpochState.RETIRED, EpochState.DESTROYED)


@dataclass(frozen=True, slots=True)
class Board:
    """The verified notices of the covenant's board, in its order."""

    notices: tuple[Verified, ...]

    def ceremony(self, app: App, epoch: EpochId) -> Ceremony:
        """Return one epoch's ceremony as this participant sees it."""
        return Ceremony(app.covenant(), epoch, app.config.participant, self.notices)


async def board(app: App) -> Board:
    """Read the whole board; a notice that does not verify is left out, because anybody may post one."""
    await app.agreement.refresh(app.connection)
    reader = BoardReader(await app.agreement.history(app.connection))
    found: list[Verified] = []
    after, covenant = 0, app.covenant()
    for _page in range(_MAX_PAGES):
        reply = await app.connection.list_notices(pb.ListNoticesRequest(covenant=covenant.id, after=after))
        for one in reply.notices:
            after = max(after, one.sequence)
            try:
                found.append(reader.verify(Notice(one.kind, one.author, one.body, one.signature)))
            except SamenloopError as error:
                app.log.warning("notice_refused", code=error.code.value, participant=one.author)
        if not reply.more:
            break
    return Board(tuple(found))


async def contribute(app: App, epoch: EpochId, user: str) -> list[str]:
    """Do this contributor's next step: commit, seal or confirm. Return what was done and what comes next.

    Raises SamenloopError(UNAVAILABLE) while it has to wait for others.
    """
    ceremony = (await board(app)).ceremony(app, epoch)
    step = ceremony.step()
    if step is Step.CONTRIBUTE:
        contribution = _contribution(app, epoch)
        await _post(app, ceremony.contribute(contribution, app.signing_key), user)
        return [_("Kenmerk gepubliceerd. Herhaal deze opdracht als de andere partner dat ook heeft gedaan.")]
    if step is Step.REVEAL:
        await _post(app, ceremony.reveal(_contribution(app, epoch), app.signing_key), user)
        return [_("Bijdrage verzegeld aan alle deelnemers. Herhaal deze opdracht als de andere partner dat ook deed.")]
    if step is Step.CONFIRM:
        await _post(app, ceremony.confirm(app.sealing_key, app.signing_key), user)
        return [_("Geheim bevestigd. Nu kan elke deelnemer: samenloop-node key accept {epoch}.", epoch=epoch)]
    if step in _WAITING:
        raise _not_now(step)
    return [_step_text(step)]


async def accept(app: App, epoch: EpochId, user: str) -> list[str]:
    """Take over the secret if everything is as both contributors confirmed; raises IntegrityError otherwise.

    Raises SamenloopError(UNAVAILABLE) while the secret is not made yet.
    """
    ceremony = (await board(app)).ceremony(app, epoch)
    step = ceremony.step()
    if step is Step.DONE:
        return [_step_text(step)]
    if step is not Step.ACCEPT:
        raise _not_now(step)
    secret, notice = ceremony.accept(app.sealing_key, app.signing_key)
    if epoch not in app.keyring.epochs():
        app.keyring.add(epoch, secret)
    await _post(app, notice, user)
    _contribution_file(app, epoch).unlink(missing_ok=True)
    return [_("Het geheim van tijdvak {epoch} staat op deze node.", epoch=epoch)]


async def show(app: App, epoch: EpochId) -> list[str]:
    """Return how far the ceremony is; the digits are to be read to each other on the phone.

    Raises SamenloopError(UNAVAILABLE) while the epoch is not announced by both.
    """
    from samenloop.covenant.epochs import confirmed_secret
    from samenloop_node.ceremony import spoken

    seen = await board(app)
    ceremony = seen.ceremony(app, epoch)
    step = ceremony.step()
    if step is Step.WAIT_FOR_ANNOUNCEMENT:
        raise _not_now(step)
    lines = [_step_text(step)]
    if ceremony.contributors:
        lines.append(_("De partners {names} maken de sleutel.", names=_(" en ").join(ceremony.contributors)))
    announced = announcement(epoch, seen.notices)
    commitment = confirmed_secret(announced, seen.notices) if announced else None
    if commitment:
        lines.append(_("Lees elkaar voor: {digits}", digits=spoken(commitment)))
    differing = ceremony.differing() if announced else ()
    if differing:
        lines.append(_("STOP: {names} namen een ander geheim aan. Bel hen.", names=", ".join(differing)))
    return lines


async def announce_epoch(app: App, epoch: EpochId, contributors: tuple[str, str], user: str) -> list[str]:
    """Announce an epoch as one of its two contributors."""
    seen = await board(app)
    check_room(app.covenant(), epoch_states(app.covenant(), seen.notices), epoch)
    notice = announce(app.covenant(), epoch, contributors, app.config.participant, app.signing_key)
    await _post(app, notice, user)
    if announcement(epoch, (await board(app)).notices) is not None:
        return [
            _("Tijdvak {epoch} is door beide partners aangekondigd. Nu: samenloop-node key contribute.", epoch=epoch)
        ]
    return [_("Tijdvak {epoch} aangekondigd; het telt als de andere partner hetzelfde aankondigt.", epoch=epoch)]


async def retire_epoch(app: App, epoch: EpochId, user: str) -> list[str]:
    """Ask for the end of an epoch; when it has ended, destroy this node's secret of it and say so."""
    state = await _state(app, epoch)
    if state is None:
        raise SamenloopError(
            ErrorCode.NOT_FOUND, _("Tijdvak {epoch} is niet bekend. Kijk met: samenloop-node status.", epoch=epoch)
        )
    if state in _ENDED:
        app.keyring.destroy(epoch)
        await _post(app, destroyed(app.covenant(), epoch, app.config.participant, app.signing_key), user)
        return [_("Tijdvak {epoch} is beëindigd; het geheim op deze node is vernietigd.", epoch=epoch)]
    await _check_covered(app, epoch)
    await _post(app, retire(app.covenant(), epoch, app.config.participant, app.signing_key), user)
    if await _state(app, epoch) in _ENDED:
        return [
            _(
                "Tijdvak {epoch} is beëindigd. Geef deze opdracht nu op elke node: dat vernietigt het geheim.",
                epoch=epoch,
            )
        ]
    return [_("Einde van tijdvak {epoch} gevraagd; het telt als twee partners dat doen.", epoch=epoch)]


async def _state(app: App, epoch: EpochId) -> EpochState | None:
    return epoch_states(app.covenant(), (await board(app)).notices).get(epoch)


async def _check_covered(app: App, epoch: EpochId) -> None:
    left = await app.store.read(lambda db: registrations.count_only_in(db, epoch))
    if left:
        raise Refused(
            "R-18",
            _(
                "{count} registraties staan alleen in tijdvak {epoch}. Registreer ze opnieuw of trek ze in.",
                count=left,
                epoch=epoch,
            ),
        )


async def todo(app: App, epoch: EpochId) -> list[str]:
    """Return register and record id of every registration without tokens for this epoch."""
    rows = await app.store.read(lambda db: registrations.without_epoch(db, epoch))
    return [f"{register}\t{record_id}" for register, record_id in rows]


async def _post(app: App, notice: Notice, user: str) -> None:
    receipt = await app.connection.post_notice(
        pb.Notice(
            covenant=app.covenant().id,
            kind=notice.kind,
            author=notice.author,
            body=notice.body,
            signature=notice.signature,
        )
    )
    now = milliseconds(app.clock.now())
    entry = {
        "action": notice.kind.replace("_", "-"),
        "actor": app.config.participant,
        "user": app.references.user(user).hex(),
    }
    await app.store.write(lambda db: app.ownlog.append(db, Event.ADMIN, entry))
    await app.store.write(lambda db: receipts.add(db, receipt.entry, Event.KEY_CEREMONY.value, now))


def _contribution(app: App, epoch: EpochId) -> bytes:
    path = _contribution_file(app, epoch)
    if not path.exists():
        app.keyring.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_secret(path, os.urandom(CONTRIBUTION_BYTES))
    return read_secret(path, CONTRIBUTION_BYTES, _("De bijdrage aan tijdvak {epoch} is weg.", epoch=epoch))


def _contribution_file(app: App, epoch: EpochId) -> Path:
    return app.keyring.folder / f"{epoch}.contribution"


def _not_now(step: Step) -> SamenloopError:
    return SamenloopError(ErrorCode.UNAVAILABLE, _step_text(step))


def _step_text(step: Step) -> str:
    return {
        Step.WAIT_FOR_ANNOUNCEMENT: _("Wacht tot beide partners het tijdvak hebben aangekondigd (epoch announce)."),
        Step.CONTRIBUTE: _("Deze node moet bijdragen: samenloop-node key contribute."),
        Step.REVEAL: _("Deze node moet zijn bijdrage verzegelen: samenloop-node key contribute."),
        Step.CONFIRM: _("Deze node moet het geheim bevestigen: samenloop-node key contribute."),
        Step.ACCEPT: _("Deze node kan het geheim overnemen: samenloop-node key accept."),
        Step.WAIT_FOR_OTHERS: _("Wacht op de andere deelnemers."),
        Step.NOT_FOR_US: _(
            "Dit geheim is niet aan deze deelnemer verzegeld: hij deed toen niet mee. Vraag twee partners om een nieuw "
            "tijdvak (epoch announce)."
        ),
        Step.DONE: _("Deze node heeft het geheim van dit tijdvak."),
    }[step]
