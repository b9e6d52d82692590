"""Own questions and their answers. About a person nothing but the asker's own case number.

`salt`, `padding_seed` and `excluded` exist only while a question is open: with them the person can be typed again
under the same request id. They are wiped with the answer: with the consortium key a salt lets one test guessed persons.
"""

import enum
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from samenloop.model import ID_BYTES, QuestionId, RegistrationId

migrations = Migrations("questions")
_TABLES = (
    """CREATE TABLE question (
        question_id BLOB PRIMARY KEY CHECK (length(question_id) = 16),
        case_number TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        responsible TEXT NOT NULL,
        sent_ms INTEGER NOT NULL,
        question BLOB NOT NULL,
        signature BLOB NOT NULL,
        padding_seed BLOB NOT NULL,
        salt BLOB NOT NULL,
        excluded BLOB NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'failed', 'erased')),
        problem TEXT NOT NULL DEFAULT '',
        answered_ms INTEGER NOT NULL DEFAULT 0,
        leaf BLOB NOT NULL DEFAULT x''
    ) STRICT""",
    "CREATE INDEX question_by_case ON question (case_number, sent_ms)",
    """CREATE TABLE asked_holder (
        question_id BLOB NOT NULL REFERENCES question (question_id),
        position INTEGER NOT NULL,
        holder TEXT NOT NULL,
        part BLOB NOT NULL,
        state TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'answered', 'lapsed', 'erased')),
        known INTEGER NOT NULL DEFAULT 0,
        contact TEXT NOT NULL DEFAULT '',
        updated_until TEXT NOT NULL DEFAULT '',
        released_ms INTEGER NOT NULL DEFAULT 0,
        stated_ms INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (question_id, position),
        UNIQUE (question_id, holder)
    ) STRICT""",
)
_WITHOUT_NAMES = (
    "ALTER TABLE asked_holder RENAME TO asked_holder_before",
    _TABLES[2].replace(",\n        UNIQUE (question_id, holder)", ""),
    "INSERT INTO asked_holder SELECT * FROM asked_holder_before",
    "DROP TABLE asked_holder_before",
)


@migrations()
def question_tables(db: Database) -> None:
    """Make the tables of own questions and their answers."""
    for table in _TABLES:
        db.execute(table)


@migrations()
def asked_holder_without_names(db: Database) -> None:
    """Keep no index of holders' names: those of a question are few and differ (`parse_ask`), and it was written for
    every question.
    """
    for statement in _WITHOUT_NAMES:
        db.execute(statement)


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question as it was stored before sending; `parts` are the serialised parts in order."""

    question_id: QuestionId
    case_number: str
    asked_by: str
    responsible: str
    sent_ms: int
    question: bytes
    signature: bytes
    padding_seed: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    excluded: tuple[RegistrationId, ...]
    holders: tuple[str, ...]
    parts: tuple[bytes, ...]
    state: str = "open"
    problem: str = ""
    answered_ms: int = 0
    leaf: bytes = b""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """One holder of one question: `state` is asked, answered, lapsed (taken back) or erased (case closed).

    `known` is what the coordinator answered; a later release by the holder sets `released_ms`.
    """

    holder: str
    state: str
    known: bool
    contact: str
    updated_until: str
    released_ms: int

    @property
    def visible(self) -> bool:
        """Tell whether the asker may see "bekend"."""
        return self.known or self.released_ms > 0


class Outcome(enum.Enum):
    """What became of a holder's later word on a question."""

    DONE = "done"
    OLD = "old"
    UNKNOWN = "unknown"


def add_question(db: sqlite3.Connection, row: StoredQuestion) -> None:
    """Store an open question with its parts."""
    db.execute(
        "INSERT INTO question (question_id, case_number, asked_by, responsible, sent_ms, question, signature,"
        " padding_seed, salt, excluded, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')",
        (
            *(row.question_id, row.case_number, row.asked_by, row.responsible, row.sent_ms, row.question),
            *(row.signature, row.padding_seed, row.salt, b"".join(row.excluded)),
        ),
    )
    numbered = enumerate(zip(row.holders, row.parts, strict=True))
    db.executemany(
        "INSERT INTO asked_holder (question_id, position, holder, part) VALUES (?, ?, ?, ?)",
        [(row.question_id, place, holder, part) for place, (holder, part) in numbered],
    )


def find_question(db: sqlite3.Connection, question_id: bytes) -> StoredQuestion | None:
    """Return a stored question, or None."""
    found = _questions(db, "WHERE question_id = ?", (question_id,))
    return found[0] if found else None


def case_of(db: sqlite3.Connection, question_id: bytes) -> str | None:
    """Return the case of a stored question, or None."""
    row = db.execute("SELECT case_number FROM question WHERE question_id = ?", (question_id,)).fetchone()
    return str(row[0]) if row else None


def questions_of(db: sqlite3.Connection, case_number: str) -> list[StoredQuestion]:
    """Return all questions of a case, oldest first."""
    return _questions(db, "WHERE case_number = ? ORDER BY sent_ms", (case_number,))


def open_questions(db: sqlite3.Connection) -> list[StoredQuestion]:
    """Return questions that were sent, or about to be, and have no answer yet."""
    return _questions(db, "WHERE state = 'open' ORDER BY sent_ms", ())


def answers_of(db: sqlite3.Connection, question_id: bytes) -> list[StoredAnswer]:
    """Return what is known per holder, in the order of asking."""
    rows = db.execute(
        "SELECT holder, state, known, contact, updated_until, released_ms FROM asked_holder"
        " WHERE question_id = ? ORDER BY position",
        (question_id,),
    )
    return [StoredAnswer(row[0], row[1], bool(row[2]), row[3], row[4], row[5]) for row in rows]


def times_asked(db: sqlite3.Connection, case_number: str) -> dict[str, int]:
    """Return per holder how often this case was put to it (R-28); questions that were refused do not count."""
    rows = db.execute(
        "SELECT holder, count(*) FROM asked_holder JOIN question USING (question_id)"
        " WHERE case_number = ? AND question.state != 'failed' GROUP BY holder",
        (case_number,),
    )
    return dict(rows.fetchall())


def store_answer(
    db: sqlite3.Connection, question_id: bytes, answers: Iterable[StoredAnswer], leaf: bytes, answered_ms: int
) -> None:
    """Store the answer with the leaf hash of its log entry, and wipe what only a retry needed."""
    db.execute(
        "UPDATE question SET state = 'answered', problem = '', leaf = ?, answered_ms = ?, padding_seed = x'',"
        " salt = x'', excluded = x'' WHERE question_id = ? AND state = 'open'",
        (leaf, answered_ms, question_id),
    )
    db.executemany(
        "UPDATE asked_holder SET state = 'answered', known = ?, contact = ?, updated_until = ?"
        " WHERE question_id = ? AND holder = ? AND state = 'asked'",
        [(int(one.known), one.contact, one.updated_until, question_id, one.holder) for one in answers],
    )


def close_failed(db: sqlite3.Connection, question_id: bytes, problem: str) -> None:
    """Close a question that the coordinator refused: `problem` is an error code or rule id."""
    db.execute(
        "UPDATE question SET state = 'failed', problem = ?, padding_seed = x'', salt = x'', excluded = x''"
        " WHERE question_id = ? AND state = 'open'",
        (problem, question_id),
    )


def store_release(
    db: sqlite3.Connection, question_id: bytes, holder: str, *, withdrawn: bool, stated_ms: int, now_ms: int
) -> Outcome:
    """Store that a holder released its hit, or took that back; a word that is not newer than the last changes nothing.

    UNKNOWN: this holder was not asked by this question. It may come before the answer itself was received.
    """
    row = db.execute(
        "SELECT state, released_ms, stated_ms FROM asked_holder WHERE question_id = ? AND holder = ?",
        (question_id, holder),
    ).fetchone()
    if row is None:
        return Outcome.UNKNOWN
    state, released_ms, last_ms = row
    if state == "erased" or stated_ms <= last_ms:
        return Outcome.OLD
    if withdrawn:
        state, released_ms = "lapsed" if released_ms else state, 0
    else:
        state, released_ms = "answered" if state == "lapsed" else state, now_ms
    db.execute(
        "UPDATE asked_holder SET state = ?, released_ms = ?, stated_ms = ? WHERE question_id = ? AND holder = ?",
        (state, released_ms, stated_ms, question_id, holder),
    )
    return Outcome.DONE


def erase_answer(db: sqlite3.Connection, question_id: bytes, holder: str) -> Outcome:
    """Erase what was shown about a holder; the kept log entry goes too, because it says the answers."""
    changed = db.execute(
        "UPDATE asked_holder SET state = 'lapsed', known = 0, contact = '', released_ms = 0"
        " WHERE question_id = ? AND holder = ? AND state = 'answered' AND (known = 1 OR released_ms > 0)",
        (question_id, holder),
    )
    if changed.rowcount == 1:
        _erase_entry(db, question_id)
        return Outcome.DONE
    return Outcome.OLD


def erase_case(db: sqlite3.Connection, case_number: str) -> int:
    """Erase every answer of a closed case (R-37) and close its open questions; returns how many questions it had."""
    ids: Sequence[tuple[bytes]] = db.execute(
        "SELECT question_id FROM question WHERE case_number = ? AND state != 'erased'", (case_number,)
    ).fetchall()
    db.executemany(
        "UPDATE asked_holder SET state = 'erased', known = 0, contact = '', updated_until = '', released_ms = 0,"
        " part = x'' WHERE question_id = ?",
        ids,
    )
    for (question_id,) in ids:
        _erase_entry(db, question_id)
    db.executemany(
        "UPDATE question SET state = 'erased', question = x'', signature = x'', padding_seed = x'',"
        " salt = x'', excluded = x'' WHERE question_id = ?",
        ids,
    )
    return len(ids)


def _erase_entry(db: sqlite3.Connection, question_id: bytes) -> None:
    db.execute(
        "UPDATE receipt SET entry = x'' WHERE leaf = (SELECT leaf FROM question WHERE question_id = ?)", (question_id,)
    )


_QUESTION = (
    "SELECT question_id, case_number, asked_by, responsible, sent_ms, question, signature, padding_seed, salt,"
    " excluded, state, problem, answered_ms, leaf FROM question "
)


def _questions(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[StoredQuestion]:
    return [_question(db, row) for row in db.execute(_QUESTION + where, values).fetchall()]


def _question(db: sqlite3.Connection, row: Any) -> StoredQuestion:
    asked = db.execute(
        "SELECT holder, part FROM asked_holder WHERE question_id = ? ORDER BY position", (row[0],)
    ).fetchall()
    joined = row[9]
    excluded = tuple(RegistrationId(joined[at : at + ID_BYTES]) for at in range(0, len(joined), ID_BYTES))
    holders, parts = tuple(one[0] for one in asked), tuple(one[1] for one in asked)
    values: list[Any] = [*row[:9], excluded, holders, parts, *row[10:]]
    return StoredQuestion(*values)
