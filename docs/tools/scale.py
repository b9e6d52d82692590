"""Rewrite the tables of docs/explanation/scale.md from the cost model that `make bench` checks. `make docs`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import model  # noqa: E402  # the program stands outside the package that holds it

PAGE = ROOT / "docs" / "explanation" / "scale.md"
RATE = 830_000
"""Bare hmac.digest calls per second of the machine of the last full run."""
PERSONS, PARTNERS, A_DAY, BUSY_HOUR = 17_000_000, 500, 50_000, 0.36


def costs() -> str:
    """Return the model's costs, and what they are on a machine of RATE calls per second."""
    rows = ["| cost | bare `hmac.digest` calls | at 830,000 calls/s |", "|---|---|---|"]
    for one in model.COSTS:
        seconds = one.calls / RATE
        said = f"{seconds * 1000:.2f} ms" if one.unit == "ms" else f"{1 / seconds:,.0f} {one.unit}"
        rows.append(f"| {one.group}: {one.name} | {one.calls:,.0f} | {said} |")
    return "\n".join(rows)


def country() -> str:
    """Return the read-out for a country."""
    out = model.read_out(PERSONS, A_DAY, BUSY_HOUR, RATE)
    rows = [
        ("the coordinator's file, one epoch", f"{out.index_gb:.0f} GB; twice while an epoch is replaced"),
        ("first full synchronisation, one coordinator", f"{out.sync_hours:.1f} hours"),
        ("questions in the busiest hour", f"{out.questions_a_second:.0f} a second, {out.load:.1%} of one processor"),
        ("log", f"{out.log_gb_a_day * 1000:.0f} MB a day, {out.log_gb_a_year:.0f} GB a year"),
    ]
    head = [f"| {PERSONS:,} persons, {PARTNERS} partners, {A_DAY:,} questions a day | |", "|---|---|"]
    return "\n".join([*head, *(f"| {name} | {said} |" for name, said in rows)])


def page(text: str) -> str:
    """Return the page with both tables made anew."""
    for name, table in (("costs", costs()), ("country", country())):
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        text = text[: text.index(start) + len(start)] + table + "\n" + text[text.index(end) :]
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
