"""Tables of both log stores on SQLite: STRICT, with triggers that abort whatever would change the log."""

ENTRY_TABLES = (
    """CREATE TABLE log_entry (
        seq INTEGER PRIMARY KEY CHECK (seq >= 0),
        leaf BLOB NOT NULL CHECK (length(leaf) = 32),
        body BLOB,
        sealed_count INTEGER NOT NULL CHECK (sealed_count >= 0),
        sealed BLOB
    ) STRICT""",
    """CREATE TABLE log_purge (
        first INTEGER NOT NULL CHECK (first >= 0),
        last INTEGER NOT NULL CHECK (last >= first),
        by INTEGER PRIMARY KEY CHECK (by > last)
    ) STRICT""",
    """CREATE TRIGGER log_entry_stays BEFORE DELETE ON log_entry
       BEGIN SELECT RAISE(ABORT, 'log entries are never deleted'); END""",
    """CREATE TRIGGER log_entry_same BEFORE UPDATE ON log_entry
       WHEN NEW.body IS NOT NULL OR NEW.sealed IS NOT NULL OR NEW.seq IS NOT OLD.seq OR NEW.leaf IS NOT OLD.leaf
         OR NEW.sealed_count IS NOT OLD.sealed_count
         OR NOT EXISTS (SELECT 1 FROM log_purge WHERE OLD.seq BETWEEN first AND last)
       BEGIN SELECT RAISE(ABORT, 'log entries never change'); END""",
    """CREATE TRIGGER log_entry_next BEFORE INSERT ON log_entry
       WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM log_entry)
       BEGIN SELECT RAISE(ABORT, 'log entries have no gap'); END""",
    """CREATE TRIGGER log_purge_stays BEFORE DELETE ON log_purge
       BEGIN SELECT RAISE(ABORT, 'purges are never deleted'); END""",
    """CREATE TRIGGER log_purge_same BEFORE UPDATE ON log_purge
       BEGIN SELECT RAISE(ABORT, 'purges never change'); END""",
)
TREE_TABLES = (
    "CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 0), note BLOB NOT NULL) STRICT",
    """CREATE TABLE node (
        level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (level, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE entry_index (
        seq INTEGER PRIMARY KEY, end_ms INTEGER NOT NULL, event TEXT NOT NULL, actor TEXT NOT NULL, user TEXT NOT NULL,
        "case" TEXT NOT NULL, purpose TEXT NOT NULL, rule TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX entry_by_actor ON entry_index (actor, event, end_ms)",
    """CREATE INDEX entry_by_case ON entry_index ("case") WHERE "case" <> ''""",
    """CREATE TABLE leaf_place (
        prefix INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (prefix, seq)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE checkpoint (
        size INTEGER PRIMARY KEY, note BLOB NOT NULL, day INTEGER NOT NULL, signatures INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX checkpoint_by_day ON checkpoint (day, signatures, size)",
    "CREATE TRIGGER node_stays BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'node hashes stay'); END",
    "CREATE TRIGGER node_same BEFORE UPDATE ON node BEGIN SELECT RAISE(ABORT, 'node hashes never change'); END",
    "CREATE TRIGGER head_stays BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'the head stays'); END",
)
