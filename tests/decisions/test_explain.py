"""Everything that is missing can be said in a sentence."""

import pytest

from samenloop.decisions.deciding_beforehand import BEFOREHAND
from samenloop.decisions.explain import explain, spelled_out
from samenloop.decisions.question import gate_visible

from .broken import BROKEN, MACHINES
from .good import LAW, MAYOR, outcome, part, question


@pytest.mark.parametrize("key", BROKEN, ids="-".join)
def test_every_missing_condition_has_a_sentence(key: tuple[str, str, str]) -> None:
    machine = next(one for one in MACHINES if one.name == key[0])
    for transition in machine.transitions:
        if key[1:] in {(guard.rule, guard.condition) for guard in transition.guards}:
            source, event = transition.sources[0], transition.event
            found = outcome(lambda source=source, event=event: machine.step(LAW, source, event, BROKEN[key]))  # type: ignore[misc]
            assert found is not None
            assert all(" " in one and one[-1] in ".?" for one in explain(LAW, found.missing))
            assert found.text in explain(LAW, found.missing)


def test_one_condition_of_a_rule_has_one_text() -> None:
    texts: dict[tuple[str, str], set[str]] = {}
    guards = [guard for machine in MACHINES for one in machine.transitions for guard in one.guards]
    for guard in (*guards, *BEFOREHAND):
        texts.setdefault((guard.rule, guard.condition), set()).add(guard.text)
    assert {key: found for key, found in texts.items() if len(found) > 1} == {}


def test_each_sentence_comes_once_and_the_unknown_stays_as_it_is() -> None:
    found = outcome(lambda: gate_visible(LAW, question(parts=(part(inform_basis=""), part(MAYOR, inform_basis="")))))
    assert found is not None
    assert len(explain(LAW, found.missing)) < len(found.missing)
    assert explain(LAW, ("R-99 iets",)) == ("R-99 iets",)


def test_what_a_sentence_is_about_is_named_once_behind_it_and_the_unknown_is_left_out() -> None:
    missing = ("R-62 contents rechten", "R-62 contents afweging", "R-61 informed", "R-99 iets")
    first, second = spelled_out(LAW, missing)
    assert first.endswith(" [rechten, afweging]")
    assert second == explain(LAW, ("R-61 informed",))[0]


def test_an_answer_that_is_missing_is_told_as_it_is_given() -> None:
    step = next(step for one in LAW.profiles.values() for step in one.steps)
    (told,) = spelled_out(LAW, (f"{step.rule} {step.id} answers",))
    assert told.endswith(f" [--answer {step.id}={'|'.join((*step.accepted, *step.refused))}]")
