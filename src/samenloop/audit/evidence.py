"""What the witnesses and the date of an export are worth. Pure; both are missed as a node misses them (`witness`)."""

from dataclasses import dataclass

from samenloop.audit.replay import Replay
from samenloop.audit.times import SKEW_MS, possible, shown
from samenloop.audit.witness import HOUR_MS, STOP_MS, WARN_MS, cosigned_ms
from samenloop.audit.witnessed import Witnessed
from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class Judged:
    """What does not hold, and what people must know."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def of_witnesses(witnessed: Witnessed, replay: Replay, *, own: bool) -> Judged:
    """Miss the witnesses: what too few of them looked at, the log's own key alone could have written anew.

    Two things count: when the quorum last cosigned, and how far it looked. A witness that was shown a small tree only
    says nothing about what came after, however late it says so. `own`: a partner's own log, which has anchors instead.
    """
    quorum, few = witnessed.quorum, tuple[str, ...]()
    if not quorum:
        return Judged() if own else _alone(replay)
    count = len(witnessed.latest)
    if count < quorum:
        few = (
            _(
                "{count} getuigen hebben dit logboek medeondertekend; het convenant vraagt er {quorum}",
                count=count,
                quorum=quorum,
            ),
        )
    unwatched = replay.newest_ms - _watched_ms(witnessed, replay)
    if unwatched <= WARN_MS:
        return Judged(warnings=few)
    text = _(
        "de laatste {hours} uur van dit logboek zijn niet door genoeg getuigen medeondertekend (regels vanaf {first})",
        hours=unwatched // HOUR_MS,
        first=witnessed.covered().size,
    )
    return Judged((text,), few) if unwatched > STOP_MS else Judged(warnings=(*few, text))


def of_date(created_ms: int, replay: Replay, *, own: bool) -> Judged:
    """Hold the date of an export against its entries. `own`: a partner's own log, which may be quiet for days; the
    coordinator's has a sign of life every five minutes.
    """
    if not possible(created_ms) or created_ms + SKEW_MS < replay.newest_ms:
        text = _(
            "de export zegt dat hij op {created} is gemaakt, maar de nieuwste regel is van {newest}",
            created=shown(created_ms),
            newest=shown(replay.newest_ms),
        )
        return Judged((text,))
    silent = created_ms - replay.newest_ms
    if own or not replay.newest_ms or silent <= WARN_MS:
        return Judged()
    text = _(
        "na de nieuwste regel bleef het logboek {hours} uur stil tot de export: stond de coördinator uit, of ontbreekt "
        "het laatste deel?",
        hours=silent // HOUR_MS,
    )
    return Judged(warnings=(text,))


def _watched_ms(witnessed: Witnessed, replay: Replay) -> int:
    """Return up to when (Unix ms) the quorum has looked; the start of the log when it never did."""
    cosigned = cosigned_ms((one.seconds for one in witnessed.latest.values()), witnessed.quorum)
    covered = witnessed.covered()
    if cosigned is None or not covered.size:
        return replay.oldest_ms
    return min(cosigned, covered.newest_ms or cosigned)


def _alone(replay: Replay) -> Judged:
    if not replay.purged:
        return Judged()
    return Judged(warnings=(_("dat de bewaartermijn voorbij was, zegt alleen dit logboek zelf"),))
