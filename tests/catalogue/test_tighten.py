"""An override may only tighten; what it changes can be shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from samenloop.catalogue import load_catalogue, parse_override, tightened
from samenloop.catalogue.cli import app
from samenloop.catalogue.diff import Difference, differences, tables
from samenloop.errors import InvalidInput, Refused, SamenloopError
from samenloop.model import Mode

LAW = load_catalogue()
run = CliRunner().invoke

STRICTER = {
    "a stricter mode": '[registers.politie]\nmode = "consent_only"',
    "burgemeester decides": '[registers.burgemeester]\nmode = "holder_decides"',
    "never, with its rule": '[registers.rvdk]\nmode = "never"\nvoluntary = "never"\nnever_rule = "R-15"',
    "fewer tasks": '[registers.politie]\ntasks = ["wpg8"]',
    "fewer measures": "[registers.burgemeester]\nmeasures = []",
    "does not ask": '[partners.rvdk]\nask = "n"\nask_rule = "R-20"',
    "asks for its own need": '[partners.gi]\nask = "r"',
    "not enabled": "[partners.gi]\nenabled = false",
    "no consent": "[partners.rvdk]\nconsent = false",
    "fewer receivers": '[bases.wpg20]\nreceivers = ["om", "reclassering"]',
    "fewer to receive from": '[bases.rr8]\nholders = ["om"]',
    "ends earlier": "[breach_grounds.wmo526]\nvalid_to = 2026-12-31",
    "no substitute": "[breach_grounds.conflict_van_plichten]\nsubstitute = false",
    "a pair rule": '[pairs.P-08]\nmode = "consent_only"',
    "a part of a pair rule": "[pairs.P-09b]\nconsent_required = true",
    "a shorter term": "[terms.casus]\namount = 1",
    "a switch": "[choices.beforehand]\nvalue = false",
    "a lower limit": "[limits.respell]\nvalue = 1",
    "the same": '[registers.politie]\nmode = "holder_decides"',
    "nothing": "",
}
LOOSER = {
    "a looser mode": '[registers.ggz]\nmode = "holder_decides"',
    "automatic": '[registers.politie]\nmode = "automatic"',
    "more tasks": '[registers.rvdk]\ntasks = ["toetsing", "zorg"]',
    "asks": '[partners.ggz]\nask = "y"',
    "enabled": "[partners.dji]\nenabled = true",
    "consent": "[partners.burgemeester]\nconsent = true",
    "another rule why not": '[partners.college_wmo]\nask_rule = "R-20"',
    "more receivers": '[bases.rr37_zorg]\nreceivers = ["*"]',
    "no end": "[bases.wpg20]\nholders = ['*']",
    "a substitute": "[breach_grounds.wpg20]\nsubstitute = true",
    "a loosening pair rule": '[pairs.P-01]\nmode = "consent_only"',
    "a looser pair rule": '[pairs.P-06]\nmode = "holder_decides"',
    "a longer term": "[terms.casus]\namount = 6",
    "a switch": "[choices.overdue_hidden]\nvalue = false",
    "another switch": "[choices.protected_beforehand]\nvalue = true",
    "a higher limit": "[limits.respell]\nvalue = 4",
}
WRONG = {
    "unknown table": "[rules.R-24]\ntext = 'x'",
    "no table": "registers = 3",
    "unknown row": '[registers.bakkerij]\nmode = "never"',
    "a row that is no table": "[registers]\npolitie = 3",
    "unknown field": '[registers.politie]\npartner = "om"',
    "wrong value": '[registers.politie]\nmode = "soms"',
    "an unknown ground": "[bases.koffie]\nholders = []",
    "half": '[registers.burgemeester]\nmode = "consent_only"',
    "no TOML": "[registers",
}


@pytest.mark.parametrize("why", STRICTER)
def test_R15_an_override_that_tightens_is_taken(why: str) -> None:
    stricter = tightened(LAW, parse_override(STRICTER[why]))
    assert bool(differences(LAW, stricter)) == (why not in ("the same", "nothing"))


@pytest.mark.parametrize("why", LOOSER)
def test_R15_an_override_that_loosens_is_refused(why: str) -> None:
    with pytest.raises(Refused) as caught:
        tightened(LAW, parse_override(LOOSER[why]))
    assert caught.value.rule == "R-15"


@pytest.mark.parametrize("why", WRONG)
def test_an_override_that_makes_no_sense_is_refused(why: str) -> None:
    with pytest.raises(InvalidInput):
        tightened(LAW, parse_override(WRONG[why]))


@settings(deadline=None)
@given(st.sampled_from(list(LAW.registers)), st.sampled_from([mode.name.lower() for mode in Mode]))
def test_R15_no_override_ever_makes_a_register_less_strict(kind: str, mode: str) -> None:
    override: dict[str, Any] = {"registers": {kind: {"mode": mode, "never_rule": LAW.registers[kind].never_rule}}}
    try:
        stricter = tightened(LAW, override)
    except SamenloopError:
        return
    assert stricter.registers[kind].mode >= LAW.registers[kind].mode


def test_a_difference_names_place_and_both_values() -> None:
    stricter = tightened(LAW, parse_override(STRICTER["a lower limit"]))
    assert differences(LAW, stricter) == (Difference("limits.respell.value", "3", "1"),)


def test_rows_that_come_or_go_are_differences() -> None:
    fewer = type(LAW)(**{name: getattr(LAW, name) for name in LAW.__dataclass_fields__} | {"pairs": LAW.pairs[1:]})
    assert differences(LAW, fewer) == (Difference("pairs.P-01", "-", None),)
    assert differences(fewer, LAW) == (Difference("pairs.P-01", None, "+"),)


def test_show_lists_tables_rows_and_one_row() -> None:
    assert "registers" in run(app, ["show"]).stdout
    assert "politie" in run(app, ["show", "registers"]).stdout
    assert "holder_decides" in run(app, ["show", "registers", "politie"]).stdout
    shown = json.loads(run(app, ["show", "registers", "politie", "--json"]).stdout)
    assert shown == tables(LAW)["registers"]["politie"]
    assert "[m]" in run(app, ["show", "registers", "burgemeester"]).stdout


@pytest.mark.parametrize("words", [["show", "bakkers"], ["show", "registers", "bakkerij"]])
def test_show_of_what_is_not_there_is_an_error(words: list[str]) -> None:
    assert isinstance(run(app, words).exception, InvalidInput)


def test_check_and_diff_read_an_override(tmp_path: Path) -> None:
    good, bad = tmp_path / "strenger.toml", tmp_path / "ruimer.toml"
    good.write_text(STRICTER["a lower limit"], encoding="utf-8")
    bad.write_text(LOOSER["a higher limit"], encoding="utf-8")
    assert run(app, ["check"]).exit_code == run(app, ["check", str(good)]).exit_code == 0
    assert json.loads(run(app, ["check", str(good), "--json"]).stdout) == {"holds": True, "signed_by": None}
    assert isinstance(run(app, ["check", str(bad)]).exception, Refused)
    assert isinstance(run(app, ["diff", str(tmp_path / "weg.toml")]).exception, InvalidInput)
    assert "limits.respell.value" in run(app, ["diff", str(good)]).stdout
    shown = run(app, ["show", "pairs", "P-08"]).stdout
    assert ("nee" in shown, "None" in shown, "False" in shown) == (True, False, False)
    assert json.loads(run(app, ["diff", str(good), "--json"]).stdout) == [
        {"where": "limits.respell.value", "before": "3", "after": "1"}
    ]
