"""The coverage bars can fail: otherwise `make test` would prove less than it says."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

_SPEC = importlib.util.spec_from_file_location("coverage_bar", Path(__file__).with_name("coverage_bar.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
bar = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bar)


def _report(covered: int, missing_branches: list[list[int]] | None = None, left_out: str = "") -> dict[str, Any]:
    names = [pattern.removeprefix("*/").replace("*", "one") for pattern in bar.EVERY_BRANCH]
    entry = {"summary": {"missing_lines": 0}, "missing_lines": [], "missing_branches": missing_branches or []}
    files = {f"src/{name}": entry for name in names if name != left_out}
    return {"totals": {"covered_lines": covered, "num_statements": 100}, "files": files}


@pytest.mark.parametrize(
    ("report", "code"),
    [
        pytest.param(_report(95), 0, id="exactly at the bar passes"),
        pytest.param(_report(94), 1, id="one line too few fails"),
        pytest.param(_report(100, [[3, 5]]), 1, id="a missed branch where every branch counts fails"),
        pytest.param(_report(100, left_out="samenloop/audit/tree.py"), 1, id="a part that is not measured fails"),
    ],
)
def test_the_bar_decides(report: dict[str, Any], code: int, tmp_path: Path) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    assert bar.main(path) == code
