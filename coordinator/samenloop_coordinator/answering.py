"""What follows from the outcome per holder: answers, rows of the entry, sealed halves, mailbox items. No store.

Everything is made for every holder, whether it was hit or not: the same work, the same number, the same lengths.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from samenloop.audit import half
from samenloop.audit.seal import ContentKeys
from samenloop.model import Answer, RegistrationId
from samenloop.wire.ask import Ask, hit_notice
from samenloop.wire.v1 import mailbox_pb2, overlap_pb2
from samenloop_coordinator.keys import sealed_item
from samenloop_coordinator.policy import Fate, HolderOutcome
from samenloop_coordinator.store.values import MailRow

MOST_IDS = 8


@dataclass(frozen=True, slots=True)
class HolderReply:
    """What is said about one holder."""

    holder: str
    contact: str
    updated_until: str
    outcome: HolderOutcome

    def message(self) -> overlap_pb2.HolderAnswer:
        """Return the answer for the asker: known with its contact, or no message; the date always."""
        known = self.outcome.known
        return overlap_pb2.HolderAnswer(
            holder=self.holder, known=known, contact=self.contact if known else "", updated_until=self.updated_until
        )


def entry_row(ask: Ask, index: int, reply: HolderReply) -> dict[str, object]:
    """Return the public row of one holder in the question's entry."""
    part = ask.parts[index]
    told = Answer.KNOWN if reply.outcome.known else Answer.NO_MESSAGE
    row = {
        "holder": part.holder,
        "answer": told.value,
        "purpose": part.purpose,
        "necessity": part.proportionality,
        "give": part.give_basis,
        "receive": part.receive_basis,
        "inform": part.inform_basis,
        "acting_as": part.acting_as,
        "region_reason": ask.question.region_reason,
        "updated": reply.updated_until,
    }
    return {name: value for name, value in row.items() if value}


def sealed_half(keys: ContentKeys, reply: HolderReply, epochs: Sequence[str], salt: bytes) -> bytes:
    """Return the half for the holder and the auditor: what was hit and which rule decided; of one length."""
    verdicts = reply.outcome.verdicts
    first = verdicts[0] if verdicts else None
    ids = [one.registration_id.hex() for one in verdicts[:MOST_IDS]]
    fields: dict[str, object] = {
        "result": _RESULTS[first.fate] if first else "none",
        "registrations": ids,
        "more": len(verdicts) > MOST_IDS,
        "epochs": list(epochs),
    }
    if first is not None:
        fields |= {"rule": first.ruling.rule, "mode": first.ruling.mode.name.lower()}
    return keys.seal(reply.holder, half.encode(fields), salt)


def item(keys: ContentKeys, ask: Ask, index: int, reply: HolderReply, asked_ms: int) -> MailRow:
    """Return the mailbox item for the holder, real or dummy; the notice is made either way."""
    told = reply.outcome.told
    notice = hit_notice(
        ask,
        index,
        shown=reply.outcome.known,
        registrations=told or (RegistrationId(bytes(16)),),
        asked_ms=asked_ms,
    )
    real = mailbox_pb2.MailContent(hit=notice)
    dummy = mailbox_pb2.MailContent(dummy=mailbox_pb2.Dummy())
    return sealed_item(keys, reply.holder, real if told else dummy)


_RESULTS = {Fate.SHOWN: "shown", Fate.HIDDEN: "hidden", Fate.NOT_THERE: "excluded"}
