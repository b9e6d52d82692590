"""What the purge removes besides whole cases, consents and requests; and what is overdue for review.

Kept whatever their age: receipts that were not found in the log and declarations that were not sent, for somebody has
to look or they still have to arrive; what contradicts the log (`store.witness`, a hundred at most), the evidence of a
fork; and of each register the newest synchronisation and the newest that came to its end, by which `status` tells how
old a register is.
"""

import sqlite3

from samenloop_node.store import outcomes, past, told


def purge_hits(db: sqlite3.Connection, before_ms: int, now_ms: int) -> int:
    """Remove hits that were asked before a moment, and those of which no registration is left; returns how many. Of
    what was shown the minimum is kept (`past`), and of all of them the count (`outcomes`).
    """
    gone = (
        "SELECT question_id FROM hit WHERE asked_ms < ? OR NOT EXISTS (SELECT 1 FROM hit_registration hr"
        " JOIN registration USING (registration_id) WHERE hr.question_id = hit.question_id)"
    )
    db.execute(f"DELETE FROM contact WHERE question_id IN ({gone})", (before_ms,))  # noqa: S608 - fixed text
    db.execute("CREATE TEMP TABLE going AS " + gone, (before_ms,))
    going = [question_id for (question_id,) in db.execute("SELECT question_id FROM going")]
    outcomes.count_ended(db, now_ms)
    outcomes.count(db, going)
    for question_id in going:
        past.keep_hit(db, question_id)
    db.execute("DELETE FROM hit_registration WHERE question_id IN (SELECT question_id FROM going)")
    count = db.execute("DELETE FROM hit WHERE question_id IN (SELECT question_id FROM going)").rowcount
    db.execute("DROP TABLE going")
    told.purge(db)
    return count


def purge_notes(db: sqlite3.Connection, before_ms: int) -> int:
    """Remove sealed texts made before a moment; returns how many."""
    return db.execute("DELETE FROM note WHERE made_ms < ?", (before_ms,)).rowcount


def purge_receipts(db: sqlite3.Connection, before_ms: int) -> int:
    """Remove proved receipts from before a moment; an unproved one stays until it is. Returns how many."""
    return db.execute("DELETE FROM receipt WHERE log_index IS NOT NULL AND received_ms < ?", (before_ms,)).rowcount


def purge_proofs(db: sqlite3.Connection, before_day: str) -> int:
    """Remove the proofs of own entries from before a UTC day (ISO): in the log these have no body any more either, and
    their days were counted long ago. Returns how many.
    """
    return db.execute("DELETE FROM own_proof WHERE day < ?", (before_day,)).rowcount


def purge_lost(db: sqlite3.Connection, before_ms: int) -> int:
    """Remove checkpoints of lost history that were laid aside before a moment: what they vouched for would be gone from
    any log by now. Returns how many.
    """
    return db.execute("DELETE FROM lost_checkpoint WHERE at_ms < ?", (before_ms,)).rowcount


def purge_declarations(db: sqlite3.Connection, before_ms: int) -> int:
    """Remove closed declarations made before a moment, with the number of the case or request that they were about.

    One about a hit that is here stays: it tells whether the hit was shown (`inbox.undo_release`). Returns how many.
    """
    return db.execute(
        "DELETE FROM declaration WHERE state != 'open' AND made_ms < ?"
        " AND subject NOT IN (SELECT lower(hex(question_id)) FROM hit)",
        (before_ms,),
    ).rowcount


def answers_left(db: sqlite3.Connection, case_number: str) -> int:
    """Return how many answers of a case are not erased."""
    row = db.execute(
        "SELECT count(*) FROM asked_holder JOIN question USING (question_id)"
        " WHERE case_number = ? AND asked_holder.state != 'erased'",
        (case_number,),
    ).fetchone()
    return int(row[0])


def overdue_reviews(db: sqlite3.Connection, today: str) -> dict[str, int]:
    """Return per register how many registrations are past their review date: they no longer answer (R-18)."""
    rows = db.execute(
        "SELECT register, count(*) FROM registration WHERE facts != '' AND json_extract(facts, '$.review_date') < ?"
        " GROUP BY register",
        (today,),
    )
    return dict(rows.fetchall())
