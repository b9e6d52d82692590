"""What a reviewer can search on: the index fields, and what stands inside an entry (holder, visible answer, rule)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from samenloop.audit.entry import Entry, rows
from samenloop.audit.fields import Event
from samenloop.audit.store import Search
from samenloop.errors import InvalidInput
from samenloop.texts import _

ANSWERS = ("known", "no_message")
FOREVER_MS = 1 << 53


@dataclass(frozen=True, slots=True)
class Filters:
    """One search; an empty text means any. `answer` is the visible answer as given, `question` an id in hex.

    `budget_left` keeps questions after which at most so many were left that day.
    """

    event: str = ""
    actor: str = ""
    user: str = ""
    case: str = ""
    purpose: str = ""
    rule: str = ""
    holder: str = ""
    answer: str = ""
    question: str = ""
    budget_left: int | None = None
    from_ms: int = 0
    until_ms: int = FOREVER_MS

    def __post_init__(self) -> None:
        """Refuse an event or answer that does not exist; raises InvalidInput."""
        if self.event and self.event not in {one.value for one in Event}:
            raise InvalidInput("event", _("Deze soort regel bestaat niet. Voorbeeld: question, refuse, log_view."))
        if self.answer and self.answer not in ANSWERS:
            raise InvalidInput("answer", _("Een antwoord is known of no_message."))

    def used(self) -> tuple[str, ...]:
        """Return the names of the filters that are set, for the entry that says somebody looked."""
        return tuple(one.name.replace("_", "-") for one in fields(self) if getattr(self, one.name) != one.default)

    def search(self) -> Search:
        """Return the part that the index can do."""
        return Search(
            event=self.event or None,
            actor=self.actor or None,
            user=self.user or None,
            case=self.case or None,
            rule=self.rule or None,
            from_ms=self.from_ms,
            until_ms=self.until_ms,
        )

    def keep(self, entry: Entry) -> bool:
        """Tell whether an entry fits the filters that only its body can answer."""
        return self._fits_holders(entry) and self._fits_budget(entry) and self._fits_question(entry)

    def _fits_holders(self, entry: Entry) -> bool:
        asked = rows(entry, "holders")
        purposes = {entry.text("purpose"), *(one.get("purpose", "") for one in asked)}
        if self.purpose and self.purpose not in purposes:
            return False
        if not self.holder and not self.answer:
            return True
        if self.holder and not self.answer and self.holder in (entry.text("holder"), entry.text("receiver")):
            return True
        return any(self._fits_row(one) for one in asked)

    def _fits_row(self, asked: Mapping[str, str]) -> bool:
        return self.holder in ("", asked["holder"]) and self.answer in ("", asked["answer"])

    def _fits_budget(self, entry: Entry) -> bool:
        if self.budget_left is None:
            return True
        return "budget_left" in entry.public and entry.integer("budget_left") <= self.budget_left

    def _fits_question(self, entry: Entry) -> bool:
        return self.question in ("", entry.text("request"), entry.text("question"))
