"""A small consortium in memory: the demo covenant with keys of our own, and what a coordinator would send."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.commitment import tokens_digest
from samenloop.covenant import Covenant, fill_keys, parse_toml
from samenloop.keys import SealingKey, SigningKey
from samenloop.model import EpochId, ParticipantId, QuestionId, RegistrationId, TokenSet
from samenloop.wire.ask import Ask, Part, Question, build_ask, hit_notice, parse_ask
from samenloop.wire.convert import CovenantRef
from samenloop.wire.declare import Act, Statement, build_declare
from samenloop.wire.v1 import common_pb2, mailbox_pb2, overlap_pb2

TEMPLATE = Path(__file__).parents[3] / "deploy" / "demo" / "covenant.toml"
SALT, SEED = bytes(range(32)), bytes(range(1, 33))
NOW_MS = 1_800_000_000_000


@dataclass
class Kit:
    """Keys of everybody, the covenant, and builders of what goes over the wire."""

    covenant: Covenant
    signing: dict[str, SigningKey]
    sealing: dict[str, SealingKey]
    audit: Ed25519PrivateKey
    question_id: QuestionId = field(default_factory=lambda: QuestionId(os.urandom(16)))

    def part(self, holder: str, asker: str = "reclassering-midden", **changes: object) -> Part:
        """Return a part as an asker would fill it in."""
        values: dict[str, object] = {
            "nonce": os.urandom(16),
            "question_id": self.question_id,
            "covenant": self.covenant.id,
            "asker": ParticipantId(asker),
            "holder": ParticipantId(holder),
            "purpose": self.covenant.purpose.id,
            "proportionality": "ernstig",
            "subsidiarity": "niet-anoniem",
            "give_basis": "wpg20",
            "receive_basis": "rr1995",
            "inform_basis": "rr1995",
            "acting_as": "reclassering",
            "reason": "recent",
        }
        return Part(**{**values, **changes})  # type: ignore[arg-type]

    def question(self, asker: str = "reclassering-midden", **changes: object) -> Question:
        """Return the whole question for `tokens()`."""
        values: dict[str, object] = {
            "covenant": CovenantRef(self.covenant.id, self.covenant.version),
            "question_id": self.question_id,
            "asker": ParticipantId(asker),
            "sent_ms": NOW_MS,
            "case_ref": b"c" * 32,
            "user_ref": b"u" * 32,
            "responsible_ref": b"r" * 32,
            "purpose": self.covenant.purpose.id,
            "epochs": (EpochId("2026-1"),),
            "digest": tokens_digest(SALT, self.tokens()),
        }
        return Question(**{**values, **changes})  # type: ignore[arg-type]

    def tokens(self) -> tuple[TokenSet, ...]:
        """Return the tokens of nobody."""
        return (TokenSet(EpochId("2026-1"), 0b1, 0, bytes([1]), b"t" * 16),)

    def request(
        self, *holders: str, asker: str = "reclassering-midden", signer: str | None = None
    ) -> overlap_pb2.AskRequest:
        """Return a signed request; `signer` may be another than the asker."""
        parts = [self.part(holder, asker) for holder in holders]
        key = self.signing[signer or asker]
        return build_ask(self.question(asker), parts, self.tokens(), (), SALT, SEED, key)

    def ask(self, *holders: str, asker: str = "reclassering-midden", signer: str | None = None) -> Ask:
        """Return the request as the coordinator would parse it."""
        return parse_ask(self.request(*holders, asker=asker, signer=signer))

    def hit(self, holder: str, *, shown: bool = False, signer: str | None = None) -> mailbox_pb2.MailContent:
        """Return the mail that tells `holder` of a hit."""
        notice = hit_notice(
            self.ask(holder, signer=signer),
            0,
            shown=shown,
            registrations=[RegistrationId(b"1" * 16)],
            asked_ms=NOW_MS,
        )
        return mailbox_pb2.MailContent(hit=notice)

    def signed(self, act: Act, author: str, signer: str | None = None, sent_ms: int = NOW_MS) -> common_pb2.Signed:
        """Return a statement of `author`; `signer` may be a forger."""
        statement = Statement(CovenantRef(self.covenant.id, 1), os.urandom(16), ParticipantId(author), sent_ms, act)
        signed = build_declare(statement, self.signing[signer or author]).statement
        return common_pb2.Signed(body=signed.body, signature=signed.signature)


def reply_to(
    kit: Kit, request: overlap_pb2.AskRequest, known: tuple[str, ...] = (), **changed: object
) -> overlap_pb2.AskReply:
    """Answer as an honest coordinator does; `changed` replaces public fields of the entry."""
    ask = parse_ask(request)
    answers = [
        overlap_pb2.HolderAnswer(
            holder=part.holder,
            known=part.holder in known,
            contact=kit.covenant.participant(part.holder).contact if part.holder in known else "",
            updated_until="2026-11-20",
        )
        for part in ask.parts
    ]
    public = {**_public(kit, ask, answers), **changed}
    sealed = [os.urandom(32) for _part in ask.parts]
    body = entries.build(Event.QUESTION, public, sealed, entries.new_salt())
    return overlap_pb2.AskReply(answers=answers, receipt=common_pb2.Receipt(entry=body))


def _public(kit: Kit, ask: Ask, answers: list[overlap_pb2.HolderAnswer]) -> dict[str, object]:
    question = ask.question
    rows = [
        {
            "holder": part.holder,
            "answer": "known" if answer.known else "no_message",
            "purpose": part.purpose,
            "necessity": part.proportionality,
            "give": part.give_basis,
            "receive": part.receive_basis,
            "inform": part.inform_basis,
            "acting_as": part.acting_as,
            "updated": answer.updated_until,
        }
        for part, answer in zip(ask.parts, answers, strict=True)
    ]
    return {
        "origin": kit.covenant.coordinator.log_origin,
        "software": "samenloop-coordinator/test",
        "process": "00" * 8,
        "n": 1,
        "start_ms": NOW_MS,
        "end_ms": NOW_MS,
        "clock": "ok",
        "request": question.question_id.hex(),
        "covenant": question.covenant.id,
        "version": question.covenant.version,
        "purpose": question.purpose,
        "case": question.case_ref.hex(),
        "actor": question.asker,
        "user": question.user_ref.hex(),
        "responsible": question.responsible_ref.hex(),
        "status": "answered",
        "holders": rows,
        "epochs": list(question.epochs),
        "commitment": question.digest.hex(),
        "signature": ask.signature.hex(),
    }


@pytest.fixture(name="kit")
def _kit() -> Kit:
    text = re.sub(r"^#.*$", "", TEMPLATE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    names = sorted(set(re.findall(r"@([a-z0-9_.-]+)@", text)))
    owners = {name.rpartition(".")[0] for name in names if name.endswith(".signing_key")}
    signing = {owner: SigningKey.generate() for owner in owners}
    sealing = {owner: SealingKey.generate() for owner in owners}
    audit = Ed25519PrivateKey.generate()
    values = {name: f"{number:064x}" for number, name in enumerate(names, start=1)}
    values |= {"coordinator.address": "127.0.0.1:9443"}
    values |= {"coordinator.audit_key": audit.public_key().public_bytes_raw().hex()}
    values |= {f"{owner}.signing_key": key.public.hex for owner, key in signing.items()}
    values |= {f"{owner}.sealing_key": key.public.hex for owner, key in sealing.items()}
    return Kit(parse_toml(fill_keys(text, values)), signing, sealing, audit)


@pytest.fixture(name="reply_to")
def _reply_to() -> object:
    return reply_to
