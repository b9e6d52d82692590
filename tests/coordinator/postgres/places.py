"""A consortium whose coordinator keeps everything on PostgreSQL."""

from dataclasses import replace
from pathlib import Path

import psycopg
from pydantic import SecretStr

from samenloop.clock import SystemClock
from samenloop_coordinator.operating import activate, initialise
from tests.coordinator.consortium import Consortium
from tests.coordinator.world import World, copied

NOT_COMPARED = frozenset({"process", "log_head", "log_node", "log_index", "log_checkpoint", "coordinator_migration"})
"""Tables that count processes or follow the log, not questions."""


def on_postgresql(made: Consortium, folder: Path, dsn: str) -> Consortium:
    """Return a copy of a consortium, its coordinator made anew at `dsn`, its covenant active."""
    consortium = copied(made, folder)
    for name in ("coordinator.db", "log-head.db"):
        (consortium.folder / "coordinator" / name).unlink()
    point_at(consortium, dsn)
    initialise(consortium.config)
    activate(consortium.config, consortium.folder / "covenant.toml", SystemClock())
    return consortium


def second(consortium: Consortium, port: int) -> Consortium:
    """Return the same consortium as seen by a second process of its coordinator, that listens on another port."""
    file = consortium.folder / "second.toml"
    text = consortium.config_file.read_text(encoding="utf-8")
    file.write_text(text.replace(f':{consortium.port}"', f':{port}"'), encoding="utf-8")
    return replace(consortium, port=port, config_file=file)


def point_at(consortium: Consortium, dsn: str) -> None:
    """Let the configuration name PostgreSQL for the data and the head of the log."""
    text = consortium.config_file.read_text(encoding="utf-8")
    for name in ("database", "log_head"):
        start = text.index(f"{name} = ")
        text = text[:start] + f'{name} = "{dsn}"' + text[text.index("\n", start) :]
    consortium.config_file.write_text(text, encoding="utf-8")


def address_of(consortium: Consortium) -> str:
    """Return where the coordinator of a consortium keeps its data."""
    address = consortium.config.data.database
    assert isinstance(address, SecretStr)
    return address.get_secret_value()


def counts(world: World) -> dict[str, int]:
    """Return how many rows each table has; put it in the place of `World.counts`."""
    with psycopg.connect(address_of(world.consortium), autocommit=True) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')"
        ).fetchall()
        names = [row[0] for row in found if row[0] not in NOT_COMPARED and not row[0].startswith("token_")]
        rows = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in names}  # noqa: S608
    return {name: row[0] for name, row in rows.items() if row is not None}
