"""Putting a node into use: green or red per rule, refused while anything is red, and what waits until then."""

import asyncio
import dataclasses
import re
from datetime import date

import pytest

from samenloop.errors import Refused
from samenloop_node import activation
from samenloop_node.accounts import Authorisations, Role
from samenloop_node.cli import activation as activation_cli
from samenloop_node.commands import COMMANDS
from samenloop_node.commands import activate as activate_command
from samenloop_node.store import activation as store

COLOUR = re.compile(r"\x1b\[\d+m")
PARTICIPANTS = (
    "burgemeester-middelstad",
    "politie-midden",
    "reclassering-midden",
    "ggz-midden",
    "zvh-midden",
    "zvh-oost",
)


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture(name="app")
def _app(node):
    return node("politie-midden")


@pytest.fixture(name="otto")
def _otto(user_of):
    return user_of("otto", Role.OPERATOR)


class Agreed:
    """An agreement with another covenant."""

    def __init__(self, inner, covenant):
        self._inner, self._covenant = inner, covenant

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def covenant(self):
        return self._covenant


def changed(app, **change):
    """Return the node with a covenant of which the participant's row or the named part differs."""
    covenant = app.covenant()
    own = change.pop("own", {})
    rows = tuple(
        dataclasses.replace(row, **own) if row.id == app.config.participant else row for row in covenant.participants
    )
    covenant = dataclasses.replace(covenant, participants=rows, **change)
    return dataclasses.replace(app, agreement=Agreed(app.agreement, covenant))


def red(app):
    return [line.rule for line in activation.checklist(app) if not line.met]


@pytest.mark.parametrize("name", PARTICIPANTS)
def test_every_node_of_the_demo_covenant_can_be_all_green(node, name):
    assert red(node(name)) == []


def test_R02_R03_R05_R06_R07_each_gap_in_the_covenant_is_red(app):
    covenant = app.covenant()
    gaps = {
        "R-02": {"agreement": dataclasses.replace(covenant.agreement, signing_bodies=())},
        "R-03": {"checklist": dataclasses.replace(covenant.checklist, rights="")},
        "R-05": {"processor": dataclasses.replace(covenant.processor, reports_breaches=False)},
        "R-06": {"wpg20": ()},
    }
    for rule, change in gaps.items():
        assert red(changed(app, **change)) == [rule], rule
    assert red(changed(app, own={"impact_assessed_on": date(2099, 1, 1)})) == ["R-07"]


def test_R04_R08_joint_control_and_networks(node, app):
    agreement = dataclasses.replace(app.covenant().agreement, joint_arrangement="")
    assert red(changed(app, agreement=agreement)) == ["R-04"]
    care = node("ggz-midden")
    joint = dataclasses.replace(care.participant().controller, joint=True)
    assert red(changed(care, own={"controller": joint})) == ["R-04"]
    house = node("zvh-midden")
    registers = tuple(dataclasses.replace(row, acting_partners=()) for row in house.participant().registers)
    assert red(changed(house, own={"registers": registers})) == ["R-01", "R-08"]


def test_R09_R10_accounts_without_statement_or_authorisation_are_red_and_expired_ones_do_not_count(app, user_of):
    def with_users(*users):
        return red(dataclasses.replace(app, authorisations=Authorisations(users)))

    fine = user_of("anna", Role.CASE_WORKER)
    assert with_users() == ["R-10"]
    assert with_users(fine, dataclasses.replace(fine, secrecy_statement=date(2099, 1, 1))) == ["R-09"]
    assert with_users(dataclasses.replace(fine, valid_from=date(2098, 1, 1))) == ["R-10"]
    assert with_users(fine, dataclasses.replace(fine, name="oud", valid_until=date(2021, 1, 1))) == []


def test_R02_nothing_is_activated_while_a_line_is_red(app, otto):
    gap = changed(app, checklist=dataclasses.replace(app.covenant().checklist, rights=""))
    with pytest.raises(Refused) as caught:
        run(activate_command.run(gap, otto, {}, None))
    assert caught.value.rule == "R-03"
    assert app.store.read_now(store.state) == "draft"
    found = run(activate_command.run(app, otto, {}, None))
    assert (found["state"], all(line["met"] for line in found["lines"])) == ("active", True)


@pytest.mark.parametrize("name", ["ask", "sync", "register"])
def test_R02_a_node_that_is_not_in_use_asks_and_registers_nothing(app, otto, name):
    with pytest.raises(Refused) as caught:
        run(COMMANDS[name].run(app, otto, {}, lambda _message: None))
    assert caught.value.missing == ("R-02 active",)


def test_a_suspended_node_stops_and_starts_again(app, otto):
    run(activate_command.run(app, otto, {}, None))
    run(activation.require_active(app))
    assert run(activate_command.run(app, otto, {"action": "suspend"}, None))["state"] == "suspended"
    with pytest.raises(Refused):
        run(activation.require_active(app))
    assert run(activate_command.run(app, otto, {}, None))["state"] == "active"
    assert run(activate_command.run(app, otto, {}, None))["state"] == "active", "twice is once"


def test_checking_changes_nothing(app, otto):
    found = run(activate_command.run(app, otto, {"action": "check"}, None))
    assert (found["state"], {line["rule"] for line in found["lines"]} >= {"R-02", "R-10"}) == ("draft", True)


def test_the_checklist_has_one_line_per_rule_and_says_what_is_missing():
    def line(rule, *, met):
        return {
            "rule": rule,
            "met": met,
            "missing": [] if met else ["users[0]"],
            "text": "Niet iedereen heeft getekend.",
        }

    lines = [line("R-02", met=True), line("R-09", met=True), line("R-09", met=False), line("R-10", met=True)]
    shown = [COLOUR.sub("", one) for one in activation_cli._lines({"lines": lines, "state": "agreed"})]
    assert [one[:10] for one in shown[:2]] == ["R-02 groen", "R-09 rood "]
    assert shown[2] == "     - Niet iedereen heeft getekend. users[0]"
    assert [one[:5] for one in shown[3:]] == ["R-10 ", "Deze "]
