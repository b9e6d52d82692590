"""What differs between two catalogues: one line per row and field, for people who approve a change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from samenloop.catalogue.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Difference:
    """A row or field that differs; `before` or `after` is None where the row is not there."""

    where: str
    before: str | None
    after: str | None


def tables(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Return the catalogue as plain tables of JSON values, row id -> row."""
    plain = {
        name: _plain(getattr(catalogue, name))
        for name in Catalogue.__dataclass_fields__
        if name not in ("pairs", "codes")
    }
    plain["pairs"] = _plain({f"{pair.id}{pair.part}": pair for pair in catalogue.pairs})
    return {**plain, **{name: _plain(rows) for name, rows in catalogue.codes.items()}}


def differences(before: Catalogue, after: Catalogue) -> tuple[Difference, ...]:
    """Return all differences, in the order of the tables."""
    old, new = tables(before), tables(after)
    return tuple(found for name in old for found in _table(name, old[name], new[name]))


def _plain(rows: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row.model_dump(mode="json", by_alias=True) for key, row in rows.items()}


def _table(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            yield Difference(f"{name}.{key}", None if before is None else "-", None if after is None else "+")
            continue
        for field in before:
            if before[field] != after[field]:
                yield Difference(f"{name}.{key}.{field}", str(before[field]), str(after[field]))
