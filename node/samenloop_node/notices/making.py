"""When a notice becomes due: at the report of a case, and when a registration of ours was shown (R-61, R-64)."""

from datetime import date

from samenloop.clock import from_milliseconds
from samenloop.decisions.notice import due_on
from samenloop_node.app import App
from samenloop_node.process import today
from samenloop_node.store import Transaction, notices
from samenloop_node.store.notices import StoredNotice

_VEILIG_THUIS = "veilig_thuis"


def controller_kind(app: App) -> str:
    """Return the partner kind that informs: Veilig Thuis has terms of its own (R-64)."""
    row = app.participant()
    kinds = [app.catalogue.partner_of(kind) or "" for kind in (*row.asks_as, *(one.kind for one in row.registers))]
    return _VEILIG_THUIS if _VEILIG_THUIS in kinds else next(iter(kinds), "")


def notice_of_case(app: App, case_number: str) -> StoredNotice:
    """Return the notice that is due from the report of a case on."""
    return _due(app, f"case {case_number}", today(app).isoformat(), case_number=case_number)


def add_for_hits(app: App, db: Transaction) -> int:
    """Make the notices due for registrations that were shown to somebody; returns how many."""
    found = notices.unnoticed_hits(db)
    for _question, registration_id, asked_ms in found:
        day = from_milliseconds(asked_ms).date().isoformat()
        notices.add(db, _due(app, f"registration {registration_id.hex()}", day, registration_id=registration_id))
    return len(found)


def deferred(db: Transaction, registration_id: bytes) -> bool:
    """Tell whether informing the person about this registration is deferred (R-63, R-64)."""
    return any(one.state == "deferred" for one in notices.of_registration(db, registration_id))


def _due(app: App, subject: str, day: str, *, case_number: str = "", registration_id: bytes = b"") -> StoredNotice:
    return StoredNotice(
        id=0,
        subject=subject,
        case_number=case_number,
        registration_id=registration_id,
        state="due",
        recorded_on=day,
        due_on=due_on(app.catalogue, controller_kind(app), date.fromisoformat(day)).isoformat(),
        review_on="",
        deferred_before=False,
        data="{}",
    )
