"""What the coordinator asks of a store. Each backend is native and passes tests/contract; there is no shared base
class.

1. `write` runs a unit of work: all of it is durable on return, or none of it happened and the error is raised.
2. `read` runs against one snapshot of what is durable: what an earlier `write` returned for is always seen.
3. Any failure is an error, never an empty result: a lookup that could not be made in full raises (invariant 7).
4. A full disk raises STORAGE_FULL and leaves nothing half done; reading goes on, and writing too once there is space.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from samenloop.audit.store import EntryStore, Purged
from samenloop_coordinator.store.values import (
    AskedQuestion,
    CovenantRow,
    CoverageRow,
    KeyRow,
    MailRow,
    NewRegistration,
    NoticeRow,
    Place,
    Registration,
    Request,
    ShownHit,
)

MOST_ACKNOWLEDGED = 1_000
"""Of so many oldest items of a mailbox some may be acknowledged; ten times what is fetched at once."""
Result = TypeVar("Result")


class Registrations(Protocol):
    """Registered persons: random ids, facts as codes, and the index of their peppered tokens."""

    def place(self, place: Place) -> int | None:
        """Return the number of a place, None when nothing was ever registered there."""
        ...

    def make_place(self, place: Place) -> int:
        """Return the number of a place, made if need be."""
        ...

    def places(self, covenant: str) -> Sequence[tuple[int, Place]]:
        """Return every place under a covenant."""
        ...

    def find(self, place: int, registration_id: bytes) -> Registration | None:
        """Return one registration."""
        ...

    def rows_of(self, registration_ids: Sequence[bytes]) -> set[int]:
        """Return the rows that carry one of these ids, in whatever place."""
        ...

    def lookup(self, values: Sequence[bytes]) -> list[tuple[int, int]]:
        """Return (position in `values`, row) for every registration that has an equal value."""
        ...

    def last_row(self) -> int:
        """Return a number that no row exceeds."""
        ...

    def fetch(self, rows: Sequence[int]) -> dict[int, Registration]:
        """Return the registrations with these rows; one that is no longer there is left out."""
        ...

    def of_place(self, place: int, limit: int) -> Sequence[Registration]:
        """Return up to `limit` registrations of a place."""
        ...

    def ids_of_place(self, place: int, after: bytes, limit: int) -> Sequence[bytes]:
        """Return up to `limit` registration ids of a place behind `after` (empty: from the first), in order."""
        ...

    def put(self, registration: NewRegistration) -> int:
        """Add a registration, or replace the one with its id in its place wholly; return its row, which is new."""
        ...

    def change(self, row: int, facts: bytes, beforehand: bytes) -> None:
        """Replace facts and decisions of one registration."""
        ...

    def remove(self, row: int) -> None:
        """Delete a registration with all its values."""
        ...

    def coverage(self, place: int) -> tuple[int, tuple[CoverageRow, ...]]:
        """Return how many registrations a place has, and how many of them per epoch."""
        ...

    def drop_epoch(self, place: int, epoch: str, limit: int) -> int:
        """Delete the values of an epoch from up to `limit` registrations; return how many had them."""
        ...

    def freshness(self, place: int) -> str:
        """Return the ISO date until which a register is up to date, empty when never said."""
        ...

    def set_freshness(self, place: int, updated_until: str) -> None:
        """Keep the date until which a register is up to date."""
        ...


class Requests(Protocol):
    """Requests that were handled, so that a repeat has one effect and one answer; and the budgets."""

    def find(self, request_id: bytes) -> Request | None:
        """Return the request with this id."""
        ...

    def keep(self, request_id: bytes, request: Request, now_ms: int) -> None:
        """Keep a handled request with its reply. Raises REQUEST_REUSED when the id is taken."""
        ...

    def erase_reply(self, request_id: bytes) -> None:
        """Forget the reply, keep the id: what it showed was taken back."""
        ...

    def forget_before(self, moment_ms: int, limit: int) -> int:
        """Delete up to `limit` requests that are older; return how many."""
        ...

    def count_all(self, counters: Sequence[tuple[bytes, str]]) -> Sequence[int]:
        """Add one to each of several counters (scope, day) and return their new values."""
        ...

    def counted(self, scope: bytes, day: str) -> int:
        """Return a counter."""
        ...

    def forget_counters(self, day: str) -> None:
        """Delete the counters of days before `day`, and of those without a day what counts until a day before it."""
        ...

    def end_lasting(self, scopes: Sequence[bytes], until: str) -> None:
        """Let the counters without a day of these scopes count until this ISO day and no longer."""
        ...


class Questions(Protocol):
    """Questions that were answered, and what was shown for them."""

    def keep(self, question: AskedQuestion) -> None:
        """Keep a question."""
        ...

    def find(self, question_id: bytes) -> AskedQuestion | None:
        """Return a question."""
        ...

    def restate(self, question: AskedQuestion) -> None:
        """Keep what changed about the holders of a question."""
        ...

    def of_case(self, asker: str, case_ref: bytes) -> Sequence[AskedQuestion]:
        """Return the questions of one case."""
        ...

    def asked_before(self, moment_ms: int, limit: int) -> Sequence[AskedQuestion]:
        """Return up to `limit` questions that were asked before a moment, the oldest first."""
        ...

    def forget(self, question_id: bytes) -> None:
        """Delete a question and what was shown for it."""
        ...

    def show(self, hits: Iterable[ShownHit]) -> None:
        """Keep what was shown."""
        ...

    def shown_by(self, handle: bytes) -> Sequence[ShownHit]:
        """Return what was shown on this keyed reference."""
        ...

    def shown_until(self, day: str, limit: int) -> Sequence[ShownHit]:
        """Return up to `limit` shown hits whose last day lies before `day`."""
        ...

    def shown_for(self, question_id: bytes, holder: str) -> Sequence[ShownHit]:
        """Return what is still shown of this holder for a question."""
        ...

    def take_back(self, hit: ShownHit) -> None:
        """Delete one shown hit."""
        ...


class Mail(Protocol):
    """Mailboxes: items of one length, and the wrapped content keys to open them."""

    def put(self, rows: Iterable[MailRow], now_ms: int) -> None:
        """Add items."""
        ...

    def fetch(self, receiver: str, limit: int) -> Sequence[MailRow]:
        """Return the oldest items of a receiver."""
        ...

    def acknowledge(self, receiver: str, item_ids: Sequence[bytes]) -> None:
        """Delete items of this receiver, which are among its `MOST_ACKNOWLEDGED` oldest; other ids are left alone."""
        ...

    def forget_others(self, receivers: Sequence[str]) -> int:
        """Delete the items of everybody but these receivers; return how many."""
        ...

    def keep_keys(self, rows: Iterable[KeyRow], now_ms: int) -> None:
        """Keep wrapped content keys."""
        ...

    def keys(self, receiver: str, key_ids: Sequence[bytes]) -> Sequence[KeyRow]:
        """Return wrapped content keys of this receiver."""
        ...

    def forget_keys(self, moment_ms: int) -> None:
        """Delete keys made before that no item needs any more."""
        ...


class Covenants(Protocol):
    """Versions of covenants with their signatures, and the notice board."""

    def active(self) -> Sequence[CovenantRow]:
        """Return every active covenant version, by covenant and version."""
        ...

    def find(self, covenant: str, version: int) -> CovenantRow | None:
        """Return one version."""
        ...

    def keep(self, row: CovenantRow) -> None:
        """Keep a version; one that is already there is replaced unless it is active."""
        ...

    def post(self, notice: NoticeRow, now_ms: int) -> int:
        """Put a notice on the board and return its sequence number; an equal one keeps its number."""
        ...

    def notices(self, covenant: str, after: int, limit: int) -> Sequence[NoticeRow]:
        """Return notices of a covenant with a higher sequence number, in order."""
        ...

    def generation(self) -> int:
        """Return a number that grows with every version kept and every notice posted."""
        ...


class Log(Protocol):
    """The audit entries of this coordinator, written in the same unit as the act."""

    def append(self, body: bytes, sealed: Sequence[bytes]) -> None:
        """Append an entry body, made by `samenloop_coordinator.journal`, with its sealed halves."""
        ...

    def purge(self, body: bytes, signed_size: int) -> Purged:
        """Append the purge entry `body`, then erase the bodies and sealed halves that it names; their hashes stay.

        Raises IntegrityError when they are not there or not signed yet.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of a store, bound to one transaction or one snapshot."""

    registrations: Registrations
    requests: Requests
    questions: Questions
    mail: Mail
    covenants: Covenants
    log: Log


class Store(Protocol):
    """A durable store. Many units of work become one durable transaction (group commit)."""

    async def write(self, work: Callable[[Parts], Result]) -> Result:
        """Run `work` and return its result once it is durable; an error undoes this unit only."""
        ...

    async def read(self, work: Callable[[Parts], Result]) -> Result:
        """Run `work` against one snapshot of what is durable."""
        ...

    def entries(self) -> EntryStore:
        """Return the audit entries for the integrator, read from disk."""
        ...

    def judged_by(self, generation: int) -> None:
        """Say by which generation of covenant and notices this process judges. Where several processes write, a unit is
        refused with BUSY when another process has made a newer one.
        """
        ...

    async def moved(self) -> bool:
        """Tell whether another process has made a newer generation than the one that was said to `judged_by`."""
        ...

    @property
    def broken(self) -> bool:
        """Tell whether writing stopped for good, because nobody knows what is stored."""
        ...

    async def tidy(self) -> None:
        """Do the backend's own upkeep that keeps writes cheap; called about once a second."""
        ...

    async def close(self) -> None:
        """Finish what was begun and close."""
        ...
