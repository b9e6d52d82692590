"""Hold the coverage bars: `python tests/coverage_bar.py var/coverage.json` (made by `make test`).

At least 95% of all lines, and every branch of the parts on which secrecy or proof rests.
"""

import fnmatch
import json
import sys
from pathlib import Path
from typing import Any

LINES_PERCENT = 95.0
EVERY_BRANCH = (
    "*/samenloop_node/tokens/*.py",
    "*/samenloop/covenant/permissions.py",
    "*/samenloop/covenant/requirements.py",
    "*/samenloop/covenant/signatures.py",
    "*/samenloop/audit/tree.py",
)


def main(report: Path) -> int:
    """Print what falls short; return 0 when every bar is met."""
    data = json.loads(report.read_text(encoding="utf-8"))
    problems = [*lines_short(data), *branches_missed(data["files"])]
    for problem in problems:
        print(f"coverage: {problem}", file=sys.stderr)
    if not problems:
        print(f"coverage: {lines_percent(data):.1f}% of lines; every branch of the parts that need it")
    return 1 if problems else 0


def lines_percent(data: dict[str, Any]) -> float:
    """Return the covered share of all lines, in percent (branches apart)."""
    totals = data["totals"]
    return 100.0 * float(totals["covered_lines"]) / max(1, int(totals["num_statements"]))


def lines_short(data: dict[str, Any]) -> list[str]:
    """Return nothing, or the missed bar with the files that miss most lines."""
    percent = lines_percent(data)
    if percent >= LINES_PERCENT:
        return []
    missed = sorted(((entry["summary"]["missing_lines"], name) for name, entry in data["files"].items()), reverse=True)
    worst = [f"{lines} lines missed in {name}" for lines, name in missed[:15] if lines]
    return [f"{percent:.1f}% of lines, wanted {LINES_PERCENT:.0f}%", *worst]


def branches_missed(files: dict[str, Any]) -> list[str]:
    """Return one sentence per listed file with a missed line or branch, and per pattern that meets no file."""
    problems = []
    for pattern in EVERY_BRANCH:
        names = [name for name in files if fnmatch.fnmatch("/" + name, pattern)]
        if not names:
            problems.append(f"no measured file is called {pattern}")
        for name in names:
            entry = files[name]
            if entry["missing_lines"] or entry["missing_branches"]:
                problems.append(f"{name}: lines {entry['missing_lines']}, branches {entry['missing_branches']} not run")
    return problems


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
