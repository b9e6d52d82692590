"""MailboxService: items of one length, all fetched, acknowledged and deleted alike."""

from samenloop.tls import PeerIdentity
from samenloop.wire import fields
from samenloop.wire.v1 import mailbox_pb2, mailbox_pb2_grpc
from samenloop_coordinator.desk import Desk
from samenloop_coordinator.front import Front
from samenloop_coordinator.store.contract import Parts

MOST_ITEMS = 100
Context = object


class MailboxServicer(mailbox_pb2_grpc.MailboxServiceServicer):
    """A participant reaches its own mailbox only."""

    def __init__(self, front: Front, desk: Desk) -> None:
        self._front = front
        self._desk = desk

    async def Fetch(self, request: mailbox_pb2.FetchRequest, _context: Context) -> mailbox_pb2.FetchReply:
        """Return the oldest items and the wrapped keys that open them."""
        limit = min(request.limit or MOST_ITEMS, MOST_ITEMS)
        return await self._front.run("fetch", lambda peer: self._fetch(peer, limit))

    async def Acknowledge(
        self, request: mailbox_pb2.AcknowledgeRequest, _context: Context
    ) -> mailbox_pb2.AcknowledgeReply:
        """Delete items that arrived."""
        return await self._front.run("acknowledge", lambda peer: self._acknowledge(peer, request))

    async def _fetch(self, peer: PeerIdentity, limit: int) -> mailbox_pb2.FetchReply:
        def read(parts: Parts) -> mailbox_pb2.FetchReply:
            rows = parts.mail.fetch(peer.participant, limit + 1)
            shown = rows[:limit]
            wraps = parts.mail.keys(peer.participant, list(dict.fromkeys(row.key_id for row in shown)))
            return mailbox_pb2.FetchReply(
                items=[
                    mailbox_pb2.MailItem(item_id=row.item_id, key_id=row.key_id, sealed=row.sealed) for row in shown
                ],
                keys=[mailbox_pb2.KeyWrap(key_id=one.key_id, wrapped=one.wrapped) for one in wraps],
                more=len(rows) > limit,
            )

        return await self._desk.store.read(read)

    async def _acknowledge(
        self, peer: PeerIdentity, request: mailbox_pb2.AcknowledgeRequest
    ) -> mailbox_pb2.AcknowledgeReply:
        fields.between(request.item_ids, 1, MOST_ITEMS, "item_ids")
        item_ids = [fields.exact(item_id, 16, "item_ids") for item_id in request.item_ids]
        await self._desk.store.write(lambda parts: parts.mail.acknowledge(peer.participant, item_ids))
        return mailbox_pb2.AcknowledgeReply()
