"""The tables of the PostgreSQL store, as ordered migrations recorded by name in the transaction of the change.

Who can write these tables can lose or invent registrations and answers, which the audit log shows; who can read them
sees random registration ids, codes and keyed values, never a person and never that two registers overlap.

The token table is hash-partitioned by value, and its key begins with the value: a distributed engine spreads it by
that column. Nothing on the way of a question writes to it, and every other table of a question's transaction stands
in one place. Over servers without two-phase commit and one snapshot values can be lost: docs/explanation/spread.md.

Log tables only grow. The program's role (`ROLE`, a role without login that the program's own login is a member of)
may select and insert there, not update or delete; triggers hold the owner to the same.
"""

from collections.abc import Sequence

from psycopg.sql import SQL, Identifier

from samenloop_coordinator.store.postgres_link import Connection, translated

ROLE = "samenloop_coordinator"
PARTITIONS = 16

_ORDINARY = (
    "place", "coverage", "registration", "handle", "token", "request", "counter", "question", "shown", "mail",
    "content_key", "covenant", "notice", "state", "process",
)  # fmt: skip
_GROWING = ("log_entry", "log_purge", "log_node")
_GRANTS = (
    f"SELECT, INSERT, UPDATE, DELETE ON {', '.join((*_ORDINARY, 'log_index', 'log_checkpoint'))}",
    f"SELECT, INSERT ON {', '.join(_GROWING)}",
    "SELECT, UPDATE ON log_head",
    "SELECT ON coordinator_migration",
    "USAGE ON SEQUENCE registration_row",
)

_STORE = (
    "CREATE TABLE state (id integer PRIMARY KEY CHECK (id = 0), generation bigint NOT NULL)",
    "INSERT INTO state (id, generation) VALUES (0, 0)",
    """CREATE TABLE process (
        name text PRIMARY KEY, groups bigint NOT NULL, seen timestamptz NOT NULL DEFAULT now()
    )""",
    """CREATE TABLE place (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, covenant text NOT NULL, participant text NOT NULL,
        register text NOT NULL, updated_until text NOT NULL DEFAULT '', registered bigint NOT NULL DEFAULT 0,
        UNIQUE (covenant, participant, register)
    )""",
    "CREATE TABLE coverage (place integer, epoch text, count bigint NOT NULL, PRIMARY KEY (place, epoch))",
    "CREATE SEQUENCE registration_row",
    """CREATE TABLE registration (
        id bigint PRIMARY KEY, place integer NOT NULL,
        registration_id bytea NOT NULL CHECK (length(registration_id) = 16),
        facts bytea NOT NULL, beforehand bytea NOT NULL, marks bytea NOT NULL, UNIQUE (registration_id, place)
    )""",
    "CREATE INDEX registration_by_place ON registration (place, id)",
    "CREATE TABLE handle (registration bigint PRIMARY KEY, tokens bytea NOT NULL CHECK (length(tokens) % 16 = 0))",
    """CREATE TABLE token (
        value bytea NOT NULL CHECK (length(value) = 16), registration bigint NOT NULL, PRIMARY KEY (value, registration)
    ) PARTITION BY HASH (value)""",
    *(
        f"CREATE TABLE token_{number} PARTITION OF token FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        for number in range(PARTITIONS)
    ),
    """CREATE TABLE request (
        id bytea PRIMARY KEY CHECK (length(id) = 16), participant text NOT NULL, payload_hash bytea NOT NULL,
        reply bytea, at_ms bigint NOT NULL
    )""",
    "ALTER TABLE request SET (toast_tuple_target = 8160)",
    "CREATE INDEX request_by_time ON request (at_ms)",
    "CREATE TABLE counter (scope bytea, day text, count bigint NOT NULL, PRIMARY KEY (scope, day))",
    """CREATE TABLE question (
        id bytea PRIMARY KEY CHECK (length(id) = 16), covenant text NOT NULL, asker text NOT NULL,
        case_ref bytea NOT NULL, asked_ms bigint NOT NULL, holders text NOT NULL
    )""",
    "CREATE INDEX question_by_case ON question (case_ref, asker)",
    """CREATE TABLE shown (
        question bytea, holder text, handle bytea, until text NOT NULL, acting_as text NOT NULL, purpose text NOT NULL,
        released boolean NOT NULL, PRIMARY KEY (question, holder, handle)
    )""",
    "CREATE INDEX shown_by_handle ON shown (handle)",
    "CREATE INDEX shown_by_day ON shown (until)",
    """CREATE TABLE mail (
        id bigint GENERATED ALWAYS AS IDENTITY, item_id bytea NOT NULL UNIQUE CHECK (length(item_id) = 16),
        receiver text NOT NULL, key_id bytea NOT NULL, sealed bytea NOT NULL, at_ms bigint NOT NULL,
        PRIMARY KEY (receiver, id)
    )""",
    """CREATE TABLE content_key (
        key_id bytea PRIMARY KEY, holder text NOT NULL, wrapped bytea NOT NULL, at_ms bigint NOT NULL
    )""",
    """CREATE TABLE covenant (
        id text, version integer, fingerprint bytea NOT NULL, document bytea NOT NULL, signatures bytea NOT NULL,
        activated_ms bigint NOT NULL, PRIMARY KEY (id, version)
    )""",
    """CREATE TABLE notice (
        sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, covenant text NOT NULL, kind text NOT NULL,
        author text NOT NULL, body bytea NOT NULL, signature bytea NOT NULL, at_ms bigint NOT NULL,
        digest bytea NOT NULL UNIQUE
    )""",
)
_LOG = (
    """CREATE TABLE log_entry (
        seq bigint PRIMARY KEY CHECK (seq >= 0), leaf bytea NOT NULL CHECK (length(leaf) = 32), body bytea,
        sealed_count integer NOT NULL CHECK (sealed_count >= 0), sealed bytea
    )""",
    "ALTER TABLE log_entry SET (toast_tuple_target = 8160)",
    """CREATE TABLE log_purge (
        first bigint NOT NULL CHECK (first >= 0), last bigint NOT NULL CHECK (last >= first),
        by bigint PRIMARY KEY CHECK (by > last)
    )""",
    "CREATE TABLE log_head (id integer PRIMARY KEY CHECK (id = 0), note bytea NOT NULL)",
    """CREATE TABLE log_node (
        level integer, position bigint, hash bytea NOT NULL CHECK (length(hash) = 32), PRIMARY KEY (level, position)
    )""",
    "CREATE INDEX log_leaf ON log_node (hash) WHERE level = 0",
    """CREATE TABLE log_index (
        seq bigint PRIMARY KEY, end_ms bigint NOT NULL, event text NOT NULL, actor text NOT NULL,
        user_ref text NOT NULL, case_ref text NOT NULL, purpose text NOT NULL, rule text NOT NULL
    )""",
    "CREATE INDEX log_index_by_actor ON log_index (actor, event, end_ms)",
    "CREATE INDEX log_index_by_case ON log_index (case_ref) WHERE case_ref <> ''",
    "CREATE INDEX log_index_by_time ON log_index (end_ms)",
    """CREATE TABLE log_checkpoint (
        size bigint PRIMARY KEY, note bytea NOT NULL, day integer NOT NULL, signatures integer NOT NULL
    )""",
    "CREATE INDEX log_checkpoint_by_day ON log_checkpoint (day, signatures, size)",
)
_GUARDS = (
    """CREATE FUNCTION log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the log only grows' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE FUNCTION log_entry_same() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.body IS NOT NULL OR NEW.sealed IS NOT NULL OR NEW.seq <> OLD.seq OR NEW.leaf <> OLD.leaf
            OR NEW.sealed_count <> OLD.sealed_count
            OR NOT EXISTS (SELECT FROM log_purge WHERE OLD.seq BETWEEN first AND last) THEN
           RAISE EXCEPTION 'log entries never change' USING ERRCODE = 'integrity_constraint_violation';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE FUNCTION log_entry_next() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE low bigint; high bigint; many bigint; before bigint;
       BEGIN
         SELECT min(seq), max(seq), count(*) INTO low, high, many FROM added;
         IF many = 0 THEN RETURN NULL; END IF;
         SELECT coalesce(max(seq), -1) INTO before FROM log_entry WHERE seq < low;
         IF before <> low - 1 OR high - low + 1 <> many THEN
           RAISE EXCEPTION 'log entries have no gap' USING ERRCODE = 'integrity_constraint_violation';
         END IF;
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER log_entry_next AFTER INSERT ON log_entry REFERENCING NEW TABLE AS added
       FOR EACH STATEMENT EXECUTE FUNCTION log_entry_next()""",
    "CREATE TRIGGER log_entry_same BEFORE UPDATE ON log_entry FOR EACH ROW EXECUTE FUNCTION log_entry_same()",
    *(
        f"""CREATE TRIGGER {table}_stays BEFORE DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION log_stays()"""
        for table in (*_GROWING, "log_head")
    ),
    *(
        f"CREATE TRIGGER {table}_same BEFORE UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION log_stays()"
        for table in ("log_purge", "log_node")
    ),
)
_MIGRATIONS: Sequence[tuple[str, Sequence[str]]] = (
    ("first_tables", (*_STORE, *_LOG, *_GUARDS)),
    ("questions_by_time", ("CREATE INDEX question_by_time ON question (asked_ms)",)),
    (
        "counters_until",
        (
            "ALTER TABLE counter ADD COLUMN until text NOT NULL DEFAULT ''",
            "CREATE INDEX counter_by_until ON counter (until) WHERE until <> ''",
        ),
    ),
)
TABLES = (*_ORDINARY, *_GROWING, "log_head", "log_index", "log_checkpoint")
"""Every table that holds something of the coordinator."""


def exists(connection: Connection) -> bool:
    """Tell whether the tables are there."""
    with translated():
        return connection.execute("SELECT to_regclass('coordinator_migration')").fetchone() != (None,)


def migrate(connection: Connection, role: str = ROLE) -> None:
    """Bring the tables up to date, and give the program's role its rights where that role exists."""
    with translated(), connection.transaction():
        connection.execute("CREATE TABLE IF NOT EXISTS coordinator_migration (name text PRIMARY KEY)")
        connection.execute("LOCK TABLE coordinator_migration IN EXCLUSIVE MODE")
        done = {row[0] for row in connection.execute("SELECT name FROM coordinator_migration").fetchall()}
        for name, statements in _MIGRATIONS:
            if name not in done:
                for statement in statements:
                    connection.execute(statement)
                connection.execute("INSERT INTO coordinator_migration (name) VALUES (%s)", [name])
        _grant(connection, role)


def _grant(connection: Connection, role: str) -> None:
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        return
    found = connection.execute("SELECT current_schema()").fetchone()
    schema = Identifier(str(found[0]) if found else "")
    connection.execute(SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, Identifier(role)))
    for rights in _GRANTS:
        connection.execute(SQL("GRANT {} TO {}").format(SQL(rights), Identifier(role)))


def missing(connection: Connection) -> list[str]:
    """Return the migrations that still have to be done."""
    with translated():
        done = {row[0] for row in connection.execute("SELECT name FROM coordinator_migration").fetchall()}
    return [name for name, _statements in _MIGRATIONS if name not in done]
