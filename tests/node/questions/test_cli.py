"""The commands: what goes to the daemon, and that a person or motive is never an argument."""

import json

import pytest
from typer.testing import CliRunner

from samenloop.catalogue import load_catalogue
from samenloop_node.cli import app as program
from samenloop_node.cli import prompts

NUMBER = "0123456789abcdef" * 2
PERSON = {"voornamen": "Jan", "geslachtsnaam": "Zandstra", "geboortedatum": "1984-05-17"}
LINE = {"text": "Politie Midden: geen bericht. Register bijgewerkt tot 2026-11-20."}


class Node:
    """Remembers what it was asked and gives what it was told to give."""

    def __init__(self):
        self.calls = []
        self.result = {"question": NUMBER, "case": "R-1", "state": "answered", "problem": "", "answers": [LINE]}

    def call(self, socket, command, arguments, acting, progress):
        self.calls.append((command, arguments))
        return self.result


@pytest.fixture(name="daemon")
def _daemon(monkeypatch):
    node = Node()
    monkeypatch.setattr("samenloop_node.cli.base.call", node.call)
    return node


@pytest.fixture(name="run")
def _run(daemon):
    def run(*arguments, stdin=None, **options):
        text = json.dumps(stdin) if isinstance(stdin, dict) else stdin
        return CliRunner().invoke(program, list(arguments), input=text, catch_exceptions=False, **options)

    return run


@pytest.fixture(name="typed")
def _typed(monkeypatch):
    """Pretend that somebody sits at a terminal and types these answers, then `x`."""

    def type_(*answers):
        waiting = iter(answers)
        monkeypatch.setattr(prompts, "given", lambda **_options: None)
        monkeypatch.setattr(prompts, "at_terminal", lambda question: next(waiting, "x"))

    return type_


def test_ask_takes_the_person_from_standard_input_and_codes_from_flags(run, daemon):
    done = run("ask", "--case", "R-1", "--holder", "politie-midden,reason=x", stdin={"person": PERSON})
    assert done.exit_code == 0
    assert LINE["text"] in done.output
    ((command, request),) = daemon.calls
    assert command == "ask"
    assert request["person"] == PERSON
    assert request["question"] == {"case": "R-1", "holders": [{"holder": "politie-midden", "reason": "x"}]}


LAW = load_catalogue()
TYPED = ("Jan", "", "", "Zandstra", "", "", "1984-05-17", "", "", "", "")
HOLDER = ("ggz-midden", *"111111", "1", "", "")


def first(name):
    return next(iter(prompts.choices(LAW, name)))


def test_ask_prompts_for_what_is_missing(run, daemon, typed):
    typed("R-7", "1", "2", "", first("asked_person"), "1", "1", "", "", *HOLDER, *TYPED, "motief")
    done = run("ask")
    assert (done.exit_code, done.stderr) == (0, "")
    request = daemon.calls[0][1]
    question, (holder,) = request["question"], request["question"]["holders"]
    assert question["case"] == "R-7"
    assert question["motive"] == "motief"
    assert question["target_group"] == sorted(LAW.codes["target_group"])[:2]  # chosen by number
    assert question["asked_person"] == first("asked_person")  # a code may be typed as it is
    assert (question["region_reason"], question["power"]) == ("", "")
    assert holder["holder"] == "ggz-midden"
    assert holder["reason"] == first("reason")
    assert request["person"] == PERSON


def test_each_wrong_answer_of_ask_is_said_and_asked_again_at_once(run, daemon, typed):
    number, date = ("", "R\t7", "x" * 65), ("", "1991-77-03", "00000000")
    typed(
        *(*number, "R-7", "", "", "9", "0", "A1", "1", "1", "1", "", ""),
        *("", "GGZ", *HOLDER[:-2], "", "ggz-midden", ""),
        *(("",) * 6), *("12345", *TYPED[:6]), *(*date, "1984-05-17"), *("", "vrouw", "V", "12", "", ""),
        *("de heer Zandstra", "geboren 17-05-1984", "nodig"),
    )  # fmt: skip
    done = run("ask")
    request = daemon.calls[0][1]
    assert (request["question"]["case"], request["question"]["motive"]) == ("R-7", "nodig")
    assert request["question"]["asked_person"] == first("asked_person")
    assert [one["holder"] for one in request["question"]["holders"]] == ["ggz-midden"]
    assert request["person"] == {**PERSON, "geslacht": "V"}
    said = done.stderr.strip().splitlines()
    assert len(said) == 19
    assert said[:3] == ["Dit mag niet leeg zijn. Typ een antwoord.", *["Typ gewone tekst van hoogstens 64 tekens."] * 2]
    most = len(prompts.choices(LAW, "asked_person"))
    assert said[3:7] == [f"Kies een nummer van 1 tot en met {most}, of typ een code uit de lijst."] * 4
    assert said[7] == "Kies minstens één houder."
    assert not any(value in " ".join(said).lower() for value in ("zandstra", "1991", "1984", "vrouw", "12345"))


def test_R38_withholding_needs_no_motive(run, daemon):
    daemon.result = {"question": NUMBER, "state": "withheld", "reported": False}
    assert run("decide", "withhold", NUMBER).exit_code == 0
    assert daemon.calls == [("decide", {"action": "withhold", "decision": {"question": NUMBER}})]


def test_decisions_and_searches_prompt_too(run, daemon, typed):
    typed("nodig", *TYPED)
    daemon.result = {"question": NUMBER, "state": "withheld", "reported": False}
    assert "blijft verborgen" in run("decide", "withhold", NUMBER).output
    daemon.result = {"records": []}
    assert run("find-own", "--purpose", "access").exit_code == 0
    assert daemon.calls[0][1]["decision"]["motive"] == "nodig"
    assert daemon.calls[1][1]["person"] == PERSON


def test_a_retry_sends_the_number_and_the_person_only(run, daemon):
    assert run("ask", "--retry", NUMBER, stdin={"person": PERSON}).exit_code == 0
    assert daemon.calls == [("ask", {"person": PERSON, "retry": NUMBER})]


def test_saying_something_twice_is_an_error(run, daemon):
    done = run("ask", "--case", "R-1", stdin={"question": {"case": "R-2"}, "person": PERSON})
    assert (done.exit_code, daemon.calls) == (2, [])


@pytest.mark.parametrize("text", ["", "[1]", "{", b"\xff", "x" * (prompts.MAX_STDIN + 1)])
def test_wrong_standard_input_is_one_sentence(run, daemon, text):
    done = run("ask", stdin=text)
    assert (done.exit_code, daemon.calls) == (2, [])
    assert "standaardinvoer" in done.output


HALF_A_LETTER = '"\\ud800"'


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (["ask"], '{"question": 7}'),
        (["ask"], '{"question": null}'),
        (["ask"], f'{{"person": {{"voornamen": {HALF_A_LETTER}}}}}'),
        (["decide", "withhold", NUMBER], f'{{"motive": {HALF_A_LETTER}}}'),
        (["decide", "release", NUMBER], f"{{{HALF_A_LETTER}: 1}}"),
        (["register", "--register", "r", "--record-id", "1"], f'{{"voornamen": {HALF_A_LETTER}}}'),
        (["register", "--register", "r", "--record-id", "1"], b"\xff"),
        (["explain"], f'{{"one": {{"voornamen": {HALF_A_LETTER}}}, "other": {{}}}}'),
        (["explain"], b"\xff"),
        (["explain"], "[" * 60_000),
    ],
)
def test_json_that_cannot_be_sent_on_is_one_sentence(run, daemon, line, text):
    done = run(*line, stdin=text)
    assert (done.exit_code, daemon.calls) == (2, [])
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("option", [["--holder", "x,reason"], ["--holder", "x,kleur=rood"]])
def test_a_holder_of_another_form_is_one_sentence(run, daemon, option):
    done = run("ask", *option, stdin={"person": PERSON})
    assert (done.exit_code, daemon.calls) == (2, [])
    assert "houder" in done.output


def test_an_answer_of_another_form_is_one_sentence(run, daemon):
    assert run("decide", "release", NUMBER, "--answer", "ja", stdin={}).exit_code == 2


def test_no_command_takes_a_person_or_a_motive_as_an_argument(run):
    for command in (["ask"], ["find-own"], ["decide", "release"], ["decide", "withhold"]):
        text = run(*command, "--help").output
        assert not any(f"--{word}" in text for word in ("motive", "voornamen", "geslachtsnaam", "person ")), command


@pytest.mark.parametrize(
    "command",
    [["ask"], ["answers"], ["case", "close"], ["find-own"], ["inbox"], ["witness", "show"], ["witness", "resume"]]
    + [["decide", name] for name in ("steps", "release", "withhold", "take-back")],
    ids=" ".join,
)
def test_every_command_has_help_with_an_example(run, command):
    text = run(*command, "--help", env={"COLUMNS": "200"}).output
    assert f"Voorbeeld: samenloop-node {' '.join(command)}" in " ".join(text.split())
    assert "--json" in text


@pytest.mark.parametrize(
    ("state", "text"),
    [("open", "ask --retry " + NUMBER), ("failed", "Geweigerd: R-28"), ("erased", "gewist")],
)
def test_answers_says_what_to_do_with_a_question_without_answer(run, daemon, state, text):
    daemon.result = {"questions": [{**daemon.result, "state": state, "problem": "R-28", "answers": []}]}
    assert text in " ".join(run("answers", "R-1").output.split())


def test_release_sends_flags_as_one_decision(run, daemon):
    daemon.result = {"question": NUMBER, "state": "released", "reported": False}
    done = run(
        *["decide", "release", NUMBER, "--give-basis", "wpg20", "--answer", "gevolgen=ja", "--person-informed"],
        stdin={"motive": "nodig"},
    )
    decision = {"question": NUMBER, "give_basis": "wpg20", "answers": {"gevolgen": "ja"}, "motive": "nodig"}
    assert daemon.calls == [("decide", {"action": "release", "decision": {**decision, "person_informed": True}})]
    assert "zodra hij bereikbaar is" in done.output


@pytest.mark.parametrize("name", ["withhold", "take-back"])
def test_hiding_sends_the_motive(run, daemon, name):
    daemon.result = {"question": NUMBER, "state": "hidden", "reported": True}
    assert run("decide", name, NUMBER, stdin={"motive": "nee"}).exit_code == 0
    assert daemon.calls[0][1]["action"] == name


def test_R53_an_answer_that_is_known_comes_with_the_code_for_the_phone(run, daemon):
    answers = [LINE, {"text": "Bekend bij GGZ Midden.", "reference": "bako-timo-17"}]
    daemon.result = {"questions": [{**daemon.result, "answers": answers}]}
    lines = [line.strip() for line in run("answers", "R-1").output.splitlines()]
    assert lines[1:] == [LINE["text"], "Bekend bij GGZ Midden.", "Code voor aan de telefoon: bako-timo-17"]


def test_the_inbox_is_a_list(run, daemon):
    hit = {"question": NUMBER, "asked": "nu", "asker_name": "Reclassering", "reference": "bako-timo-17"}
    hit["records"] = [{"register": "politie", "record_id": "p-1"}]
    told = {}
    for state in ("hidden", "withheld", "lapsed", "shown", "released"):
        daemon.result = {"hits": [{**hit, "state": state}]}
        output = run("inbox").output
        assert "politie/p-1" in output
        told[state] = "bako-timo-17" in output
    assert told == {"hidden": False, "withheld": False, "lapsed": False, "shown": True, "released": True}
    daemon.result = {"hits": []}
    assert "leeg" in run("inbox").output


def test_a_refusal_without_a_rule_names_none():
    from samenloop.errors import Refused
    from samenloop_node.cli.base import _error_lines

    assert list(_error_lines(Refused("", "Klopt dat?"))) == ["Klopt dat?"]


def test_the_witness_shows_sentences(run, daemon):
    daemon.result = {"may_ask": False, "stops": ["Het logboek is kleiner."], "warnings": []}
    text = run("witness", "show").output
    assert "stelt geen vragen" in text
    assert "kleiner" in text


def test_find_own_never_asks_off_a_terminal(run, daemon):
    """An empty object goes to the node, which says what is missing."""
    daemon.result = {"records": []}
    assert run("find-own", "--purpose", "access", stdin="{}").exit_code == 0
    assert daemon.calls == [("find-own", {"purpose": "access"})]


def test_find_own_and_closing_and_steps_print_lines(run, daemon):
    daemon.result = {"records": [{"register": "politie", "record_id": "p-1"}]}
    assert "politie: p-1" in run("find-own", "--purpose", "access", stdin={"person": PERSON}).output
    daemon.result = {"records": []}
    assert "geen eigen registratie" in run("find-own", "--purpose", "access", stdin={"person": {}}).output
    daemon.result = {"case": "R-1", "closed": True, "reported": True}
    assert "gesloten" in run("case", "close", "R-1").output
    daemon.result = {"steps": [{"step": "a", "rule": "R-31", "text": "Past het?", "answers": ["ja", "nee"]}]}
    assert "ja | nee" in run("decide", "steps", NUMBER).output


@pytest.mark.parametrize("command", [["answers"], ["inbox"], ["witness", "show"], ["decide", "steps", NUMBER]])
def test_json_is_the_result_itself(run, daemon, command):
    assert json.loads(run(*command, "--json").output) == daemon.result


def test_prompts_name_only_codes_that_can_be_used():
    catalogue = load_catalogue()
    assert "alle_partners" not in prompts.choices(catalogue, "reason")
    assert "convenant" not in prompts.choices(catalogue, "give_basis")
    assert "rr8" in prompts.choices(catalogue, "receive_basis")
