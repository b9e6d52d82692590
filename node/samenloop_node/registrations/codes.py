"""Words in the references of an own system that look like somebody's name and are none: `pol-9` of Jan van de Pol.

A word is a code when several references hold it whose person is not called so, and more of them than whose person is.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from samenloop_node.csvfile import Record
from samenloop_node.identity.mentions import names_in, said_in
from samenloop_node.identity.person import NAME_COLUMNS
from samenloop_node.registrations.rows import OWN_REFERENCES, Layout

_SEVERAL: Final = 3


@dataclass(slots=True)
class Codes:
    """Finds the codes in the references of an export: feed all records, then judge them once more.

    Only words that are the name of somebody in the file are counted, so that memory does not grow with the file.
    """

    layout: Layout
    _suspects: set[str] = field(default_factory=set)

    def feed(self, record: Record) -> None:
        """Look whether the references of a record hold a name of its person."""
        if len(record.fields) == self.layout.width and (said := self._said(record)):
            self._suspects |= self._own(record, said)

    def judge(self, records: Iterable[Record]) -> frozenset[str]:
        """Return the codes, having been fed the same records; reads none when there is nothing to judge."""
        if not self._suspects:
            return frozenset()
        own, others = Counter[str](), Counter[str]()
        for record in records:
            if len(record.fields) == self.layout.width and (said := self._said(record) & self._suspects):
                called = self._own(record, said)
                own.update(called)
                others.update(said - called)
        return frozenset(word for word, count in others.items() if count >= _SEVERAL and count > own[word])

    def _said(self, record: Record) -> frozenset[str]:
        found = [said_in(text) for column in ("record_id", *OWN_REFERENCES) if (text := self._text(record, column))]
        return frozenset().union(*found)

    def _own(self, record: Record, said: frozenset[str]) -> frozenset[str]:
        return names_in(said, [self._text(record, column) for column in NAME_COLUMNS])

    def _text(self, record: Record, column: str) -> str:
        place = self.layout.places.get(column)
        return record.fields[place] if place is not None else ""


def codes_among(record_ids: Iterable[str], record_id: str) -> frozenset[str]:
    """Return the words of a record id that several registered ones hold too: none of those names its own person."""
    if not (said := said_in(record_id)):
        return said
    shared = Counter(word for one in record_ids if one != record_id for word in said & said_in(one))
    return frozenset(word for word, count in shared.items() if count >= _SEVERAL)
