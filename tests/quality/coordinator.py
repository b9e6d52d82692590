"""The coordinator's own pepper, store and search with the nodes' own tokens, over rows of CSV files; no network."""

import os
from collections.abc import Iterable, Mapping, Sequence

from samenloop.model import EpochId, RegistrationId, TokenSet
from samenloop.profile import EpochProfiles
from samenloop_coordinator.pepper import RegisterPepper, Scope
from samenloop_coordinator.search import prepare, search
from samenloop_coordinator.store.sqlite import SqliteStore
from samenloop_coordinator.store.values import Mark, NewRegistration, Place
from samenloop_node.tokens.keys import EpochKeys
from samenloop_node.tokens.tokenise import tokenise
from tests.quality.linkage import parsed

Rows = Mapping[str, Sequence[Mapping[str, str]]]
Questions = set[tuple[str, str]]


class Coordinator:
    """Registers and asks every row of every organisation; each epoch with the profile that it has."""

    def __init__(self, rows: Rows, epochs: Sequence[str], profiles: EpochProfiles) -> None:
        self.profiles = profiles
        self._peppers = {
            name: RegisterPepper(os.urandom(32), Scope("test", "zvh", name, "register"), profiles) for name in rows
        }
        keys = [
            EpochKeys(os.urandom(32), "test", "zvh", EpochId(epoch), profiles.of(epoch).recipes) for epoch in epochs
        ]
        self._tokens: dict[str, list[tuple[str, dict[str, TokenSet]]]] = {
            name: [
                (row["record_id"], {one.epoch: tokenise(person, profiles.of(one.epoch), one) for one in keys})
                for row in mine
                if (person := parsed(row))
            ]
            for name, mine in rows.items()
        }

    async def register(self, store: SqliteStore, epochs: Iterable[str]) -> None:
        """Store every row with its tokens of these epochs."""
        for name, mine in self._tokens.items():
            place = await store.write(lambda parts, name=name: parts.registrations.make_place(_place(name)))
            new = [self._registration(place, name, [tokens[epoch] for epoch in epochs]) for _record, tokens in mine]
            await store.write(lambda parts, new=new: [parts.registrations.put(one) for one in new])

    async def hits(self, store: SqliteStore, read: Sequence[str], judged_by: EpochProfiles | None = None) -> Questions:
        """Ask every row of all other organisations with its tokens of the epochs `read`."""
        return {
            (record, other)
            for name, mine in self._tokens.items()
            for record, tokens in mine
            for other in await self._ask(store, name, [tokens[epoch] for epoch in read], judged_by or self.profiles)
        }

    def _registration(self, place: int, name: str, sets: Sequence[TokenSet]) -> NewRegistration:
        values = b"".join(value for tokens in sets for value in self._peppers[name].pepper(tokens))
        marks = tuple(Mark(one.epoch, one.mask, one.facts, len(one.tokens) // 16) for one in sets)
        return NewRegistration(place, RegistrationId(os.urandom(16)), b"f", b"", marks, values)

    async def _ask(
        self, store: SqliteStore, asker: str, sets: Sequence[TokenSet], profiles: EpochProfiles
    ) -> list[str]:
        others = [name for name in self._tokens if name != asker]
        probes = prepare([self._peppers[other] for other in others], sets)
        judged = await store.read(lambda parts: search(parts, probes, sets, profiles, []))
        return [other for other, four in zip(others, judged, strict=True) if any(one.hit for one in four)]


def _place(name: str) -> Place:
    return Place("test", name, "register")
