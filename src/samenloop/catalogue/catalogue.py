"""The whole catalogue as one frozen value, with the look-ups that decisions use. Unknown means not allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from samenloop.catalogue.schema import (
    ANY,
    Basis,
    BreachGround,
    Choice,
    ExcludedTask,
    Limit,
    ListedCode,
    NeverBasis,
    PairRule,
    Partner,
    Profile,
    Register,
    Rule,
    Secrecy,
    Term,
)

V = TypeVar("V")
CODE_LISTS = (
    "indexes",
    "purposes",
    "acting_as",
    "proportionality",
    "subsidiarity",
    "asked_person",
    "anonymous_talk",
    "phone_call",
    "reasons",
    "region_reasons",
    "new_facts",
    "powers",
    "tasks",
    "measures",
    "deferral_grounds",
    "notice_contents",
    "outcomes",
    "roles",
    "closing_reasons",
    "request_kinds",
    "representatives",
    "consent_fields",
    "consent_told",
    "explained_how",
    "pressure",
    "age_bands",
    "consent_exceptions",
    "target_group",
    "intake_consent",
    "informing_exception",
    "triage_parts",
    "triage_moments",
    "triage_outcomes",
    "not_invited",
    "notice_ways",
    "request_outcomes",
    "objection_bases",
)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The law as data. Made by `load_catalogue` or `tightened`, whose checks its look-ups rely on.

    Equal to itself only, so that what was judged by it can be remembered with it.
    """

    partners: Mapping[str, Partner]
    registers: Mapping[str, Register]
    excluded_tasks: Mapping[str, ExcludedTask]
    pairs: tuple[PairRule, ...]
    give: Mapping[str, Basis]
    receive: Mapping[str, Basis]
    never: Mapping[str, NeverBasis]
    secrecy: Mapping[str, Secrecy]
    breach_grounds: Mapping[str, BreachGround]
    codes: Mapping[str, Mapping[str, ListedCode]]
    profiles: Mapping[str, Profile]
    terms: Mapping[str, Term]
    choices: Mapping[str, Choice]
    limits: Mapping[str, Limit]
    rules: Mapping[str, Rule]

    def partner_of(self, kind: str) -> str | None:
        """Return the partner kind of a partner or register kind (`gi_ots_voogdij` -> `gi`); None when unknown."""
        if kind in self.partners:
            return kind
        register = self.registers.get(kind)
        return register.partner if register else None

    def enabled(self, kind: str) -> bool:
        """Tell whether this partner or register kind is known and has an approved profile."""
        partner = self.partner_of(kind)
        return partner is not None and self.partners[partner].enabled

    def listed(self, name: str, code: str) -> ListedCode | None:
        """Return the row of `code` in the closed list `name`, or None when it is not on it."""
        return self.codes[name].get(code)

    def usable(self, name: str, code: str, kind: str = ANY) -> bool:
        """Tell whether `code` is on the list `name`, not barred by a rule, and open to partner kind `kind`."""
        row = self.listed(name, code)
        return row is not None and row.refused_by is None and (kind == ANY or names(row.kinds, kind))

    def index_of(self, purpose: str) -> str | None:
        """Return the index purpose of an index or concrete purpose; None when unknown or barred (R-19)."""
        if self.usable("indexes", purpose):
            return purpose
        row = self.listed("purposes", purpose)
        if row is None or row.refused_by is not None or row.parent is None:
            return None
        return row.parent if self.usable("indexes", row.parent) else None

    def choice(self, name: str) -> bool:
        """Return a switch of choices.toml."""
        return self.choices[name].value

    def limit(self, name: str) -> int:
        """Return a number of choices.toml."""
        return self.limits[name].value


def names(kinds: tuple[str, ...], kind: str) -> bool:
    """Tell whether a list of kinds names `kind`, or any kind."""
    return ANY in kinds or kind in kinds


def frozen(rows: dict[str, V]) -> Mapping[str, V]:
    """Return a read-only view of a fresh copy."""
    return MappingProxyType(dict(rows))
