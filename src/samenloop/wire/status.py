"""Errors on the wire: one table from the closed list of codes to gRPC status, and back."""

from collections.abc import Iterable
from typing import cast

import grpc
from google.protobuf.message import DecodeError

from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, Refused, SamenloopError
from samenloop.texts import _
from samenloop.wire.v1 import common_pb2 as pb

DETAIL_KEY = "samenloop-error-bin"

STATUS: dict[ErrorCode, grpc.StatusCode] = {
    ErrorCode.INVALID_INPUT: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorCode.NOT_AUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    ErrorCode.NOT_PERMITTED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorCode.REFUSED: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorCode.BUDGET_EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.COVENANT_MISMATCH: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorCode.EPOCH_MISMATCH: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorCode.CLOCK_SKEW: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorCode.REQUEST_REUSED: grpc.StatusCode.ALREADY_EXISTS,
    ErrorCode.EXPIRED: grpc.StatusCode.NOT_FOUND,
    ErrorCode.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorCode.TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.BUSY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorCode.STORAGE_FULL: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.INTEGRITY: grpc.StatusCode.DATA_LOSS,
    ErrorCode.INTERNAL: grpc.StatusCode.INTERNAL,
}

# Without a detail of ours the status comes from the transport itself.
_TRANSPORT: dict[grpc.StatusCode, ErrorCode] = {
    grpc.StatusCode.UNAVAILABLE: ErrorCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: ErrorCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ErrorCode.TOO_LARGE,
    grpc.StatusCode.UNAUTHENTICATED: ErrorCode.NOT_AUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED: ErrorCode.NOT_PERMITTED,
    grpc.StatusCode.UNIMPLEMENTED: ErrorCode.NOT_FOUND,
}


def error_detail(error: SamenloopError) -> bytes:
    """Return the serialised ErrorDetail of `error`."""
    detail = pb.ErrorDetail(code=error.code.value, text=error.text)
    if isinstance(error, Refused):
        detail.rule = error.rule
        detail.missing.extend(error.missing)
    if isinstance(error, InvalidInput):
        detail.field = error.field
    return detail.SerializeToString()


def error_from_detail(data: bytes) -> SamenloopError:
    """Return the error that `data`, a serialised ErrorDetail, describes; an unknown code becomes INTERNAL."""
    try:
        detail = pb.ErrorDetail.FromString(data)
        code = ErrorCode(detail.code)
    except (DecodeError, ValueError):
        return SamenloopError(ErrorCode.INTERNAL, _("De coördinator gaf een fout die dit programma niet kent."))
    if code is ErrorCode.REFUSED:
        return Refused(detail.rule, detail.text, tuple(detail.missing))
    if code is ErrorCode.INVALID_INPUT:
        return InvalidInput(detail.field, detail.text)
    if code is ErrorCode.INTEGRITY:
        return IntegrityError(detail.text)
    return SamenloopError(code, detail.text)


def error_from_rpc(error: grpc.aio.AioRpcError) -> SamenloopError:
    """Return the error behind a failed call: ours when the coordinator sent one, else one for the transport."""
    detail = dict(cast("Iterable[tuple[str, object]]", error.trailing_metadata())).get(DETAIL_KEY)
    if isinstance(detail, bytes):
        return error_from_detail(detail)
    code = _TRANSPORT.get(error.code(), ErrorCode.INTERNAL)
    return SamenloopError(code, _transport_text(code))


def _transport_text(code: ErrorCode) -> str:
    if code is ErrorCode.UNAVAILABLE:
        return _(
            "De coördinator is niet bereikbaar. Controleer het adres en de verbinding en probeer het later opnieuw."
        )
    if code is ErrorCode.TOO_LARGE:
        return _("Het bericht is te groot voor de coördinator.")
    if code in (ErrorCode.NOT_AUTHENTICATED, ErrorCode.NOT_PERMITTED):
        return _("De coördinator laat dit certificaat niet toe. Vraag de beheerder om hulp.")
    return _("De coördinator kon dit verzoek niet afhandelen. Vraag de beheerder om in het logboek te kijken.")
