"""The one error root and the closed list of error codes.

    SamenloopError(code, text)
    ├── InvalidInput        a value from outside is wrong; names the field, never the value
    ├── Refused             a decision rule or the covenant says no; carries the rule id (R-.., P-..)
    └── IntegrityError      a signature, hash, proof or log does not hold

Programs catch SamenloopError once and print its text; anything else is a bug and shows a traceback.
`text` is one Dutch sentence for people: what, where, and how to mend. It never holds personal data.
"""

import enum


class ErrorCode(enum.Enum):
    """Why something failed: the closed list that may cross the wire (table to gRPC status: `samenloop.wire.status`)."""

    INVALID_INPUT = "invalid_input"
    NOT_AUTHENTICATED = "not_authenticated"
    NOT_PERMITTED = "not_permitted"
    REFUSED = "refused"
    BUDGET_EXHAUSTED = "budget_exhausted"
    COVENANT_MISMATCH = "covenant_mismatch"
    EPOCH_MISMATCH = "epoch_mismatch"
    CLOCK_SKEW = "clock_skew"
    REQUEST_REUSED = "request_reused"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    STORAGE_FULL = "storage_full"
    INTEGRITY = "integrity"
    INTERNAL = "internal"


class SamenloopError(Exception):
    """Root of every expected error."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class InvalidInput(SamenloopError):
    """A value from outside is wrong. `field` is a path such as `questions[2].purpose`; the value is never kept."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(ErrorCode.INVALID_INPUT, text)
        self.field = field


class Refused(SamenloopError):
    """A rule says no. `rule` is a stable id (R-25, P-04); `missing` names the unmet conditions, no personal data."""

    def __init__(self, rule: str, text: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(ErrorCode.REFUSED, text)
        self.rule = rule
        self.missing = missing


class IntegrityError(SamenloopError):
    """A signature, hash, proof or log does not hold: stop and look, do not retry."""

    def __init__(self, text: str) -> None:
        super().__init__(ErrorCode.INTEGRITY, text)
