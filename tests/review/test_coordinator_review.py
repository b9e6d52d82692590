"""The operator at review: what he finds, what is logged, and that nothing he sees depends on a hidden hit."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer
from typer.testing import CliRunner

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.catalogue import load_catalogue
from samenloop.clock import milliseconds
from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop.reports import csvfile, html, pdf
from samenloop.review.filters import Filters
from samenloop.review.patterns import Pattern
from samenloop.wire.declare import Anchor
from samenloop_coordinator import operating
from samenloop_coordinator.cli import app
from samenloop_coordinator.control import Reviewed
from samenloop_coordinator.review import desk, reporting, watching
from samenloop_coordinator.review.reading import reading
from tests.coordinator.conftest import made  # noqa: F401 - fixture
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import CARE, HOUSE, MAYOR, POLICE, PROBATION, put
from tests.coordinator.world import MovingClock, World, copied, play

ANNA, NOBODY = "anna", "nobody"
CASE = b"\x07" * 32


@pytest.fixture
def consortium(made: Consortium, tmp_path: Path) -> Consortium:  # noqa: F811 - the imported fixture
    """Return a consortium of this test alone."""
    return copied(made, tmp_path)


def this_month() -> str:
    return f"{datetime.now(ZoneInfo('Europe/Amsterdam')):%Y-%m}"


def playing(consortium: Consortium, *acts: Callable[[World], Any]) -> None:
    async def scenario(world: World) -> None:
        for act in acts:
            await act(world)
        await world.coordinator.integrator.tree(world.coordinator.integrator._all_waiting)

    play(consortium, scenario)


def asks(holders: Sequence[str], person: str, times: int = 1, **changes: Any) -> Callable[[World], Any]:
    async def act(world: World) -> None:
        for _number in range(times):
            given = {name: value() if callable(value) else value for name, value in changes.items()}
            await world.ask(PROBATION, holders, person, **given)

    return act


def knows(holder: str, kind: str, person: str = ANNA) -> Callable[[World], Any]:
    async def act(world: World) -> None:
        await world.register(holder, [put(kind, person)])

    return act


async def anchored(world: World) -> None:
    for name in (CARE, POLICE):
        await world.declare(name, Anchor(os.urandom(32)))


def found(consortium: Consortium, **filters: Any) -> list[dict[str, Any]]:
    return [dict(one.public) for _seq, one in desk.search(consortium.config, MovingClock(), Filters(**filters), 100)]


# --- search ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"event": "question"}, 2),
        ({"event": "question", "answer": "known"}, 1),
        ({"holder": HOUSE, "answer": "known"}, 1),
        ({"holder": MAYOR, "answer": "known"}, 0),
        ({"case": CASE.hex()}, 1),
        ({"purpose": "samenloop", "event": "question"}, 2),
        ({"purpose": "casusoverleg", "event": "question"}, 2),
        ({"purpose": "gezag", "event": "question"}, 0),
        ({"user": ("ee" * 32)}, 1),
        ({"actor": POLICE, "event": "question"}, 0),
        ({"event": "question", "budget_left": 198}, 1),
        ({"event": "question", "until_ms": 1}, 0),
    ],
    ids=str,
)
def test_the_operator_finds_by_what_was_visible(consortium: Consortium, filters: dict[str, Any], count: int) -> None:
    playing(
        consortium,
        knows(HOUSE, "vhh_casus"),
        asks([HOUSE, MAYOR], ANNA, case_ref=CASE),
        asks([MAYOR], NOBODY, user_ref=b"\xee" * 32),
    )
    assert len(found(consortium, **filters)) == count


def test_every_search_is_an_entry_with_its_filters(consortium: Consortium) -> None:
    found(consortium, event="question", holder=HOUSE)
    (view,) = found(consortium, event="log_view")
    assert (view["filters"], view["count"]) == (["event", "holder"], 0)


def two_worlds(consortium: Consortium, folder: Path, holder: str, kind: str) -> list[Any]:
    """Return all that an operator sees in two worlds: the holder knows the person asked about, or another one."""
    seen = []
    for name, person in (("known", ANNA), ("unknown", "somebody-else")):
        world = copied(consortium, folder / name)
        playing(world, knows(holder, kind, person), asks([holder], ANNA, 12, case_ref=lambda: os.urandom(32)))
        clock = MovingClock(timedelta(days=40))
        with reading(world.config) as log:
            month = this_month()
            report = reporting.accountability_report(log, load_catalogue(), month, milliseconds(clock.now()))
        pairs = desk.learned(world.config, clock, 0, 1 << 53)
        rows = [[(row["holder"], row["answer"]) for row in one["holders"]] for one in found(world, event="question")]
        found_ = desk.find_patterns(world.config, clock)
        alarms = [(one.pattern.value, one.count) for one in found_ if one.pattern is not Pattern.EVEN_PACE]  # real time
        seen.append((csvfile.render(report), pairs, rows, sorted(alarms)))
    return seen


def test_nothing_an_operator_sees_tells_a_hidden_hit_from_none(consortium: Consortium, tmp_path: Path) -> None:
    hidden, none = two_worlds(consortium, tmp_path, POLICE, "politie")
    assert hidden == none


def test_the_same_comparison_sees_a_shown_hit(consortium: Consortium, tmp_path: Path) -> None:
    """The positive control."""
    shown, none = two_worlds(consortium, tmp_path, HOUSE, "vhh_casus")
    assert [one != other for one, other in zip(shown, none, strict=True)] == [True, True, True, False]


LOOKS: dict[str, tuple[str, ...]] = {
    "search": ("audit", "search"),
    "list": ("review", "list"),
    "check": ("review", "check"),
    "patterns": ("review", "patterns"),
    "leakage": ("review", "leakage", "--period", "2026-10"),
    "report": ("report", "council", "--out", "{folder}"),
    "export": ("audit", "export", "{folder}/export"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_at_the_log_is_an_entry_in_the_log(consortium: Consortium, tmp_path: Path, look: str) -> None:
    playing(consortium, asks([HOUSE], ANNA))

    def views() -> int:
        with operating.log_files(consortium.config) as files:
            bodies = [entries.parse(one.body or b"") for one in files.entries.entries(0, 1_000)]
        return sum(one.event in (Event.LOG_VIEW, Event.EXPORT) for one in bodies)

    before = views()
    words = [word.replace("{folder}", str(tmp_path / "out")) for word in LOOKS[look]]
    (tmp_path / "out").mkdir()
    done = CliRunner().invoke(app, [*words, "--config", str(consortium.config_file)])
    assert done.exit_code == 0, done.output
    assert views() == before + 1


def test_a_list_without_anything_to_judge_says_so_in_one_sentence(consortium: Consortium) -> None:
    done = CliRunner().invoke(app, ["review", "list", "--config", str(consortium.config_file)])
    assert done.output.splitlines() == ["Er wacht niets op een beoordeling."]


@pytest.mark.parametrize(("language", "said"), [("nl", "Niets gevonden."), ("en", "Nothing found.")])
def test_a_month_without_questions_says_so_in_one_sentence(consortium: Consortium, language: str, said: str) -> None:
    command = ["review", "leakage", "--period", "2026-01", "--config", str(consortium.config_file)]
    done = CliRunner().invoke(app, command, env={"SAMENLOOP_LANG": language})
    assert done.output.splitlines() == [said]


def test_every_command_that_reads_entries_is_among_the_looks_or_reads_none() -> None:
    entries_by_themselves = {"audit purge", "review draw", "review sign-off", "review escalate"}
    shows_no_entry, like_the_council_page = {"audit fsck"}, {"report accountability"}
    group: Any = typer.main.get_command(app)
    named = {f"{name} {one}" for name in ("audit", "review", "report") for one in group.commands[name].commands}
    looks = {" ".join(words[:2]) for words in LOOKS.values()}
    assert named == looks | entries_by_themselves | shows_no_entry | like_the_council_page


# --- samples ---------------------------------------------------------------------------------------------------------


def sampled(consortium: Consortium) -> None:
    clock = MovingClock()
    desk.record(consortium.config, clock, watching.due(consortium.config, clock))
    playing(consortium, asks([MAYOR], NOBODY, 15, case_ref=lambda: os.urandom(32)), anchored)
    later = MovingClock(timedelta(days=8))
    desk.record(consortium.config, later, watching.due(consortium.config, later))


def test_the_machine_draws_and_the_operator_signs_off_or_escalates(consortium: Consortium) -> None:
    sampled(consortium)
    clock = MovingClock(timedelta(days=8))
    todo, entries = desk.waiting(consortium.config, clock)
    assert len(todo) == 5
    assert {one.event for _seq, one in entries} <= {Event.QUESTION, Event.LOG_VIEW}
    desk.judge(consortium.config, clock, [todo[0][0]], "")
    desk.judge(consortium.config, clock, [todo[1][0]], "no-task")
    assert [place for place, _due in desk.waiting(consortium.config, clock)[0]] == [place for place, _due in todo[2:]]
    with pytest.raises(Refused):
        desk.judge(consortium.config, clock, [todo[0][0]], "")
    assert desk.unfair(consortium.config, MovingClock()) == (1, ())


def test_one_promise_serves_one_draw_when_somebody_draws_beside_the_machine(consortium: Consortium) -> None:
    clock, later = MovingClock(), MovingClock(timedelta(days=8))
    desk.record(consortium.config, clock, watching.due(consortium.config, clock))
    playing(consortium, asks([MAYOR], NOBODY, 15, case_ref=lambda: os.urandom(32)), anchored)
    read_before = watching.due(consortium.config, later)
    assert desk.draw(consortium.config, later) > 0
    with pytest.raises(SamenloopError) as caught:
        desk.record(consortium.config, later, read_before)
    assert caught.value.code is ErrorCode.REQUEST_REUSED
    playing(consortium)
    assert desk.unfair(consortium.config, later) == (1, ())


def test_the_machine_goes_on_with_its_alarms_when_somebody_drew_meanwhile(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, later = MovingClock(), MovingClock(timedelta(days=8))
    desk.record(consortium.config, clock, watching.due(consortium.config, clock))
    playing(consortium, asks([MAYOR], NOBODY, 15, case_ref=lambda: os.urandom(32)), anchored)
    alarm = (Event.ALARM, {"reason": "burst", "actor": PROBATION, "count": 9})
    read_before = [*watching.due(consortium.config, later), alarm]
    monkeypatch.setattr(watching, "due", lambda _config, _clock: read_before)

    async def twice(world: World) -> None:
        await world.coordinator.periodic.review()
        await world.coordinator.periodic.review()

    playing(consortium, twice)
    assert len(found(consortium, event="alarm")) == 2
    assert len(found(consortium, event="sample")) == 1


def test_without_an_anchor_of_a_node_an_extra_draw_says_that_it_waits(consortium: Consortium) -> None:
    clock = MovingClock()
    desk.record(consortium.config, clock, watching.due(consortium.config, clock))
    playing(consortium, asks([MAYOR], NOBODY))
    with pytest.raises(SamenloopError) as caught:
        desk.draw(consortium.config, clock)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    playing(consortium, anchored)
    assert desk.draw(consortium.config, clock) > 0


def test_a_late_review_stands_in_status(consortium: Consortium) -> None:
    sampled(consortium)
    now = datetime.now(UTC)
    assert desk.warnings(consortium.config, milliseconds(now + timedelta(days=9))) == []
    assert "te laat" in desk.warnings(consortium.config, milliseconds(now + timedelta(days=23)))[0]


def test_only_entries_of_a_review_can_be_recorded(consortium: Consortium) -> None:
    public = {"actor": "coordinator-operator", "reason": "x"}
    with pytest.raises(InvalidInput):
        desk.record(consortium.config, MovingClock(), [(Event.STOP, public)])
    assert Reviewed(()).entries == ()


# --- patterns --------------------------------------------------------------------------------------------------------


def test_a_burst_is_an_alarm_in_the_log_once_a_day(consortium: Consortium) -> None:
    playing(consortium, asks([MAYOR], NOBODY, 9, case_ref=lambda: os.urandom(32)))
    clock = MovingClock()
    for _minute in range(3):
        desk.record(consortium.config, clock, watching.due(consortium.config, clock))
        playing(consortium)
    alarms = found(consortium, event="alarm")
    assert [(one["reason"], one["actor"], one["count"]) for one in alarms] == [(Pattern.BURST.value, PROBATION, 9)]


def test_ordinary_asking_is_no_alarm(consortium: Consortium) -> None:
    playing(consortium, asks([MAYOR], NOBODY, 3, case_ref=lambda: os.urandom(32)))
    assert [one for one in watching.due(consortium.config, MovingClock()) if one[0] is Event.ALARM] == []


def test_what_was_learned_is_counted_per_pair(consortium: Consortium) -> None:
    playing(consortium, knows(HOUSE, "vhh_casus"), asks([HOUSE, MAYOR], ANNA, 2, case_ref=lambda: os.urandom(32)))
    pairs = {one.holder: one for one in desk.learned(consortium.config, MovingClock(), 0, 1 << 53)}
    assert (pairs[HOUSE].questions, pairs[HOUSE].learned) == (2, 2)
    assert (pairs[MAYOR].questions, pairs[MAYOR].learned) == (2, 0)
    assert pairs[HOUSE].budget_share == 1


# --- reports ---------------------------------------------------------------------------------------------------------


def test_the_report_of_a_month_shows_no_small_cell(consortium: Consortium) -> None:
    playing(consortium, asks([MAYOR, HOUSE], NOBODY, 13, case_ref=lambda: os.urandom(32)))
    month, later = this_month(), milliseconds(datetime.now(UTC) + timedelta(days=40))
    with reading(consortium.config) as log:
        with pytest.raises(InvalidInput):
            reporting.accountability_report(log, load_catalogue(), month, milliseconds(datetime.now(UTC)))
        report = reporting.accountability_report(log, load_catalogue(), month, later)
    rows = {
        (section.title, row[0]): row[1:] for section in report.sections if section.table for row in section.table.rows
    }
    assert rows["Gestelde vragen", "Reclassering Midden"] == ("10",)
    assert rows["Gestelde vragen", "Politie Midden"] == ("minder dan 10",)
    numbers = {value for row in rows.values() for value in row if value.isdigit()}
    assert all(int(value) % 5 == 0 and int(value) >= 10 for value in numbers - {"0", "1"})
    page = html.render(report)
    assert page.count("<svg") == page.count('role="img"') >= 3
    assert "<script" not in page
    assert pdf.render(report, datetime.now(UTC)).startswith(b"%PDF-")


def test_a_page_shows_text_as_text(consortium: Consortium) -> None:
    with reading(consortium.config) as log:
        named = replace(log.covenant, name="<script>alert(1)</script>")
        report = reporting.council_page(replace(log, covenant=named), load_catalogue())
    assert "<script" not in html.render(report)
    assert csvfile.plain("=1+1") == "'=1+1"


def test_the_commands_work_beside_the_files(consortium: Consortium, tmp_path: Path) -> None:
    playing(consortium, knows(HOUSE, "vhh_casus"), asks([HOUSE], ANNA), anchored)
    config = ["--config", str(consortium.config_file)]

    def typed(*words: str) -> Any:
        return CliRunner().invoke(app, [*words, *config])

    shown = typed("audit", "search", "--answer", "known", "--json")
    assert json.loads(shown.output)["answers"] == {HOUSE: "known"}
    assert f"{HOUSE}=known" in typed("audit", "search", "--holder", HOUSE).output
    assert json.loads(typed("review", "check", "--json").output) == {"draws": 0, "unfair": []}
    assert "Niets gevonden" in typed("review", "patterns").output
    month = this_month()
    assert HOUSE in typed("review", "leakage", "--period", month).output
    assert typed("report", "council", "--out", str(tmp_path / "raad")).exit_code == 0
    assert (tmp_path / "raad" / "raad-zvh-demo.html").exists()
    assert json.loads(typed("status", "--json").output)["review"] == []


def test_what_the_operator_does_can_be_read_by_a_program(consortium: Consortium, tmp_path: Path) -> None:
    def typed(*words: str) -> dict[str, Any]:
        done = CliRunner().invoke(app, [*words, "--config", str(consortium.config_file), "--json"])
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.output))

    assert typed("config", "check") == {"holds": True}
    folder = tmp_path / "export"
    assert typed("audit", "export", str(folder))["folder"] == str(folder)
    assert any(folder.iterdir())
    playing(consortium, knows(HOUSE, "vhh_casus"))
    checked = typed("audit", "fsck")
    assert (checked["holds"], checked["problems"], checked["size"] > 0) == (True, [], True)


@pytest.mark.parametrize("option", ["--case", "--user", "--question"])
@pytest.mark.parametrize("value", ["zzz", "2026-0417", "ab" * 7, "AB" * 16, "ab" * 33, "abc" * 11])
def test_what_can_be_no_reference_is_refused_and_not_just_missed(
    consortium: Consortium, option: str, value: str
) -> None:
    config = ["--config", str(consortium.config_file)]
    with pytest.raises(InvalidInput, match="16 tot 64 tekens"):
        CliRunner().invoke(app, ["audit", "search", option, value, *config], catch_exceptions=False)
    assert "Niets gevonden" in CliRunner().invoke(app, ["audit", "search", option, "ab" * 16, *config]).output
