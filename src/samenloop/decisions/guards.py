"""Guards and machines: every transition lists its guards, every guard names its rule and what is missing.

A refusal holds closed texts and codes only: a guard never sees, and so never repeats, a name or free text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from samenloop.catalogue.catalogue import Catalogue
from samenloop.errors import Refused
from samenloop.texts import _

F = TypeVar("F")
S = TypeVar("S")
E = TypeVar("E")
G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Failing:
    """One unmet condition: the rule, the condition's code, and the place (`parts[1]`) or an empty text."""

    rule: str
    condition: str
    where: str
    text: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.rule, self.condition, self.where) if part)


@dataclass(frozen=True, slots=True)
class Guard(Generic[F]):
    """A condition of a rule. `fails` returns the places where it does not hold; none means that it holds.

    A place is a path of the input such as `parts[0]`, or empty for the whole; where a row of the catalogue names a more
    precise rule, it is a Failing instead. `visible`: the coordinator can see the facts and checks the guard as well.
    """

    rule: str
    condition: str
    text: str
    fails: Callable[[Catalogue, F], Iterable[str | Failing]]
    visible: bool = False

    def failing(self, catalogue: Catalogue, facts: F) -> tuple[Failing, ...]:
        """Return the unmet places of this guard."""
        return tuple(self._one(found) for found in self.fails(catalogue, facts))

    def of(self, part: Callable[[G], F]) -> "Guard[G]":
        """Return the same guard on a larger value that holds the facts as a part."""
        return Guard(
            self.rule, self.condition, self.text, lambda law, whole: self.fails(law, part(whole)), self.visible
        )

    def _one(self, found: str | Failing) -> Failing:
        return found if isinstance(found, Failing) else Failing(self.rule, self.condition, found, self.text)


def when(holds: Callable[[F], bool]) -> Callable[[Catalogue, F], Iterable[str]]:
    """Turn a condition on the facts into the `fails` of a guard."""
    return lambda _catalogue, facts: () if holds(facts) else ("",)


def by_law(holds: Callable[[Catalogue, F], bool]) -> Callable[[Catalogue, F], Iterable[str]]:
    """Turn a condition on catalogue and facts into the `fails` of a guard."""
    return lambda catalogue, facts: () if holds(catalogue, facts) else ("",)


def failing(catalogue: Catalogue, guards: Iterable[Guard[F]], facts: F) -> tuple[Failing, ...]:
    """Return all unmet conditions, in the order of the guards."""
    return tuple(one for guard in guards for one in guard.failing(catalogue, facts))


def require(catalogue: Catalogue, guards: Iterable[Guard[F]], facts: F) -> None:
    """Raise Refused with the first failing rule and all that is missing, when any guard does not hold."""
    refuse(failing(catalogue, guards, facts))


def refuse(unmet: tuple[Failing, ...]) -> None:
    """Raise Refused for unmet conditions; return when there are none."""
    if unmet:
        raise Refused(unmet[0].rule, _(unmet[0].text), tuple(map(str, unmet)))


@dataclass(frozen=True, slots=True)
class Transition(Generic[S, E, F]):
    """From any of `sources`, by `event`, to `target`, when all `guards` hold."""

    sources: tuple[S, ...]
    event: E
    target: S
    guards: tuple[Guard[F], ...]


@dataclass(frozen=True, slots=True)
class Machine(Generic[S, E, F]):
    """A closed list of transitions. `rule` refuses whatever is not on it."""

    name: str
    rule: str
    transitions: tuple[Transition[S, E, F], ...]

    def step(self, catalogue: Catalogue, state: S, event: E, facts: F) -> S:
        """Return the state after `event`. Raises Refused when it is not possible here, or a guard does not hold."""
        transition = self.find(state, event)
        if transition is None:
            raise Refused(self.rule, _("Deze stap kan nu niet."), (f"{self.rule} order",))
        require(catalogue, transition.guards, facts)
        return transition.target

    def find(self, state: S, event: E) -> Transition[S, E, F] | None:
        """Return the transition for `event` in `state`, or None."""
        fitting = (one for one in self.transitions if state in one.sources and one.event == event)
        return next(fitting, None)
