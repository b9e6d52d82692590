"""The privacy officer opens his own organisation's sealed halves in a real coordinator's export, and nobody else's."""

import json
import os
import shutil
from types import SimpleNamespace

import pytest

from samenloop.audit import opening
from samenloop.audit.own_halves import own_halves
from samenloop.audit.seal import open_wrapped
from samenloop.clock import SystemClock
from samenloop.errors import IntegrityError
from samenloop.keys import SealingKey
from samenloop_coordinator import operating
from samenloop_node.accounts import Role
from samenloop_node.cli import audit_open
from samenloop_node.store import registrations
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import MAYOR, POLICE, PROBATION, put, question_request
from tests.coordinator.world import play
from tests.review.test_evidence import (  # noqa: F401 - fixtures
    _asked,
    _clock,
    _consortium,
    _coordinator,
    _kit,
    _node,
    _officer,
    _typed,
    _user_of,
    events,
    flip,
)


@pytest.fixture(name="seen", scope="module")
def _seen(tmp_path_factory):
    """A consortium, the export of its log after a hidden hit at the police and a shown one elsewhere, and the id."""
    folder, identity = tmp_path_factory.mktemp("own"), os.urandom(16)
    made = make_consortium(folder)

    async def scenario(world):
        await world.register(POLICE, [put("politie", "anna", identity)])
        await world.register(MAYOR, [put("burgemeester", "anna")])
        for person in ("anna", "nobody"):
            request = question_request(world.consortium.parties[PROBATION], [POLICE, MAYOR], person)
            await world.asking.ask(world.peer(PROBATION), request)
        integrator = world.coordinator.integrator
        await integrator.tree(integrator._all_waiting)

    play(made, scenario)
    operating.export(made.config, folder / "export", SystemClock())
    return made, folder / "export", identity.hex()


@pytest.fixture(name="police")
def _police(asked, seen):
    """Let the node be that of the police."""
    object.__setattr__(asked, "config", asked.config.model_copy(update={"participant": POLICE}))
    object.__setattr__(asked, "sealing_key", seen[0].parties[POLICE].sealing)
    return asked


def test_the_officer_sees_what_was_hit_here_and_nothing_of_another(typed, police, seen):
    result = typed("audit", "open", str(seen[1]), "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["rows"]
    assert [(row["actor"], row["half"]["result"]) for row in rows] == [(PROBATION, "hidden"), (PROBATION, "none")]
    assert rows[0]["half"]["registrations"] == [seen[2]]
    assert MAYOR not in result.stdout
    views = [one["filters"] for one in events(police) if one["event"] == "log_view"]
    assert views[-2:] == [["halves"], ["halves"]]


def test_people_read_it_in_words(typed, police, seen):
    result = typed("audit", "open", str(seen[1]))
    assert "treffer, niet gemeld" in result.output
    assert f"{seen[2]} (niet meer bekend)" in result.output


def test_another_key_is_named_and_is_no_error(typed, police, seen):
    object.__setattr__(police, "sealing_key", SealingKey.generate())
    result = typed("audit", "open", str(seen[1]), "--json")
    assert result.exit_code == 0, result.output
    assert [row["why"] for row in json.loads(result.stdout)["rows"]] == ["other_key", "other_key"]


def test_a_changed_export_is_not_opened(typed, police, seen, tmp_path):
    root = shutil.copytree(seen[1], tmp_path / "copy")
    flip(next((root / "entries").iterdir()), 4_001)
    result = typed("audit", "open", str(root), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["rows"] == []


def test_the_halves_of_another_stay_shut(seen):
    made, root, _identity = seen
    others = list(own_halves(root, MAYOR))
    assert len(others) == 2
    for one in others:
        with pytest.raises(IntegrityError):
            open_wrapped(one.wrapped, one.day, made.parties[POLICE].sealing, auditor=False)


def test_only_the_privacy_officer_may(typed, police, seen, user_of):
    result = typed("audit", "open", str(seen[1]), user=user_of("x", Role.CASE_WORKER))
    assert result.exit_code == 4
    assert seen[2] not in result.output


def test_a_half_whose_key_was_purged_is_named_beside_those_that_open(typed, police, seen, monkeypatch):
    """The first key entry loses its body, as a purge leaves it."""
    whole = opening.walk
    monkeypatch.setattr(
        opening,
        "walk",
        lambda root: (
            (seq, None if b'"content_key"' in (body or b"") else body, has) for seq, body, has in whole(root)
        ),
    )
    result = typed("audit", "open", str(seen[1]))
    assert result.exit_code == 0, result.output
    assert "2 delen: gaat niet open: de sleutel is na de bewaartermijn gewist" in result.output


def test_batches_keep_the_order_and_a_register_shows_while_the_node_has_it(typed, police, seen, monkeypatch):
    monkeypatch.setattr(audit_open, "_AT_ONCE", 1)
    held = SimpleNamespace(register="politie")
    monkeypatch.setattr(registrations, "by_id", lambda _db, one: held if one.hex() == seen[2] else None)
    rows = json.loads(typed("audit", "open", str(seen[1]), "--json").stdout)["rows"]
    assert [row["half"]["result"] for row in rows] == ["hidden", "none"]
    assert rows[0]["registers"] == {seen[2]: "politie"}
