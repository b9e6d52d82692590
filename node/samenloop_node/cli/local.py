"""Commands that need no running node: config check."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from samenloop.texts import _
from samenloop_node.cli.base import DEFAULT_CONFIG, ConfigOption, JsonOption, one_sentence, show

config_app = typer.Typer(no_args_is_help=True, help="The configuration of this node.")


@config_app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Check configuration, accounts, keys and certificate without starting the node.

    Example: samenloop-node config check --config /etc/samenloop/node.toml
    """
    from samenloop_node.commands.config import checked

    with one_sentence(as_json=as_json):
        result = checked(config)
    show(result, _lines, as_json=as_json)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield from result["lines"]
    yield _("In orde.") if result["ok"] else _("Niet in orde.")
