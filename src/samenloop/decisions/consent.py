"""CONSENT drafted -> given -> used | withdrawn | expired (R-46..R-52).

1. Withdrawal is always possible and needs nothing (R-50). 2. One consent serves one case, purpose and receiver (R-52).
3. Under pressure, or for a partner on whom the person depends, there is no consent to record (R-51).
"""

import enum
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.consent_facts import Consent, ConsentForm, ConsentState
from samenloop.decisions.guards import Failing, Guard, Machine, Transition, by_law, when
from samenloop.model import ParticipantId
from samenloop.texts import N_

REPRESENTATIVE_FIELD = "vertegenwoordiger"
_PERSON, _REPRESENTATIVE = "persoon", "vertegenwoordiger"
_UNDER_16 = ("onder_12", "van_12_tot_16")


class ConsentEvent(enum.Enum):
    """What can happen to a consent."""

    GIVE = "give"
    USE = "use"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentInput:
    """A consent form, the day, and the exchange that it is used for (receiver, purpose and case of the release)."""

    form: ConsentForm
    today: date
    used_receiver: ParticipantId | None = None
    used_purpose: str = ""
    used_case: str = ""
    case_closed: bool = False


def covers(consent: Consent, receiver: ParticipantId, purpose: str, case: str, today: date) -> bool:
    """Tell whether a consent is in force for exactly this receiver, purpose and case (R-52)."""
    form = consent.form
    return (
        consent.state is ConsentState.GIVEN
        and (form.receiver, form.purpose, form.case) == (receiver, purpose, case)
        and form.signed_on is not None
        and form.valid_until is not None
        and form.signed_on <= today <= form.valid_until
    )


def _free_partner(catalogue: Catalogue, given: ConsentInput) -> bool:
    partner = catalogue.partners.get(catalogue.partner_of(given.form.holder_kind) or "")
    return partner is not None and partner.consent


def _fields(catalogue: Catalogue, given: ConsentInput) -> tuple[str | Failing, ...]:
    needed = set(catalogue.codes["consent_fields"]) - {REPRESENTATIVE_FIELD}
    if _REPRESENTATIVE in given.form.signers:
        needed.add(REPRESENTATIVE_FIELD)
    return tuple(sorted(needed - set(given.form.fields)))


def _told(catalogue: Catalogue, given: ConsentInput) -> tuple[str | Failing, ...]:
    return tuple(sorted(set(catalogue.codes["consent_told"]) - set(given.form.told)))


def _told_before(given: ConsentInput) -> bool:
    told, signed = given.form.told_on, given.form.signed_on
    return told is not None and signed is not None and told <= signed


def _signers(given: ConsentInput) -> bool:
    form, signers = given.form, set(given.form.signers)
    if not signers <= {_PERSON, _REPRESENTATIVE}:
        return False
    if form.age_band == "onder_12":
        return _REPRESENTATIVE in signers
    if form.age_band == "van_12_tot_16":
        return _PERSON in signers and (_REPRESENTATIVE in signers or bool(form.exception))
    return _PERSON in signers if form.capable else _REPRESENTATIVE in signers


def _representative(catalogue: Catalogue, given: ConsentInput) -> bool:
    form = given.form
    if _REPRESENTATIVE not in form.signers:
        return True
    young = form.age_band in _UNDER_16
    fits = (form.representative == "ouder_of_voogd") == young
    return fits and catalogue.usable("representatives", form.representative) and not form.higher_available


def _exception(catalogue: Catalogue, given: ConsentInput) -> bool:
    form = given.form
    if not form.exception:
        return True
    return form.age_band == "van_12_tot_16" and catalogue.usable("consent_exceptions", form.exception)


def _one_exchange(catalogue: Catalogue, given: ConsentInput) -> bool:
    form = given.form
    named = bool(form.holder and form.receiver and form.case) and form.holder != form.receiver
    return named and catalogue.usable("purposes", form.purpose)


def _dates(given: ConsentInput) -> bool:
    form = given.form
    if form.signed_on is None or form.valid_until is None:
        return False
    return form.signed_on <= given.today <= form.valid_until


def _same_exchange(given: ConsentInput) -> bool:
    used = (given.used_receiver, given.used_purpose, given.used_case)
    return used == (given.form.receiver, given.form.purpose, given.form.case)


GIVE: tuple[Guard[ConsentInput], ...] = (
    Guard(
        "R-51",
        "pressure",
        N_("Toestemming geldt niet bij drang, dwang of sterke afhankelijkheid. Kies een andere grondslag of stop."),
        by_law(lambda law, given: law.usable("pressure", given.form.pressure)),
    ),
    Guard(
        "R-51",
        "holder_kind",
        N_("Voor deze partner is toestemming geen grondslag. Kies een andere grondslag of stop."),
        by_law(_free_partner),
    ),
    Guard(
        "R-46",
        "explicit",
        N_("De toestemming moet uitdrukkelijk zijn. Niets mag vooraf zijn aangevinkt."),
        when(lambda given: given.form.explicit),
    ),
    Guard(
        "R-46",
        "specific",
        N_("Noem precies welke gegevens en welk doel. Noodzakelijke gegevens is te algemeen."),
        when(lambda given: given.form.specific),
    ),
    Guard(
        "R-46",
        "explained_how",
        N_("Leg vast hoe u het hebt uitgelegd."),
        by_law(lambda law, given: law.usable("explained_how", given.form.explained_how)),
    ),
    Guard(
        "R-46",
        "necessity_judged",
        N_("Ook met toestemming moet het nodig zijn. Leg uw eigen oordeel vast."),
        when(lambda given: given.form.necessity_judged),
    ),
    Guard(
        "R-46",
        "professional",
        N_("Alleen de professional die de toestemming vroeg, kan haar vastleggen."),
        when(lambda given: given.form.recorded_by_professional),
    ),
    Guard("R-47", "fields", N_("Het formulier is niet volledig ingevuld."), _fields),
    Guard(
        "R-47",
        "paper",
        N_("Noem het nummer van het getekende formulier."),
        when(lambda given: bool(given.form.paper)),
    ),
    Guard("R-48", "told", N_("Niet alles is vooraf aan de persoon verteld."), _told),
    Guard("R-48", "told_on", N_("Noem de datum waarop u het vooraf hebt verteld."), when(_told_before)),
    Guard(
        "R-49",
        "age_band",
        N_("Kies de leeftijdsgroep van de persoon."),
        by_law(lambda law, given: law.usable("age_bands", given.form.age_band)),
    ),
    Guard("R-49", "signers", N_("Niet iedereen die moet tekenen, heeft getekend."), when(_signers)),
    Guard("R-49", "representative", N_("Deze vertegenwoordiger kan hier niet tekenen."), by_law(_representative)),
    Guard("R-49", "exception", N_("Deze uitzondering geldt hier niet."), by_law(_exception)),
    Guard(
        "R-52",
        "one_exchange",
        N_("Toestemming geldt voor één houder, één ontvanger, één doel en één casus."),
        by_law(_one_exchange),
    ),
    Guard("R-52", "dates", N_("Noem wanneer is getekend en tot wanneer de toestemming geldt."), when(_dates)),
)
_USE: tuple[Guard[ConsentInput], ...] = (
    Guard(
        "R-52",
        "same_exchange",
        N_("Deze toestemming is gegeven voor een andere ontvanger, een ander doel of een andere casus."),
        when(_same_exchange),
    ),
    Guard("R-52", "in_force", N_("Deze toestemming geldt niet meer."), when(_dates)),
)
_CLOSED: Guard[ConsentInput] = Guard(
    "R-52",
    "case_closed",
    N_("Toestemming vervalt als de casus sluit of de termijn voorbij is."),
    when(lambda given: given.case_closed or not _dates(given)),
)
_S, _E = ConsentState, ConsentEvent
CONSENT: Machine[ConsentState, ConsentEvent, ConsentInput] = Machine(
    "CONSENT",
    "R-52",
    (
        Transition((_S.DRAFTED,), _E.GIVE, _S.GIVEN, GIVE),
        Transition((_S.GIVEN,), _E.USE, _S.USED, _USE),
        Transition((_S.DRAFTED, _S.GIVEN, _S.USED), _E.WITHDRAW, _S.WITHDRAWN, ()),
        Transition((_S.GIVEN, _S.USED), _E.EXPIRE, _S.EXPIRED, (_CLOSED,)),
    ),
)
