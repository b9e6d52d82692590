"""The fifteen things that this software must never do (decision-steps section 11), each tried through real processes.

Every attempt goes the way a user or a dishonest node would go: a command line with its standard input to a running
daemon, or a signed message to the running coordinator. Each must be refused, by the rule that forbids it.
"""

import asyncio
import dataclasses
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from samenloop.catalogue import load_catalogue
from samenloop.errors import Refused, SamenloopError
from tests.coordinator.consortium import make_consortium
from tests.coordinator.harness import (
    CARE,
    HOUSE,
    MAYOR,
    OTHER_HOUSE,
    POLICE,
    PROBATION,
    Process,
    connect,
    hold_ceremony,
    part,
    question_request,
)
from tests.e2e.test_question_programs import ACCOUNT, PROGRAM, Programs, question
from tests.e2e.world import HOLDERS, World, person, roomy

LAW = load_catalogue()
BSN = "111222333"
TODAY = datetime.now(UTC).date()
SOON = (TODAY + timedelta(days=30)).isoformat()
ROLES = {"anna": "case_worker", "bakker": "decision_maker", "otto": "operator", "fg": "privacy_officer"}
MAYOR_PART = {"give_basis": "gemeentewet172", "inform_basis": "rr37_straf"}
EVERYBODY = {
    **HOLDERS,
    MAYOR: {**HOLDERS[POLICE], "holder": MAYOR, **MAYOR_PART},
    OTHER_HOUSE: {**HOLDERS[HOUSE], "holder": OTHER_HOUSE},
}


@pytest.fixture(scope="module", name="all_of_it")
def _all_of_it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    consortium = make_consortium(tmp_path_factory.mktemp("never"), edit=roomy)
    process = Process(consortium)
    process.start()
    loop = asyncio.new_event_loop()
    world = World(consortium, process, loop, loop.run_until_complete(hold_ceremony(consortium)))
    world.register(POLICE, person(1), "pol-1")
    world.register(CARE, person(1), "ggz-1")
    programs = _started(world, POLICE, PROBATION, CARE, HOUSE, MAYOR)
    yield programs
    _stopped(programs)
    process.stop()
    loop.close()


def _started(world: World, *names: str, activate: bool = True) -> Programs:
    programs = Programs(world, activate=activate)
    programs.accounts = "".join(ACCOUNT.format(name=user, role=role) for user, role in ROLES.items())
    for name in names:
        programs.start(name)
    return programs


def _stopped(programs: Programs) -> None:
    for daemon in programs.running:
        daemon.terminate()
        daemon.wait(20)
    for app in programs.world.nodes.values():
        programs.world.run(app.close())


@pytest.fixture(name="node")
def _node(all_of_it: Programs) -> Programs:
    return all_of_it


def refusal(node: Programs, name: str, acting: str, *arguments: str, stdin: object = None) -> dict[str, Any]:
    """Give a command that must be refused; return its error."""
    code, out, err = node.call(name, acting, *arguments, "--json", stdin=stdin)
    assert code in (2, 4), (code, out, err)
    return json.loads(out)["error"]


def rules(error: dict[str, Any]) -> set[str]:
    """Return every rule that a refusal names."""
    return {error["rule"], *(one.split()[0] for one in error["missing"])}


def ask(case: str, *holders: str, who: object = None, **change: Any) -> dict[str, Any]:
    """Return what a case worker gives for a question; `change` is for each holder."""
    asked = question(case, *[name for name in holders if name in HOLDERS])
    asked["holders"] = [{**EVERYBODY[name], **change} for name in holders]
    if OTHER_HOUSE in holders:
        asked["region_reason"] = "verblijf"
    return {"question": asked, "person": person(1) if who is None else who}


def ticks(**change: Any) -> dict[str, Any]:
    """Return a consent form of the care provider for the probation service that holds."""
    fields = [code for code in LAW.codes["consent_fields"] if code != "vertegenwoordiger"]
    form: dict[str, Any] = {
        "receiver": PROBATION,
        "purpose": "toezicht",
        "paper": "formulier-1",
        "signed_on": TODAY.isoformat(),
        "valid_until": SOON,
        "fields": fields,
        "told": list(LAW.codes["consent_told"]),
        "told_on": TODAY.isoformat(),
        "explained_how": "mondeling",
        "pressure": "vrij",
        "age_band": "vanaf_16",
        "signers": ["persoon"],
        "explicit": True,
        "specific": True,
        "necessity_judged": True,
        "recorded_by_professional": True,
    }
    return {"form": {**form, **change}}


def test_R24_never_1_asking_all_partners_or_preselecting_them(node):
    everybody = refusal(node, PROBATION, "anna", "ask", stdin=ask("N-1", *EVERYBODY))
    assert everybody["missing"] == ["R-24 all_partners"]
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-1", POLICE, reason="alle_partners"))["rule"] == "R-24"
    nobody = {"question": {**question("N-1"), "holders": []}, "person": person(1)}
    assert refusal(node, PROBATION, "anna", "ask", stdin=nobody)["field"] == "holders"


def test_R12_never_2_the_bsn_in_whatever_field(node):
    for field in ("geslachtsnaam", "geboorteplaats"):
        error = refusal(node, PROBATION, "anna", "ask", stdin=ask("N-2", POLICE, who={**person(1), field: BSN}))
        assert error["code"] == "invalid_input"
        assert BSN not in error["text"]
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-2", POLICE, who={"bsn": BSN}))["field"] == "person"
    assert refusal(node, PROBATION, "anna", "case", "report", BSN)["code"] == "invalid_input"
    typed = {**ticks(paper=BSN)}
    assert (
        refusal(node, CARE, "bakker", "consent", "record", "--register", "ggz", "--record", "ggz-1", stdin=typed)[
            "rule"
        ]
        == "R-12"
    )


def test_R19_R30_never_3_mixing_purposes_at_node_and_coordinator(node):
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-3", POLICE, purpose="zsm"))["rule"] == "R-30"
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-3", POLICE, purpose="statistiek"))["rule"] == "R-75"
    assert "R-30" in _refused_raw(node, PROBATION, purpose="zsm")
    for index in ("sociaal_wijkteam", "bemoeizorg", "topx", "zsm"):
        assert _refused_raw(node, PROBATION, index=index) == {"R-19"}, index


def test_R13_R58_never_4_content_or_free_text_about_a_person(node):
    fields = {**person(2), "taak": "diagnose", "kader": "maatregel", "herkomst": "eigen", "toetsdatum": SOON}
    fields |= {"bescherming": "nee", "maatregel": ""}
    given = ("register", "--register", "politie", "--record-id", "pol-2")
    assert refusal(node, POLICE, "anna", *given, stdin=fields)["rule"] == "R-13"
    assert refusal(node, POLICE, "anna", *given, stdin={**fields, "notitie": "x"})["field"] == "notitie"
    node.json(PROBATION, "anna", "case", "report", "N-4", "--target-group", "gebiedsprobleem")
    told = refusal(node, PROBATION, "anna", "case", "plan", "N-4", "--own-log", "agressief en psychotisch")
    assert told["field"] == "plan.own_log"
    named = {"motive": f"Overleg over {person(1)['geslachtsnaam']}", "person": person(1)}
    assert refusal(node, PROBATION, "anna", "case", "report", "N-4b", stdin=named)["field"] == "motive"
    assert refusal(node, PROBATION, "anna", "case", "report", "N-4b", stdin={"motive": "x"})["field"] == "person"


def test_R10_R20_R35_never_5_bureau_staff_asking_or_looking(node):
    assert {"R-01", "R-20"} <= rules(refusal(node, HOUSE, "anna", "ask", stdin=ask("N-5", POLICE)))
    assert refusal(node, HOUSE, "anna", "case", "report", "N-5")["rule"] == "R-20"
    assert refusal(node, PROBATION, "otto", "ask", stdin=ask("N-5", POLICE))["rule"] == "R-10"
    for command in (["answers"], ["inbox"]):
        assert refusal(node, PROBATION, "otto", *command)["rule"] == "R-10"
    code, out, _err = node.call(PROBATION, "bakker", "case", "show", "N-4", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (1, "not_found"), "another's case does not even exist"


def test_R34_R66_never_6_inferring_a_hidden_hit(node):
    hidden = node.json(PROBATION, "anna", "ask", stdin=ask("N-6a", POLICE))
    none = node.json(PROBATION, "anna", "ask", stdin=ask("N-6b", POLICE, who=person(99)))
    assert (hidden["state"], hidden["answers"]) == (none["state"], none["answers"])
    shown = [node.json(PROBATION, "anna", "case", "show", case) for case in ("N-6a", "N-6b")]
    assert {**shown[0], "case": ""} == {**shown[1], "case": ""}
    node.wait(lambda: node.json(POLICE, "bakker", "inbox")["hits"], "the hit, which is really there")
    report = access(node, "N-6a"), access(node, "N-6b")
    assert [{**one, "case": ""} for one in report[0]["asked"]] == [{**one, "case": ""} for one in report[1]["asked"]]
    assert "pol-1" not in json.dumps(report)
    at_holder = access(node, at=POLICE)
    assert [row["record_id"] for row in at_holder["held"]] == ["pol-1"]
    assert at_holder["held"][0]["shown_to"] == []


def access(node: Programs, *cases: str, at: str = PROBATION) -> dict[str, Any]:
    """Let a person see what a partner has of him; `cases` are its own case numbers."""
    given = ["--kind", "inzage", "--received-on", TODAY.isoformat(), "--identity-checked"]
    number = node.json(at, "fg", "rights", "receive", *given, stdin={"person": person(1)})["request"]
    said = ["--outcome", "toegewezen", "--complaint-route", *(f"--case={case}" for case in cases)]
    motive = {"motive": "Verzoek beoordeeld", "person": person(1)}
    return node.json(at, "fg", "rights", "answer", number, *said, stdin=motive)["report"]


def test_R25_never_7_telling_a_holder_what_the_asker_may_not_tell_it(node):
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-7", CARE, inform_basis=""))["rule"] == "R-25"
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-7", CARE, inform_basis="wpg20"))["rule"] == "R-25"
    assert "R-25" in _refused_raw(node, PROBATION, inform_basis="wpg20")


@pytest.mark.parametrize(
    ("ground", "rule"),
    [
        ("convenant", "R-02"),
        ("regie", "R-29"),
        ("art43_wbp", "R-21"),
        ("geheimhouding_ontvanger", "R-32"),
        ("taak_ontvanger", "R-41"),
        ("bemoeizorg", "R-39"),
    ],
)
def test_R02_R21_R32_never_8_what_is_no_ground_as_a_ground(node, ground, rule):
    for field in ("give_basis", "receive_basis", "inform_basis"):
        error = refusal(node, PROBATION, "anna", "ask", stdin=ask("N-8", POLICE, **{field: ground}))
        assert error["rule"] == rule, field
    assert rule in _refused_raw(node, PROBATION, give_basis=ground)


def test_R38_R40_never_9_release_in_bulk_by_an_administrator_or_half_a_conflict_of_duties(node):
    asked = node.json(PROBATION, "anna", "ask", stdin=ask("N-9", CARE, POLICE))["question"]
    node.wait(lambda: asked in [hit["question"] for hit in node.json(CARE, "bakker", "inbox")["hits"]], "the hit")
    for name in ("otto", "anna", "fg"):
        assert refusal(node, CARE, name, "decide", "release", asked, stdin={})["rule"] == "R-10"
    assert refusal(node, CARE, "bakker", "decide", "release", "all", stdin={})["field"] == "question"
    half = ["--give-basis", "wgs229", "--breach-ground", "conflict_van_plichten", "--decided-by-professional"]
    assert "R-40" in rules(refusal(node, CARE, "bakker", "decide", "release", asked, *half, stdin={"motive": "nood"}))
    assert "R-38" in rules(refusal(node, CARE, "bakker", "decide", "release", asked, stdin={}))
    (kept,) = [hit for hit in node.json(CARE, "bakker", "inbox")["hits"] if hit["question"] == asked]
    assert kept["state"] == "hidden", "and nothing happens by itself"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"specific": False}, "R-46"),
        ({"explicit": False}, "R-46"),
        ({"pressure": "drang"}, "R-51"),
        ({"pressure": "dwang"}, "R-51"),
        ({"age_band": "van_12_tot_16"}, "R-49"),
        ({"age_band": "onder_12"}, "R-49"),
        ({"capable": False}, "R-49"),
        ({"told": []}, "R-48"),
        ({"fields": []}, "R-47"),
        ({"valid_until": None}, "R-52"),
    ],
    ids=str,
)
def test_R46_R52_never_10_consent_that_is_none(node, change, rule):
    given = ["consent", "record", "--register", "ggz", "--record", "ggz-1"]
    assert rule in rules(refusal(node, CARE, "bakker", *given, stdin=ticks(**change)))


def test_R51_R52_never_10_consent_at_the_municipality_or_used_again(node):
    _register(node, MAYOR, "openbare_orde", "bur-1", taak="openbare_orde")
    given = ["consent", "record", "--register", "openbare_orde", "--record", "bur-1"]
    assert "R-51" in rules(refusal(node, MAYOR, "bakker", *given, stdin=ticks()))
    given = ["consent", "record", "--register", "ggz", "--record", "ggz-1"]
    number = node.json(CARE, "bakker", *given, stdin=ticks())["consent"]
    asked = node.json(PROBATION, "anna", "ask", stdin=ask("N-10", CARE))["question"]
    node.wait(lambda: asked in [hit["question"] for hit in node.json(CARE, "bakker", "inbox")["hits"]], "the hit")
    flags = ["--give-basis", "toestemming", "--breach-ground", "toestemming", "--consent", number]
    assert "R-52" in rules(refusal(node, CARE, "bakker", "decide", "release", asked, *flags, stdin={"motive": "x"}))


def test_R27_R28_never_11_lists_repeats_and_other_regions(node):
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-11", POLICE, who=[person(1), person(2)]))["code"] == (
        "invalid_input"
    )
    for purpose in ("screening", "vroegsignalering"):
        assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-11", POLICE, purpose=purpose))["rule"] == "R-28"
    for _time in range(3):
        node.json(PROBATION, "anna", "ask", stdin=ask("N-11", POLICE))
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-11", POLICE))["rule"] == "R-28"
    elsewhere = ask("N-11b", OTHER_HOUSE)
    del elsewhere["question"]["region_reason"]
    assert refusal(node, PROBATION, "anna", "ask", stdin=elsewhere)["rule"] == "R-27"


def test_R20_R37_never_14_deciding_on_a_hit_alone_or_keeping_answers(node):
    who = person(14)
    _register(node, POLICE, "politie", "pol-14", who, taak="wpg8")
    asked = node.json(PROBATION, "anna", "ask", stdin=ask("N-14", POLICE, who=who))["question"]
    _release(node, asked)
    case = ("case", "show", "N-14")
    node.wait(lambda: node.json(PROBATION, "anna", *case)["hits"], "the release")
    _inform(node, "N-14")
    needed = f"{POLICE},purpose=toezicht,proportionality=recidive_ernstig,subsidiarity=geen_lichter_middel"
    needed += ",give_basis=wpg20,receive_basis=rr8,reason=genoemd_in_dossier"
    codes = ["--basis", "rr8", "--consent", "niet_nodig", "--informing", "geen", "--needed", needed]
    node.json(PROBATION, "anna", "case", "intake", "N-14", "--task", "toezicht", *codes)
    node.json(PROBATION, "anna", "case", "triage", "N-14")
    parts = [f"--part={code}" for code in LAW.codes["triage_parts"]]
    told = ["--outcome", "casusoverleg", "--moment", "toeleiden", "--decided-on", TODAY.isoformat()]
    node.json(PROBATION, "anna", "case", "decide", "N-14", *parts, *told)
    meet = ["case", "meet", "N-14", "--invite", f"{POLICE}=genoemd_in_dossier", "--person-invited"]
    assert {"R-36", "R-53"} <= rules(refusal(node, PROBATION, "anna", *meet)), "nobody spoke yet"
    outcome = ["case", "contact", asked, "--holder", POLICE, "--outcome"]
    node.json(PROBATION, "anna", *outcome, "verkeerde_persoon")
    assert refusal(node, PROBATION, "anna", *meet)["rule"] == "R-36"
    node.json(PROBATION, "anna", "case", "close", "N-14", "--reason", "doel_bereikt")
    assert node.json(PROBATION, "anna", "answers", "N-14")["questions"][0]["answers"] == []
    assert refusal(node, PROBATION, "anna", "ask", stdin=ask("N-14", POLICE, who=who))["rule"] == "R-20"


@pytest.mark.parametrize(
    ("name", "register", "task", "rule"),
    [
        (POLICE, "politie", "wpg9", "R-42"),
        (POLICE, "politie", "wpg10", "R-42"),
        (POLICE, "politie", "justitiele_documentatie", "R-43"),
        (PROBATION, "reclassering", "nifp_rapport", "R-14"),
        (MAYOR, "openbare_orde", "vroegsignaal", "R-14"),
    ],
)
def test_R14_R42_R43_never_15_registering_what_may_not_be_in_the_index(node, name, register, task, rule):
    fields = {**person(15), "taak": task, "kader": "maatregel", "herkomst": "eigen", "toetsdatum": SOON}
    fields |= {"bescherming": "nee", "maatregel": ""}
    error = refusal(node, name, "anna", "register", "--register", register, "--record-id", "x-1", stdin=fields)
    assert rule in (error["rule"], "R-42" if error["rule"] == "P-04" else ""), error


def _wrong_covenant(text: str) -> str:
    """A covenant in which a municipal department asks."""
    return roomy(text).replace('asks_as = ["burgemeester"]', 'asks_as = ["college_wmo"]')


@pytest.fixture(scope="module", name="wrong")
def _wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    loop = asyncio.new_event_loop()
    world = World(
        make_consortium(tmp_path_factory.mktemp("wrong"), edit=_wrong_covenant),
        None,  # type: ignore[arg-type] - no coordinator is needed
        loop,
        os.urandom(32),
    )
    programs = _started(world, CARE, MAYOR, activate=False)
    yield programs
    _stopped(programs)
    loop.close()


def test_R01_R02_R04_never_12_a_care_provider_as_joint_controller_or_a_network_as_partner(node, wrong, tmp_path):
    own = 'name = "Raad van Bestuur GGZ Midden"\njoint = false'
    text = (node.world.consortium.folder / "covenant.toml").read_text()
    assert own in text
    (tmp_path / "covenant.toml").write_text(text.replace(own, own.replace("false", "true")))
    program = [PROGRAM[0], "-c", "from samenloop.cli import main; main()"]
    done = subprocess.run(
        [*program, "covenant", "show", str(tmp_path / "covenant.toml")], capture_output=True, text=True, check=False
    )
    assert (done.returncode != 0, "R-04" in done.stderr) == (True, True), done
    given = ("register", "--register", "ggz", "--record-id", "ggz-12")
    assert refusal(wrong, CARE, "anna", *given, stdin={"taak": "zorg"})["rule"] == "R-02", "not in use, so nothing is"
    assert refusal(node, HOUSE, "anna", "case", "report", "N-12")["rule"] == "R-20"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('operator = "Demo-beheerder"', 'operator = "Korpschef van politie"', "R-05"),
        ('operator = "Demo-beheerder"', 'operator = "Politie Midden"', "R-05"),
        ('name = "De partners namens wie de lijst', 'name = "Zorg- en Veiligheidshuis Midden" # ', "R-01"),
    ],
    ids=["operator as controller", "operator as partner", "house as controller"],
)
def test_R01_R05_never_12_the_operator_or_a_veiligheidshuis_as_controller(node, old, new, rule, tmp_path):
    text = (node.world.consortium.folder / "covenant.toml").read_text()
    assert old in text
    covenant = tmp_path / "covenant.toml"
    covenant.write_text(text.replace(old, new))
    config = str(node.world.consortium.config_file)
    for module, words in (
        ("samenloop.cli", ("covenant", "show", str(covenant))),
        ("samenloop_coordinator.cli", ("covenant", "activate", str(covenant), "--config", config)),
    ):
        program = [PROGRAM[0], "-c", f"from {module} import main; main()", *words]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        assert (done.returncode, rule in done.stderr) == (2, True), done


def test_R05_R10_never_12_who_runs_the_machines_sees_nobody(node):
    for command in (("inbox",), ("answers", "N-OK"), ("case", "list"), ("log", "search"), ("rights", "list")):
        assert refusal(node, POLICE, "otto", *command)["rule"] == "R-10", command
    found = refusal(node, POLICE, "otto", "find-own", "--purpose", "access", stdin={"person": person(1)})
    assert found["rule"] == "R-10"
    assert "registers" in node.json(POLICE, "otto", "status"), "control: what he needs to run the node he does see"


def test_R29_never_13_a_municipal_department_asking(wrong):
    wrong.json(MAYOR, "otto", "activate")
    asked = ask("N-13", POLICE, purpose="samenloop", receive_basis="gemeentewet172_ontvangst")
    assert "R-29" in rules(refusal(wrong, MAYOR, "anna", "ask", stdin=asked))


def _refused_raw(node: Programs, name: str, index: str = "", **change: Any) -> set[str]:
    """Send a signed question straight to the coordinator, as a node without checks would; return the rules named."""

    async def send() -> set[str]:
        client = connect(node.world.consortium, name)
        identity = os.urandom(16)
        parts = [dataclasses.replace(part(name, POLICE, identity), **change)]
        more = {"purpose": index} if index else {}
        request = question_request(client.party, [POLICE], "raw", question_id=identity, parts=parts, **more)
        try:
            await client.send(client.overlap.Ask, request)
        except Refused as refused:
            return rules({"rule": refused.rule, "missing": refused.missing})
        except SamenloopError as problem:
            return {problem.code.value}
        finally:
            await client.channel.close()
        return set()

    return node.world.run(send())


def _register(node: Programs, name: str, register: str, record: str, who: Any = None, **facts: str) -> None:
    fields = {**(who or person(50)), "kader": "maatregel", "herkomst": "eigen", "toetsdatum": SOON}
    fields |= {"bescherming": "nee", "maatregel": "", **facts}
    node.json(name, "anna", "register", "--register", register, "--record-id", record, stdin=fields)


def _release(node: Programs, asked: str) -> None:
    node.wait(lambda: asked in [hit["question"] for hit in node.json(POLICE, "bakker", "inbox")["hits"]], "the hit")
    steps = node.json(POLICE, "bakker", "decide", "steps", asked)["steps"]
    answers = [f"--answer={step['step']}={step['answers'][0]}" for step in steps]
    flags = ["--give-basis", "wpg20", "--breach-ground", "wpg20", "--protocol-entry", "PV-14", "--person-informed"]
    decree = ["--wpg20-decision", "Besluit 2026-01 (demo)"]
    node.json(POLICE, "bakker", "decide", "release", asked, *flags, *decree, *answers, stdin={"motive": "nodig"})


def _inform(node: Programs, case: str) -> None:
    (notice,) = [one for one in node.json(PROBATION, "anna", "notice", "list")["notices"] if one["case"] == case]
    told = ["--given-on", TODAY.isoformat(), "--way", "gesprek", "--given-by", PROBATION]
    contents = [f"--content={code}" for code in LAW.codes["notice_contents"]]
    node.json(PROBATION, "anna", "notice", "give", str(notice["notice"]), *told, *contents)


def test_the_programs_that_were_tried_are_the_real_ones(all_of_it):
    """The positive control: what is refused above passes when it is filled in as it should be."""
    assert PROGRAM[0].endswith("python") or "python" in PROGRAM[0]
    assert all_of_it.json(PROBATION, "anna", "ask", stdin=ask("N-OK", POLICE))["state"] == "answered"
    folder: Path = all_of_it.world.consortium.folder
    words = [person(1)[name].lower().encode() for name in ("voornamen", "geslachtsnaam", "geboortedatum")]
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            assert not [word for word in words if word in data], path
