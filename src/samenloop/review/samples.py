"""Samples in a log: reading their history back, and the entries that a commitment, a draw and a verdict make."""

from collections.abc import Iterable, Mapping, Sequence

from samenloop.audit.entry import Entry
from samenloop.audit.fields import Event
from samenloop.audit.store import Search
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.keys import SigningKey
from samenloop.review import sampling
from samenloop.review.reading import LogReader
from samenloop.review.sampling import Commitment, Draw, History, Plan, Verdict
from samenloop.texts import _

COMMIT = "sample-commit"
REASONS = ("no-task", "wrong-purpose", "too-many", "odd-hour", "own-circle", "other")
"""Why an entry is escalated. Closed; what it is about stands in the reviewer's own file."""
_DAY_MS = 86_400_000
_SEARCHED = (Event.ADMIN, Event.SAMPLE, Event.SIGN_OFF, Event.ESCALATE)
NewEntry = tuple[Event, Mapping[str, object]]


def history(reader: LogReader, actor: str) -> History:
    """Return the history of samples of this log; `actor` is under whose name the log's owner writes about itself."""
    found: list[tuple[int, Entry]] = []
    for event in _SEARCHED:
        found += reader.newest(Search(event=event.value, actor=actor), reader.size(), _about_samples)
    return parse_history(sorted(found, key=lambda pair: pair[0]))


def parse_history(found: Iterable[tuple[int, Entry]]) -> History:
    """Return what these entries, in order, say about samples."""
    pairs = list(found)
    draws = tuple(_draw(seq, one) for seq, one in pairs if one.event is Event.SAMPLE)
    return History(
        tuple(
            _commitment(seq, one, draws)
            for seq, one in pairs
            if one.event is Event.ADMIN and one.text("action") == COMMIT
        ),
        draws,
        tuple(_verdict(seq, one) for seq, one in pairs if one.event in (Event.SIGN_OFF, Event.ESCALATE)),
    )


def commitment(key: SigningKey, size: int) -> NewEntry:
    """Return the entry that promises the seed of the next draw.

    The seed's number is the size of the log, which only grows: no seed comes twice, also when earlier promises and
    draws were purged.
    """
    return Event.ADMIN, {"action": COMMIT, "document": sampling.digest(sampling.seed(key, size)), "count": size}


def is_due(known: History, plan: Plan, now_ms: int) -> bool:
    """Tell whether the period since the last draw, or else since the first promise, is over."""
    if not known.commitments:
        return False
    begun = known.draws[-1].at_ms if known.draws else known.commitments[0].at_ms
    return now_ms >= begun + plan.every_days * _DAY_MS


def draw(
    key: SigningKey, known: History, plan: Plan, places: Sequence[int], outside: Sequence[bytes], at: tuple[int, int]
) -> tuple[NewEntry, NewEntry]:
    """Return the entries of a draw and of the promise for the next one; `at` is (size of the log, Unix ms).

    The caller adds the covenant version that the plan comes from, so that the draw can be judged by it later.
    Raises SamenloopError(UNAVAILABLE) while no other party has made bytes since the promise: then the draw waits.
    """
    if not known.commitments or not outside:
        raise SamenloopError(
            ErrorCode.UNAVAILABLE, _("De steekproef wacht op een getal dat een andere partij in het logboek zet.")
        )
    size, now_ms = at
    seed = sampling.seed(key, known.commitments[-1].number)
    drawn = sampling.pick(sampling.lot(seed, outside), places, sampling.wanted(plan, len(places)))
    due_ms = now_ms + plan.within_days * _DAY_MS
    public = {"drawn": list(drawn), "due_ms": due_ms, "size": size, "document": seed.hex()}
    return (Event.SAMPLE, public), commitment(key, size)


def verdict(known: History, entry: int, reason: str, *, own: bool) -> NewEntry:
    """Return the entry of a sign-off, or with a `reason` of an escalation.

    Raises SamenloopError(NOT_FOUND) when the entry was not drawn, Refused(R-72) when it has a verdict, is the
    reviewer's `own` act, or the reason is not on the list.
    """
    if all(entry not in one.drawn for one in known.draws):
        raise SamenloopError(ErrorCode.NOT_FOUND, _("Regel {entry} zit in geen steekproef.", entry=entry))
    if any(one.entry == entry for one in known.verdicts):
        raise Refused("R-72", _("Regel {entry} is al beoordeeld.", entry=entry))
    if own:
        raise Refused("R-72", _("Dit is een handeling van uzelf. Laat een collega haar beoordelen."))
    if not reason:
        return Event.SIGN_OFF, {"entry": entry}
    if reason not in REASONS:
        raise Refused("R-72", _("Kies een reden van de lijst: {reasons}.", reasons=", ".join(REASONS)))
    return Event.ESCALATE, {"entry": entry, "reason": reason}


def warnings(known: History, plan: Plan, now_ms: int) -> list[str]:
    """Return what `status` says about reviews: nothing when all is well."""
    late = known.overdue(now_ms)
    texts = []
    if late:
        texts.append(
            _("{count} regels van de steekproef zijn te laat beoordeeld. Zie: review list.", count=len(late)),
        )
    if is_due(known, plan, now_ms - _DAY_MS):
        texts.append(_("De steekproef van het logboek had al getrokken moeten zijn."))
    if known.draws and known.draws[-1].full:
        texts.append(sampling.full_text())
    return texts


def _about_samples(entry: Entry) -> bool:
    return entry.event is not Event.ADMIN or entry.text("action") == COMMIT


def _commitment(seq: int, entry: Entry, draws: Iterable[Draw]) -> Commitment:
    """Return a promise; one of an earlier version of this program was numbered by the draws before it."""
    number = entry.integer("count") if "count" in entry.public else sum(one.seq < seq for one in draws)
    return Commitment(seq, entry.integer("end_ms"), entry.text("document"), number)


def _draw(seq: int, entry: Entry) -> Draw:
    value = entry.public["drawn"]
    drawn = tuple(one for one in value if isinstance(one, int)) if isinstance(value, list) else ()
    size, due_ms = entry.integer("size"), entry.integer("due_ms")
    return Draw(seq, entry.integer("end_ms"), entry.text("document"), size, drawn, due_ms, entry.integer("version"))


def _verdict(seq: int, entry: Entry) -> Verdict:
    escalated = entry.event is Event.ESCALATE
    return Verdict(seq, entry.integer("end_ms"), entry.integer("entry"), entry.text("user"), escalated)
