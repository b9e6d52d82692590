"""One well-formed value per public field, each recognisable in a view, and public halves made of them."""

from samenloop.audit.events import EVENTS, Sealed
from samenloop.audit.fields import Event

SAMPLES: dict[str, object] = {
    "schema": 1,
    "event": "question",
    "origin": "log.sample.example",
    "software": "0.1.0-sample",
    "start_ms": 1_111,
    "end_ms": 2_222,
    "process": "a0" * 8,
    "n": 3_333,
    "clock": "ok",
    "request": "a4" * 16,
    "covenant": "covenant-sample",
    "version": 4_444,
    "purpose": "purpose-sample",
    "basis": "basis:sample",
    "case": "a5" * 16,
    "new_fact": "new-fact-sample",
    "actor": "actor-sample",
    "certificate": "a6" * 32,
    "role": "role-sample",
    "acting": "acting-sample",
    "user": "a7" * 16,
    "responsible": "a8" * 16,
    "address": "192.0.2.7",
    "tls": "TLSv1.3",
    "kex": "X25519MLKEM768",
    "holders": [
        {
            "holder": f"holder-{name}",
            "answer": "no_message",
            "purpose": f"purpose-{name}",
            "necessity": f"necessity-{name}",
            "give": f"give:{name}",
            "receive": f"receive:{name}",
            "inform": f"inform:{name}",
            "acting_as": f"acting-{name}",
            "updated": "2026-01-0" + day,
            "region_reason": f"region-{name}",
        }
        for name, day in (("one", "1"), ("two", "2"))
    ],
    "question": "a9" * 16,
    "receiver": "receiver-sample",
    "receivers": ["receivers-one", "receivers-two"],
    "holder": "holder-sample",
    "register": "register-sample",
    "commitment": "aa" * 32,
    "signature": "ab" * 64,
    "document": "ac" * 32,
    "decision": "ad" * 16,
    "action": "action-sample",
    "reason": "reason-sample",
    "status": "status-sample",
    "rule": "R-25",
    "count": 5_555,
    "added": 5_556,
    "changed": 5_557,
    "withdrawn": 5_558,
    "failed": 5_559,
    "epochs": ["2026-7"],
    "recipes": "nl-sample",
    "budget_left": 6_666,
    "batch": 7_777,
    "final": True,
    "day": "2026-02-28",
    "keys": [{"holder": "keys-sample", "key": "ae" * 8, "for_holder": "af" * 80, "for_auditor": "b0" * 80}],
    "anchor": "b1" * 32,
    "first": 8_881,
    "last": 8_882,
    "term_days": 8_883,
    "filters": ["filter-sample"],
    "drawn": [9_991],
    "due_ms": 9_992,
    "entry": 9_993,
    "size": 9_994,
}


def full(event: Event) -> dict[str, object]:
    """Return a public half with every field that this event may have (schema and event are added on building)."""
    return {name: SAMPLES[name] for name in EVENTS[event].known - {"schema", "event"}}


def least(event: Event) -> dict[str, object]:
    """Return a public half with only what this event must have."""
    return {name: SAMPLES[name] for name in EVENTS[event].must - {"schema", "event"}}


def sealed_count(event: Event, public: dict[str, object]) -> int:
    """Return how many sealed halves go with it."""
    holders = public.get("holders")
    match EVENTS[event].sealed:
        case Sealed.NONE:
            return 0
        case Sealed.AT_MOST_ONE:
            return 1
        case Sealed.PER_HOLDER:
            return len(holders) if isinstance(holders, list) else 0
