"""FindOwn: which of our own registrations are about this person. For rights requests and corrections (R-65).

The person is typed, tokenised in memory and forgotten; what comes back are registration ids, which only this node can
turn into record ids of its own registers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_bytes

from samenloop.audit import entry as entries
from samenloop.audit.fields import Event
from samenloop.audit.witness import Reason
from samenloop.clock import milliseconds
from samenloop.commitment import SALT_BYTES, tokens_digest
from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, SamenloopError
from samenloop.model import ID_BYTES, ParticipantId
from samenloop.texts import _
from samenloop.wire.own import OwnList, OwnQuery, build_find_own
from samenloop.wire.v1 import overlap_pb2
from samenloop_node import witness
from samenloop_node.accounts import User
from samenloop_node.app import App
from samenloop_node.identity.dates import refuse_future
from samenloop_node.identity.person import Person, parse_person
from samenloop_node.store import Transaction, receipts, registrations
from samenloop_node.store.registrations import Registration
from samenloop_node.tokens.findable import require_findable
from samenloop_node.tokens.tokenise import tokenise

PURPOSES = ("access", "correction", "erasure", "objection")


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One registration of our own about the person."""

    register: str
    record_id: str
    registration_id: bytes


async def find_own(app: App, user: User, purpose: str, person_fields: Mapping[str, str]) -> list[OwnRecord]:
    """Return our registrations of this person in all live epochs; `purpose` is one of PURPOSES."""
    if purpose not in PURPOSES:
        known = ", ".join(PURPOSES)
        raise InvalidInput("purpose", _("Kies waarvoor u zoekt: {known}.", known=known))
    person = parse_person(person_fields)
    refuse_future("geboortedatum", person.geboortedatum, app.clock.now().date())
    if not app.agreement.live.read_epochs:
        await app.agreement.refresh(app.connection)
    reply, query = await app.agreement.retried(app.connection, lambda: _asked(app, user, purpose, person))
    await check_entry(app, query, {"commitment": query.digest.hex()}, reply.receipt.entry)
    return _records(await app.store.write(lambda db: _found(app, db, user, purpose, query, reply)))


async def _asked(app: App, user: User, purpose: str, person: Person) -> tuple[overlap_pb2.FindOwnReply, OwnQuery]:
    salt = token_bytes(SALT_BYTES)
    epochs = app.agreement.live.read_epochs
    profiles = app.profiles()
    token_sets = [tokenise(person, profiles.of(epoch), app.epoch_keys(epoch)) for epoch in epochs]
    require_findable(token_sets, profiles)
    query = OwnQuery(
        covenant=app.agreement.ref(),
        request_id=token_bytes(ID_BYTES),
        author=ParticipantId(app.config.participant),
        sent_ms=milliseconds(app.clock.now()),
        user_ref=app.references.user(user.name),
        purpose=purpose,
        epochs=tuple(epochs),
        digest=tokens_digest(salt, token_sets),
    )
    return await app.connection.find_own(build_find_own(query, token_sets, salt, app.signing_key)), query


def _found(
    app: App, db: Transaction, user: User, purpose: str, query: OwnQuery, reply: overlap_pb2.FindOwnReply
) -> list[Registration | None]:
    receipts.add(db, reply.receipt.entry, Event.FIND_OWN.value, milliseconds(app.clock.now()))
    app.ownlog.append(
        db,
        Event.RIGHTS,
        {
            "action": purpose,
            "request": query.request_id.hex(),
            "user": app.references.user(user.name).hex(),
            "count": len(reply.registration_ids),
        },
    )
    return [registrations.by_id(db, one) for one in reply.registration_ids]


def _records(rows: Sequence[Registration | None]) -> list[OwnRecord]:
    found = [row for row in rows if row is not None]
    if len(found) < len(rows):
        raise SamenloopError(
            ErrorCode.INTEGRITY,
            _(
                "De coördinator noemt een registratie die deze node niet kent. Vraag de beheerder om samenloop-node "
                "reconcile te geven en zoek dan opnieuw."
            ),
        )
    return [OwnRecord(row.register, row.record_id, row.registration_id) for row in found]


async def check_entry(app: App, query: OwnQuery | OwnList, also: Mapping[str, object], entry: bytes) -> None:
    """Compare the entry of a receipt with what was asked; another one stops this node and raises IntegrityError."""
    known = {
        "event": Event.FIND_OWN.value,
        "origin": app.covenant().coordinator.log_origin,
        "request": query.request_id.hex(),
        "covenant": query.covenant.id,
        "actor": query.author,
        **also,
    }
    try:
        public = entries.parse(entry).public
    except InvalidInput:
        public = {}
    if any(public.get(name) != value for name, value in known.items()):
        await witness.stop(app, Reason.OWN_DIFFERENT)
        raise IntegrityError(
            _("De bevestiging van de coördinator past niet bij wat deze node zocht. Bel de beheerder.")
        )
