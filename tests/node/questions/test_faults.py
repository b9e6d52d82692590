"""Random faults around one question: the answer is the truth or there is none, and it is logged once."""

import asyncio
import dataclasses
import random

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_node.commands import answers as answers_command
from samenloop_node.commands import ask as ask_command

PERSON = {"voornamen": "Johannes", "geslachtsnaam": "Zandstra", "geboortedatum": "1984-05-17"}
POLICE = {
    "holder": "politie-midden",
    "purpose": "toezicht",
    "proportionality": "recidive_ernstig",
    "subsidiarity": "anoniem_onvoldoende",
    "give_basis": "wpg20",
    "receive_basis": "rr8",
    "inform_basis": "rr37_straf",
    "reason": "genoemd_in_dossier",
}
QUESTION = {
    "asked_person": "nee_gevaar",
    "anonymous_talk": "nee_persoon_nodig",
    "phone_call": "nee_vertelt_meer",
    "target_group": ["gebiedsprobleem"],
    "holders": [POLICE],
}
FAULTS = (
    ErrorCode.UNAVAILABLE,
    ErrorCode.INTERNAL,
    ErrorCode.STORAGE_FULL,
    ErrorCode.BUSY,
    ErrorCode.EPOCH_MISMATCH,
    ErrorCode.CLOCK_SKEW,
)
HISTORIES = 40


class Shaky:
    """A coordinator that fails before, or after, it did what was asked, in the order of `plan`."""

    def __init__(self, inner, plan):
        self._inner, self._plan = inner, plan

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def ask(self, request):
        when, code = self._plan.pop(0) if self._plan else ("", None)
        if when == "before":
            raise SamenloopError(code, "fout")
        reply = await self._inner.ask(request)
        if when == "after":
            raise SamenloopError(ErrorCode.UNAVAILABLE, "fout")
        return reply


def run(coroutine):
    return asyncio.run(coroutine)


def attempt(work):
    """Return the answers of a question, or None after an error."""
    try:
        return run(work)["answers"]
    except SamenloopError:
        return None


@pytest.mark.parametrize("known", [True, False])
def test_an_answer_is_the_truth_or_there_is_none(node, coordinator, monkeypatch, known):
    monkeypatch.setattr("samenloop_node.questions.sending.PAUSES", (0.0, 0.0))
    coordinator.known = {"politie-midden"} if known else set()
    draw, app = random.Random(20261121), node("reclassering-midden")
    anna, answered = app.authorisations.named("anna"), 0
    for number in range(HISTORIES):
        plan = [(draw.choice(["before", "after", ""]), draw.choice(FAULTS)) for _step in range(draw.randrange(6))]
        shaky = dataclasses.replace(app, connection=Shaky(coordinator, plan))
        case = f"R-{number}"
        told = attempt(ask_command.run(shaky, anna, {"question": {**QUESTION, "case": case}, "person": PERSON}, None))
        while told is None and (open_ := run(answers_command.run(app, anna, {}, None))["questions"]):
            retry = {"retry": open_[0]["question"], "person": PERSON}
            told = attempt(ask_command.run(shaky, anna, retry, None))
        for question in run(answers_command.run(app, anna, {"case": case}, None))["questions"]:
            assert [line["known"] for line in question["answers"]] in ([], [known]), plan
            answered += bool(question["answers"])
        assert told is None or [line["known"] for line in told] == [known]
    assert answered > HISTORIES // 2
    assert len(coordinator.entries) == len(set(coordinator.entries))
    assert len(coordinator.replies) == len(coordinator.entries)
