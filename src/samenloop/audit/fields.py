"""The fields of an audit entry as data: their form and what a person may see (security.md section 4). Which
event has which stands in `samenloop.audit.events`.

Public half: everything named here. Nothing else may stand in an entry; free text, names, tokens and what is derived
from tokens have no field. What the table does not give to the person is not in his view (`samenloop.audit.views`).

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


@dataclass(frozen=True, slots=True)
class Field:
    """Form of a field, and whether a person is told it of an entry about himself (`samenloop.audit.views`)."""

    check: Check
    told: bool = False


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

FIELDS: Mapping[str, Field] = {
    # what kind of entry, made by what
    "schema": Field(lambda value: value == 1 and type(value) is int),
    "event": Field(one_of(*(event.value for event in Event)), told=True),
    "origin": Field(_ORIGIN),
    "software": Field(_SHORT),
    # when
    "start_ms": Field(integer),
    "end_ms": Field(integer, told=True),
    "process": Field(hex_of(8)),
    "n": Field(integer),
    "clock": Field(one_of("ok", "stepped", "unsynced")),
    # which act
    "request": Field(hex_of(16)),
    # why
    "covenant": Field(_CODE),
    "version": Field(integer),
    "purpose": Field(_CODE, told=True),
    "basis": Field(_SHORT, told=True),
    "case": Field(_REFERENCE),
    "new_fact": Field(_CODE),
    # who
    "actor": Field(_CODE, told=True),
    "certificate": Field(hex_of(32)),
    "role": Field(_CODE, told=True),
    "acting": Field(_CODE, told=True),
    "user": Field(_REFERENCE),
    "responsible": Field(_REFERENCE),
    # from where
    "address": Field(_SHORT),
    "tls": Field(_SHORT),
    "kex": Field(_SHORT),
    # about what
    "holders": Field(list_of(row(HOLDER_ROW_MUST, HOLDER_ROW_MAY), 100), told=True),
    "question": Field(hex_of(16)),
    "receiver": Field(_CODE, told=True),
    "receivers": Field(list_of(_CODE, 100), told=True),
    "holder": Field(_CODE, told=True),
    "register": Field(_CODE),
    "commitment": Field(hex_of(32)),
    "signature": Field(matches("[0-9a-f]{128}")),
    "document": Field(hex_of(32)),
    "decision": Field(_REFERENCE),
    "action": Field(_CODE, told=True),
    "reason": Field(_RULE),
    # how it went
    "status": Field(_CODE),
    "rule": Field(_RULE),
    "count": Field(integer),
    "added": Field(integer),
    "changed": Field(integer),
    "withdrawn": Field(integer),
    "failed": Field(integer),
    # by which rules
    "epochs": Field(list_of(_EPOCH, 8)),
    "recipes": Field(_CODE),
    "budget_left": Field(integer),
    "batch": Field(integer),
    "final": Field(boolean),
    "day": Field(_DAY),
    # the log about itself
    "keys": Field(list_of(_WRAP, 1000)),
    "anchor": Field(hex_of(32)),
    "first": Field(integer),
    "last": Field(integer),
    "term_days": Field(integer),
    "filters": Field(list_of(_CODE, 20)),
    "drawn": Field(list_of(integer, 1000)),
    "due_ms": Field(integer),
    "entry": Field(integer),
    "size": Field(integer),
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
