"""Errors cross the wire as a closed list and come out as they went in."""

import grpc
import pytest

from samenloop.errors import ErrorCode, IntegrityError, InvalidInput, Refused, SamenloopError
from samenloop.wire.status import DETAIL_KEY, STATUS, error_detail, error_from_detail, error_from_rpc
from samenloop.wire.v1 import common_pb2


def failed_call(code: grpc.StatusCode, detail: bytes | None = None) -> grpc.aio.AioRpcError:
    trailing = grpc.aio.Metadata((DETAIL_KEY, detail)) if detail is not None else grpc.aio.Metadata()
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, "")


def test_every_code_has_a_status_and_none_is_ok() -> None:
    assert set(STATUS) == set(ErrorCode)
    assert grpc.StatusCode.OK not in STATUS.values()


@pytest.mark.parametrize(
    "error",
    [
        SamenloopError(ErrorCode.EPOCH_MISMATCH, "een"),
        InvalidInput("parts[0].holder", "twee"),
        Refused("R-25", "drie", ("inform_basis",)),
        IntegrityError("vier"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_out_as_it_went_in(error: SamenloopError) -> None:
    back = error_from_detail(error_detail(error))
    assert type(back) is type(error)
    assert vars(back) == vars(error)


@pytest.mark.parametrize("data", [b"\xff", common_pb2.ErrorDetail(code="nieuw").SerializeToString(), b""])
def test_an_unknown_detail_becomes_internal(data: bytes) -> None:
    assert error_from_detail(data).code is ErrorCode.INTERNAL


def test_our_detail_wins_over_the_status_of_the_transport() -> None:
    detail = error_detail(Refused("R-28", "nee"))
    back = error_from_rpc(failed_call(grpc.StatusCode.FAILED_PRECONDITION, detail))
    assert isinstance(back, Refused)
    assert back.rule == "R-28"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.UNAVAILABLE, ErrorCode.UNAVAILABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ErrorCode.UNAVAILABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ErrorCode.TOO_LARGE),
        (grpc.StatusCode.PERMISSION_DENIED, ErrorCode.NOT_PERMITTED),
        (grpc.StatusCode.DATA_LOSS, ErrorCode.INTERNAL),
    ],
)
def test_a_failure_of_the_transport_gets_a_text_that_says_what_to_do(status: grpc.StatusCode, code: ErrorCode) -> None:
    error = error_from_rpc(failed_call(status))
    assert error.code is code
    assert error.text.endswith(".")
