"""docs/explanation/scale.md says what the cost model says, and the model can be wrong."""

import pytest

from tests.bench import model
from tests.bench.figures import Figure
from tests.doc_tools import doc_tool

scale = doc_tool("scale")
HMAC = Figure("machine", "bare hmac.digest", 10_000, 800_000, "calls/s")


def test_the_page_has_the_figures_of_the_model() -> None:
    text = scale.PAGE.read_text(encoding="utf-8")
    assert scale.page(text) == text


def test_another_cost_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control."""
    text = scale.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(model, "COSTS", (*model.COSTS[:-1], model.Cost("registering", "sync, end to end", 1, "s")))
    assert scale.page(text) != text


@pytest.mark.parametrize(("measured", "met"), [(1.2, True), (1.7, True), (0.9, True), (1.9, False), (0.7, False)])
def test_a_measured_cost_far_from_the_model_is_a_bar_not_met(measured: float, *, met: bool) -> None:
    cost = Figure("asking", "processor time per question, coordinator", 10_000, measured, "ms")
    (found,) = model.compared([HMAC, cost])
    assert found.met is met


def test_more_persons_may_cost_what_a_lookup_costs_and_no_more() -> None:
    def run(p50: float) -> bool | None:
        asked = [
            Figure("asking", "at the wire, concurrency 1: p50", size, ms, "ms") for size, ms in ((1, 1.5), (9, p50))
        ]
        looked = [Figure("coordinator", "one lookup of 60 values", size, ms, "ms") for size, ms in ((1, 0.1), (9, 0.6))]
        (found,) = model.compared([*asked, *looked])
        return found.met

    assert run(2.0)
    assert run(2.9)
    assert not run(3.2), "twice the lookup's share"
