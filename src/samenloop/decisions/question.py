"""The question gate (R-19..R-32): one case, one person, each holder with purpose, necessity and grounds of its own.

1. Node and coordinator run the same guards; `visible` marks those whose facts the coordinator sees too.
2. A holder without a ground for each of the four conditions, or that may not learn of it (R-25), is not asked.
3. Nothing is preselected: holders come one by one, and from a certain number on never all of them (R-24).
"""

import enum
import functools

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions import asking_checks as checks
from samenloop.decisions.asking import AskerFacts, HolderFacts, HolderPart, QuestionFacts, QuestionInput
from samenloop.decisions.case_facts import CaseState
from samenloop.decisions.guards import Guard, Machine, Transition, by_law, require, when
from samenloop.texts import N_

__all__ = ["GATE", "QUESTION", "VISIBLE", "AskerFacts", "HolderFacts", "HolderPart", "QuestionEvent", "QuestionFacts"]
__all__ += ["QuestionInput", "QuestionState", "gate", "gate_visible"]


class QuestionState(enum.Enum):
    """Where a question is."""

    DRAFTED = "drafted"
    GATED = "gated"
    REFUSED = "refused"
    EXECUTED = "executed"
    EXPIRED = "expired"


class QuestionEvent(enum.Enum):
    """What can happen to a question."""

    GATE = "gate"
    REFUSE = "refuse"
    EXECUTE = "execute"
    EXPIRE = "expire"


VISIBLE: tuple[Guard[QuestionFacts], ...] = (
    Guard(
        "R-15",
        "asker_kind",
        N_("Onbekend is als welk soort partner u vraagt, of dat profiel is nog niet goedgekeurd."),
        by_law(checks.asker_known),
        visible=True,
    ),
    Guard("R-29", "asker_kind", checks.MAY_NOT_ASK, checks.asker_barred, visible=True),
    Guard("R-19", "purpose", checks.OTHER_INDEX, checks.index, visible=True),
    Guard(
        "R-24",
        "holders",
        N_("Kies minstens een partner, en noem van elke partner waarom."),
        when(lambda facts: bool(facts.parts)),
        visible=True,
    ),
    Guard(
        "R-24",
        "holder",
        N_("Een partner is geen deelnemer die u kunt vragen, of is twee keer genoemd. Kijk in het convenant."),
        checks.holders_known,
        visible=True,
    ),
    Guard(
        "R-24",
        "all_partners",
        N_("Alle partners tegelijk vragen mag niet. Kies per partner, met een reden uit deze casus."),
        by_law(checks.not_all),
        visible=True,
    ),
    Guard(
        "R-24",
        "reason",
        N_("Noem waarom u deze partner vraagt. Kies een reden van de lijst."),
        checks.listed(
            "reasons", "reason", N_("Deze reden staat niet op de lijst. Zie: samenloop catalogue show reasons.")
        ),
        visible=True,
    ),
    Guard(
        "R-23",
        "purpose",
        N_("Noem het doel van de vraag aan deze partner. Kies een doel van de lijst."),
        checks.listed(
            "purposes", "purpose", N_("Dit doel staat niet op de lijst. Zie: samenloop catalogue show purposes.")
        ),
        visible=True,
    ),
    Guard("R-19", "purpose", checks.OTHER_INDEX, checks.each(checks.same_index), visible=True),
    Guard(
        "R-23",
        "purpose_of_asker",
        N_("Dit soort partner mag alleen vragen voor een doel dat bij zijn eigen taak hoort."),
        checks.each(checks.named_need),
        visible=True,
    ),
    Guard(
        "R-23",
        "acting_as",
        N_("In deze hoedanigheid kunt u niet vragen. Kies een hoedanigheid die bij uw organisatie hoort."),
        checks.each(checks.capacity),
        visible=True,
    ),
    Guard(
        "R-23",
        "proportionality",
        N_("Noem waarom de vraag in verhouding is tot de inbreuk voor de persoon."),
        checks.listed("proportionality", "proportionality", N_("Dit antwoord is niet toegestaan.")),
        visible=True,
    ),
    Guard(
        "R-23",
        "subsidiarity",
        N_("Noem waarom het niet op een lichtere manier kan."),
        checks.listed("subsidiarity", "subsidiarity", N_("Dit antwoord is niet toegestaan.")),
        visible=True,
    ),
    Guard("R-32", "never_a_ground", checks.NEVER_A_GROUND, checks.barred_bases, visible=True),
    Guard(
        "R-51",
        "consent",
        N_("Toestemming is bij deze partner geen grondslag. Kies een andere grondslag of stop."),
        checks.each(checks.consent_free),
        visible=True,
    ),
    Guard(
        "R-23",
        "give_basis",
        N_("Noem de grondslag waarop deze partner aan u mag geven."),
        checks.each(checks.can_give),
        visible=True,
    ),
    Guard(
        "R-23",
        "receive_basis",
        N_("Noem de grondslag waarop u van deze partner mag ontvangen."),
        checks.each(checks.can_receive),
        visible=True,
    ),
    Guard(
        "R-25",
        "inform_basis",
        N_("U mag deze partner niet laten weten dat u deze persoon kent. Daarom kunt u hem niet vragen."),
        checks.each(checks.may_know),
        visible=True,
    ),
    Guard(
        "R-06",
        "wpg20_receiver",
        N_("Deze partner staat niet als ontvanger in het geldende artikel 20-besluit van de politie."),
        checks.each(checks.in_decision),
        visible=True,
    ),
    Guard(
        "R-27",
        "region_reason",
        N_("Deze partner ligt in een andere regio. Noem een reden uit deze casus."),
        checks.each(checks.region),
        visible=True,
    ),
    Guard(
        "R-27",
        "region_reason_listed",
        N_("De reden voor een andere regio staat niet op de lijst."),
        by_law(checks.optional("region_reasons", "region_reason")),
        visible=True,
    ),
    Guard(
        "R-28",
        "new_fact",
        N_("Deze partner is in deze casus al vaak genoeg gevraagd. Noem een nieuw feit."),
        checks.each(checks.not_again),
        visible=True,
    ),
    Guard(
        "R-28",
        "new_fact_listed",
        N_("Het nieuwe feit staat niet op de lijst."),
        by_law(checks.optional("new_facts", "new_fact")),
        visible=True,
    ),
    Guard(
        "R-29",
        "power",
        N_("Noem de bevoegdheid voor de openbare orde die u wilt gebruiken. Regie is geen bevoegdheid."),
        by_law(checks.power),
        visible=True,
    ),
)

ASKER: tuple[Guard[QuestionInput], ...] = (
    Guard(
        "R-01",
        "own_partner",
        N_("Noem de partner namens wie u vraagt. U kunt alleen namens uw eigen organisatie vragen."),
        when(lambda given: given.asker.acting_partner == given.question.asker),
    ),
    Guard(
        "R-09",
        "secrecy_signed",
        N_("U hebt de geheimhoudingsverklaring nog niet getekend."),
        when(lambda given: given.asker.secrecy_signed),
    ),
    Guard(
        "R-10",
        "named",
        N_("U hebt een eigen account nodig met een geldige machtiging."),
        when(lambda given: given.asker.named),
    ),
    Guard(
        "R-35",
        "role",
        N_("Alleen een gemachtigde casusmedewerker van de aanmelder kan vragen en antwoorden zien."),
        when(lambda given: given.asker.role == "case_worker"),
    ),
    Guard(
        "R-20",
        "own_case",
        N_("Alleen de aanmelder van de casus kan in deze casus vragen."),
        when(lambda given: given.asker.case_referrer == given.question.asker),
    ),
    Guard(
        "R-20",
        "case_state",
        N_("Vragen kan alleen in een casus die in intake of triage is."),
        when(lambda given: given.asker.case_state in (CaseState.INTAKE, CaseState.TRIAGE)),
    ),
    Guard(
        "R-26",
        "asked_person",
        N_("Kan de persoon het zelf vertellen? Beantwoord dit eerst."),
        by_law(lambda law, given: law.usable("asked_person", given.asker.asked_person)),
    ),
    Guard(
        "R-26",
        "anonymous_talk",
        N_("Kan de zaak anoniem worden besproken? Beantwoord dit eerst."),
        by_law(lambda law, given: law.usable("anonymous_talk", given.asker.anonymous_talk)),
    ),
    Guard(
        "R-26",
        "phone_call",
        N_("Is een telefoontje genoeg? Beantwoord dit eerst."),
        by_law(lambda law, given: law.usable("phone_call", given.asker.phone_call)),
    ),
)


GATE: tuple[Guard[QuestionInput], ...] = (*(guard.of(lambda given: given.question) for guard in VISIBLE), *ASKER)
_CASE_OVER: Guard[QuestionInput] = Guard(
    "R-37",
    "case_open",
    N_("Een antwoord vervalt pas als de casus sluit."),
    when(lambda given: given.asker.case_state in (CaseState.CLOSED, CaseState.REJECTED, CaseState.PURGED)),
)
_S, _E = QuestionState, QuestionEvent
QUESTION: Machine[QuestionState, QuestionEvent, QuestionInput] = Machine(
    "QUERY",
    "R-23",
    (
        Transition((_S.DRAFTED,), _E.GATE, _S.GATED, GATE),
        Transition((_S.DRAFTED, _S.GATED), _E.REFUSE, _S.REFUSED, ()),
        Transition((_S.GATED,), _E.EXECUTE, _S.EXECUTED, GATE),
        Transition((_S.EXECUTED,), _E.EXPIRE, _S.EXPIRED, (_CASE_OVER,)),
    ),
)


_REMEMBERED = 1024
"""Sets of facts that passed: askers use the same codes again and again. What is refused is judged anew each time."""


@functools.lru_cache(_REMEMBERED)
def gate(catalogue: Catalogue, question: QuestionFacts, asker: AskerFacts) -> None:
    """Raise Refused with the first failing rule and all missing conditions, unless the question may be asked."""
    require(catalogue, GATE, QuestionInput(question, asker))


@functools.lru_cache(_REMEMBERED)
def gate_visible(catalogue: Catalogue, question: QuestionFacts) -> None:
    """Do the same with the facts that the coordinator sees; a node that skipped its gate is refused here."""
    require(catalogue, VISIBLE, question)
