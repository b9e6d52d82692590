"""HIT hidden -> released | withheld | lapsed, and visible (R-31..R-45, R-55).

1. Only the mandated decision-maker releases, one case and one receiver at a time; silence is withholding (R-38).
2. Holder and coordinator run the same guards on what each can see; hiding again never needs a reason.
"""

import enum
from dataclasses import dataclass

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions import releasing_checks as checks
from samenloop.decisions.beforehand import Shown
from samenloop.decisions.guards import Guard, Machine, Transition, by_law, require, when
from samenloop.decisions.releasing import DeciderFacts, ReleaseFacts, ReleaseForm, ReleaseInput
from samenloop.texts import N_

__all__ = ["HIT", "RELEASE", "VISIBLE", "DeciderFacts", "HitEvent", "HitInput", "HitState", "ReleaseFacts"]
__all__ += ["ReleaseForm", "ReleaseInput", "release", "release_visible"]


class HitState(enum.Enum):
    """Where a hit is, at its holder."""

    FOUND = "found"
    VISIBLE = "visible"
    HIDDEN = "hidden"
    RELEASED = "released"
    WITHHELD = "withheld"
    LAPSED = "lapsed"


class HitEvent(enum.Enum):
    """What can happen to a hit. There is no event for a time-out, a batch or an administrator (R-38)."""

    SHOW = "show"
    HIDE = "hide"
    RELEASE = "release"
    WITHHOLD = "withhold"
    TAKE_BACK = "take_back"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class HitInput:
    """What the guards of a hit look at: the outcome of `shown` when it is found, the release when it is decided."""

    shown: Shown | None = None
    release: ReleaseInput | None = None


VISIBLE: tuple[Guard[ReleaseFacts], ...] = (
    Guard("R-44", "mode", checks.NEVER_SHOWN, checks.mode_never, visible=True),
    Guard(
        "R-18",
        "overdue",
        N_("De toetsdatum van deze registratie is voorbij. Toets haar eerst."),
        when(lambda facts: facts.today <= facts.record.review_date),
        visible=True,
    ),
    Guard(
        "R-67",
        "objection_pending",
        N_("Over deze registratie loopt een bezwaar. Besluit daar eerst over."),
        by_law(lambda law, facts: not facts.record.frozen or not law.choice("objection_freezes")),
        visible=True,
    ),
    Guard("R-32", "never_a_ground", checks.NEVER_A_GROUND, checks.barred_bases, visible=True),
    Guard(
        "R-51",
        "consent_possible",
        N_("Toestemming is voor deze partner geen grondslag. Kies een andere grondslag of stop."),
        by_law(checks.consent_possible),
        visible=True,
    ),
    Guard(
        "R-39",
        "give_basis",
        N_("Noem de grondslag waarop u aan deze ontvanger mag geven."),
        by_law(checks.can_give),
        visible=True,
    ),
    Guard(
        "R-32",
        "breach_ground",
        N_("Noem de grond die uw geheimhouding doorbreekt. Een grondslag alleen is niet genoeg."),
        by_law(checks.secrecy_broken),
        visible=True,
    ),
    Guard("P-07", "consent", checks.CONSENT_ONLY, checks.consent_required, visible=True),
    Guard(
        "R-41",
        "substitute",
        N_("Hier is toestemming nodig, of een plicht, bevoegdheid of conflict van plichten van de lijst."),
        by_law(checks.consent_or_substitute),
        visible=True,
    ),
    Guard(
        "R-06",
        "wpg20_receiver",
        N_("Deze partner staat niet als ontvanger in het geldende artikel 20-besluit van de politie."),
        by_law(lambda law, facts: not checks.police(law, facts) or facts.wpg20_receiver),
        visible=True,
    ),
)

DECIDER: tuple[Guard[ReleaseInput], ...] = (
    Guard(
        "R-38",
        "role",
        N_("Alleen de gemachtigde beslisser van de houder kan dit."),
        when(lambda given: given.decider.role == "decision_maker"),
    ),
    Guard(
        "R-38",
        "mandate",
        N_("De machtiging van de beslisser geldt vandaag niet. Vraag de beheerder om haar te verlengen."),
        when(lambda given: given.decider.mandated),
    ),
    Guard(
        "R-38",
        "individual",
        N_("Een besluit geldt voor een casus en een ontvanger, met de gronden die in de vraag staan."),
        when(checks.same_decision),
    ),
    Guard(
        "R-38",
        "motive",
        N_("Leg de motivering vast in uw eigen logboek."),
        when(lambda given: given.form.motive),
    ),
    Guard(
        "R-25",
        "question_verified",
        N_("De vraag is niet ondertekend door de vrager, of noemt geen grond om u dit te laten weten."),
        when(lambda given: given.decider.question_verified),
    ),
    Guard("R-39", "steps", N_("Deze vraag is nog niet beantwoord zoals nodig is."), checks.steps),
    Guard(
        "R-13",
        "answers_known",
        N_("Dit antwoord hoort niet bij deze vraag. Kies een antwoord van de lijst."),
        checks.answers_known,
    ),
    Guard(
        "R-40",
        "professional",
        N_("Een conflict van plichten beslist alleen de professional met de geheimhoudingsplicht zelf."),
        by_law(checks.professional_decides),
    ),
    Guard(
        "R-40",
        "consulted_colleague",
        N_("Overleg bij een conflict van plichten eerst met een collega."),
        by_law(checks.colleague_consulted),
    ),
    Guard(
        "R-52",
        "consent_valid",
        N_("Er is geen geldige toestemming voor deze ontvanger, dit doel en deze casus."),
        by_law(checks.consent_valid),
    ),
    Guard(
        "R-52",
        "second_consent",
        N_("Bij uitwisseling met een arts is ook de toestemming nodig die de vrager heeft gekregen."),
        by_law(checks.second_consent),
    ),
    Guard(
        "R-64",
        "notice_deferred",
        N_("Zolang het informeren is uitgesteld, vertelt Veilig Thuis niets over deze registratie."),
        when(lambda given: given.facts.record.kind != "veilig_thuis" or not given.decider.notice_deferred),
    ),
    Guard(
        "R-42",
        "protocol_entry",
        N_("Noem de regel in het protocol van de politie: aan wie, wanneer, welke gegevens en waarom."),
        by_law(lambda law, given: not checks.police(law, given.facts) or bool(given.form.protocol_entry)),
    ),
    Guard(
        "R-42",
        "wpg20_decision",
        N_("Noem het nummer van het artikel 20-besluit."),
        by_law(lambda law, given: not checks.police(law, given.facts) or bool(given.form.wpg20_decision)),
    ),
)
RELEASE: tuple[Guard[ReleaseInput], ...] = (*(guard.of(lambda given: given.facts) for guard in VISIBLE), *DECIDER)


def release(catalogue: Catalogue, given: ReleaseInput) -> None:
    """Raise Refused with the first failing rule and all that is missing, unless the hit may be released."""
    require(catalogue, RELEASE, given)


def release_visible(catalogue: Catalogue, facts: ReleaseFacts) -> None:
    """Do the same with the facts that the coordinator sees."""
    require(catalogue, VISIBLE, facts)


def _released(guard: Guard[ReleaseInput]) -> Guard[HitInput]:
    fails = guard.fails
    return Guard(
        guard.rule,
        guard.condition,
        guard.text,
        lambda law, given: fails(law, given.release) if given.release is not None else ("",),
        guard.visible,
    )


_SHOWN: Guard[HitInput] = Guard(
    "R-33",
    "visible",
    N_("Deze treffer is niet vanzelf zichtbaar."),
    when(lambda given: given.shown is not None and given.shown.visible),
    visible=True,
)
_NOT_SHOWN: Guard[HitInput] = Guard(
    "R-34",
    "hidden",
    N_("Deze treffer is vanzelf zichtbaar."),
    when(lambda given: given.shown is None or not given.shown.visible),
    visible=True,
)
_S, _E = HitState, HitEvent
HIT: Machine[HitState, HitEvent, HitInput] = Machine(
    "HIT",
    "R-38",
    (
        Transition((_S.FOUND,), _E.SHOW, _S.VISIBLE, (_SHOWN,)),
        Transition((_S.FOUND,), _E.HIDE, _S.HIDDEN, (_NOT_SHOWN,)),
        Transition((_S.HIDDEN, _S.WITHHELD), _E.RELEASE, _S.RELEASED, tuple(map(_released, RELEASE))),
        Transition((_S.HIDDEN,), _E.WITHHOLD, _S.WITHHELD, ()),
        Transition((_S.VISIBLE, _S.RELEASED), _E.TAKE_BACK, _S.HIDDEN, ()),
        Transition((_S.VISIBLE, _S.HIDDEN, _S.RELEASED, _S.WITHHELD), _E.LAPSE, _S.LAPSED, ()),
    ),
)
