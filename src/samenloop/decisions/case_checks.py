"""The conditions of a case, one function each; `case` binds them to rules and texts."""

from collections.abc import Iterator

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.case_facts import CaseInput, NeededPartner
from samenloop.decisions.grounds import never_rule
from samenloop.decisions.guards import Failing
from samenloop.texts import N_

NEVER_A_GROUND = N_("Dit kan nooit een grondslag zijn. Kies een grondslag uit de wet.")
_PERSON_TEST = {"meer_problemen", "meer_ketens", "gevolgen_omgeving"}
_AREA_TEST = {"gebiedsprobleem"}


def one_referrer(given: CaseInput) -> bool:
    """Tell whether exactly one partner organisation reports: no network, bureau or outsider (R-20)."""
    return given.referrer is not None and given.referrer in given.partners


def acts_for_partner(given: CaseInput) -> bool:
    """Tell whether the event names a partner that it is done for (R-01)."""
    return given.acting_partner is not None and given.acting_partner in given.partners


def by_referrer(given: CaseInput) -> bool:
    """Tell whether the aanmelder itself acts."""
    return given.referrer is not None and given.acting_partner == given.referrer


def in_target_group(catalogue: Catalogue, given: CaseInput) -> bool:
    """Tell whether the target group test is positive: all three of the person, or an area problem (R-22)."""
    ticked = set(given.target_group) & set(catalogue.codes["target_group"])
    return ticked >= _PERSON_TEST or ticked >= _AREA_TEST


def unknown_groups(catalogue: Catalogue, given: CaseInput) -> Iterator[str | Failing]:
    """Find ticks of the target group test that are not on the list (R-22)."""
    for number, ticked in enumerate(given.target_group):
        if ticked not in catalogue.codes["target_group"]:
            yield f"target_group[{number}]"


def intake_fields(catalogue: Catalogue, given: CaseInput) -> Iterator[str | Failing]:
    """Find empty or unlisted fields of the intake; a ground that can never be one is refused by its rule (R-21)."""
    intake = given.intake
    if intake is None:
        yield "intake"
        return
    if not intake.tasks or not all(catalogue.usable("tasks", task) for task in intake.tasks):
        yield "intake.tasks"
    rule = never_rule(catalogue, intake.basis)
    if rule is not None:
        yield Failing(rule, "never_a_ground", "intake.basis", NEVER_A_GROUND)
    elif intake.basis not in catalogue.receive and intake.basis not in catalogue.give:
        yield "intake.basis"
    if not catalogue.usable("intake_consent", intake.consent):
        yield "intake.consent"
    if not catalogue.usable("informing_exception", intake.informing):
        yield "intake.informing"
    if not intake.needed:
        yield "intake.needed"


def needed_partners(catalogue: Catalogue, given: CaseInput) -> Iterator[str | Failing]:
    """Find needed partners without all four conditions and a reason (R-23)."""
    for number, needed in enumerate(given.intake.needed if given.intake else ()):
        where = f"intake.needed[{number}]"
        for code in (needed.give_basis, needed.receive_basis):
            rule = never_rule(catalogue, code)
            if rule is not None:
                yield Failing(rule, "never_a_ground", where, NEVER_A_GROUND)
        yield from (f"{where}.{field}" for field, filled in _conditions(catalogue, needed).items() if not filled)


def _conditions(catalogue: Catalogue, needed: NeededPartner) -> dict[str, bool]:
    return {
        "purpose": catalogue.usable("purposes", needed.purpose),
        "proportionality": catalogue.usable("proportionality", needed.proportionality),
        "subsidiarity": catalogue.usable("subsidiarity", needed.subsidiarity),
        "give_basis": needed.give_basis in catalogue.give or needed.give_basis in catalogue.never,
        "receive_basis": needed.receive_basis in catalogue.receive or needed.receive_basis in catalogue.never,
        "reason": catalogue.usable("reasons", needed.reason),
    }


def triage_decided(catalogue: Catalogue, given: CaseInput) -> Iterator[str | Failing]:
    """Find what a triagebesluit lacks: its four parts, outcome, moment, date, and the superior at escalation (R-54)."""
    triage = given.triage
    if triage is None or triage.decided_on is None or triage.decided_on > given.today:
        yield "triage.decided_on"
        return
    yield from (f"triage.parts.{part}" for part in catalogue.codes["triage_parts"] if part not in triage.parts)
    if triage.outcome != "casusoverleg":
        yield "triage.outcome"
    if not catalogue.usable("triage_moments", triage.moment):
        yield "triage.moment"
    if triage.moment == "opschalen" and not triage.superior_consulted:
        yield "triage.superior_consulted"


def contact_made(catalogue: Catalogue, given: CaseInput) -> bool:
    """Tell whether, after a hit, professionals spoke and an outcome code was kept (R-53)."""
    return not given.had_hit or catalogue.usable("outcomes", given.contact)


def right_person(given: CaseInput) -> bool:
    """Tell whether, after a hit, identity was confirmed at contact before any use (R-36)."""
    return not given.had_hit or given.contact == "juiste_persoon"


def invitations(catalogue: Catalogue, given: CaseInput) -> Iterator[str | Failing]:
    """Find what an invitation lacks: in the aanmelder's name, each partner once with a reason (R-56)."""
    meeting = given.meeting
    if meeting is None or meeting.invited_by is None or meeting.invited_by != given.referrer:
        yield "meeting.invited_by"
        return
    if not meeting.invitations:
        yield "meeting.invitations"
    seen = set()
    for number, one in enumerate(meeting.invitations):
        if one.partner in seen or one.partner not in given.partners or not catalogue.usable("reasons", one.reason):
            yield f"meeting.invitations[{number}]"
        seen.add(one.partner)


def person_invited(catalogue: Catalogue, given: CaseInput) -> bool:
    """Tell whether the person is invited, or the reason why not is recorded (R-60)."""
    meeting = given.meeting
    return meeting is not None and (
        meeting.person_invited or catalogue.usable("not_invited", meeting.not_invited_because)
    )


def care_steps(given: CaseInput) -> bool:
    """Tell whether a care provider that takes part walked its six steps (R-55)."""
    return not given.care_partner or (given.meeting is not None and given.meeting.care_steps_done)


def case_lead(given: CaseInput) -> bool:
    """Tell whether the case lead is a professional of a partner, not the aanmelder and not the bureau (R-57)."""
    plan = given.plan
    if plan is None or plan.case_lead is None:
        return False
    return plan.case_lead in given.partners and plan.case_lead != given.referrer and not plan.case_lead_is_bureau


def plan_made(given: CaseInput) -> bool:
    """Tell whether the record of the plan is that it was made, and when (R-58)."""
    plan = given.plan
    return plan is not None and plan.made and plan.made_on is not None and plan.made_on <= given.today


def own_log(given: CaseInput) -> bool:
    """Tell whether the partner noted where the plan is in its own system (R-59)."""
    return given.plan is not None and bool(given.plan.own_log)
