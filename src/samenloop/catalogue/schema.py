"""The rows of the legal catalogue: strict, frozen, nothing extra (legal catalogue sections 2-6).

A list that names kinds may hold `*` for any kind; an empty list allows nothing.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from samenloop.model import Mode

ANY = "*"
Code = Annotated[str, Field(pattern=r"\A[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*\z", max_length=32)]
RuleId = Annotated[str, Field(pattern=r"\A[RP]-[0-9]{2}\z")]
Category = Literal["O", "H", "C"]
Origin = Literal["eigen", "wpg", "wjsg", "bij", "anders"]


def _mode(value: object) -> object:
    named = {mode.name.lower(): mode for mode in Mode}
    return named.get(value, value) if isinstance(value, str) else value


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


ModeName = Annotated[Mode, BeforeValidator(_mode), PlainSerializer(lambda mode: Mode(mode).name.lower())]
Codes = Annotated[tuple[Code, ...], BeforeValidator(_tuple)]
Kinds = Annotated[tuple[Literal["*"] | Code, ...], BeforeValidator(_tuple)]


class Row(BaseModel):
    """A row of the catalogue: types are not bent, unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Entry(Row):
    """A row with an id that is unique in its table."""

    id: Code


class Partner(Entry):
    """A kind of partner. `consent` false: consent is no ground for this kind (R-51). `needs_power`: R-29.

    `ask_rule` refuses a kind that may not ask. `double_consent`: R-52.
    """

    name: str
    role: Literal["S", "F", "-"]
    ask: Literal["y", "r", "n"]
    ask_rule: RuleId | None = None
    enabled: bool = True
    network: bool = False
    care: bool = False
    consent: bool = True
    double_consent: bool = False
    needs_power: bool = False
    secrecy: Codes
    decider: str
    source: str


class Register(Entry):
    """A kind of register: what a hit on it is in law, and its default mode (sections 2 and 3)."""

    partner: Code
    name: str
    category: Category
    treated_as: Annotated[tuple[Category, ...], BeforeValidator(_tuple)]
    mode: ModeName
    condition: Literal["", "own_source_and_measure"] = ""
    otherwise: ModeName | None = None
    voluntary: ModeName | None = None
    never_rule: RuleId | None = None
    tasks: Codes = ()
    measures: Codes = ()
    acting_for: bool = False
    release: Codes = ()
    retention: Code
    source: str


class ExcludedTask(Entry):
    """A kind of record that may never be in the index, whatever the register (R-14, R-42, R-43)."""

    rule: RuleId
    text: str
    source: str


class PairRule(Row):
    """A rule holder -> receiver (section 5). A condition that is None is no condition; all others must hold."""

    id: RuleId
    part: Literal["", "a", "b"] = ""
    effect: Literal["loosen", "tighten"]
    mode: ModeName
    holders: Kinds
    holder_secrecy: bool = False
    receivers: Kinds
    acting_as: Codes | None = None
    unless_acting_as: Codes = ()
    tasks: Codes | None = None
    origins: Annotated[tuple[Origin, ...] | None, BeforeValidator(_tuple)] = None
    categories: Annotated[tuple[Category, ...] | None, BeforeValidator(_tuple)] = None
    without_permission: bool = False
    consent_required: bool = False
    steps: Code | None = None
    text: str
    source: str


class Ground(Entry):
    """What grounds to process and grounds to break secrecy share: act, pair of kinds, capacity, validity."""

    law: str
    article: str
    text: str
    holders: Kinds
    receivers: Kinds
    acting_as: Codes | None = None
    valid_from: date
    valid_to: date | None = None
    source: str


class Basis(Ground):
    """A ground to give or to receive (R-23, R-25, R-39). `breach`: the breach ground that comes with it."""

    direction: Literal["give", "receive"]
    breach: Code | None = None
    consent: bool = False


class BreachGround(Ground):
    """A ground that breaks secrecy (R-32). `substitute`: may stand in for consent (R-40, R-41)."""

    kind: Literal["consent", "duty", "power", "conflict"]
    breaks: Kinds
    substitute: bool = False


class NeverBasis(Entry):
    """What can never be a ground, and the rule that refuses it."""

    rule: RuleId
    text: str
    source: str


class Secrecy(Entry):
    """An article that obliges to secrecy."""

    law: str
    article: str
    text: str
    source: str


class ListedCode(Row):
    """A code of a closed list. `refused_by`: known, and never usable. `parent`: the index purpose of a purpose."""

    text: str
    source: str
    kinds: Kinds = (ANY,)
    parent: Code | None = None
    refused_by: RuleId | None = None


class Step(Entry):
    """One question to a decision-maker; only an accepted answer passes."""

    rule: RuleId
    text: str
    accepted: Codes
    refused: Codes


class Profile(Entry):
    """The questions that belong together, e.g. the five of the OM. `always`: for every register."""

    always: bool = False
    text: str
    source: str
    steps: Annotated[tuple[Step, ...], BeforeValidator(_tuple)]


class Term(Entry):
    """A term (R-69): `amount` `unit`s after the event `from`."""

    amount: int = Field(ge=0)
    unit: Literal["days", "weeks", "months", "years"]
    start: Code = Field(alias="from")
    text: str
    source: str


class Choice(Entry):
    """A conclusion of our own that is switchable by data. `strict` is the careful side."""

    rule: RuleId
    value: bool
    strict: bool
    text: str


class Limit(Entry):
    """A number of our own. `tighter` says which way is careful."""

    rule: RuleId
    value: int = Field(ge=0)
    tighter: Literal["lower", "higher"]
    text: str


class Rule(Entry):
    """A decision rule: one sentence, and whether software or only people can keep it."""

    id: RuleId
    text: str
    kept_by: Literal["software", "people", "both"]
    people: str = ""
    source: str
