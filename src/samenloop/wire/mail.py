"""What a mailbox item holds: one of four contents, all padded to one length."""

from samenloop.errors import InvalidInput
from samenloop.texts import _
from samenloop.wire import fields
from samenloop.wire.v1 import mailbox_pb2

MAIL_BYTES = 1024
_LENGTH_BYTES = 2


def pack_mail(content: mailbox_pb2.MailContent) -> bytes:
    """Return exactly 1,024 bytes: length, content, zero padding. Raises InvalidInput when it does not fit."""
    data = content.SerializeToString(deterministic=True)
    if len(data) > MAIL_BYTES - _LENGTH_BYTES:
        raise InvalidInput("mail", _("Dit bericht past niet in de postbus."))
    return (len(data).to_bytes(_LENGTH_BYTES, "big") + data).ljust(MAIL_BYTES, b"\x00")


def parse_mail(padded: bytes) -> mailbox_pb2.MailContent:
    """Return the content of an opened item; raises InvalidInput when it is not in the form of `pack_mail`."""
    fields.exact(padded, MAIL_BYTES, "mail")
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES], "big")
    if end > MAIL_BYTES or any(padded[end:]):
        raise InvalidInput("mail", _("Dit postbusbericht heeft niet de juiste vorm."))
    content = fields.parsed(mailbox_pb2.MailContent, padded[_LENGTH_BYTES:end], "mail")
    if content.WhichOneof("content") is None:
        raise InvalidInput("mail", _("Dit postbusbericht is leeg."))
    return content
