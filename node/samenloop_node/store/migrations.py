"""All migration sets, in order; each module owns the tables of its own subject. Applied by name, once, in a
transaction.
"""

from sqlite_utils.migrations import Migrations

from samenloop_node.store import (
    activation,
    cases,
    consents,
    covenants,
    decided,
    handled,
    inbox,
    notes,
    notices,
    outcomes,
    ownlog,
    past,
    questions,
    receipts,
    registrations,
    requests,
    syncs,
    told,
    witness,
)


def all_migrations() -> tuple[Migrations, ...]:
    """Return every migration set of the node."""
    return (
        covenants.migrations,
        ownlog.migrations,
        receipts.migrations,
        registrations.migrations,
        decided.migrations,
        syncs.migrations,
        questions.migrations,
        inbox.migrations,
        notes.migrations,
        witness.migrations,
        activation.migrations,
        cases.migrations,
        consents.migrations,
        notices.migrations,
        requests.migrations,
        told.migrations,
        past.migrations,
        outcomes.migrations,
        handled.migrations,
    )
