"""The node as witness of the coordinator's log: fetch, judge, persist, then prove own entries, then cosign.

1. A checkpoint is accepted only if signed, not smaller and consistent with the last one; it is persisted first of all.
2. Every own entry must be found in the accepted tree within 60 seconds, or the node stops asking and cosigning.
3. Once a day the own questions of yesterday are counted against the log.
4. A failed check stops this node until a person looked (`resume`); the first stop is an alarm in the node's own log,
   and a checkpoint that contradicts what was accepted is kept as evidence, its hash in that alarm.
5. A log that lost history for good is accepted again only by a person of every partner (`accept_loss`).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit import witness
from samenloop.audit.anchor import from_covenant
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner, load_signer
from samenloop.audit.proof import LogProof
from samenloop.audit.witness import Reason, Standing, WitnessState
from samenloop.clock import from_milliseconds, milliseconds
from samenloop.errors import IntegrityError, InvalidInput
from samenloop.wire.v1 import audit_pb2
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.cosigners import cosigners
from samenloop_node.store import Transaction, receipts
from samenloop_node.store import witness as kept
from samenloop_node.store.receipts import Receipt
from samenloop_node.store.witness import Contradiction, OwnProof

BATCH = 100
COUNTED = (Event.QUESTION.value, Event.RELEASE.value, Event.RELEASE_WITHDRAWN.value, Event.FIND_OWN.value)
"""Kinds of own acts that are counted daily."""
_STILL_ON_ITS_WAY = timedelta(minutes=10)
"""After this an act of yesterday was answered, or is known not to be; the clocks may differ two minutes in that."""


async def watch(app: App) -> Standing:
    """Do one round as witness and return how the node stands; raises SamenloopError when the coordinator is away."""
    state = await _accept(app)
    if state.stopped is None:
        state = await _prove_own(app, state)
    if state.stopped is None:
        state = await _count_yesterday(app, state)
    standing = await stand(app)
    if standing.may_cosign and state.note:
        line = witness.cosign(state, _signer(app), _now(app))
        await app.connection.cosign(audit_pb2.CosignRequest(signature_line=line.encode(), tree_size=state.size))
    return standing


async def round_as_witness(app: App) -> None:
    """Do one round for the daemon; raises SamenloopError, with what people must do, while this node may not ask."""
    witness.require(await watch(app))


async def stand(app: App) -> Standing:
    """Return whether this node may ask now, and what people must be told; from what is stored, without a call."""
    judge = judge_of(app)
    return await app.store.read(judge)


def judge_of(app: App) -> Callable[[Transaction], Standing]:
    """Return the judgement of `stand` for use inside another read."""
    now, me = _now(app), app.config.participant
    trusted, changed_ms = from_covenant(app.covenant()), app.agreement.witnesses_since(me)

    def judged(db: Transaction) -> Standing:
        state = kept.state(db) or witness.begin(now)
        seen = kept.cosignatures(db).items()
        others = {name: at for name, at in seen if name != me and name in trusted.witnesses}
        return witness.standing(state, kept.oldest_unproved_ms(db), others, trusted.quorum, now, changed_ms)

    return judged


async def require(app: App, standing: Standing | None = None) -> None:
    """Refuse to ask while the log is not in order; looks once more when an own entry or the others were missing.

    Raises SamenloopError(INTEGRITY) with what people must do.
    """
    standing = standing or await stand(app)
    if standing.stops and set(standing.stops) <= {Reason.OWN_MISSING, Reason.FEW_WITNESSES}:
        standing = await watch(app)
    witness.require(standing)


async def stop(app: App, reason: Reason) -> None:
    """Stop asking and cosigning until a person has looked."""
    await _keep(app, witness.stop(await _state(app), reason))


async def resume(app: App, user: User) -> Standing:
    """Go on after a person has looked; his decision is an entry in the node's own log.

    Every check stays: a log that still does not hold stops this node again. Only a day whose counts differed is not
    counted a second time, for that is what the person looked at.
    """

    def work(db: Transaction) -> None:
        app.ownlog.append(db, Event.ADMIN, _decision(app, user, "witness-resume", db))
        state = kept.state(db)
        if state is not None and state.stopped is Reason.COUNT_DIFFERS:
            kept.keep_counted(db, _yesterday(app))
        kept.clear_stop(db)

    await app.store.write(work)
    return await stand(app)


async def accept_loss(app: App, user: User) -> Standing:
    """Accept the coordinator's log from nothing again: what this node knew of it is lost, for good.

    The last accepted checkpoint is kept as evidence and its hash stands in the own log. Own entries that were not found
    yet are given up, and counting begins with tomorrow.
    """

    def work(db: Transaction) -> None:
        app.ownlog.append(db, Event.ADMIN, _decision(app, user, "witness-accept-loss", db))
        kept.begin_again(db, _now(app))
        kept.keep_counted(db, f"{app.clock.now():%Y-%m-%d}")
        receipts.give_up(db)

    await app.store.write(work)
    return await stand(app)


def _decision(app: App, user: User, action: str, db: Transaction) -> dict[str, object]:
    state = kept.state(db) or witness.begin(_now(app))
    public: dict[str, object] = {
        "action": action,
        "user": app.references.user(user.name).hex(),
        "document": hashlib.sha256(state.note).hexdigest(),
        "count": state.size,
    }
    return public if state.stopped is None else {**public, "reason": state.stopped.value}


async def _accept(app: App) -> WitnessState:
    state = await _state(app)
    shown = await app.connection.get_checkpoint(audit_pb2.GetCheckpointRequest(accepted=state.note))
    proof = await _consistency(app, state, shown.note)
    anchor = from_covenant(app.covenant())
    judged = witness.accept(witness.resume(state), shown.note, proof, anchor, _now(app))
    if judged.stopped is None and state.stopped is None:
        seen, reason = await cosigners(app, judged, shown.cosigned, anchor)
        judged = witness.stop(judged, reason) if reason else judged
        await app.store.write(lambda db: kept.keep_cosignatures(db, seen, state.size, judged, _now(app)))
    evidence = _contradictions(app, state, judged, (shown.note, shown.cosigned))
    judged = replace(judged, stopped=state.stopped or judged.stopped)
    await _keep(app, judged, evidence)
    return judged


def _contradictions(
    app: App, before: WitnessState, judged: WitnessState, notes: Sequence[bytes]
) -> tuple[Contradiction, ...]:
    if judged.stopped is None:
        return ()
    return tuple(Contradiction(_now(app), judged.stopped.value, before.note, one) for one in notes if one)


async def _consistency(app: App, state: WitnessState, note: bytes) -> Sequence[bytes]:
    """Fetch the proof from what was accepted to what is shown; none is needed, or possible, for the same or less."""
    try:
        size = checkpoints.parse(note).size
    except IntegrityError:
        return ()
    if not 0 < state.size < size:
        return ()
    request = audit_pb2.GetConsistencyRequest(old_size=state.size, new_size=size)
    return tuple((await app.connection.get_consistency(request)).hashes)


async def _prove_own(app: App, state: WitnessState) -> WitnessState:
    """Look for own entries in the accepted tree, oldest first, as long as whole batches of them are found."""
    found = BATCH
    while state.note and state.stopped is None and found == BATCH:
        waiting = await app.store.read(lambda db: receipts.unproved(db, BATCH))
        state, found = await _prove_batch(app, state, waiting) if waiting else (state, 0)
    return state


async def _prove_batch(app: App, state: WitnessState, waiting: Sequence[Receipt]) -> tuple[WitnessState, int]:
    request = audit_pb2.GetInclusionRequest(leaf_hashes=[one.leaf for one in waiting], tree_size=state.size)
    reply = await app.connection.get_inclusion(request)
    head = checkpoints.parse(state.note)
    found: list[tuple[OwnProof, int]] = []
    for receipt, shown in zip(waiting, islice(reply.inclusions, len(waiting)), strict=False):
        if not shown.found:
            continue
        try:
            witness.check_inclusion(state, receipt.leaf, shown.index, tuple(shown.hashes))
        except IntegrityError:
            state = witness.stop(state, Reason.OWN_DIFFERENT)
            break
        proof = LogProof(shown.index, tuple(shown.hashes), head).format()
        found.append((_own_proof(receipt, proof), shown.index))
    await app.store.write(lambda db: _keep_proofs(db, found))
    if state.stopped is not None:
        await _keep(app, state)
    return state, len(found)


def _keep_proofs(db: Transaction, found: Sequence[tuple[OwnProof, int]]) -> None:
    for proof, log_index in found:
        kept.keep_proof(db, proof)
        receipts.proved(db, proof.leaf, log_index)


def _own_proof(receipt: Receipt, proof: bytes) -> OwnProof:
    try:
        moment = entries.parse(receipt.entry).integer("end_ms")
    except InvalidInput:
        moment = receipt.received_ms
    return OwnProof(receipt.leaf, receipt.event, f"{from_milliseconds(moment):%Y-%m-%d}", proof)


async def _count_yesterday(app: App, state: WitnessState) -> WitnessState:
    day = _yesterday(app)
    if not state.note or await app.store.read(kept.counted_day) >= day:
        return state
    reply = await app.connection.count_own(audit_pb2.CountOwnRequest(day=day))
    in_log = {row.event: row.count for row in reply.counts if row.event in COUNTED}
    own = await app.store.read(lambda db: kept.count_proofs(db, day))
    unanswered = await app.store.read(lambda db: _unanswered(db, day))
    reason = witness.check_counts(_plausible(own, unanswered, in_log), in_log)
    if reason is not None:
        state = witness.stop(state, reason)
        await _keep(app, state)
        return state
    await app.store.write(lambda db: kept.keep_counted(db, day))
    return state


def _plausible(own: Mapping[str, int], unanswered: Mapping[str, int], in_log: Mapping[str, int]) -> dict[str, int]:
    """Count a request whose reply never came as logged or not, as the log has it: nobody here can know."""
    counts = {event: own.get(event, 0) for event in COUNTED}
    for event, most in unanswered.items():
        counts[event] += min(most, max(0, in_log.get(event, 0) - counts[event]))
    return counts


def _unanswered(db: Transaction, day: str) -> dict[str, int]:
    questions = db.execute(
        "SELECT count(*) FROM question WHERE state != 'answered' AND length(leaf) = 0"
        " AND date(sent_ms / 1000, 'unixepoch') = ?",
        (day,),
    ).fetchone()[0]
    rows = db.execute(
        "SELECT kind, count(*) FROM declaration WHERE state != 'done' AND date(made_ms / 1000, 'unixepoch') = ?"
        " GROUP BY kind",
        (day,),
    ).fetchall()
    return {Event.QUESTION.value: questions, **{kind: count for kind, count in rows if kind in COUNTED}}


async def _state(app: App) -> WitnessState:
    found = await app.store.read(kept.state)
    return found or witness.begin(_now(app))


async def _keep(app: App, new: WitnessState, evidence: Sequence[Contradiction] = ()) -> None:
    """Persist the state, and what contradicts it; the moment at which this node stops is an alarm in its own log."""

    def work(db: Transaction) -> None:
        before = kept.state(db)
        kept.keep_state(db, new)
        for one in evidence:
            kept.keep_contradiction(db, one)
        if new.stopped is not None and (before is None or before.stopped is None):
            alarm: dict[str, object] = {"reason": new.stopped.value, "size": new.size}
            if evidence:
                alarm["document"] = hashlib.sha256(evidence[0].shown).hexdigest()
            app.ownlog.append(db, Event.ALARM, alarm)

    await app.store.write(work)


def _signer(app: App) -> NoteSigner:
    return load_signer(app.config.participant, app.config.keys.signing)


def _yesterday(app: App) -> str:
    """Return the last day of which everything has arrived: what was asked before midnight is answered after it."""
    return f"{app.clock.now() - timedelta(days=1) - _STILL_ON_ITS_WAY:%Y-%m-%d}"


def _now(app: App) -> int:
    return milliseconds(app.clock.now())
