"""What is said of a refused row: what, in which column, and how to mend it."""

import pytest

from samenloop_node.registrations.reasons import explain


@pytest.mark.parametrize(
    ("column", "reason", "said"),
    [
        ("kader", "not_a_code", ["kader kent alleen: maatregel, vrijwillig."]),
        ("herkomst", "not_a_code", ["herkomst kent alleen: eigen, wpg, wjsg, bij, anders."]),
        ("taak", "not_a_code", ["samenloop catalogue show tasks"]),
        ("maatregel", "not_a_code", ["samenloop catalogue show measures"]),
        ("toetsdatum", "R-18", ["toetsdatum die niet voorbij is", "samenloop catalogue show limits review_months"]),
        ("taak", "P-04", ["kolom taak", "samenloop catalogue show excluded_tasks"]),
        ("taak", "R-13", ["kolom taak", "samenloop catalogue show rules R-13"]),
        ("", "R-11", ["Deze registratie", "samenloop catalogue show rules R-11"]),
        ("namens", "unknown_partner", ["geen andere deelnemer", "samenloop covenant show"]),
    ],
)
def test_a_refusal_says_where_and_how_to_mend_it(column: str, reason: str, said: list[str]) -> None:
    told = explain(column, reason)
    assert [words for words in said if words not in told] == []
    assert "{" not in told
