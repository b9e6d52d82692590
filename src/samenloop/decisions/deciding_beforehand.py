"""Taking a decision beforehand (R-76): individual, by the mandated decision-maker, named receivers, one purpose."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.beforehand import BeforehandDecision
from samenloop.decisions.consent import covers
from samenloop.decisions.consent_facts import Consent
from samenloop.decisions.grounds import Pair, breaks_secrecy, may_give, never_rule, rests_on_consent
from samenloop.decisions.guards import Failing, Guard, by_law, require, when
from samenloop.decisions.modes import NO_CAPACITY, ModeDecision, RecordFacts, strictest_mode
from samenloop.model import Mode, ParticipantId
from samenloop.texts import N_


@dataclass(frozen=True, slots=True)
class Receiver:
    """A named receiver with the partner kinds that it acts as; `wpg20_receiver`: covered by the police's decision."""

    participant: ParticipantId
    kinds: tuple[str, ...]
    wpg20_receiver: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforehandInput:
    """A decision beforehand with what node and covenant know.

    `mandated`: the decider is an authorised decision-maker on the day of decision. `reference_used`: the reference was
    used for another record before (one decision per record). `motive`: necessity and motive are in the holder's own log
    under that reference. `decided_today` and `daily_limit` count the decider's decisions of that day.
    `notice_deferred`: informing the person about this record is deferred (R-63).
    """

    decision: BeforehandDecision
    record: RecordFacts
    covenant_mode: Mode | None
    receivers: tuple[Receiver, ...]
    today: date
    mandated: bool
    reference_used: bool
    motive: bool
    decided_today: int
    daily_limit: int
    notice_deferred: bool
    consent: Consent | None = None
    consent_case: str = ""


def decide_beforehand(catalogue: Catalogue, given: BeforehandInput) -> None:
    """Raise Refused with the first failing rule and all that is missing, unless the decision holds."""
    require(catalogue, BEFOREHAND, given)


def beforehand_visible(catalogue: Catalogue, given: BeforehandInput) -> None:
    """Do the same with the facts that the coordinator sees; it counts the daily limit itself."""
    require(catalogue, (guard for guard in BEFOREHAND if guard.visible), given)


def _mode(catalogue: Catalogue, given: BeforehandInput, receiver: Receiver) -> ModeDecision:
    purpose = given.decision.purpose
    return strictest_mode(catalogue, given.record, given.covenant_mode, receiver.kinds, NO_CAPACITY, purpose)


def _named(given: BeforehandInput) -> bool:
    named = tuple(one.participant for one in given.receivers)
    return bool(named) and named == given.decision.receivers and len(set(named)) == len(named)


def _modes(catalogue: Catalogue, given: BeforehandInput) -> Iterator[str | Failing]:
    for number, receiver in enumerate(given.receivers):
        mode = _mode(catalogue, given, receiver)
        if mode.mode is Mode.NEVER:
            yield Failing(mode.rule, "mode", f"receivers[{number}]", _NEVER_SHOWN)


def _pairs(catalogue: Catalogue, given: BeforehandInput, receiver: Receiver) -> list[Pair]:
    holder = catalogue.partner_of(given.record.kind) or ""
    return [Pair(holder, catalogue.partner_of(kind) or "", NO_CAPACITY, given.today) for kind in receiver.kinds]


def _bases(catalogue: Catalogue, given: BeforehandInput) -> Iterator[str | Failing]:
    decision = given.decision
    for code in (decision.basis, decision.breach_ground):
        rule = never_rule(catalogue, code)
        if rule is not None:
            yield Failing(rule, "never_a_ground", "", _NEVER_A_GROUND)
    for number, receiver in enumerate(given.receivers):
        if not all(may_give(catalogue, decision.basis, pair) for pair in _pairs(catalogue, given, receiver)):
            yield f"receivers[{number}]"


def _secrecy(catalogue: Catalogue, given: BeforehandInput) -> Iterator[str | Failing]:
    for number, receiver in enumerate(given.receivers):
        pairs = _pairs(catalogue, given, receiver)
        if not all(breaks_secrecy(catalogue, given.decision.breach_ground, pair) for pair in pairs):
            yield f"receivers[{number}]"


def _consent(catalogue: Catalogue, given: BeforehandInput) -> Iterator[str | Failing]:
    """Find receivers for whom consent is needed or relied on, without one for this very exchange that lasts as long."""
    decision, consent = given.decision, given.consent
    relied = rests_on_consent(catalogue, decision.basis) or rests_on_consent(catalogue, decision.breach_ground)
    for number, receiver in enumerate(given.receivers):
        if not relied and _mode(catalogue, given, receiver).mode is not Mode.CONSENT_ONLY:
            continue
        exchange = (receiver.participant, decision.purpose, given.consent_case)
        days = (given.today, decision.valid_until)
        if consent is None or not relied or not all(covers(consent, *exchange, day) for day in days):
            yield f"receivers[{number}]"


def _steps(catalogue: Catalogue, given: BeforehandInput) -> Iterator[str | Failing]:
    for receiver in given.receivers:
        missing = set(_mode(catalogue, given, receiver).steps) - set(given.decision.steps)
        for profile in sorted(missing):
            first = catalogue.profiles[profile].steps[0]
            yield Failing(first.rule, profile, "steps", first.text)


def _dates(given: BeforehandInput) -> bool:
    decision = given.decision
    return decision.decided_on <= given.today <= decision.valid_until <= given.record.review_date


def _police(catalogue: Catalogue, given: BeforehandInput) -> bool:
    if catalogue.partner_of(given.record.kind) != "politie":
        return True
    return all(receiver.wpg20_receiver for receiver in given.receivers)


_NEVER_SHOWN = N_("Deze registratie mag deze ontvanger nooit te zien krijgen.")
_NEVER_A_GROUND = N_("Dit kan nooit een grondslag zijn. Kies een grondslag uit de wet.")
BEFOREHAND: tuple[Guard[BeforehandInput], ...] = (
    Guard(
        "R-76",
        "switched_off",
        N_("Vooraf besluiten kan hier niet."),
        by_law(lambda law, _given: law.choice("beforehand")),
        visible=True,
    ),
    Guard(
        "R-76",
        "protected",
        N_("Over een registratie met bescherming wordt niet vooraf besloten."),
        by_law(lambda law, given: not given.record.protected or law.choice("protected_beforehand")),
        visible=True,
    ),
    Guard(
        "R-76",
        "receivers",
        N_("Noem elke ontvanger één voor één: deelnemers aan het convenant. Een besluit voor iedereen kan niet."),
        when(_named),
        visible=True,
    ),
    Guard("R-44", "mode", _NEVER_SHOWN, _modes, visible=True),
    Guard("R-39", "basis", N_("Deze grondslag geldt niet voor elke ontvanger."), _bases, visible=True),
    Guard(
        "R-32",
        "breach_ground",
        N_("Noem de grond die uw geheimhouding doorbreekt. Een grondslag alleen is niet genoeg."),
        _secrecy,
        visible=True,
    ),
    Guard("R-76", "consent", N_("Hier is toestemming nodig voor precies deze uitwisseling."), _consent),
    Guard("R-44", "steps", N_("Deze vraag is nog niet beantwoord zoals nodig is."), _steps, visible=True),
    Guard(
        "R-06",
        "wpg20_receiver",
        N_("Deze partner staat niet als ontvanger in het geldende artikel 20-besluit van de politie."),
        by_law(_police),
        visible=True,
    ),
    Guard(
        "R-19",
        "index_purpose",
        N_("Dit doel hoort niet bij deze index."),
        by_law(lambda law, given: law.index_of(given.decision.purpose) is not None),
        visible=True,
    ),
    Guard(
        "R-76",
        "dates",
        N_("Het besluit geldt vanaf de dag van het besluit en hoogstens tot de toetsdatum."),
        when(_dates),
        visible=True,
    ),
    Guard(
        "R-38",
        "decider",
        N_("Alleen de gemachtigde beslisser van de houder kan vooraf besluiten."),
        when(lambda given: given.mandated and any(given.decision.decider)),
    ),
    Guard(
        "R-76",
        "reference",
        N_("Elk besluit heeft een eigen nummer en gaat over een registratie."),
        when(lambda given: any(given.decision.reference) and not given.reference_used),
        visible=True,
    ),
    Guard(
        "R-76",
        "motive",
        N_("Leg de noodzaak en de motivering vast in uw eigen logboek."),
        when(lambda given: given.motive),
    ),
    Guard(
        "R-64",
        "notice_deferred",
        N_("Zolang het informeren is uitgesteld, vertelt Veilig Thuis niets over deze registratie."),
        when(lambda given: given.record.kind != "veilig_thuis" or not given.notice_deferred),
    ),
    Guard(
        "R-76",
        "daily_limit",
        N_("Deze beslisser heeft vandaag al het hoogste aantal besluiten genomen."),
        when(lambda given: given.decided_today < given.daily_limit),
        visible=True,
    ),
)
