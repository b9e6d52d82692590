"""A stolen database shows neither who is in it nor that two registers overlap (T1, T2, T20, T23)."""

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from samenloop.profile import EpochProfiles, Profile
from samenloop.wire.register import item_bytes
from samenloop_coordinator.agreement import Agreement
from samenloop_coordinator.pepper import Pepper, RegisterPepper, Scope, read_root
from samenloop_coordinator.registering import Unit
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, MAYOR, POLICE, PROBATION, put, tokens
from tests.coordinator.world import World, play

PEOPLE = [f"planted-{number}" for number in range(1000)]
GUESSED = PEOPLE[:1000]


async def _planted(world: World) -> None:
    for start in range(0, len(PEOPLE), 200):
        await world.register(POLICE, [put("politie", person) for person in PEOPLE[start : start + 200]])
        await world.register(HOUSE, [put("vhh_casus", person) for person in PEOPLE[start : start + 200]])
    for person in PEOPLE[:20]:
        await world.ask(PROBATION, [POLICE, HOUSE, MAYOR], person)


def _dump(consortium: Consortium) -> sqlite3.Connection:
    return sqlite3.connect(consortium.config.data.database)


def _values(database: sqlite3.Connection) -> dict[int, set[bytes]]:
    """Return the stored values per register: from the index and from the rows that serve withdrawal."""
    found: dict[int, set[bytes]] = defaultdict(set)
    places = dict(database.execute("SELECT id, place FROM registration"))
    for row, blob in database.execute("SELECT registration, tokens FROM handle"):
        found[places[row]] |= {blob[start : start + 16] for start in range(0, len(blob), 16)}
    for value, row in database.execute("SELECT value, registration FROM token"):
        found[places[row]].add(value)
    return found


def _overlaps(database: sqlite3.Connection, pepper: bytes | None) -> int:
    """Return how many values of one register are found in another, as they are or put through any key we know."""
    values = list(_values(database).values())
    assert [len(one) >= len(PEOPLE) for one in values] == [True, True]
    joined = [values[0] & values[1]]
    if pepper is not None:
        joined += [
            _through(keys, values[0]) & _through(other, values[1]) for keys in _all(pepper) for other in _all(pepper)
        ]
    return max(len(one) for one in joined)


def _profiles(*recipes: str) -> EpochProfiles:
    return EpochProfiles(Profile("test", recipes, ()))


def _all(pepper: bytes) -> list[RegisterPepper]:
    scopes = [
        Scope("zvh-demo", "casusoverleg", POLICE, "politie"),
        Scope("zvh-demo", "casusoverleg", HOUSE, "casussen"),
    ]
    return [Pepper(pepper).register(scope, _profiles("name", "fragments", "surname-initial")) for scope in scopes]


def _through(keys: RegisterPepper, values: Iterable[bytes]) -> set[bytes]:
    return {keys.handle("shown", value) for value in values} | set(values)


def _persons_found(database: sqlite3.Connection, files: Iterable[bytes]) -> int:
    """Return how many guessed people somebody with the consortium key, the dump and all logs can recognise."""
    everything = b"".join(files)
    facts = {row[0]: row[1] for row in database.execute("SELECT registration_id, facts FROM registration")}
    assert facts
    return sum(_recognised(person, everything) for person in GUESSED)


def _recognised(person: str, everything: bytes) -> bool:
    found = tokens(person)
    pieces = [found.tokens[start : start + 16] for start in range(0, len(found.tokens), 16)]
    plain = hashlib.sha256(found.tokens).digest()
    return any(guess in everything for guess in (*pieces, plain, plain.hex().encode()))


def _files(folder: Path) -> list[bytes]:
    paths = [path for path in (folder / "coordinator").iterdir() if path.is_file() and path.name != "pepper.key"]
    return [path.read_bytes() for path in paths]


def test_a_stolen_database_shows_0_of_1000_planted_overlaps_with_and_without_the_pepper(consortium: Consortium) -> None:
    play(consortium, _planted)
    database = _dump(consortium)
    assert _overlaps(database, None) == 0
    assert _overlaps(database, read_root(consortium.config.secrets.pepper)) == 0


def test_control_with_one_shared_pepper_all_1000_show(consortium: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    def shared(self: Agreement, participant: str, register: str) -> RegisterPepper:
        return self.pepper.register(Scope("zvh-demo", "casusoverleg", "all", "all"), self.profiles)

    monkeypatch.setattr(Agreement, "register_pepper", shared)
    play(consortium, _planted)
    assert _overlaps(_dump(consortium), None) >= len(PEOPLE)


def test_the_consortium_key_with_dump_and_logs_but_without_the_pepper_finds_0_of_1000(consortium: Consortium) -> None:
    play(consortium, _planted)
    assert _persons_found(_dump(consortium), _files(consortium.folder)) == 0


def test_control_a_build_with_a_plain_payload_hash_is_found_for_every_one_person_chunk(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Unit._public

    def plain(self: Unit, tally: Any) -> dict[str, object]:
        item = self.prepared[0].item
        blob = item.token_sets[0].tokens if item else b""
        return {**honest(self, tally), "commitment": hashlib.sha256(blob).hexdigest()}

    monkeypatch.setattr(Unit, "_public", plain)

    async def scenario(world: World) -> None:
        for person in PEOPLE[:50]:
            await world.register(POLICE, [put("politie", person)])

    play(consortium, scenario)
    everything = b"".join(_files(consortium.folder))
    assert sum(_recognised(person, everything) for person in PEOPLE[:50]) == 50


def test_no_token_as_a_node_sent_it_and_no_unsalted_item_is_anywhere_on_disk(consortium: Consortium) -> None:
    items = [put("politie", person) for person in PEOPLE[:20]]

    async def scenario(world: World) -> None:
        for item in items:
            await world.register(POLICE, [item])

    play(consortium, scenario)
    everything = b"".join(_files(consortium.folder))
    for item in items:
        blob = item_bytes(item)
        prefixed = hashlib.sha256(len(blob).to_bytes(4, "big") + blob).digest()
        assert item.token_sets[0].tokens[:16] not in everything
        assert prefixed not in everything
        assert prefixed.hex().encode() not in everything
        assert item.registration_id in everything


def test_values_of_two_purposes_covenants_epochs_recipes_or_registers_never_compare_equal(
    consortium: Consortium,
) -> None:
    root = read_root(consortium.config.secrets.pepper)
    scopes = [
        Scope(covenant, purpose, participant, register)
        for covenant in ("zvh-demo", "other")
        for purpose in ("casusoverleg", "zsm")
        for participant in ("a", "b")
        for register in ("r", "s")
    ]
    recipes = _profiles(*(f"recipe-{number}" for number in range(20)))
    seen: set[bytes] = set()
    made = 0
    for scope in scopes:
        for epoch in ("2026-1", "2026-2"):
            for value in Pepper(root).register(scope, recipes).pepper(tokens("anna", epoch=epoch)):
                seen.add(value)
                made += 1
    assert len(seen) == made
