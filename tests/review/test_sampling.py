"""Samples by lot: nobody picks, everybody can draw again, and what was not judged in time is said."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samenloop.audit import entry, log
from samenloop.audit.fields import Event
from samenloop.audit.note import NoteSigner
from samenloop.audit.stamp import Stamper
from samenloop.clock import milliseconds
from samenloop.covenant import parse_canonical
from samenloop.errors import ErrorCode, Refused, SamenloopError
from samenloop.keys import SigningKey
from samenloop.review import samples, sampling
from samenloop.review.reading import LogReader
from samenloop.review.rounds import Rounds
from samenloop.review.sampling import Plan
from tests.audit.fakes import MemoryEntries, MemoryTree
from tests.audit.world import COVENANT, SIGNER, TestClock

KEY = SigningKey.generate()
PLAN = Plan(share_percent=10, minimum=2, every_days=7, within_days=14)
AGREED = parse_canonical(COVENANT)
OWNER = "coordinator-operator"


class Diary:
    """A log in memory with one reviewable entry per question, and other parties' anchors in it."""

    def __init__(self, signer: NoteSigner = SIGNER) -> None:
        self.clock = TestClock()
        self.stamper = Stamper(self.clock)
        self.entries = MemoryEntries()
        self.tree = MemoryTree(log.empty_checkpoint(signer).format())
        self.signer = signer
        self.reader = LogReader(self.entries, self.tree)
        self.rounds = Rounds(self.reader, KEY, frozenset({Event.LOG_VIEW}), self.outside, OWNER)

    def outside(self, promise: sampling.Commitment, size: int) -> list[bytes]:
        found = self.reader.stretch(promise.seq, size)
        return [bytes.fromhex(one.text("anchor")) for _seq, one in found if one.event is Event.NODE_ANCHOR]

    def add(self, event: Event, public: dict[str, object], *, integrate: bool = True) -> int:
        fields = {"origin": self.signer.name, "software": "test/1", **self.stamper.stamp(), **public}
        place = self.entries.append(entry.build(event, fields, [], entry.new_salt()))
        if integrate:
            log.integrate(self.entries, self.tree, self.signer)
        return place

    def questions(self, count: int) -> None:
        for number in range(count):
            self.add(Event.LOG_VIEW, {"filters": [], "count": number, "user": f"{number % 5:016x}"}, integrate=False)
        log.integrate(self.entries, self.tree, self.signer)

    def anchor(self) -> None:
        digest = hashlib.sha256(str(self.entries.count()).encode()).hexdigest()
        self.add(Event.NODE_ANCHOR, {"actor": "ggz-midden", "anchor": digest})

    def step(self, *, extra: bool = False) -> list[samples.NewEntry]:
        made = self.rounds.step(self.rounds.history(), AGREED, milliseconds(self.clock.now()), extra=extra)
        for event, public in made:
            self.add(event, dict(public))
        return made

    def unfair(self) -> tuple[int, ...]:
        return self.check()[1]

    def check(self) -> tuple[int, tuple[int, ...]]:
        return self.rounds.unfair(self.rounds.history(), lambda _draw: sampling.Plan(5, 5, 7, 14))

    def week(self) -> None:
        self.questions(30)
        self.anchor()
        self.clock.advance(days=8)
        self.step()

    def purge(self, last: int) -> None:
        """Erase all until `last`, as a log does whose term is over."""
        fields = {"origin": self.signer.name, "software": "test/1", **self.stamper.stamp()}
        public = {"first": 0, "last": last, "term_days": 1}
        size = log.integrate(self.entries, self.tree, self.signer).size
        self.entries.purge(entry.build(Event.PURGE, {**fields, **public}, [], entry.new_salt()), size)
        log.integrate(self.entries, self.tree, self.signer)
        self.tree.forget(0, last)


def drawn_diary() -> Diary:
    diary = Diary()
    diary.step()
    diary.questions(200)
    diary.anchor()
    diary.clock.advance(days=8)
    diary.step()
    return diary


def test_a_promise_comes_first_then_every_week_a_draw_of_the_covenants_share() -> None:
    diary = Diary()
    assert [event for event, _public in diary.step()] == [Event.ADMIN]
    diary.questions(200)
    diary.anchor()
    assert diary.step() == []
    diary.clock.advance(days=7)
    assert [event for event, _public in diary.step()] == [Event.SAMPLE, Event.ADMIN]
    (draw,) = diary.rounds.history().draws
    assert len(draw.drawn) == 10
    assert all(diary.reader.one(place).event is Event.LOG_VIEW for place in draw.drawn)  # type: ignore[union-attr]
    assert diary.unfair() == ()


def test_without_bytes_of_another_party_there_is_no_draw() -> None:
    diary = Diary()
    diary.step()
    diary.questions(50)
    diary.clock.advance(days=8)
    assert diary.step() == []
    with pytest.raises(SamenloopError) as caught:
        diary.step(extra=True)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    diary.anchor()
    assert len(diary.step()) == 2


def test_an_anchor_from_before_the_promise_does_not_count() -> None:
    """Else the owner could try seeds until he likes the lot."""
    diary = Diary()
    diary.anchor()
    diary.step()
    diary.questions(20)
    diary.clock.advance(days=8)
    assert diary.step() == []


def test_populations_do_not_overlap_and_leave_nothing_out() -> None:
    diary = drawn_diary()
    first = diary.rounds.history().draws[0]
    diary.questions(30)
    diary.anchor()
    diary.clock.advance(days=8)
    diary.step()
    second = diary.rounds.history().draws[1]
    assert diary.rounds.history().population_start(second) == first.size
    assert set(first.drawn).isdisjoint(second.drawn)
    assert diary.unfair() == ()


@pytest.mark.parametrize("cheat", ["favourites", "other seed", "fewer", "anchor left out"])
def test_a_draw_that_the_lot_did_not_make_is_found(cheat: str) -> None:
    """The positive control of the check: each way to pick is caught."""
    diary = Diary()
    diary.step()
    diary.questions(200)
    if cheat != "anchor left out":
        diary.anchor()
    places = diary.rounds.population(0, diary.reader.size())
    seed = sampling.seed(KEY, 0) if cheat != "other seed" else sampling.seed(KEY, 99)
    chosen = sampling.pick(sampling.lot(seed, diary.outside(diary.rounds.history().commitments[0], 10**6)), places, 10)
    drawn = {"favourites": places[:10], "fewer": chosen[:4]}.get(cheat, chosen)
    public = {"drawn": list(drawn), "due_ms": 1, "size": diary.reader.size(), "document": seed.hex(), "actor": OWNER}
    place = diary.add(Event.SAMPLE, {**public, "covenant": AGREED.id, "version": 1})
    assert diary.unfair() == (place,)


def test_after_a_purge_every_draw_keeps_its_promise_with_a_seed_that_nobody_has_seen() -> None:
    diary = drawn_diary()
    diary.week()
    diary.week()
    seen = [one.seed for one in diary.rounds.history().draws]
    diary.purge(diary.rounds.history().draws[1].seq + 1)
    diary.week()
    diary.week()
    later = diary.rounds.history().draws[1:]
    assert len(later) == 2
    assert not {one.seed for one in later} & set(seen)
    assert diary.unfair() == ()


def test_a_log_that_lost_even_its_last_promise_promises_a_seed_that_nobody_has_seen() -> None:
    diary = drawn_diary()
    seen = [one.seed for one in diary.rounds.history().draws]
    diary.purge(diary.reader.size() - 1)
    diary.step()
    diary.week()
    (later,) = diary.rounds.history().draws
    assert later.seed not in seen
    assert diary.unfair() == ()


def test_a_draw_of_which_a_part_was_purged_is_not_judged_and_the_others_are() -> None:
    diary = drawn_diary()
    diary.week()
    diary.week()
    assert diary.check() == (3, ())
    diary.purge(diary.rounds.history().draws[0].size + 3)
    assert diary.check() == (1, ())
    known = diary.rounds.history()
    control = sampling.recheck(known, known.draws, lambda _draw: None, diary.rounds.population, outside(diary))
    assert control, "a build that judges all of them accuses"


def test_however_much_stands_in_a_log_no_promise_or_draw_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build with a limit, `_MOST`, is caught."""
    monkeypatch.setattr(samples, "_MOST", 3, raising=False)
    diary = drawn_diary()
    for _number in range(10):
        diary.add(Event.ADMIN, {"action": "other", "actor": OWNER})
    assert len(diary.rounds.history().commitments) == 2
    assert diary.check() == (1, ())


def test_a_log_of_an_earlier_version_goes_on_with_the_seed_that_it_promised() -> None:
    """Its promises carry no number: they were numbered by the draws before them."""
    diary = Diary()
    diary.add(*_promise(0))
    diary.questions(30)
    diary.anchor()
    diary.clock.advance(days=8)
    (_event, public), _promised = diary.step()
    assert public["document"] == sampling.seed(KEY, 0).hex()
    diary.add(*_promise(1))
    diary.week()
    assert diary.rounds.history().draws[-1].seed == sampling.seed(KEY, 1).hex()
    diary.week()
    assert diary.check() == (3, ())


def outside(diary: Diary) -> Callable[[sampling.Commitment, sampling.Draw], list[bytes]]:
    return lambda promise, draw: diary.outside(promise, draw.size)


def _promise(number: int) -> samples.NewEntry:
    """Return a promise as it was written before promises had a number."""
    owner = {"actor": OWNER, "covenant": AGREED.id, "version": AGREED.version}
    return Event.ADMIN, {"action": samples.COMMIT, "document": sampling.digest(sampling.seed(KEY, number)), **owner}


def test_every_place_has_the_same_chance() -> None:
    """4,000 draws of 5 out of 20: each place 1,000 times, give or take five standard deviations."""
    times: Counter[int] = Counter()
    for number in range(4_000):
        times.update(sampling.pick(sampling.lot(number.to_bytes(8, "big"), [b"anchor"]), range(20), 5))
    spread = 5 * (4_000 * 0.25 * 0.75) ** 0.5
    assert all(abs(times[place] - 1_000) < spread for place in range(20))


@given(st.integers(0, 5_000), st.integers(1, 100), st.integers(1, 50))
def test_the_share_is_rounded_up_and_never_more_than_there_is(population: int, percent: int, minimum: int) -> None:
    count = sampling.wanted(replace(PLAN, share_percent=percent, minimum=minimum), population)
    assert count <= population
    assert count >= min(population, minimum, sampling.MOST_DRAWN)
    assert count == sampling.MOST_DRAWN or 100 * count >= min(population * percent, 100 * population)


def test_a_verdict_is_given_once_and_only_about_what_was_drawn() -> None:
    diary = drawn_diary()
    known = diary.rounds.history()
    place, other = known.draws[0].drawn[:2]
    diary.add(*_plain(diary.rounds.verdict(known, AGREED, place, "", "ff" * 8)))
    diary.add(*_plain(diary.rounds.verdict(known, AGREED, other, "wrong-purpose", "ff" * 8)))
    after = diary.rounds.history()
    assert [(one.entry, one.escalated) for one in after.verdicts] == [(place, False), (other, True)]
    assert {entry_ for entry_, _draw in after.open()} == set(known.draws[0].drawn) - {place, other}
    with pytest.raises(Refused):
        diary.rounds.verdict(after, AGREED, place, "", "ff" * 8)
    with pytest.raises(Refused):
        diary.rounds.verdict(after, AGREED, known.draws[0].drawn[2], "because", "ff" * 8)
    with pytest.raises(SamenloopError) as caught:
        diary.rounds.verdict(after, AGREED, 0, "", "ff" * 8)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_nobody_judges_his_own_acts() -> None:
    diary = drawn_diary()
    known = diary.rounds.history()
    place = known.draws[0].drawn[0]
    own = diary.reader.one(place)
    assert own is not None
    with pytest.raises(Refused):
        diary.rounds.verdict(known, AGREED, place, "", own.text("user"))


def test_a_late_review_and_a_draw_that_does_not_come_are_said() -> None:
    diary = drawn_diary()
    plan = sampling.Plan(5, 5, 7, 14)
    now = milliseconds(diary.clock.now())
    assert samples.warnings(diary.rounds.history(), plan, now) == []
    late = milliseconds(diary.clock.now() + timedelta(days=15))
    texts = samples.warnings(diary.rounds.history(), plan, late)
    assert len(texts) == 2
    assert texts[0].startswith("10 regels")


def _plain(made: samples.NewEntry) -> tuple[Event, dict[str, object]]:
    return made[0], dict(made[1])


def test_time_in_a_stretch_is_inclusive_at_its_start_and_exclusive_at_its_end() -> None:
    diary = Diary()
    for _number in range(5):
        diary.questions(1)
        diary.clock.advance(hours=1)
    start = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    found = diary.reader.between(milliseconds(start + timedelta(hours=1)), milliseconds(start + timedelta(hours=3)))
    assert [seq for seq, _entry in found] == [1, 2]
