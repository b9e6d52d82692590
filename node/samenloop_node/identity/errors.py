"""Why a field of a person is refused: a closed list of codes, each with one Dutch sentence. Never the value itself."""

from samenloop.errors import InvalidInput
from samenloop.texts import N_, _

_REASONS = {
    "bsn": N_("De kolom {column} bevat een burgerservicenummer (BSN). Haal het weg: Samenloop gebruikt nooit een BSN."),
    "control_character": N_("De kolom {column} bevat een onzichtbaar teken (stuurteken). Typ de waarde opnieuw."),
    "mixed_script": N_(
        "De kolom {column} gebruikt letters uit twee schriften door elkaar. Typ de naam in één schrift."
    ),
    "digits_in_name": N_("De kolom {column} bevat een getal op de plaats van een naam. Haal het getal weg."),
    "too_long": N_("De kolom {column} is te lang. Een waarde heeft hoogstens 200 tekens."),
    "empty": N_("De kolom {column} is leeg. Vul een naam en een geboortedatum in."),
    "not_a_date": N_("De kolom {column} is geen datum. Schrijf JJJJ-MM-DD, met 00 voor een onbekend deel."),
    "future_date": N_("De kolom {column} ligt in de toekomst. Controleer de geboortedatum."),
    "not_a_sex": N_("De kolom {column} kent alleen M, V, O of leeg."),
    "not_a_postcode": N_("De kolom {column} is geen postcode. Schrijf 1234 AB."),
    "not_a_house_number": N_("De kolom {column} begint niet met een huisnummer."),
}
REASON_CODES = frozenset(_REASONS)
"""Every reason code that a FieldError can have."""


class FieldError(InvalidInput):
    """A field of a person is refused. `column` is the CSV column, `reason` one of REASON_CODES."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, _(_REASONS[reason], column=column))
        self.column = column
        self.reason = reason

    def __reduce__(self) -> tuple[type["FieldError"], tuple[str, str]]:
        """Travel whole from a worker process."""
        return FieldError, (self.column, self.reason)
