"""What every store of the coordinator must do, tried on each backend and on the memory fake."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from samenloop.audit.fields import Event
from samenloop.audit.stamp import Stamper
from samenloop.clock import SystemClock
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import RegistrationId
from samenloop.texts import _, speak
from samenloop_coordinator.journal import Journal
from samenloop_coordinator.store.contract import Parts, Store
from samenloop_coordinator.store.sqlite import create_store, open_store
from samenloop_coordinator.store.values import (
    AskedHolder,
    AskedQuestion,
    CovenantRow,
    CoverageRow,
    KeyRow,
    MailRow,
    Mark,
    NewRegistration,
    NoticeRow,
    Place,
    Request,
    ShownHit,
    unpack_holders,
)
from tests.fakes import MemoryStore

HOME = Place("zvh-demo", "politie-midden", "politie")
Scenario = Callable[[Store, Journal], Awaitable[None]]
Run = Callable[[Scenario], None]


def _sqlite(folder: Path) -> Callable[[Journal], Store]:
    create_store(folder / "store.db")
    return lambda journal: open_store(folder / "store.db", journal, 4)


def _memory(_folder: Path) -> Callable[[Journal], Store]:
    return MemoryStore


@pytest.fixture(params=[_sqlite, _memory], ids=["sqlite", "memory"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    opening = request.param(tmp_path)

    def running(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            journal = Journal("test.example/log", Stamper(SystemClock()))
            store = opening(journal)
            try:
                await scenario(store, journal)
            finally:
                await store.close()

        asyncio.run(all_of_it())

    return running


def registration(
    place: int, *, epochs: tuple[str, ...] = ("2026-1",), tokens: int = 3, **changes: Any
) -> NewRegistration:
    marks = tuple(Mark(epoch, 0b111, 2, tokens) for epoch in epochs)
    values = os.urandom(16 * tokens * len(epochs))
    new = NewRegistration(place, RegistrationId(os.urandom(16)), b"facts", b"", marks, values)
    return replace(new, **changes)


def split(values: bytes) -> list[bytes]:
    return [values[start : start + 16] for start in range(0, len(values), 16)]


def entry(journal: Journal) -> Callable[[Parts], bytes]:
    def unit(parts: Parts) -> bytes:
        body = journal.body(Event.HEARTBEAT, {})
        parts.log.append(body, ())
        return body

    return unit


def expect(code: ErrorCode, act: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, None]:
    async def refused() -> None:
        with pytest.raises(SamenloopError) as caught:
            await act
        assert caught.value.code is code

    return refused()


def test_a_registration_is_found_by_every_one_of_its_values_and_by_no_other(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        one, two = registration(place), registration(place)
        first = await store.write(lambda parts: parts.registrations.put(one))
        second = await store.write(lambda parts: parts.registrations.put(two))
        probes = [*split(one.values), os.urandom(16), *split(two.values)]
        found = await store.read(lambda parts: parts.registrations.lookup(probes))
        assert sorted(found) == [(0, first), (1, first), (2, first), (4, second), (5, second), (6, second)]
        rows = await store.read(lambda parts: parts.registrations.fetch([first, second, 999]))
        assert rows[first].registration_id == one.registration_id
        assert rows[first].marks == one.marks
        assert rows.keys() == {first, second}

    run(scenario)


def test_two_registrations_may_share_a_value_and_losing_one_leaves_the_other(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        one = registration(place)
        twin = replace(registration(place), values=one.values)
        first = await store.write(lambda parts: parts.registrations.put(one))
        second = await store.write(lambda parts: parts.registrations.put(twin))
        probe = split(one.values)[:1]
        assert {row for _n, row in await store.read(lambda parts: parts.registrations.lookup(probe))} == {first, second}
        await store.write(lambda parts: parts.registrations.remove(first))
        assert {row for _n, row in await store.read(lambda parts: parts.registrations.lookup(probe))} == {second}

    run(scenario)


def test_putting_the_same_id_again_replaces_it_wholly_under_a_new_row(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        one = registration(place)
        again = replace(registration(place, epochs=("2026-1", "2026-2")), registration_id=one.registration_id)
        first = await store.write(lambda parts: parts.registrations.put(one))
        second = await store.write(lambda parts: parts.registrations.put(again))
        assert second > first
        assert await store.read(lambda parts: parts.registrations.lookup(split(one.values))) == []
        assert len(await store.read(lambda parts: parts.registrations.lookup(split(again.values)))) == 6
        assert await store.read(lambda parts: parts.registrations.rows_of([one.registration_id])) == {second}
        counts = await store.read(lambda parts: parts.registrations.coverage(place))
        assert counts == (1, (CoverageRow("2026-1", 1), CoverageRow("2026-2", 1)))

    run(scenario)


def test_a_removed_registration_leaves_nothing_behind(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        one = registration(place)
        row = await store.write(lambda parts: parts.registrations.put(one))
        await store.write(lambda parts: parts.registrations.remove(row))
        assert await store.read(lambda parts: parts.registrations.lookup(split(one.values))) == []
        assert await store.read(lambda parts: parts.registrations.find(place, one.registration_id)) is None
        assert await store.read(lambda parts: parts.registrations.coverage(place)) == (0, ())

    run(scenario)


def test_an_ended_epoch_takes_only_its_own_values_along(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        ones = [registration(place, epochs=("2026-1", "2026-2")) for _number in range(5)]
        for one in ones:
            await store.write(lambda parts, one=one: parts.registrations.put(one))
        assert await store.write(lambda parts: parts.registrations.drop_epoch(place, "2026-1", 3)) == 3
        assert await store.write(lambda parts: parts.registrations.drop_epoch(place, "2026-1", 3)) == 2
        assert await store.write(lambda parts: parts.registrations.drop_epoch(place, "2026-1", 3)) == 0
        for one in ones:
            found = await store.read(lambda parts, one=one: parts.registrations.lookup(split(one.values)))
            assert [position for position, _row in found] == [3, 4, 5]
        assert await store.read(lambda parts: parts.registrations.coverage(place)) == (5, (CoverageRow("2026-2", 5),))

    run(scenario)


def test_facts_change_without_touching_the_values(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        one = registration(place)
        row = await store.write(lambda parts: parts.registrations.put(one))
        await store.write(lambda parts: parts.registrations.change(row, b"other", b"decided"))
        found = (await store.read(lambda parts: parts.registrations.fetch([row])))[row]
        assert (found.facts, found.beforehand, found.marks) == (b"other", b"decided", one.marks)
        assert len(await store.read(lambda parts: parts.registrations.lookup(split(one.values)))) == 3

    run(scenario)


def test_the_registrations_of_a_place_are_listed_some_at_a_time(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        elsewhere = await store.write(lambda parts: parts.registrations.make_place(replace(HOME, register="anders")))
        ones = [registration(place) for _number in range(3)]
        for one in (registration(elsewhere), *ones):
            await store.write(lambda parts, one=one: parts.registrations.put(one))
        found = await store.read(lambda parts: parts.registrations.of_place(place, 9))
        assert {one.registration_id for one in found} == {one.registration_id for one in ones}
        assert len(await store.read(lambda parts: parts.registrations.of_place(place, 2))) == 2

    run(scenario)


def test_the_ids_of_a_place_are_listed_page_by_page_in_order_and_those_of_no_other_place(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        elsewhere = await store.write(lambda parts: parts.registrations.make_place(replace(HOME, register="anders")))

        def ids(after: bytes, limit: int) -> Any:
            return lambda parts: list(parts.registrations.ids_of_place(place, after, limit))

        ones = [registration(place) for _number in range(5)]

        def put_and_look(parts: Parts) -> list[bytes]:
            for one in (registration(elsewhere), *ones):
                parts.registrations.put(one)
            return ids(b"", 9)(parts)

        wanted = sorted(one.registration_id for one in ones)
        assert await store.write(put_and_look) == wanted
        assert await store.read(ids(b"", 2)) == wanted[:2]
        assert await store.read(ids(wanted[1], 9)) == wanted[2:]
        assert await store.read(ids(wanted[-1], 9)) == []
        row = await store.read(lambda parts: parts.registrations.find(place, wanted[0]).row)
        await store.write(lambda parts: parts.registrations.remove(row))
        assert await store.read(ids(b"", 9)) == wanted[1:]

    run(scenario)


def test_a_place_keeps_its_number_and_its_freshness(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        assert await store.read(lambda parts: parts.registrations.place(HOME)) is None
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))
        assert await store.write(lambda parts: parts.registrations.make_place(HOME)) == place
        other = await store.write(
            lambda parts: parts.registrations.make_place(Place("other", "politie-midden", "politie"))
        )
        assert other != place
        assert await store.read(lambda parts: parts.registrations.places("zvh-demo")) == [(place, HOME)]
        assert await store.read(lambda parts: parts.registrations.freshness(place)) == ""
        await store.write(lambda parts: parts.registrations.set_freshness(place, "2026-11-01"))
        assert await store.read(lambda parts: parts.registrations.freshness(place)) == "2026-11-01"

    run(scenario)


def test_a_request_id_is_used_once_and_its_reply_can_be_erased(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        request = Request("politie-midden", b"h" * 32, b"reply")
        await store.write(lambda parts: parts.requests.keep(b"r" * 16, request, 10))
        await expect(
            ErrorCode.REQUEST_REUSED,
            store.write(lambda parts: parts.requests.keep(b"r" * 16, replace(request, reply=b"other"), 11)),
        )
        assert await store.read(lambda parts: parts.requests.find(b"r" * 16)) == request
        await store.write(lambda parts: parts.requests.erase_reply(b"r" * 16))
        found = await store.read(lambda parts: parts.requests.find(b"r" * 16))
        assert found is not None
        assert found.reply is None
        assert await store.write(lambda parts: parts.requests.forget_before(10, 5)) == 0
        assert await store.write(lambda parts: parts.requests.forget_before(11, 5)) == 1
        assert await store.read(lambda parts: parts.requests.find(b"r" * 16)) is None

    run(scenario)


def test_counters_of_days_are_forgotten_and_those_of_cases_stay(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        for expected in (1, 2, 3):
            assert await store.write(lambda parts: parts.requests.count_all([(b"case", "")])[0]) == expected
        assert await store.write(lambda parts: parts.requests.count_all([(b"user", "2026-11-01")])[0]) == 1
        assert await store.write(lambda parts: parts.requests.count_all([(b"user", "2026-11-02")])[0]) == 1
        await store.write(lambda parts: parts.requests.forget_counters("2026-11-02"))
        assert await store.read(lambda parts: parts.requests.counted(b"user", "2026-11-01")) == 0
        assert await store.read(lambda parts: parts.requests.counted(b"user", "2026-11-02")) == 1
        assert await store.read(lambda parts: parts.requests.counted(b"case", "")) == 3

    run(scenario)


def test_a_counter_without_a_day_counts_until_the_day_it_was_given_and_others_stay(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        counters = [(b"case", ""), (b"other", ""), (b"case", "2026-11-09")]

        def unit(parts: Parts) -> None:
            parts.requests.count_all(counters)
            parts.requests.end_lasting([b"case", b"unknown"], "2026-11-02")
            parts.requests.count_all(counters)

        def counted(parts: Parts) -> list[int]:
            return [parts.requests.counted(*one) for one in counters]

        await store.write(unit)
        await store.write(lambda parts: parts.requests.forget_counters("2026-11-02"))
        assert await store.read(counted) == [2, 2, 2]
        await store.write(lambda parts: parts.requests.forget_counters("2026-11-03"))
        assert await store.read(counted) == [0, 2, 2]
        assert await store.write(lambda parts: parts.requests.count_all(counters[:1])) == [1]
        await store.write(lambda parts: parts.requests.forget_counters("2026-11-04"))
        assert await store.read(counted) == [1, 2, 2]

    run(scenario)


def test_questions_are_found_by_the_moment_they_were_asked(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        holders = (AskedHolder("ggz-midden", "", "casusoverleg"),)
        for moment in (30, 10, 20):
            asked = AskedQuestion(bytes([moment]) * 16, "zvh-demo", "politie-midden", b"c" * 32, moment, holders)
            await store.write(lambda parts, asked=asked: parts.questions.keep(asked))
        found = await store.read(lambda parts: parts.questions.asked_before(30, 9))
        assert [one.asked_ms for one in found] == [10, 20]
        assert [one.asked_ms for one in await store.read(lambda parts: parts.questions.asked_before(31, 1))] == [10]

    run(scenario)


def test_mail_of_everybody_but_those_named_is_forgotten(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        rows = [MailRow(os.urandom(16), name, b"k" * 16, b"sealed") for name in ("ggz", "om", "politie", "om")]
        await store.write(lambda parts: parts.mail.put(rows, 1))
        assert await store.write(lambda parts: parts.mail.forget_others(["ggz", "politie", "new"])) == 2
        left = [await store.read(lambda parts, name=name: len(parts.mail.fetch(name, 9))) for name in ("ggz", "om")]
        assert left == [1, 0]

    run(scenario)


def test_what_was_shown_can_be_found_by_reference_by_day_and_by_question(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        asked = AskedQuestion(b"q" * 16, "zvh-demo", "a", b"c" * 32, 5, (AskedHolder("h", "", "samenloop"),))
        hit = ShownHit(b"q" * 16, "h", b"x" * 16, "2026-11-10", "", "samenloop")
        released = replace(hit, handle=b"y" * 16, until="2026-12-01", released=True)
        await store.write(lambda parts: (parts.questions.keep(asked), parts.questions.show([hit, released])))
        assert await store.read(lambda parts: parts.questions.find(b"q" * 16)) == asked
        assert await store.read(lambda parts: list(parts.questions.of_case("a", b"c" * 32))) == [asked]
        assert await store.read(lambda parts: list(parts.questions.of_case("b", b"c" * 32))) == []
        spoken = replace(asked, holders=(replace(asked.holders[0], stated_ms=7),))
        await store.write(lambda parts: parts.questions.restate(spoken))
        assert await store.read(lambda parts: parts.questions.find(b"q" * 16)) == spoken
        assert await store.read(lambda parts: list(parts.questions.shown_by(b"x" * 16))) == [hit]
        assert await store.read(lambda parts: list(parts.questions.shown_until("2026-11-11", 9))) == [hit]
        assert await store.read(lambda parts: list(parts.questions.shown_until("2026-11-10", 9))) == []
        await store.write(lambda parts: parts.questions.take_back(hit))
        assert await store.read(lambda parts: list(parts.questions.shown_for(b"q" * 16, "h"))) == [released]
        await store.write(lambda parts: parts.questions.forget(b"q" * 16))
        assert await store.read(lambda parts: list(parts.questions.shown_by(b"y" * 16))) == []
        assert await store.read(lambda parts: parts.questions.find(b"q" * 16)) is None

    run(scenario)


def test_mail_is_fetched_in_order_and_deleted_by_its_receiver_only(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        rows = [MailRow(bytes([number]) * 16, "h", b"k" * 8, b"sealed") for number in range(1, 4)]
        keys = [KeyRow(b"k" * 8, "h", b"wrapped"), KeyRow(b"l" * 8, "h", b"old")]
        await store.write(lambda parts: (parts.mail.put(rows, 5), parts.mail.keep_keys(keys, 5)))
        assert await store.read(lambda parts: list(parts.mail.fetch("h", 2))) == rows[:2]
        assert await store.read(lambda parts: list(parts.mail.fetch("i", 2))) == []
        await store.write(lambda parts: parts.mail.acknowledge("i", [rows[0].item_id]))
        await store.write(lambda parts: parts.mail.acknowledge("h", [rows[0].item_id, rows[1].item_id]))
        assert await store.read(lambda parts: list(parts.mail.fetch("h", 9))) == rows[2:]
        assert await store.read(lambda parts: list(parts.mail.keys("h", [b"k" * 8, b"z" * 8]))) == keys[:1]
        assert await store.read(lambda parts: list(parts.mail.keys("i", [b"k" * 8]))) == []
        await store.write(lambda parts: parts.mail.forget_keys(6))
        assert await store.read(lambda parts: list(parts.mail.keys("h", [b"k" * 8, b"l" * 8]))) == keys[:1]

    run(scenario)


def test_an_active_covenant_version_is_never_replaced_and_notices_keep_their_number(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        draft = CovenantRow("zvh-demo", 1, b"f" * 32, b"{}", b"[]")
        await store.write(lambda parts: parts.covenants.keep(draft))
        assert await store.read(lambda parts: list(parts.covenants.active())) == []
        active = replace(draft, document=b"{1}", activated_ms=7)
        await store.write(lambda parts: parts.covenants.keep(active))
        await store.write(lambda parts: parts.covenants.keep(replace(active, document=b"{2}")))
        assert await store.read(lambda parts: list(parts.covenants.active())) == [active]
        assert await store.read(lambda parts: parts.covenants.find("zvh-demo", 2)) is None
        notice = NoticeRow("zvh-demo", "key_commit", "a", b"body", b"signature")
        number = await store.write(lambda parts: parts.covenants.post(notice, 1))
        assert await store.write(lambda parts: parts.covenants.post(notice, 2)) == number
        other = await store.write(lambda parts: parts.covenants.post(replace(notice, author="b"), 3))
        assert other > number
        rows = await store.read(lambda parts: list(parts.covenants.notices("zvh-demo", number, 9)))
        assert [row.author for row in rows] == ["b"]

    run(scenario)


def test_a_unit_that_fails_leaves_nothing_and_gives_its_counters_back(run: Run) -> None:
    async def scenario(store: Store, journal: Journal) -> None:
        def failing(parts: Parts) -> None:
            place = parts.registrations.make_place(HOME)
            parts.registrations.put(registration(place))
            parts.requests.count_all([(b"case", "")])
            parts.log.append(journal.body(Event.HEARTBEAT, {}), ())
            raise SamenloopError(ErrorCode.BUDGET_EXHAUSTED, "no")

        await expect(ErrorCode.BUDGET_EXHAUSTED, store.write(failing))
        await store.write(entry(journal))
        bodies = [one.body for one in store.entries().entries(0, 10)]
        assert len(bodies) == 1
        assert b'"n":0,' in (bodies[0] or b"")
        assert await store.read(lambda parts: parts.registrations.place(HOME)) is None
        assert await store.read(lambda parts: parts.requests.counted(b"case", "")) == 0

    run(scenario)


def test_one_failing_unit_leaves_the_others_of_its_group_alone(run: Run) -> None:
    async def scenario(store: Store, journal: Journal) -> None:
        def failing(parts: Parts) -> bytes:
            entry(journal)(parts)
            raise SamenloopError(ErrorCode.REFUSED, "no")

        works = [failing if number % 3 == 1 else entry(journal) for number in range(30)]
        results = await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
        assert [isinstance(one, SamenloopError) for one in results] == [number % 3 == 1 for number in range(30)]
        counters = [body for one in store.entries().entries(0, 99) if (body := one.body)]
        assert [f'"n":{number},'.encode() in body for number, body in enumerate(counters)] == [True] * 20

    run(scenario)


def test_what_a_write_returned_for_is_seen_by_the_next_read(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        place = await store.write(lambda parts: parts.registrations.make_place(HOME))

        async def one() -> None:
            new = registration(place)
            row = await store.write(lambda parts: parts.registrations.put(new))
            found = await store.read(lambda parts: parts.registrations.lookup(split(new.values)))
            assert {seen for _position, seen in found} == {row}
            await store.tidy()

        await asyncio.gather(*(one() for _number in range(25)))

    run(scenario)


def test_a_unit_speaks_the_language_of_who_submitted_it(run: Run) -> None:
    async def scenario(store: Store, _journal: Journal) -> None:
        async def said(language: str) -> tuple[str, str]:
            speak(language)
            written = await store.write(lambda _parts: _("Kenmerken"))
            return written, await store.read(lambda _parts: _("Kenmerken"))

        both = await asyncio.gather(said("nl"), said("en"), said("nl"))
        assert both == [("Kenmerken",) * 2, ("Characteristics",) * 2, ("Kenmerken",) * 2]

    run(scenario)


def test_whom_a_question_asked_is_read_as_an_earlier_release_packed_it() -> None:
    assert unpack_holders("h  doel|k as doel") == (AskedHolder("h", "", "doel"), AskedHolder("k", "as", "doel"))
