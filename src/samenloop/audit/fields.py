"""The fields of an audit entry as data: their form and who may see them (security.md section 4). Which event has which
stands in `samenloop.audit.events`.

Public half: everything named here. Nothing else may stand in an entry; free text, names, tokens and what is derived
from tokens have no field. A field that a view does not list is not in that view (`samenloop.audit.views`).

Four rows of that section have no field of their own, because other fields say it:
- trace id: `request`, 16 random bytes that the asking node makes; its own log has them as `question`. A span is
  (`process`, `n`).
- processing activity: what the covenant of that `version` names for the `actor` (its `processing_entry`).
- policy version: `version` of the covenant, which names the fingerprint of an override, and `software`, which holds
  the catalogue.
- normaliser version: `recipes`, the token profile, of which normalisation is a part.
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


@dataclass(frozen=True, slots=True)
class Field:
    """Form of a field, and the views besides operator and auditor that show it."""

    check: Check
    views: frozenset[View]

    def shown_to(self, view: View) -> bool:
        """Tell whether a view may hold this field."""
        return view in (View.OPERATOR, View.AUDITOR) or view in self.views


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
    # when
    "start_ms": Field(integer, _PARTIES),
    "end_ms": Field(integer, _ALL),
    "process": Field(hex_of(8), _OWN),
    "n": Field(integer, _OWN),
    "clock": Field(one_of("ok", "stepped", "unsynced"), _OWN),
    # which act
    "request": Field(hex_of(16), _PARTIES),
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
