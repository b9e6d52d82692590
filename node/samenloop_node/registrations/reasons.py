"""Why a row is refused, or its decision not applied: stable codes with one Dutch sentence each. Never the value."""

from collections.abc import Mapping
from typing import Final

from samenloop.catalogue import load_catalogue
from samenloop.decisions.modes import FRAMEWORKS, ORIGINS
from samenloop.decisions.record import INDEX
from samenloop.errors import InvalidInput
from samenloop.texts import N_, _
from samenloop_node.identity.errors import REASON_CODES, FieldError
from samenloop_node.tokens import findable

NOT_FINDABLE: Final = "not_findable"
LAPSED_BY_HAND: Final = "decision_by_hand_lapsed"
_REASONS: Final[Mapping[str, str]] = {
    "field_count": N_("De rij heeft meer of minder velden dan de eerste rij. Kijk naar de scheidingstekens."),
    "required": N_("De kolom {column} is leeg en moet een waarde hebben."),
    "too_long_reference": N_("De kolom {column} is te lang. Een verwijzing heeft hoogstens 64 tekens."),
    "not_a_code": N_("De kolom {column} is geen code uit de catalogus. De codes staan in: {codes}."),
    "not_iso_date": N_("De kolom {column} is geen datum. Schrijf JJJJ-MM-DD."),
    "not_yes_no": N_("De kolom {column} kent alleen ja en nee."),
    "unknown_partner": N_(
        "De kolom {column} noemt iemand die geen andere deelnemer van het convenant is. Kijk met: "
        "samenloop covenant show."
    ),
    "names_person": N_(
        "De kolom {column} noemt een gegeven van de persoon. Gebruik een nummer zonder naam of geboortedatum."
    ),
    NOT_FINDABLE: findable.NOT_FINDABLE,
    "duplicate_record": N_("Dit record_id staat vaker in het bestand, met andere gegevens. Houd er één over."),
    "duplicate_decision": N_(
        "Dit besluit staat bij meer dan één registratie. Een besluit vooraf gaat over één registratie (R-76)."
    ),
    "decision_incomplete": N_("De kolom {column} ontbreekt bij dit besluit vooraf. Vul alle vijf kolommen of geen."),
    "not_a_decision_maker": N_("De kolom {column} noemt geen bevoegde beslisser van die dag (R-38)."),
    "decision_in_future": N_("De kolom {column} ligt in de toekomst."),
    "after_review": N_("De kolom {column} ligt na de toetsdatum. Een besluit vooraf geldt niet langer (R-76)."),
    "decision_ends_before": N_("De kolom {column} ligt voor de dag van het besluit. Dit besluit werkt niet (R-76)."),
    "decision_over": N_("De kolom {column} is voorbij. Dit besluit werkt niet meer (R-76)."),
    "no_grounds": N_("Voor dit register staat in de configuratie geen grond voor besluiten vooraf (beforehand)."),
    "decisions_of_day": N_(
        "Van deze beslisser zijn vandaag al zoveel besluiten vooraf gemeld als op een dag mag. Dit besluit werkt nog "
        "niet: meld het op een latere dag opnieuw (R-76)."
    ),
    "decision_receivers": N_("De kolom {column} noemt een ontvanger vaker. Noem elke ontvanger één keer (R-76)."),
    "decision_never_shown": N_("Een ontvanger in {column} mag deze registratie nooit te zien krijgen (R-44)."),
    "decision_basis": N_("De grond beforehand.give_basis in de configuratie geldt niet voor elke ontvanger (R-39)."),
    "decision_breach_ground": N_(
        "In de configuratie ontbreekt beforehand.breach_ground: een grond die voor elke ontvanger de geheimhouding "
        "doorbreekt (R-32)."
    ),
    "decision_consent": N_(
        "Voor een ontvanger in {column} is toestemming nodig; een bestand kan die niet geven (R-76)."
    ),
    "decision_wpg20": N_(
        "Een ontvanger in {column} staat niet in het geldende artikel 20-besluit van de politie (R-06)."
    ),
    "decision_protected": N_("Over een registratie met bescherming wordt niet vooraf besloten (R-76)."),
    LAPSED_BY_HAND: N_(
        "De gegevens van deze registratie zijn veranderd. Een besluit vooraf dat met de hand is genomen, is daarom "
        "vervallen. Weeg opnieuw en besluit zo nodig opnieuw (R-76)."
    ),
    "decision_refused": N_("Dit besluit vooraf voldoet niet aan de voorwaarden van R-76 en werkt daarom niet."),
}


class RowError(InvalidInput):
    """One column of one row is refused. `reason` is a reason code or the id of a decision rule, whose text is given."""

    def __init__(self, column: str, reason: str, text: str = "") -> None:
        super().__init__(column, text or explain(column, reason))
        self.column = column
        self.reason = reason


def is_rule(reason: str) -> bool:
    """Say whether a reason is the id of a decision rule."""
    return reason not in _REASONS and reason not in REASON_CODES


def explain(column: str, reason: str) -> str:
    """Return the sentence for a reason code; for a rule id what it asks, and where to read more."""
    if reason == "not_a_code" and column in _FEW:
        return _("De kolom {column} kent alleen: {known}.", column=column, known=", ".join(_FEW[column]))
    if reason in _REASONS:
        return _(_REASONS[reason], column=column, codes=_SHOW + _TABLES.get(column, ""))
    if reason in REASON_CODES:
        return FieldError(column, reason).text
    return _of_rule(column, reason)


def _of_rule(column: str, rule: str) -> str:
    asked = dict.fromkeys(guard.text for guard in INDEX if guard.rule == rule)
    known = load_catalogue().rules.get(rule)
    what = _(next(iter(asked))) if len(asked) == 1 else _(known.text) if known else ""
    values: dict[str, str] = {"column": column, "what": what, "more": _SHOW + _MORE.get(rule, f"rules {rule}")}
    if column:
        return _("De kolom {column} mag zo niet. {what} Kijk met: {more}.", **values)
    return _("Deze registratie mag zo niet. {what} Kijk met: {more}.", **values)


_FEW: Final[Mapping[str, tuple[str, ...]]] = {"kader": FRAMEWORKS, "herkomst": ORIGINS}
_TABLES: Final[Mapping[str, str]] = {"taak": "tasks", "maatregel": "measures"}
_SHOW: Final = "samenloop catalogue show "
_MORE: Final[Mapping[str, str]] = {"R-18": "limits review_months", "P-04": "excluded_tasks"}
"""What shows how to mend a refusal by a rule better than the rule itself."""
