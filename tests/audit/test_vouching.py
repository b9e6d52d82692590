"""What a witness's cosignature is worth to a node: how far it looked, not only when."""

from dataclasses import replace

import pytest

from samenloop.audit.vouching import Looked, Vouching, vouch
from samenloop.audit.witness import begin

NOW = 1_770_000_000_000
SECOND = NOW // 1000
KNOWN = Vouching(SECOND - 60, NOW - 60_000, 80, NOW - 60_000)
STATE = replace(begin(NOW - 10 * 86_400_000), size=100)


@pytest.mark.parametrize(
    ("known", "size", "until"),
    [
        (None, 100, SECOND),
        (None, 95, SECOND),
        (None, 94, STATE.since_ms // 1000),
        (KNOWN, 95, SECOND),
        (KNOWN, 94, SECOND - 60),
        (KNOWN, 80, SECOND - 60),
        (replace(KNOWN, covered_ms=NOW - 90_000), 80, SECOND - 60),
        (replace(KNOWN, covered_ms=NOW - 90_000), 79, SECOND - 90),
    ],
    ids=["all", "all of before", "less, first seen", "behind", "far behind", "the mark", "the mark anew", "under it"],
)
def test_a_witness_counts_up_to_what_it_has_not_looked_at(known: Vouching | None, size: int, until: int) -> None:
    found = vouch(known, Looked(size, SECOND), 95, STATE, NOW)
    assert found is not None
    assert found.until == until


def test_fresh_cosignatures_on_a_small_tree_never_help() -> None:
    found: Vouching | None = KNOWN
    for minute in range(10_000):
        now = NOW + minute * 60_000
        state = replace(STATE, size=100 + minute)
        found = vouch(found, Looked(79, now // 1000), 99 + minute, state, now)
    assert found is not None
    assert found.until == KNOWN.until


def test_a_cosignature_from_the_future_changes_nothing() -> None:
    for seconds in (SECOND + 301, 1 << 61):
        assert vouch(KNOWN, Looked(100, seconds), 95, STATE, NOW) is KNOWN
        assert vouch(None, Looked(100, seconds), 95, STATE, NOW) is None
