"""A question from the wire to the answer. In this order, because each step rests on the one before:

1. The message is complete, and the peer is the asker.
2. Of a new question the covenant version holds and the asker signed it. 3. It is sent now; epochs, permissions and
   visible rules hold. One that was answered before gets that answer, whatever changed since.
4. All tokens are looked up, four registrations per register are judged; any failure is an error. 5. Policy, last.
6. One unit: a known request id is answered from store; else budgets, entry, stored answer, items.
7. The answer, after the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from samenloop.audit.entry import new_salt
from samenloop.audit.fields import Event
from samenloop.clock import milliseconds
from samenloop.covenant import Covenant, Register
from samenloop.covenant.permissions import budgets as budgets_of
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _
from samenloop.tls import PeerIdentity
from samenloop.wire.ask import Ask, Part, parse_ask, verify_ask
from samenloop.wire.v1 import common_pb2, overlap_pb2
from samenloop_coordinator import answering, budgets
from samenloop_coordinator.answering import HolderReply
from samenloop_coordinator.desk import Desk, Handled
from samenloop_coordinator.gate import Gate
from samenloop_coordinator.policy import Fate, Policy, Receiving, Verdict, outcome
from samenloop_coordinator.search import Judged, prepare, search
from samenloop_coordinator.store.contract import Parts
from samenloop_coordinator.store.values import AskedHolder, AskedQuestion, Registration, Request, ShownHit

_MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that a question brings about, before it is written."""

    replies: tuple[HolderReply, ...]
    shown: tuple[tuple[Registration, ShownHit], ...]


@dataclass(slots=True)
class Asking:
    """Answers questions."""

    desk: Desk
    policy: Policy
    gate: Gate

    async def ask(self, peer: PeerIdentity, request: overlap_pb2.AskRequest) -> overlap_pb2.AskReply:
        """Return the answer of a question; raises SamenloopError, never half an answer."""
        begun = self.desk.clock.now()
        ask = parse_ask(request)
        question = ask.question
        self.desk.check_author(peer, question.asker)
        handled = Handled(question.question_id, question.asker, ask.payload_hash)
        try:
            covenant = self.desk.agreement.judged_by(question.covenant, begun)
            registers = self._admit(covenant, ask, begun)
        except SamenloopError:
            earlier = await self.desk.earlier(handled)
            if earlier is None:
                raise
            return overlap_pb2.AskReply.FromString(earlier)
        for _try in range(_MOST_TRIES):
            found = await self._look(covenant, ask, registers, begun)
            reply = await self._write(peer, covenant, ask, handled, found, begun)
            if reply is not None:
                return reply
        raise SamenloopError(ErrorCode.BUSY, _("De registraties veranderen nu steeds. Probeer het zo weer."))

    def _admit(self, covenant: Covenant, ask: Ask, begun: datetime) -> list[tuple[Register, ...]]:
        """Return per part the registers to look in; raises what keeps a new question out."""
        verify_ask(ask, self.desk.agreement.verify_key(covenant, ask.question.asker))
        self.desk.check_clock(ask.question.sent_ms, begun)
        self.desk.agreement.check_epochs(ask.question.epochs)
        return self.gate.check(covenant, ask, begun.date())

    async def _look(
        self, covenant: Covenant, ask: Ask, registers: Sequence[tuple[Register, ...]], begun: datetime
    ) -> Answer:
        """Return the answer as the registers are now; whether the question is new is known when it is written."""
        agreement = self.desk.agreement
        targets = [(index, register) for index, rows in enumerate(registers) for register in rows]
        peppers = [agreement.register_pepper(ask.parts[index].holder, register.id) for index, register in targets]
        probes = prepare(peppers, ask.token_sets)

        def snapshot(parts: Parts) -> tuple[list[list[Judged]], list[str]]:
            judged = search(parts, probes, ask.token_sets, agreement.profiles, ask.excluded)
            return judged, self._freshness(parts, ask, registers)

        found, fresh = await self.desk.store.read(snapshot)
        verdicts: list[list[tuple[Registration, Verdict]]] = [[] for _part in ask.parts]
        for (index, register), judged in zip(targets, found, strict=True):
            verdicts[index] += self._judge(covenant, ask, index, register, judged, begun)
        return self._answer(covenant, ask, verdicts, fresh)

    def _judge(
        self, covenant: Covenant, ask: Ask, index: int, register: Register, judged: Sequence[Judged], begun: datetime
    ) -> list[tuple[Registration, Verdict]]:
        part, asker = ask.parts[index], covenant.participant(ask.question.asker)
        lifted = self.desk.agreement.lifted
        receiving = Receiving(asker.id, asker.asks_as, part.acting_as, part.purpose, begun.date(), lifted)
        bench = self.desk.records.bench(self.policy, covenant, register, receiving)
        all_four = [(one, bench.rule(one.registration)) for one in judged]
        return [
            (one.registration, Verdict(one.registration.registration_id, register.id, ruling))
            for one, ruling in all_four
            if one.hit
        ]

    def _freshness(self, parts: Parts, ask: Ask, registers: Sequence[tuple[Register, ...]]) -> list[str]:
        """Return per holder the oldest of its registers' dates, empty when one of them was never brought up to date."""
        dates = []
        for part, rows in zip(ask.parts, registers, strict=True):
            places = [self.desk.place(parts, part.holder, row.id) for row in rows]
            dates.append(min(parts.registrations.freshness(place) if place else "" for place in places))
        return dates

    def _answer(
        self, covenant: Covenant, ask: Ask, verdicts: Sequence[list[tuple[Registration, Verdict]]], fresh: Sequence[str]
    ) -> Answer:
        replies, shown = [], []
        for part, found, updated in zip(ask.parts, verdicts, fresh, strict=True):
            contact = covenant.participant(part.holder).contact
            replies.append(HolderReply(part.holder, contact, updated, outcome([verdict for _row, verdict in found])))
            shown += [(row, self._shown(ask, part, one)) for row, one in found if one.fate is Fate.SHOWN]
        return Answer(tuple(replies), tuple(shown))

    def _shown(self, ask: Ask, part: Part, verdict: Verdict) -> ShownHit:
        handle = self.desk.shown_handle(part.holder, verdict.register, verdict.registration_id)
        until = verdict.ruling.until.isoformat()
        return ShownHit(ask.question.question_id, part.holder, handle, until, part.acting_as, part.purpose)

    async def _write(
        self, peer: PeerIdentity, covenant: Covenant, ask: Ask, handled: Handled, answer: Answer, begun: datetime
    ) -> overlap_pb2.AskReply | None:
        keys = await self.desk.keys.renew(self.desk.agreement.covenant)
        salt, asked_ms = new_salt(), milliseconds(begun)
        sealed = [answering.sealed_half(keys, one, ask.question.epochs, salt) for one in answer.replies]
        items = [answering.item(keys, ask, index, one, asked_ms) for index, one in enumerate(answer.replies)]
        public = self._public(peer, covenant, ask, answer)

        def unit(parts: Parts) -> overlap_pb2.AskReply | None:
            stored = self.desk.repeated(parts, handled)
            if stored is not None:
                return overlap_pb2.AskReply.FromString(stored)
            if any(parts.registrations.fetch([row.row]).get(row.row) != row for row, _hit in answer.shown):
                return None
            left = self._count(parts, covenant, ask, begun)
            body = self.desk.journal.body(Event.QUESTION, {**public, "budget_left": left}, sealed, salt, asked_ms)
            parts.log.append(body, sealed)
            reply = overlap_pb2.AskReply(
                answers=[one.message() for one in answer.replies], receipt=common_pb2.Receipt(entry=body)
            )
            kept = Request(handled.participant, handled.payload_hash, reply.SerializeToString())
            parts.requests.keep(handled.request_id, kept, asked_ms)
            parts.questions.keep(_asked(ask, asked_ms))
            parts.questions.show([hit for _row, hit in answer.shown])
            parts.mail.put(items, asked_ms)
            return reply

        return await self.desk.store.write(unit)

    def _count(self, parts: Parts, covenant: Covenant, ask: Ask, begun: datetime) -> int:
        question = ask.question
        limits = budgets.of_question(
            budgets_of(covenant, question.asker),
            question.asker,
            question.case_ref,
            question.user_ref,
            [part.holder for part in ask.parts],
            begun.date().isoformat(),
            new_fact=bool(question.new_fact),
        )
        return self.desk.count(parts, limits)

    def _public(self, peer: PeerIdentity, covenant: Covenant, ask: Ask, answer: Answer) -> dict[str, object]:
        question = ask.question
        fields: dict[str, object] = {
            **self.desk.from_where(peer),
            "request": question.question_id.hex(),
            "covenant": covenant.id,
            "version": question.covenant.version,
            "purpose": question.purpose,
            "case": question.case_ref.hex(),
            "actor": question.asker,
            "user": question.user_ref.hex(),
            "responsible": question.responsible_ref.hex(),
            "status": "answered",
            "holders": [answering.entry_row(ask, index, one) for index, one in enumerate(answer.replies)],
            "epochs": list(question.epochs),
            "recipes": covenant.token_profile,
            "commitment": question.digest.hex(),
            "signature": ask.signature.hex(),
        }
        return {**fields, "new_fact": question.new_fact} if question.new_fact else fields


def _asked(ask: Ask, asked_ms: int) -> AskedQuestion:
    question = ask.question
    holders = tuple(AskedHolder(part.holder, part.acting_as, part.purpose) for part in ask.parts)
    return AskedQuestion(
        question.question_id, question.covenant.id, question.asker, question.case_ref, asked_ms, holders
    )
