"""For whom a case is listed: one answer at node and coordinator."""

import ast
from pathlib import Path

from samenloop.catalogue import load_catalogue
from samenloop.covenant.acting import acting_kind
from tests.covenant.consortium import demo_covenant, with_row

LAW = load_catalogue()
DEMO = demo_covenant()
ROOT = Path(__file__).parents[2]


def test_R15_of_several_kinds_a_care_providers_counts_first() -> None:
    assert acting_kind(LAW, DEMO, "politie-midden") == "politie"
    both = with_row(DEMO, "politie-midden", asks_as=("politie", "ggz"))
    assert acting_kind(LAW, both, "politie-midden") == "ggz"
    first_by_name = with_row(DEMO, "ggz-midden", asks_as=("burgemeester", "ggz"))
    assert acting_kind(LAW, first_by_name, "ggz-midden") == "ggz"


def test_R01_nobody_is_acted_for_who_is_unknown_or_a_network() -> None:
    assert acting_kind(LAW, DEMO, "school") == ""
    assert acting_kind(LAW, DEMO, "zvh-midden") == ""
    assert acting_kind(LAW, DEMO, "") == ""


def test_node_and_coordinator_have_no_answer_of_their_own() -> None:
    for program in ("node/samenloop_node", "coordinator/samenloop_coordinator"):
        sources = [path.read_text(encoding="utf-8") for path in (ROOT / program).rglob("*.py")]
        defined = {
            node.name for text in sources for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)
        }
        assert "acting_kind" not in defined
        assert any("from samenloop.covenant.acting import acting_kind" in text for text in sources)
