"""The fields of an audit entry as data: their form, who may see them, and which event code has which (security.md
section 4).

Public half: everything named here. Nothing else may stand in an entry; free text, names, tokens and what is derived
from tokens have no field. A field that a view does not list is not in that view (`samenloop.audit.views`).
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from samenloop.audit.forms import Check, boolean, hex_of, integer, list_of, matches, one_of, row


class Event(enum.Enum):
    """What an entry records. Closed: another code is refused."""

    # coordinator
    QUESTION = "question"
    REGISTER = "register"
    WITHDRAW = "withdraw"
    DECISION_BEFOREHAND = "decision_beforehand"
    DECISION_WITHDRAWN = "decision_withdrawn"
    RELEASE = "release"
    RELEASE_WITHDRAWN = "release_withdrawn"
    REFUSE = "refuse"
    FIND_OWN = "find_own"
    FRESHNESS = "freshness"
    CASE_CLOSED = "case_closed"
    NODE_ANCHOR = "node_anchor"
    COVENANT = "covenant"
    EPOCH = "epoch"
    KEY_CEREMONY = "key_ceremony"
    SUSPEND = "suspend"
    # both logs
    CONTENT_KEY = "content_key"
    ADMIN = "admin"
    EXPORT = "export"
    LOG_VIEW = "log_view"
    PURGE = "purge"
    START = "start"
    STOP = "stop"
    HEARTBEAT = "heartbeat"
    SAMPLE = "sample"
    SIGN_OFF = "sign_off"
    ESCALATE = "escalate"
    ALARM = "alarm"
    # a node's own log
    LOGIN = "login"
    ANSWER = "answer"
    INBOX_VIEW = "inbox_view"
    WITHHOLD = "withhold"
    LAPSE = "lapse"
    CASE = "case"
    CONSENT = "consent"
    NOTICE = "notice"
    PROTOCOL = "protocol"
    RIGHTS = "rights"
    LETTER = "letter"
    CONTACT = "contact"
    SYNC = "sync"


class View(enum.Enum):
    """Who looks. Operator and auditor see the whole public half; the auditor opens sealed halves too. The subject is
    the person whom an entry of a node's own log is about.
    """

    REQUESTER = "requester"
    OWNER = "owner"
    SUBJECT = "subject"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class Sealed(enum.Enum):
    """How many sealed halves an entry has."""

    NONE = "none"
    AT_MOST_ONE = "at_most_one"
    PER_HOLDER = "per_holder"


@dataclass(frozen=True, slots=True)
class Field:
    """Form of a field, and the views besides operator and auditor that show it."""

    check: Check
    views: frozenset[View]

    def shown_to(self, view: View) -> bool:
        """Tell whether a view may hold this field."""
        return view in (View.OPERATOR, View.AUDITOR) or view in self.views


@dataclass(frozen=True, slots=True)
class EventFields:
    """Which fields an event must have and may have (all others are refused), and its sealed halves."""

    must: frozenset[str]
    may: frozenset[str]
    known: frozenset[str]
    sealed: Sealed


_CODE = matches(r"(?=.{1,64}\Z)[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*")
_RULE = matches(r"[A-Z]{1,3}-[0-9]{1,3}|(?=.{1,64}\Z)[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*")
_ORIGIN = matches(r"[^\s+\x00-\x1f\x7f]{1,255}")
_SHORT = matches(r"[!-~]{1,100}")
_REFERENCE = matches(r"(?:[0-9a-f]{2}){8,32}")
_EPOCH = matches(r"[0-9]{4}-[0-9]{1,3}")
_DAY = matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REGISTRATION = hex_of(16)
_WRAP = row({"holder": _CODE, "key": hex_of(8), "for_holder": hex_of(80), "for_auditor": hex_of(80)}, {})

HOLDER_ROW_MUST: Mapping[str, Check] = {"holder": _CODE, "answer": one_of("known", "no_message", "none")}
HOLDER_ROW_MAY: Mapping[str, Check] = {
    "purpose": _CODE,
    "necessity": _CODE,
    "give": _SHORT,
    "receive": _SHORT,
    "inform": _SHORT,
    "acting_as": _CODE,
    "updated": _DAY,
    "region_reason": _CODE,
}

_PARTIES = frozenset({View.REQUESTER, View.OWNER})
_OWN = frozenset({View.REQUESTER})
_ALL = _PARTIES | {View.SUBJECT}
_OWN_AND_SUBJECT = frozenset({View.REQUESTER, View.SUBJECT})
_HIDDEN: frozenset[View] = frozenset()

FIELDS: Mapping[str, Field] = {
    # what kind of entry, made by what
    "schema": Field(lambda value: value == 1 and type(value) is int, _PARTIES),
    "event": Field(one_of(*(event.value for event in Event)), _ALL),
    "origin": Field(_ORIGIN, _PARTIES),
    "software": Field(_SHORT, _PARTIES),
    "normaliser": Field(_CODE, _PARTIES),
    # when
    "start_ms": Field(integer, _PARTIES),
    "end_ms": Field(integer, _ALL),
    "process": Field(hex_of(8), _OWN),
    "n": Field(integer, _OWN),
    "clock": Field(one_of("ok", "stepped", "unsynced"), _OWN),
    # trace
    "trace": Field(hex_of(16), _PARTIES),
    "span": Field(hex_of(8), _OWN),
    "parent": Field(hex_of(8), _OWN),
    "request": Field(hex_of(16), _PARTIES),
    "activity": Field(_SHORT, _PARTIES),
    # why
    "covenant": Field(_CODE, _PARTIES),
    "version": Field(integer, _PARTIES),
    "purpose": Field(_CODE, _ALL),
    "basis": Field(_SHORT, _ALL),
    "case": Field(_REFERENCE, _OWN),
    "new_fact": Field(_CODE, _OWN),
    # who
    "actor": Field(_CODE, _ALL),
    "certificate": Field(hex_of(32), _OWN),
    "role": Field(_CODE, _ALL),
    "acting": Field(_CODE, _ALL),
    "user": Field(_REFERENCE, _OWN),
    "responsible": Field(_REFERENCE, _OWN),
    # from where
    "node": Field(_SHORT, _OWN),
    "address": Field(_SHORT, _OWN),
    "tls": Field(_SHORT, _OWN),
    "kex": Field(_SHORT, _OWN),
    # about what
    "holders": Field(list_of(row(HOLDER_ROW_MUST, HOLDER_ROW_MAY), 100), _ALL),
    "question": Field(hex_of(16), _PARTIES),
    "receiver": Field(_CODE, _ALL),
    "receivers": Field(list_of(_CODE, 100), _ALL),
    "holder": Field(_CODE, _ALL),
    "register": Field(_CODE, _OWN),
    "commitment": Field(hex_of(32), _OWN),
    "signature": Field(matches("[0-9a-f]{128}"), _PARTIES),
    "document": Field(hex_of(32), _PARTIES),
    "decision": Field(_REFERENCE, _OWN),
    "action": Field(_CODE, _OWN_AND_SUBJECT),
    "reason": Field(_RULE, _OWN),
    # how it went
    "status": Field(_CODE, _PARTIES),
    "rule": Field(_RULE, _OWN),
    "count": Field(integer, _OWN),
    "added": Field(integer, _OWN),
    "changed": Field(integer, _OWN),
    "withdrawn": Field(integer, _OWN),
    "failed": Field(integer, _OWN),
    # by which rules
    "policy": Field(_SHORT, _PARTIES),
    "epochs": Field(list_of(_EPOCH, 8), _PARTIES),
    "recipes": Field(_CODE, _PARTIES),
    "budget_left": Field(integer, _OWN),
    "batch": Field(integer, _OWN),
    "final": Field(boolean, _OWN),
    "day": Field(_DAY, _PARTIES),
    # the log about itself
    "keys": Field(list_of(_WRAP, 1000), _HIDDEN),
    "anchor": Field(hex_of(32), _OWN),
    "first": Field(integer, _HIDDEN),
    "last": Field(integer, _HIDDEN),
    "term_days": Field(integer, _HIDDEN),
    "filters": Field(list_of(_CODE, 20), _HIDDEN),
    "drawn": Field(list_of(integer, 1000), _HIDDEN),
    "due_ms": Field(integer, _HIDDEN),
    "entry": Field(integer, _HIDDEN),
    "size": Field(integer, _HIDDEN),
}

HALF_FIELDS: Mapping[str, Check] = {
    "result": one_of("none", "shown", "hidden", "withheld", "excluded", "done", "refused"),
    "reason": _RULE,
    "rule": _RULE,
    "mode": _CODE,
    "registrations": list_of(_REGISTRATION, 8),
    "more": boolean,
    "register": _CODE,
    "epochs": list_of(_EPOCH, 8),
    "recipes": list_of(integer, 64),
    "decision": _REFERENCE,
    "user": matches(r"[^\x00-\x1f\x7f]{1,100}"),
    "motive": matches(r"[^\x00-\x1f\x7f]{1,1500}"),
    "paper": matches(r"[^\x00-\x1f\x7f]{1,100}"),
}
"""Fields of a sealed half. User names and motives only in a node's own log; never a name or token of a person asked
about.
"""

CHECKS: Mapping[str, Check] = {name: field.check for name, field in FIELDS.items()}

_ALWAYS = frozenset({"schema", "event", "origin", "software", "process", "n", "start_ms", "end_ms", "clock"})
_TRACE = frozenset({"trace", "span", "parent", "request", "activity"})
_WHY = frozenset({"covenant", "version", "purpose", "basis", "case"})
_WHO = frozenset({"actor", "certificate", "role", "acting", "user", "responsible"})
_WHERE = frozenset({"node", "address", "tls", "kex"})
_RULES = frozenset({"policy", "epochs", "recipes", "budget_left", "status", "rule"})
_REMOTE = _TRACE | _WHY | _WHO | _WHERE | _RULES
_LOCAL = _TRACE | _WHY | _WHO | frozenset({"status", "rule", "reason", "document", "action", "count"})


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
        "normaliser new_fact commitment signature",
        sealed=Sealed.PER_HOLDER,
    ),
    Event.REGISTER: _event(
        "request covenant actor register commitment count",
        "batch final added changed withdrawn failed signature day normaliser",
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
    Event.REFUSE: _event("actor status", "action holders holder register question reason count normaliser new_fact"),
    Event.FIND_OWN: _event("request covenant actor", "register reason count commitment signature normaliser"),
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
    Event.START: _own("", "size document policy"),
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
