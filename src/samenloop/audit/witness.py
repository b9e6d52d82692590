"""A node as witness of the log: pure judgement. The caller fetches, persists what is returned, and only then answers.

Order: the log's signature, then never smaller, then consistency with what was accepted before; persist; then cosign.
A failed check stops asking and cosigning until a person has looked (`resume`); missing cosignatures of others stop
asking for as long as they are missing.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import entry as entries
from samenloop.audit import tree
from samenloop.audit.anchor import TrustAnchor
from samenloop.audit.note import NoteSigner
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.texts import _

INCLUSION_MS = 60_000
FRESH_MS = 600_000
HOUR_MS = 3_600_000
WARN_MS = 24 * HOUR_MS
STOP_MS = 72 * HOUR_MS


class Reason(enum.Enum):
    """Why a node warns or stops."""

    BAD_SIGNATURE = "bad_signature"
    SMALLER = "smaller"
    INCONSISTENT = "inconsistent"
    OWN_MISSING = "own_missing"
    OWN_DIFFERENT = "own_different"
    COUNT_DIFFERS = "count_differs"
    FEW_WITNESSES = "few_witnesses"
    STALE = "stale"
    ALONE = "alone"

    @property
    def text(self) -> str:
        """Return what happened and what to do, for the people at the node."""
        return _texts()[self]


@dataclass(frozen=True, slots=True)
class WitnessState:
    """What a node has accepted of the log; persisted as a whole. Times are Unix milliseconds at the node."""

    size: int
    root: bytes
    note: bytes
    since_ms: int
    advanced_ms: int
    stopped: Reason | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """May this node ask and cosign now, and what must people be told."""

    stops: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

    @property
    def may_ask(self) -> bool:
        """Tell whether the node may ask."""
        return not self.stops

    @property
    def may_cosign(self) -> bool:
        """Tell whether the node may cosign: also while it misses the others, or nobody is the first after a silence of
        all.
        """
        return set(self.stops) <= {Reason.FEW_WITNESSES}


def begin(now_ms: int) -> WitnessState:
    """Return the state of a node that has seen nothing of the log yet."""
    return WitnessState(0, tree.EMPTY_ROOT, b"", now_ms, now_ms)


def accept(state: WitnessState, note: bytes, proof: Sequence[bytes], anchor: TrustAnchor, now_ms: int) -> WitnessState:
    """Judge a checkpoint that the coordinator shows, with the consistency proof from `state.size`.

    Returns the new state, or the old one with `stopped` set. Persist it before cosigning or answering anybody.
    """
    try:
        shown = checkpoints.verify(note, anchor.origin, anchor.audit_key)
    except IntegrityError:
        return replace(state, stopped=Reason.BAD_SIGNATURE)
    if shown.size < state.size:
        return replace(state, stopped=Reason.SMALLER)
    try:
        tree.verify_consistency(state.size, shown.size, proof, state.root, shown.root)
    except IntegrityError:
        return replace(state, stopped=Reason.INCONSISTENT)
    advanced = now_ms if shown.size > state.size else state.advanced_ms
    return replace(state, size=shown.size, root=shown.root, note=note, advanced_ms=advanced)


def cosign(state: WitnessState, signer: NoteSigner, now_ms: int) -> str:
    """Return the cosignature line for the accepted checkpoint; raises IntegrityError when this node has stopped."""
    if state.stopped is not None or not state.note:
        raise IntegrityError((state.stopped or Reason.BAD_SIGNATURE).text)
    return checkpoints.cosign(checkpoints.parse(state.note), signer, now_ms // 1000).line()


def own_leaf(body: bytes, expected: Mapping[str, object]) -> bytes:
    """Return the leaf hash of the entry that came with an answer, after holding it against the node's own request.

    `expected` has the public fields that the node knows itself (event, request, actor, case, holders as answered, ...).
    Raises IntegrityError(OWN_DIFFERENT's text) when the entry is malformed or says anything else.
    """
    try:
        public = entries.parse(body).public
    except InvalidInput as error:
        raise IntegrityError(Reason.OWN_DIFFERENT.text) from error
    if any(public.get(name) != value for name, value in expected.items()):
        raise IntegrityError(Reason.OWN_DIFFERENT.text)
    return tree.leaf_hash(body)


def check_inclusion(state: WitnessState, leaf: bytes, index: int, path: Sequence[bytes]) -> None:
    """Check that an own leaf stands in the accepted tree; raises IntegrityError when the proof does not hold."""
    tree.verify_inclusion(leaf, index, state.size, path, state.root)


def check_counts(own: Mapping[str, int], in_log: Mapping[str, int]) -> Reason | None:
    """Compare, per event code and day, the node's own acknowledged requests with the log's entries under its name."""
    codes = own.keys() | in_log.keys()
    return Reason.COUNT_DIFFERS if any(own.get(code, 0) != in_log.get(code, 0) for code in codes) else None


def stop(state: WitnessState, reason: Reason) -> WitnessState:
    """Return the state of a node that stops for `reason`; an earlier reason stays."""
    return state if state.stopped else replace(state, stopped=reason)


def resume(state: WitnessState) -> WitnessState:
    """Return the state after a person has looked and decided to go on (that decision is an entry in the node's own
    log).
    """
    return replace(state, stopped=None)


def cosigned_ms(seconds: Iterable[int], wanted: int) -> int | None:
    """Return the moment (ms) since which `wanted` others have cosigned, or None when fewer ever did."""
    newest = sorted(seconds, reverse=True)
    return newest[wanted - 1] * 1000 if wanted and len(newest) >= wanted else None


def standing(
    state: WitnessState,
    oldest_unproven_ms: int | None,
    others: Mapping[str, int],
    wanted: int,
    now_ms: int,
    changed_ms: int = 0,
) -> Standing:
    """Judge whether the node may ask.

    `oldest_unproven_ms`: when the oldest own entry without an inclusion proof was acknowledged. `others`: per other
    witness up to when it vouches for what this node accepted (Unix seconds, `vouching`). `wanted`: how many of
    them the covenant asks for (`TrustAnchor.quorum`), 0 when there are no others. `changed_ms`: when this node took
    over the covenant version with the present witnesses, for who joins has as long to begin as who falls silent.
    """
    stops = [state.stopped] if state.stopped else []
    warnings: list[Reason] = []
    if oldest_unproven_ms is not None and now_ms - oldest_unproven_ms > INCLUSION_MS:
        stops.append(Reason.OWN_MISSING)
    if now_ms - state.advanced_ms > FRESH_MS:
        warnings.append(Reason.STALE)
    if not wanted:
        warnings.append(Reason.ALONE)
    else:
        age = now_ms - max(cosigned_ms(others.values(), wanted) or state.since_ms, changed_ms)
        if age > STOP_MS:
            stops.append(Reason.FEW_WITNESSES)
        elif age > WARN_MS:
            warnings.append(Reason.FEW_WITNESSES)
    return Standing(tuple(stops), tuple(warnings))


def require(standing_now: Standing) -> None:
    """Raise SamenloopError(INTEGRITY) with the first reason's text when the node may not ask."""
    if standing_now.stops:
        raise SamenloopError(ErrorCode.INTEGRITY, standing_now.stops[0].text)


def _texts() -> Mapping[Reason, str]:
    return {
        Reason.BAD_SIGNATURE: _(
            "Het ijkpunt van het logboek heeft geen geldige handtekening. Vragen stellen is gestopt. "
            "Bel de beheerder van de coördinator en vergelijk de sleutel met het convenant."
        ),
        Reason.SMALLER: _(
            "Het logboek van de coördinator is kleiner geworden. Vragen stellen is gestopt. "
            "Bel de andere deelnemers en de beheerder: er is een oude kopie teruggezet of er zijn regels weggehaald. "
            "Het bewijs staat in `samenloop-node witness evidence`."
        ),
        Reason.INCONSISTENT: _(
            "Het logboek van de coördinator past niet bij wat deze node eerder zag. Vragen stellen is gestopt. "
            "Bel de andere deelnemers en de controleur van het logboek. Geef hun het bewijs: "
            "`samenloop-node witness evidence`."
        ),
        Reason.OWN_MISSING: _(
            "Een eigen vraag staat na een minuut nog niet in het logboek. Vragen stellen is gestopt. "
            "Kijk of de coördinator draait; blijft de regel weg, bel dan de beheerder."
        ),
        Reason.OWN_DIFFERENT: _(
            "Het logboek zegt iets anders dan deze node heeft gevraagd of als antwoord kreeg. "
            "Vragen stellen is gestopt. Bewaar de vraag en het antwoord en bel de controleur van het logboek."
        ),
        Reason.COUNT_DIFFERS: _(
            "Het aantal eigen vragen van gisteren klopt niet met het logboek. Vragen stellen is gestopt. "
            "Vergelijk de lijst van vragen met het logboek en bel de beheerder."
        ),
        Reason.FEW_WITNESSES: _(
            "Te weinig andere deelnemers hebben het logboek onlangs medeondertekend. "
            "Na 72 uur stopt het vragen stellen. Vraag de andere deelnemers of hun node draait."
        ),
        Reason.STALE: _(
            "Het logboek heeft al tien minuten geen nieuw ijkpunt. "
            "Kijk of de coördinator draait en of de klok goed staat."
        ),
        Reason.ALONE: _(
            "Er is geen andere getuige: niemand anders bewaakt dit logboek. Laat een tweede deelnemer meedoen of een "
            "tijdstempel van buiten zetten."
        ),
    }
