"""Which event code has which fields, and how many sealed halves (security.md section 4)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from samenloop.audit.fields import Event


class Sealed(enum.Enum):
    """How many sealed halves an entry has."""

    NONE = "none"
    AT_MOST_ONE = "at_most_one"
    PER_HOLDER = "per_holder"


@dataclass(frozen=True, slots=True)
class EventFields:
    """Which fields an event must have and may have (all others are refused), and its sealed halves."""

    must: frozenset[str]
    may: frozenset[str]
    known: frozenset[str]
    sealed: Sealed


_ALWAYS = frozenset({"schema", "event", "origin", "software", "process", "n", "start_ms", "end_ms", "clock"})
_REQUEST = frozenset({"request"})
_WHY = frozenset({"covenant", "version", "purpose", "basis", "case"})
_WHO = frozenset({"actor", "certificate", "role", "acting", "user", "responsible"})
_WHERE = frozenset({"address", "tls", "kex"})
_RULES = frozenset({"epochs", "recipes", "budget_left", "status", "rule"})
_REMOTE = _REQUEST | _WHY | _WHO | _WHERE | _RULES
_LOCAL = _REQUEST | _WHY | _WHO | frozenset({"status", "rule", "reason", "document", "action", "count"})


def _event(
    must: str = "", may: str = "", base: frozenset[str] = _REMOTE, sealed: Sealed = Sealed.AT_MOST_ONE
) -> EventFields:
    required = _ALWAYS | frozenset(must.split())
    optional = (base | frozenset(may.split())) - required
    return EventFields(required, optional, required | optional, sealed)


def _own(must: str = "", may: str = "", sealed: Sealed = Sealed.NONE) -> EventFields:
    return _event(must, may, frozenset(), sealed)


EVENTS: Mapping[Event, EventFields] = {
    Event.QUESTION: _event(
        "request covenant version purpose case actor user status holders epochs",
        "new_fact commitment signature",
        sealed=Sealed.PER_HOLDER,
    ),
    Event.REGISTER: _event(
        "request covenant actor register commitment count",
        "batch final added changed withdrawn failed signature day",
    ),
    Event.WITHDRAW: _event("request covenant actor register count", "batch final reason commitment signature"),
    Event.DECISION_BEFOREHAND: _event(
        "request covenant actor register receivers", "decision commitment signature day count"
    ),
    Event.DECISION_WITHDRAWN: _event(
        "request covenant actor register", "decision commitment signature reason count receivers"
    ),
    Event.RELEASE: _event("request covenant actor question receiver", "signature decision reason"),
    Event.RELEASE_WITHDRAWN: _event("request covenant actor question receiver", "signature decision reason"),
    Event.REFUSE: _event("actor status", "action holders holder register question reason count new_fact"),
    Event.FIND_OWN: _event("request covenant actor", "register reason count commitment signature"),
    Event.FRESHNESS: _event("request covenant actor register day", "count signature"),
    Event.CASE_CLOSED: _event("request covenant actor case", "reason count signature"),
    Event.NODE_ANCHOR: _event("actor anchor", "day signature"),
    Event.COVENANT: _event("covenant version document", "action count", sealed=Sealed.NONE),
    Event.EPOCH: _event("covenant epochs action", "document count holder register signature"),
    Event.KEY_CEREMONY: _event("covenant action", "document signature count holder"),
    Event.SUSPEND: _event("covenant action holder", "document reason count"),
    Event.CONTENT_KEY: _own("day keys"),
    Event.ADMIN: _event("action", "actor user role reason count document holder register day", _LOCAL),
    Event.EXPORT: _event("size", "first last document count filters", _LOCAL),
    Event.LOG_VIEW: _event("filters count", "first last", _LOCAL),
    Event.PURGE: _own("first last term_days", "reason"),
    Event.START: _own("", "size document"),
    Event.STOP: _own("", "size reason"),
    Event.HEARTBEAT: _own("", "size"),
    Event.SAMPLE: _event("drawn due_ms", "size", _LOCAL),
    Event.SIGN_OFF: _event("entry", "drawn", _LOCAL),
    Event.ESCALATE: _event("entry", "", _LOCAL),
    Event.ALARM: _event("reason", "holder register size due_ms", _LOCAL),
    Event.LOGIN: _event("status", "address", _LOCAL),
    Event.ANSWER: _event("question", "holders commitment epochs recipes size entry", _LOCAL | _WHERE),
    Event.INBOX_VIEW: _event("question", "holder receiver", _LOCAL),
    Event.WITHHOLD: _event("question", "receiver register decision", _LOCAL),
    Event.LAPSE: _event("question", "receiver register", _LOCAL),
    Event.CASE: _event("case action", "question holders receivers day due_ms decision", _LOCAL),
    Event.CONSENT: _event("action", "receiver receivers day due_ms decision", _LOCAL),
    Event.NOTICE: _event("action", "question day due_ms receiver", _LOCAL),
    Event.PROTOCOL: _event("receiver", "question register decision day", _LOCAL),
    Event.RIGHTS: _event("action", "day due_ms receiver decision", _LOCAL),
    Event.LETTER: _event("action", "day receiver question", _LOCAL),
    Event.CONTACT: _event("question", "holder receiver day", _LOCAL),
    Event.SYNC: _event("register", "batch final added changed withdrawn failed commitment day", _LOCAL),
}
