"""splink: Fellegi-Sunter weights on clear text, trained by expectation maximisation without labels.

A ceiling for comparison: no product may see clear text of two organisations. Names by Jaro-Winkler with an adjustment
for how common a name is, an initial counted as such, date by equality, exchange of day and month and one edit.
"""

import logging
from typing import Any

from tests.quality.peers.rows import Pair, Registers, Row

STEPS = tuple(range(-10, 30, 2))
_RULES = (("born",), ("surname", "first"), ("surname", "year"), ("postcode",))


def pairs(registers: Registers) -> list[Pair]:
    """Return all pairs from the lowest match weight on."""
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI()
    tables = [api.register(_table(rows), dataset_display_name=name) for name, rows in registers.items()]
    with_sex = any(row["sex"] for rows in registers.values() for row in rows)
    linker = Linker(tables, _settings(with_sex=with_sex), log_level=logging.ERROR)
    _train(linker)
    predicted = linker.inference.predict(threshold_match_weight=STEPS[0]).as_record_list()
    return [
        Pair(
            line["match_weight"],
            line["unique_id_l"],
            line["source_dataset_l"],
            line["unique_id_r"],
            line["source_dataset_r"],
        )
        for line in predicted
    ]


def _table(rows: list[Row]) -> Any:
    import pandas as pd

    made = [
        {"unique_id": row["id"], **{key: value or None for key, value in row.items() if key != "id"}, **_parts(row)}
        for row in rows
    ]
    return pd.DataFrame(made)


def _parts(row: Row) -> dict[str, str | None]:
    return {"year": row["born"][:4] or None, "initial": row["first"][:1] or None}


def _settings(*, with_sex: bool) -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import SettingsCreator, block_on

    initial = levels.CustomLevel("initial_l = initial_r and least(length(first_l), length(first_r)) = 1", "initial")
    first = [
        levels.NullLevel("first"),
        initial,
        levels.ExactMatchLevel("first", term_frequency_adjustments=True),
        levels.JaroWinklerLevel("first", 0.9),
        levels.CustomLevel("initial_l = initial_r", "same initial"),
        levels.ElseLevel(),
    ]
    exchanged = "substr(born_l, 1, 4) || substr(born_l, 7, 2) || substr(born_l, 5, 2) = born_r"
    born = [
        levels.NullLevel("born"),
        levels.ExactMatchLevel("born"),
        levels.CustomLevel(exchanged, "day and month exchanged"),
        levels.LevenshteinLevel("born", 1),
        levels.ElseLevel(),
    ]
    compared = [
        comparisons.CustomComparison(first, output_column_name="first"),
        comparisons.JaroWinklerAtThresholds("surname", [0.94, 0.85]).configure(term_frequency_adjustments=True),
        comparisons.CustomComparison(born, output_column_name="born"),
        comparisons.LevenshteinAtThresholds("postcode", 1),
    ]
    return SettingsCreator(
        link_type="link_only",
        comparisons=compared + ([comparisons.ExactMatch("sex")] if with_sex else []),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in _RULES],
    )


def _train(linker: Any) -> None:
    from splink import block_on

    linker.training.estimate_probability_two_random_records_match([block_on("born", "surname", "first")], recall=0.45)
    linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
    for rule in (("born",), ("surname", "first")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
