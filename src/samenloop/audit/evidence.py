"""What the witnesses and the date of an export are worth. Pure; both are missed as a node misses them (`witness`)."""

from dataclasses import dataclass

from samenloop.audit.replay import Replay
from samenloop.audit.times import SKEW_MS, possible, shown
from samenloop.audit.witness import HOUR_MS, STOP_MS, WARN_MS
from samenloop.audit.witnessed import Witnessed
from samenloop.texts import _


@dataclass(frozen=True, slots=True)
class Judged:
    """What does not hold, and what people must know."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def of_witnesses(witnessed: Witnessed, replay: Replay) -> Judged:
    """Miss the witnesses: what too few of them looked at, the log's own key alone could have written anew.

    What counts is how far the quorum of each covenant version looked while that version was in force: a witness that
    was shown a small tree only says nothing about what came after, however late it says so. While nothing ran, there
    was nothing to look at: that time gives a warning only.
    """
    size, versions = replay.frontier.size, replay.versions
    current = versions.at(size)[-1]
    if not current.quorum:
        return Judged() if versions.own else _alone(replay)
    few = _few(sum(name in current.witnesses for name in witnessed.latest), current.quorum)
    watched = max(min(end, witnessed.covered(one.quorum)) for one, end in versions.spans(size))
    newest_ms, off_ms = replay.before.get(watched, (0, 0))
    unwatched = replay.newest_ms - (newest_ms or replay.oldest_ms)
    if watched == size or unwatched <= WARN_MS:
        return Judged(warnings=few)
    text = _(
        "de laatste {hours} uur van dit logboek zijn niet door genoeg getuigen medeondertekend (regels vanaf {first})",
        hours=unwatched // HOUR_MS,
        first=watched,
    )
    stopped = unwatched - (replay.off_ms - off_ms) > STOP_MS
    return Judged((text,), few) if stopped else Judged(warnings=(*few, text))


def of_date(created_ms: int, replay: Replay) -> Judged:
    """Hold the date of an export against its entries. A partner's own log may be quiet for days; the coordinator's has
    a sign of life every five minutes.
    """
    if not possible(created_ms) or created_ms + SKEW_MS < replay.newest_ms:
        text = _(
            "de export zegt dat hij op {created} is gemaakt, maar de nieuwste regel is van {newest}",
            created=shown(created_ms),
            newest=shown(replay.newest_ms),
        )
        return Judged((text,))
    silent = created_ms - replay.newest_ms
    if replay.versions.own or not replay.newest_ms or silent <= WARN_MS:
        return Judged()
    text = _(
        "na de nieuwste regel bleef het logboek {hours} uur stil tot de export: stond de coördinator uit, of ontbreekt "
        "het laatste deel?",
        hours=silent // HOUR_MS,
    )
    return Judged(warnings=(text,))


def _few(count: int, quorum: int) -> tuple[str, ...]:
    if count >= quorum:
        return ()
    text = _(
        "{count} getuigen hebben dit logboek medeondertekend; het convenant vraagt er {quorum}",
        count=count,
        quorum=quorum,
    )
    return (text,)


def _alone(replay: Replay) -> Judged:
    if not replay.purged:
        return Judged()
    return Judged(warnings=(_("dat de bewaartermijn voorbij was, zegt alleen dit logboek zelf"),))
