"""The conditions of a release, one function each; `release` binds them to rules and texts."""

from collections.abc import Iterator

from samenloop.catalogue.catalogue import Catalogue
from samenloop.catalogue.schema import Step
from samenloop.decisions.consent import covers
from samenloop.decisions.grounds import (
    Pair,
    breaks_secrecy,
    is_conflict,
    may_give,
    never_rule,
    rests_on_consent,
    substitutes_consent,
)
from samenloop.decisions.guards import Failing
from samenloop.decisions.modes import NO_CAPACITY, ModeDecision, strictest_mode
from samenloop.decisions.releasing import ReleaseFacts, ReleaseInput
from samenloop.model import Mode
from samenloop.texts import N_

NEVER_SHOWN = N_("Deze registratie mag deze ontvanger nooit te zien krijgen.")
NEVER_A_GROUND = N_("Dit kan nooit een grondslag zijn. Kies een grondslag uit de wet.")
CONSENT_ONLY = N_("Hier geldt alleen toestemming; niets kan daarvoor in de plaats komen.")
_CONFLICT_STEPS = "conflict_van_plichten"


def mode_now(catalogue: Catalogue, facts: ReleaseFacts) -> ModeDecision:
    """Return the mode as it is today: the receiver may have changed role since the question (R-44)."""
    return strictest_mode(
        catalogue, facts.record, facts.covenant_mode, facts.receiver_kinds, facts.acting_as, facts.purpose
    )


def mode_never(catalogue: Catalogue, facts: ReleaseFacts) -> Iterator[str | Failing]:
    """Refuse what is never shown, by the rule that says so (R-44, P-04, P-05, P-15)."""
    mode = mode_now(catalogue, facts)
    if mode.mode is Mode.NEVER:
        yield Failing(mode.rule, "mode", "", NEVER_SHOWN)


def barred_bases(catalogue: Catalogue, facts: ReleaseFacts) -> Iterator[str | Failing]:
    """Refuse what can never be a ground, each by its own rule."""
    for field, code in (("give_basis", facts.give_basis), ("breach_ground", facts.breach_ground)):
        rule = never_rule(catalogue, code)
        if rule is not None:
            yield Failing(rule, "never_a_ground", field, NEVER_A_GROUND)


def can_give(catalogue: Catalogue, facts: ReleaseFacts) -> bool:
    """Tell whether the ground to give holds towards every kind of the receiver (R-39)."""
    return all(may_give(catalogue, facts.give_basis, pair) for pair in _pairs(catalogue, facts))


def secrecy_broken(catalogue: Catalogue, facts: ReleaseFacts) -> bool:
    """Tell whether secrecy is broken towards every kind of the receiver; a ground to give is not enough (R-32)."""
    return all(breaks_secrecy(catalogue, facts.breach_ground, pair) for pair in _pairs(catalogue, facts))


def consent_or_substitute(catalogue: Catalogue, facts: ReleaseFacts) -> bool:
    """Tell whether `consent_only` rests on consent, a listed duty or power, or a conflict of duties (R-39, R-41)."""
    if mode_now(catalogue, facts).mode is not Mode.CONSENT_ONLY or uses_consent(catalogue, facts):
        return True
    return all(substitutes_consent(catalogue, facts.breach_ground, pair) for pair in _pairs(catalogue, facts))


def consent_required(catalogue: Catalogue, facts: ReleaseFacts) -> Iterator[str | Failing]:
    """Refuse a substitute where the pair rule allows none (P-07)."""
    mode = mode_now(catalogue, facts)
    if mode.consent_required and not uses_consent(catalogue, facts):
        yield Failing(mode.rule, "consent", "", CONSENT_ONLY)


def consent_possible(catalogue: Catalogue, facts: ReleaseFacts) -> bool:
    """Tell whether nobody relies on consent for a holder for whom it is no ground (R-51)."""
    partner = catalogue.partners.get(catalogue.partner_of(facts.record.kind) or "")
    return not uses_consent(catalogue, facts) or (partner is not None and partner.consent)


def uses_consent(catalogue: Catalogue, facts: ReleaseFacts) -> bool:
    """Tell whether the release rests on the person's consent."""
    return rests_on_consent(catalogue, facts.give_basis) or rests_on_consent(catalogue, facts.breach_ground)


def police(catalogue: Catalogue, facts: ReleaseFacts) -> bool:
    """Tell whether the record is the police's, so that R-06 and R-42 apply."""
    return catalogue.partner_of(facts.record.kind) == "politie"


def steps(catalogue: Catalogue, given: ReleaseInput) -> Iterator[str | Failing]:
    """Find the questions without an accepted answer, each by its own rule (R-31, R-39..R-45, R-55)."""
    answers = dict(given.form.answers)
    for step in required_steps(catalogue, given.facts):
        if answers.get(step.id) not in step.accepted:
            yield Failing(step.rule, step.id, "answers", step.text)


def required_steps(catalogue: Catalogue, facts: ReleaseFacts) -> tuple[Step, ...]:
    """Return the questions that a decision-maker answers for this release, in order."""
    register = catalogue.registers.get(facts.record.kind)
    wanted = [*(register.release if register else ()), *mode_now(catalogue, facts).steps]
    if is_conflict(catalogue, facts.breach_ground):
        wanted.append(_CONFLICT_STEPS)
    profiles = [profile for profile in catalogue.profiles.values() if profile.always or profile.id in wanted]
    return tuple(step for profile in profiles for step in profile.steps)


def answers_known(catalogue: Catalogue, given: ReleaseInput) -> Iterator[str]:
    """Find answers to questions that were not asked, or twice; free text cannot slip in this way (R-13)."""
    known = {step.id: {*step.accepted, *step.refused} for step in required_steps(catalogue, given.facts)}
    seen: set[str] = set()
    for number, (step, answer) in enumerate(given.form.answers):
        if answer not in known.get(step, set()) or step in seen:
            yield f"answers[{number}]"
        seen.add(step)


def same_decision(given: ReleaseInput) -> bool:
    """Tell whether form and question name the same receiver and grounds: one case, one receiver (R-38)."""
    form, facts = given.form, given.facts
    decided = (form.receiver, form.give_basis, form.breach_ground)
    return bool(form.case) and decided == (facts.receiver, facts.give_basis, facts.breach_ground)


def professional_decides(catalogue: Catalogue, given: ReleaseInput) -> bool:
    """Tell whether a conflict of duties is decided by the secrecy-bound professional himself (R-40)."""
    return not is_conflict(catalogue, given.facts.breach_ground) or given.form.decided_by_professional


def colleague_consulted(catalogue: Catalogue, given: ReleaseInput) -> bool:
    """Tell whether a colleague was consulted in a conflict of duties (R-40)."""
    return not is_conflict(catalogue, given.facts.breach_ground) or given.form.consulted_colleague


def consent_valid(catalogue: Catalogue, given: ReleaseInput) -> bool:
    """Tell whether a release on consent has one in force for exactly this exchange (R-52)."""
    if not uses_consent(catalogue, given.facts):
        return True
    consent, facts = given.decider.consent, given.facts
    return consent is not None and covers(consent, facts.receiver, facts.purpose, given.form.case, facts.today)


def second_consent(catalogue: Catalogue, given: ReleaseInput) -> bool:
    """Tell whether an exchange with a physician on consent has the asker's consent too (R-52)."""
    facts = given.facts
    kinds = [catalogue.partner_of(kind) or "" for kind in (facts.record.kind, *facts.receiver_kinds)]
    physician = any(kind in catalogue.partners and catalogue.partners[kind].double_consent for kind in kinds)
    if not physician or not uses_consent(catalogue, facts):
        return True
    consent = given.decider.asker_consent
    return consent is not None and covers(consent, facts.receiver, facts.purpose, given.form.case, facts.today)


def _pairs(catalogue: Catalogue, facts: ReleaseFacts) -> list[Pair]:
    holder, acting = catalogue.partner_of(facts.record.kind) or "", facts.acting_as or NO_CAPACITY
    receivers = [catalogue.partner_of(kind) or "" for kind in facts.receiver_kinds] or [""]
    return [Pair(holder, receiver, acting, facts.today) for receiver in receivers]
