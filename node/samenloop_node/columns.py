"""The columns of an export besides those of the person, and the allowed names of fact columns."""

from typing import Literal, get_args

FactColumn = Literal[
    "taak",
    "kader",
    "herkomst",
    "maatregel",
    "toetsdatum",
    "bescherming",
    "besloten_voor",
    "besluit",
    "beslisser",
    "besloten_op",
    "geldig_tot",
    "namens",
    "zaak",
]
FACT_COLUMNS: tuple[FactColumn, ...] = get_args(FactColumn)
