"""Facts and rulings are remembered per covenant version, also while two threads judge by different ones."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from samenloop.catalogue import load_catalogue
from samenloop.model import ParticipantId
from samenloop_coordinator import law
from samenloop_coordinator.law import Records, pack_facts
from samenloop_coordinator.policy import Receiving
from tests.coordinator.harness import facts
from tests.coordinator.test_policy import POLICY, TODAY

OLD: Any = SimpleNamespace(acting="politie")
NEW: Any = SimpleNamespace(acting="ggz")
DATA = pack_facts(facts("vhh_casus"))
REGISTER: Any = SimpleNamespace(id="vhh_casus", kind="vhh_casus", mode=None)
OTHER: Any = SimpleNamespace(id="other", kind="vhh_casus", mode=None)
RECEIVING = Receiving(ParticipantId("reclassering-midden"), ("reclassering",), "", "samenloop", TODAY)


def test_what_one_thread_works_out_under_one_version_is_never_taken_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other thread comes in between, where it hurts most: while this one works out the facts."""
    records, others = Records(load_catalogue()), [NEW]

    def acting(_catalogue: Any, covenant: Any, found: Any) -> Any:
        if others:
            records.facts(others.pop(), b"", "vhh_casus")
        return replace(found, acting_kind=covenant.acting)

    monkeypatch.setattr(law, "with_acting_kind", acting)
    monkeypatch.setattr(law.convert, "record_facts", lambda *_given: facts("vhh_casus"))
    assert records.facts(OLD, DATA, "vhh_casus").acting_kind == "politie"
    assert records.facts(NEW, DATA, "vhh_casus").acting_kind == "ggz"


def test_a_bench_judges_by_the_version_that_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    records, others, made = Records(load_catalogue()), [NEW], law.Bench

    def bench(*given: Any) -> Any:
        if others:
            records.bench(POLICY, others.pop(), OTHER, RECEIVING)
        return made(*given)

    monkeypatch.setattr(law, "Bench", bench)
    assert records.bench(POLICY, OLD, REGISTER, RECEIVING).covenant is OLD
    assert records.bench(POLICY, NEW, REGISTER, RECEIVING).covenant is NEW
    assert records.bench(POLICY, NEW, REGISTER, RECEIVING) is records.bench(POLICY, NEW, REGISTER, RECEIVING)
