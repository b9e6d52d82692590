"""Where a case is, and what its steps record: process information only, never content (R-58)."""

import enum


class CaseState(enum.Enum):
    """The steps of HV 4.3.3."""

    REPORTED = "reported"
    INTAKE = "intake"
    TRIAGE = "triage"
    MEETING = "meeting"
    PLAN = "plan"
    CLOSED = "closed"
    PURGED = "purged"
    REJECTED = "rejected"
