"""The authorisation document (R-09, R-10): who may do what at this partner, one named account per person.

1. An account has one OS user; an OS user has at most one account. Empty roles mean no access.
2. An account without a dated secrecy statement, or outside its own dates, is refused (R-09, R-10).
3. Bureau staff of a Veiligheidshuis ask nothing and see no hit (R-17): they have no role that could.
"""

import enum
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop.reasons import toml_place, why
from samenloop.texts import N_, _

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*$", max_length=64)]


class Role(enum.Enum):
    """What an account may be used for."""

    CASE_WORKER = "case_worker"
    DECISION_MAKER = "decision_maker"
    PRIVACY_OFFICER = "privacy_officer"
    OPERATOR = "operator"


_ROLE_NAMES = {
    Role.CASE_WORKER: N_("casusmedewerker"),
    Role.DECISION_MAKER: N_("beslisser"),
    Role.PRIVACY_OFFICER: N_("privacyfunctionaris"),
    Role.OPERATOR: N_("beheerder"),
}


def _by_value(role: Role) -> str:
    return role.value


@dataclass(frozen=True, slots=True)
class User:
    """One account. `responsible` is the account under whose responsibility this one works (often itself)."""

    name: str
    os_user: str
    roles: frozenset[Role]
    responsible: str
    secrecy_statement: date
    valid_from: date
    valid_until: date

    def check(self, roles: frozenset[Role], today: date) -> None:
        """Refuse unless the account is valid today and has one of `roles`; raises Refused (R-09, R-10)."""
        if self.secrecy_statement > today:
            raise Refused(
                "R-09",
                _(
                    "Account {name} heeft nog geen geldige geheimhoudingsverklaring. Laat die tekenen en vraag de "
                    "beheerder om de dag in het autorisatiedocument te zetten.",
                    name=self.name,
                ),
            )
        if not self.valid_from <= today <= self.valid_until:
            raise Refused(
                "R-10",
                _("Account {name} is vandaag niet geldig. Vraag de beheerder om het te verlengen.", name=self.name),
            )
        if not self.roles & roles:
            needed = ", ".join(f"{_(_ROLE_NAMES[role])} ({role.value})" for role in sorted(roles, key=_by_value))
            raise Refused(
                "R-10", _("Account {name} heeft hiervoor geen rol. Nodig is: {needed}.", name=self.name, needed=needed)
            )


class Authorisations:
    """The parsed document."""

    def __init__(self, users: tuple[User, ...]) -> None:
        self.users: Mapping[str, User] = {user.name: user for user in users}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the document; raises InvalidInput with the place of what is wrong."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(
                "authorisations",
                _("Het autorisatiedocument {path} kan niet worden gelezen: {why}.", path=path, why=why(error)),
            ) from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the document from TOML text; raises InvalidInput."""
        try:
            rows = _Document.model_validate(tomllib.loads(text)).account
        except tomllib.TOMLDecodeError as error:
            raise InvalidInput(
                "authorisations",
                _("Het autorisatiedocument is geen geldig TOML: kijk bij {place}.", place=toml_place(error)),
            ) from error
        except ValidationError as error:
            place = ".".join(str(step) for step in error.errors(include_input=False, include_url=False)[0]["loc"])
            raise InvalidInput(place, _("Het autorisatiedocument heeft bij {place} een fout.", place=place)) from error
        _refuse_shared(rows)
        return cls(tuple(row.user() for row in rows))

    def by_os_user(self, os_user: str) -> User:
        """Return the one account of an OS user; raises SamenloopError(NOT_PERMITTED)."""
        for user in self.users.values():
            if user.os_user == os_user:
                return user
        raise SamenloopError(
            ErrorCode.NOT_PERMITTED,
            _(
                "Gebruiker {name} van deze computer heeft geen account bij Samenloop. Vraag de beheerder (R-10).",
                name=os_user,
            ),
        )

    def named(self, name: str) -> User:
        """Return the account with this name; raises SamenloopError(NOT_PERMITTED)."""
        user = self.users.get(name)
        if user is None:
            raise SamenloopError(
                ErrorCode.NOT_PERMITTED,
                _("Er is geen account {name}. Neem een naam uit het autorisatiedocument (R-10).", name=name),
            )
        return user

    def decision_maker(self, name: str, on: date) -> bool:
        """Say whether `name` was an authorised decision-maker on that day."""
        user = self.users.get(name)
        return user is not None and Role.DECISION_MAKER in user.roles and user.valid_from <= on <= user.valid_until


class _Account(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    os_user: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    roles: list[Role]
    responsible: Name | None = None
    secrecy_statement: date
    valid_from: date
    valid_until: date

    def user(self) -> User:
        return User(
            name=self.name,
            os_user=self.os_user,
            roles=frozenset(self.roles),
            responsible=self.responsible or self.name,
            secrecy_statement=self.secrecy_statement,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account: list[_Account] = Field(min_length=1)


def _refuse_shared(rows: list[_Account]) -> None:
    names = {row.name for row in rows}
    for column, values in (("name", [row.name for row in rows]), ("os_user", [row.os_user for row in rows])):
        shared = [value for value, count in Counter(values).items() if count > 1]
        if shared:
            raise InvalidInput(
                f"account.{column}",
                _(
                    "{column} {value} staat bij twee accounts; elk account is van één persoon (R-10).",
                    column=column,
                    value=shared[0],
                ),
            )
    for row in rows:
        if row.responsible and row.responsible not in names:
            raise InvalidInput(
                "account.responsible", _("{name} is geen account in dit document.", name=row.responsible)
            )
