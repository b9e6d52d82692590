"""The demo's story, told by the public programs: who asks what, what shows, what stays hidden, what is refused.

Each scene gives its commands as a user would and checks what came back; a scene that ends otherwise stops the demo.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from consortium import Consortium, ProgramError, run, run_json
from people import person
from rich.console import Console

CASE_WORKER, DECIDER, OPERATOR = "k.blauw", "r.oranje", "beheer"
POLICE, PROBATION, MAYOR, CARE = "politie-midden", "reclassering-midden", "burgemeester-middelstad", "ggz-midden"
HERE, EAST = "zvh-midden", "zvh-oost"
GIVE = {
    POLICE: "wpg20",
    PROBATION: "rr37_straf",
    MAYOR: "gemeentewet172",
    CARE: "wgs229",
    HERE: "wgs_zvh",
    EAST: "wgs_zvh",
}
RECEIVE = {POLICE: "politiewet3", PROBATION: "rr8", MAYOR: "gemeentewet172_ontvangst"}
PURPOSE = {POLICE: "voorkomen_strafbare_feiten", PROBATION: "toezicht", MAYOR: "openbare_orde"}
RELEASE_ANSWERS = {
    "verwant_doel": "ja",
    "aard_gegevens": "nee_past",
    "gevolgen": "ja",
    "wijze_verkregen": "ja",
    "waarborgen": "ja",
    "proportioneel": "ja",
    "subsidiair": "geen_lichtere_weg",
    "wpg20_besluit_geldig": "ja",
    "ontvanger_in_besluit": "ja",
    "soort_politiegegeven": "artikel_8",
    "zwaarwegend_algemeen_belang": "hulpverlening",
    "wie_antwoordt": "bij_politie",
}
WAIT_SECONDS = 120


class SurpriseError(Exception):
    """A scene did not end as the story says."""


class Story:
    """Plays the scenes one after the other."""

    def __init__(self, consortium: Consortium, console: Console) -> None:
        self._all = consortium
        self._console = console
        self._asked: dict[str, str] = {}

    # ---- what people do ----

    def ask(self, asker: str, case: str, who: dict[str, str], *holders: str, **extra: Any) -> dict[str, Any]:
        """Let a case worker ask; prints who was asked and what came back."""
        question = {
            "case": case,
            "asked_person": "nee_gevaar",
            "anonymous_talk": "nee_persoon_nodig",
            "phone_call": "nee_vertelt_meer",
            "target_group": ["meer_problemen", "meer_ketens", "gevolgen_omgeving"],
            "motive": "Overleg over de aanpak in deze casus.",
            "holders": [self._holder(asker, holder, extra) for holder in holders],
        }
        if asker == MAYOR:
            question["power"] = "gemeentewet172a"
        if EAST in holders:
            question["region_reason"] = "verblijf"
        self._say(f"[bold]{asker}[/] vraagt in casus {case} naar {_name(who)} bij {', '.join(holders)}")
        given = json.dumps({"question": question, "person": who})
        answer = dict(self._all.node(asker, "ask", user=CASE_WORKER, text=given))
        for line in answer["answers"]:
            self._say(f"   → {line['text']}")
        return answer

    def refused(self, action: Callable[[], Any], expected: str) -> None:
        """Do something that must be refused with `expected` in its error."""
        try:
            action()
        except ProgramError as error:
            said = json.loads(error.done.stdout)["error"]
            if expected not in (said["rule"], said["code"]):
                raise SurpriseError(f"refused for another reason: {said}") from error
            self._say(f"   → [yellow]{' '.join(('geweigerd', said['rule'])).strip()}[/] {said['text']}")
            return
        raise SurpriseError(f"this was not refused ({expected})")

    def inbox(self, holder: str) -> list[dict[str, Any]]:
        """Return what the decision-maker of a holder sees."""
        return list(self._all.node(holder, "inbox", user=DECIDER)["hits"])

    # ---- scenes ----

    def play(self) -> None:
        """Play all scenes in order."""
        scenes = (
            self.two_safety_houses,
            self.another_case,
            self.automatic_hit,
            self.decided_beforehand,
            self.twins,
            self.care_stays_silent,
            self.hidden_then_released,
            self.refusals,
            self.replay,
            self.operator,
        )
        for number, scene in enumerate(scenes, 1):
            self._console.rule(f"{number}. {scene.__doc__}", align="left")
            scene()

    def two_safety_houses(self) -> None:
        """Twee Zorg- en Veiligheidshuizen hebben dezelfde persoon"""
        answer = self.ask(PROBATION, "R-2026-022", person("demo-rec-22"), EAST)
        self._known(answer, EAST)
        self._say(
            "   De reclassering meldde Kevin Martina in Midden aan; Oost heeft een casus van de politie, met één cijfer"
        )
        self._say("   anders in de geboortedatum. De andere regio vroeg een reden (R-27).")

    def another_case(self) -> None:
        """Twee casussen van één Zorg- en Veiligheidshuis, en een naam die anders is geschreven"""
        answer = self.ask(POLICE, "P-2026-024", person("demo-pol-24"), HERE)
        self._known(answer, HERE)
        if "andere casus" not in answer["answers"][0]["text"]:
            raise SurpriseError("the own case was not told apart from the other one")
        self._say("   De politie kent hem als Wim v.d. Heyden, de reclassering als W.A. van der Heyden.")
        self._say("   De eigen casus telt niet mee.")

    def automatic_hit(self) -> None:
        """Automatisch zichtbaar: burgemeester met eigen bron en een genoemde maatregel"""
        self._known(self.ask(POLICE, "P-2026-020", person("demo-pol-20"), MAYOR), MAYOR)
        self._say("   Er geldt een gebiedsverbod: die maatregel mag de burgemeester aan de politie laten zien.")

    def decided_beforehand(self) -> None:
        """Vooraf besloten: de politie besliste over deze ene registratie voor de reclassering (R-76)"""
        self._known(self.ask(PROBATION, "R-2026-025", person("demo-rec-25"), POLICE), POLICE)
        self._none(self.ask(MAYOR, "B-2026-024", person("demo-gem-24"), POLICE))
        self._say("   Voor de burgemeester is niets besloten: dezelfde persoon geeft daar geen bericht.")

    def twins(self) -> None:
        """Een tweeling blijft uit elkaar"""
        asked = self.ask(POLICE, "P-2026-005", person("demo-pol-05"), CARE)
        self._none(asked)
        time.sleep(2 * self._all.parties[CARE].poll_seconds + 1)
        if any(hit["question"] == asked["question"] for hit in self.inbox(CARE)):
            raise SurpriseError("the twins were taken for one person")
        self._say("   De ggz kent Farida Bouzid, niet haar zus Fatima: haar inbox bleef leeg.")

    def care_stays_silent(self) -> None:
        """De ggz wordt gevraagd en zwijgt"""
        asked = self.ask(POLICE, "P-2026-011", person("demo-pol-11"), CARE)
        self._none(asked)
        hit = self._arrives(CARE, asked["question"])
        self._say(f"   In de inbox van de ggz staat wel een verborgen treffer ({hit['question'][:8]}…).")
        self._say("   Alleen met toestemming of een andere doorbrekingsgrond kan de behandelaar haar vrijgeven.")
        self._say("   Zwijgen is niets doen.")

    def hidden_then_released(self) -> None:
        """Een verborgen treffer lijkt op geen treffer, en wordt later vrijgegeven"""
        hidden = self.ask(PROBATION, "R-2026-028", person("demo-rec-28"), POLICE)
        nothing = self.ask(PROBATION, "R-2026-011", person("demo-rec-11"), POLICE)
        if _shape(hidden) != _shape(nothing):
            raise SurpriseError("a hidden hit can be told from no hit")
        self._say("   Twee gelijke antwoorden: de een is bekend bij de politie, de ander niet.")
        self._arrives(POLICE, hidden["question"])
        decision = {
            "give_basis": "wpg20",
            "breach_ground": "wpg20",
            "answers": RELEASE_ANSWERS,
            "protocol_entry": "Protocol 2026-031",
            "wpg20_decision": "Besluit 2026-01 (demo)",
            "person_informed": True,
            "motive": "Nodig voor het toezicht.",
        }
        self._say(f"[bold]{POLICE}[/] geeft de treffer vrij, met de vastlegging van artikel 32 Wpg (R-42)")
        command = ("decide", "release", hidden["question"])
        self._all.node(POLICE, *command, user=DECIDER, text=json.dumps(decision))
        later = self._until(lambda: self._shown_later(PROBATION, "R-2026-028"), "the release did not arrive")
        self._say(f"   → later bij de reclassering: {later['text']}")

    def refusals(self) -> None:
        """Wat niet mag, wordt geweigerd met het nummer van de regel"""
        who = person("demo-pol-11")
        self.refused(lambda: self.ask(POLICE, "P-2026-012", who, CARE, inform_basis=""), "R-25")
        bsn = who | {"geslachtsnaam": "111222333"}
        self._say("Een burgerservicenummer als naam:")
        self.refused(lambda: self.ask(POLICE, "P-2026-012", bsn, CARE), "invalid_input")

    def replay(self) -> None:
        """Dezelfde vraag nog eens sturen verandert niets"""
        before = self._entries()
        asked = self.ask(POLICE, "P-2026-035", person("demo-pol-35"), EAST)
        after = self._entries()
        again = {"person": person("demo-pol-35")}
        retry = ("ask", "--retry", asked["question"])
        answer = self._all.node(POLICE, *retry, user=CASE_WORKER, text=json.dumps(again))
        if answer["answers"] != asked["answers"] or self._entries() != after or after != before + 1:
            raise SurpriseError("a repeated request had a second effect")
        self._say("   Nog eens gestuurd: hetzelfde antwoord, en geen tweede regel in het logboek.")

    def operator(self) -> None:
        """De beheerder zoekt in het logboek, en een los programma controleert het"""
        config = ("--config", str(self._all.config("coordinator")))
        found = run("samenloop-coordinator", "audit", "search", "--event", "question", "--limit", "4", *config)
        for line in found.splitlines():
            self._say(f"   {line[:116]}")
        export = self._all.root / "audit-export"
        self._say(run("samenloop-coordinator", "audit", "export", str(export), *config).strip())
        covenant = run_json("samenloop", "covenant", "show", str(self._all.root / "covenant.toml"))["fingerprint"]
        self._say(run("samenloop", "audit", "verify", str(export), "--covenant", covenant).strip())
        self._say(f"   In een kopie wordt één bit omgezet: {self._changed(export, covenant)}")

    def _changed(self, export: Path, covenant: str) -> str:
        """Flip one bit in a copy of the export; return what the verifier says of it."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "export"
            shutil.copytree(export, copy)
            file = max((path for path in copy.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
            try:
                run("samenloop", "audit", "verify", str(copy), "--covenant", covenant)
            except ProgramError as error:
                return (error.done.stderr or error.done.stdout).strip().splitlines()[0]
        raise SurpriseError("a changed log was taken for whole")

    # ---- checks ----

    def _holder(self, asker: str, holder: str, extra: dict[str, Any]) -> dict[str, str]:
        inform = "rr37_zorg" if (asker, holder) == (PROBATION, CARE) else GIVE[asker]
        found = {
            "holder": holder,
            "purpose": PURPOSE[asker],
            "proportionality": "tegenstrijdige_aanpak",
            "subsidiarity": "geen_lichter_middel",
            "give_basis": GIVE[holder],
            "receive_basis": RECEIVE[asker],
            "inform_basis": inform,
            "reason": "andere_casus_vermoed" if holder in (HERE, EAST) else "taak_bij_dit_probleem",
        }
        return found | extra

    def _known(self, answer: dict[str, Any], holder: str) -> None:
        if [line["known"] for line in answer["answers"] if line["holder"] == holder] != [True]:
            raise SurpriseError(f"{holder} should have been known: {answer}")

    def _none(self, answer: dict[str, Any]) -> None:
        if any(line["known"] for line in answer["answers"]) or not answer["answers"]:
            raise SurpriseError(f"nothing should have shown: {answer}")

    def _shown_later(self, asker: str, case: str) -> dict[str, Any] | None:
        found = self._all.node(asker, "answers", case, user=CASE_WORKER)["questions"]
        lines = [line for question in found for line in question["answers"] if line["known"]]
        return lines[0] if lines else None

    def _arrives(self, holder: str, question: str) -> dict[str, Any]:
        def hit() -> dict[str, Any] | None:
            return next((one for one in self.inbox(holder) if one["question"] == question), None)

        return self._until(hit, f"the hit did not arrive at {holder}")

    def _until(self, find: Callable[[], dict[str, Any] | None], problem: str) -> dict[str, Any]:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            if (found := find()) is not None:
                return found
            time.sleep(0.5)
        raise SurpriseError(problem)

    def _entries(self) -> int:
        """Return how many questions the log has, as the operator finds them."""
        config = ("--config", str(self._all.config("coordinator")))
        return len(run("samenloop-coordinator", "audit", "search", "--event", "question", *config).splitlines())

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False)


def _name(who: dict[str, str]) -> str:
    names = ("roepnaam", "voornamen", "voorvoegsel", "geslachtsnaam")
    words = [who[name] for name in names if name in who]
    return " ".join(words[1:] if "roepnaam" in who and "voornamen" in who else words)


def _shape(answer: dict[str, Any]) -> list[str]:
    return [json.dumps(line, sort_keys=True) for line in answer["answers"]]
