"""The tree against the RFC's own definitions, against another implementation, and against forged proofs."""

import base64
import importlib.util
import json
import os
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.audit import tree
from samenloop.errors import IntegrityError

VECTORS = Path(__file__).parents[1] / "vectors" / "audit"
FULL = os.environ.get("FULL") == "1"
pytestmark = pytest.mark.timeout(3_600 if FULL else 300)
"""A full run does a hundred times the work, on a machine that may do other things too."""


class Stored:
    """A tree whose nodes are kept, as a store would."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.frontier, nodes = tree.extend(tree.Frontier(), leaves)
        self.nodes = {(node.level, node.index): node.hash for node in nodes}
        self.reads = 0

    def read(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.nodes[level, index]

    def root(self, size: int) -> bytes:
        return tree.frontier(size, self.read).root()


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tree_vectors", VECTORS / "make_tree_vectors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name: str) -> Iterator[dict[str, object]]:
    for line in (VECTORS / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def raw(value: object) -> bytes:
    return base64.b64decode(str(value))


def corrupt(name: str, proof: list[bytes]) -> Iterator[list[bytes]]:
    """Yield each proof that a corruption of the vectors stands for."""
    match name:
        case "as_is" | "other_leaf" | "other_root" | "shift":
            yield proof
        case "drop_first":
            yield proof[1:]
        case "drop_last":
            yield proof[:-1]
        case "add_hash":
            yield [*proof, bytes(32)]
            yield [bytes(32), *proof]
        case "reverse":
            yield proof[::-1]
        case "short":
            yield [*proof[:-1], proof[-1][:31]]
        case "flip":
            for place, one in enumerate(proof):
                yield [*proof[:place], bytes([one[0] ^ 1]) + one[1:], *proof[place + 1 :]]


def accepted(check: object, *values: object) -> bool:
    try:
        check(*values)  # type: ignore[operator]
    except IntegrityError:
        return False
    return True


def test_the_vector_files_are_what_their_script_makes() -> None:
    for name, content in generator().files().items():
        assert (VECTORS / name).read_text(encoding="utf-8") == content


def test_every_inclusion_vector_has_its_expected_outcome() -> None:
    stored = Stored([tree.leaf_hash(bytes([number])) for number in range(64)])
    count = 0
    for row in rows("inclusion.jsonl"):
        m, n, proof = int(str(row["m"])), int(str(row["n"])), [raw(one) for one in row["proof"]]  # type: ignore[attr-defined]
        assert list(tree.inclusion(m, n, stored.read)) == proof
        for name, outcome in row["outcome"].items():  # type: ignore[attr-defined]
            leaf = stored.leaves[(m + 1) % 64] if name == "other_leaf" else raw(row["leaf"])
            root = stored.root(n % 64 + 1) if name == "other_root" else raw(row["root"])
            for bad in corrupt(name, proof):
                found = accepted(tree.verify_inclusion, leaf, m + (name == "shift"), n, bad, root)
                assert found == (outcome == "accept"), (m, n, name)
                count += 1
    assert count > 20_000


def test_every_consistency_vector_has_its_expected_outcome() -> None:
    stored = Stored([tree.leaf_hash(bytes([number])) for number in range(64)])
    count = 0
    for row in rows("consistency.jsonl"):
        m, n, proof = int(str(row["m"])), int(str(row["n"])), [raw(one) for one in row["proof"]]  # type: ignore[attr-defined]
        assert list(tree.consistency(m, n, stored.read)) == proof
        for name, outcome in row["outcome"].items():  # type: ignore[attr-defined]
            old, new = raw(row["old_root"]), raw(row["new_root"])
            if name == "other_root":
                assert not accepted(tree.verify_consistency, m, n, proof, stored.root(m % 64 + 1), new)
                if m == 0:
                    continue  # every tree extends the empty one
                new = stored.root(n % 64 + 1)
            for bad in corrupt(name, proof):
                assert accepted(tree.verify_consistency, m, n, bad, old, new) == (outcome == "accept"), (m, n, name)
                count += 1
    assert count > 20_000


def test_roots_and_inclusion_proofs_agree_with_an_independent_implementation() -> None:
    pymerkle = pytest.importorskip("pymerkle")
    source = random.Random(20261121)
    for _number in range(10_000 if FULL else 100):
        bodies = [source.randbytes(source.randrange(40)) for _leaf in range(source.randrange(1, 60))]
        oracle = pymerkle.InmemoryTree(algorithm="sha256")
        for body in bodies:
            oracle.append_entry(body)
        stored = Stored([tree.leaf_hash(body) for body in bodies])
        assert stored.frontier.root() == oracle.get_root()
        index = source.randrange(len(bodies))
        theirs = oracle.prove_inclusion(index + 1, len(bodies))
        assert list(tree.inclusion(index, len(bodies), stored.read)) == theirs.path[1:]


def test_appending_one_by_one_gives_the_same_tree_as_all_at_once() -> None:
    whole = Stored(leaves(100))
    frontier = tree.Frontier()
    for leaf in leaves(100):
        frontier, _nodes = tree.extend(frontier, (leaf,))
    assert frontier == whole.frontier
    assert frontier.root() == tree.root(leaves(100))
    assert tree.Frontier().root() == tree.EMPTY_ROOT == tree.root([])


def test_a_tree_of_ten_million_is_continued_with_a_handful_of_reads() -> None:
    reads: list[tuple[int, int]] = []

    def read(level: int, index: int) -> bytes:
        reads.append((level, index))
        return bytes(32)

    frontier = tree.frontier(10_000_000, read)
    assert len(reads) == (10_000_000).bit_count() == len(frontier.peaks)
    _grown, nodes = tree.extend(frontier, (bytes(32),))
    assert len(nodes) <= 24
    tree.inclusion(1, 10_000_000, read)
    tree.consistency(9_999_999, 10_000_000, read)
    assert len(reads) < 200


def test_appending_costs_the_same_in_a_large_log_as_in_a_small_one() -> None:
    def cost(size: int) -> int:
        frontier = tree.frontier(size, lambda _level, _index: bytes(32))
        tracemalloc.start()
        _grown, nodes = tree.extend(frontier, [bytes(32)] * 1000)
        tracemalloc.stop()
        return len(nodes)

    assert cost(1 << 40) <= cost(1 << 10) + 40


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_there_is_no_inclusion_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(IntegrityError):
        tree.inclusion(index, size, Stored(leaves(4)).read)
    with pytest.raises(IntegrityError):
        tree.verify_inclusion(bytes(32), index, size, (), bytes(32))


@pytest.mark.parametrize(("old", "new"), [(-1, 2), (3, 2)])
def test_there_is_no_consistency_proof_for_a_shrinking_tree(old: int, new: int) -> None:
    with pytest.raises(IntegrityError):
        tree.consistency(old, new, Stored(leaves(4)).read)
    with pytest.raises(IntegrityError):
        tree.verify_consistency(old, new, (), bytes(32), bytes(32))


def test_a_consistency_proof_cannot_be_empty_for_a_growing_tree() -> None:
    stored = Stored(leaves(7))
    for old in (3, 4):
        with pytest.raises(IntegrityError):
            tree.verify_consistency(old, 7, (), stored.root(old), stored.root(7))


def test_the_empty_tree_has_one_root_only() -> None:
    with pytest.raises(IntegrityError):
        tree.verify_consistency(0, 0, (), tree.EMPTY_ROOT, bytes(32))


@settings(max_examples=20_000 if FULL else 120, deadline=None)
@given(data=st.data(), size=st.integers(1, 200))
def test_no_altered_inclusion_proof_is_accepted(data: st.DataObject, size: int) -> None:
    stored = Stored(leaves(size))
    index = data.draw(st.integers(0, size - 1))
    proof = list(tree.inclusion(index, size, stored.read))
    claimed = data.draw(st.integers(0, size - 1))
    leaf = stored.leaves[data.draw(st.integers(0, size - 1))]
    altered = data.draw(alterations(proof))
    truth = altered == list(tree.inclusion(claimed, size, stored.read)) and leaf == stored.leaves[claimed]
    assert accepted(tree.verify_inclusion, leaf, claimed, size, altered, stored.root(size)) == truth


@settings(max_examples=20_000 if FULL else 120, deadline=None)
@given(data=st.data(), new=st.integers(1, 200))
def test_no_altered_consistency_proof_is_accepted(data: st.DataObject, new: int) -> None:
    stored = Stored(leaves(new))
    old = data.draw(st.integers(1, new))
    forked = Stored([*leaves(new)[: old - 1], tree.leaf_hash(b"other"), *leaves(new)[old:]])
    proof = list(tree.consistency(old, new, stored.read))
    altered = data.draw(alterations(proof))
    truth = altered == proof
    assert accepted(tree.verify_consistency, old, new, altered, stored.root(old), stored.root(new)) == truth
    assert not accepted(tree.verify_consistency, old, new, altered, stored.root(old), forked.root(new))
    assert not accepted(tree.verify_consistency, old, new, altered, forked.root(old), stored.root(new))


def test_no_forged_proof_of_a_million_is_accepted() -> None:
    """Random changes of true proofs, of both kinds: FULL=1 tries a million, every run some thousands."""
    source = random.Random()
    stored = Stored(leaves(300))
    roots = [stored.root(size) for size in range(301)]
    for _number in range(1_000_000 if FULL else 5_000):
        size = source.randrange(2, 301)
        index = source.randrange(size)
        kind = source.random() < 0.5
        proof = list(tree.inclusion(index, size, stored.read) if kind else tree.consistency(index, size, stored.read))
        if not proof:
            continue
        place = source.randrange(len(proof))
        match source.randrange(4):
            case 0:
                proof[place] = (int.from_bytes(proof[place], "big") ^ 1 << source.randrange(256)).to_bytes(32, "big")
            case 1:
                del proof[place]
            case 2:
                proof.insert(place, source.choice([bytes(32), proof[-1], stored.leaves[index]]))
            case 3:
                proof[place] = source.randbytes(32)
        if kind:
            assert not accepted(tree.verify_inclusion, stored.leaves[index], index, size, proof, roots[size])
        else:
            assert not accepted(tree.verify_consistency, index, size, proof, roots[index], roots[size])


@st.composite
def alterations(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """Draw the proof itself, or one with hashes added, removed, swapped or changed."""
    altered = list(proof)
    for _step in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(altered)))
        match draw(st.sampled_from(("insert", "remove", "change", "swap"))):
            case "insert":
                altered.insert(place, draw(st.sampled_from([bytes(32), *proof])))
            case "remove" if place < len(altered):
                altered.pop(place)
            case "change" if place < len(altered):
                bit = draw(st.integers(0, 255))
                number = int.from_bytes(altered[place], "big") ^ 1 << bit
                altered[place] = number.to_bytes(32, "big")
            case "swap" if place + 1 < len(altered):
                altered[place], altered[place + 1] = altered[place + 1], altered[place]
    return altered
