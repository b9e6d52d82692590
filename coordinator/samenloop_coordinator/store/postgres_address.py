"""Addresses that an operator gives in a command: read by the client library itself, so judged as it reads them."""

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from samenloop.errors import InvalidInput
from samenloop.texts import _

_WHERE = ("host", "hostaddr", "port", "dbname", "options")


def place_of(dsn: str) -> str:
    """Return which database an address means, whoever logs in: without user and secrets."""
    given = {option.keyword.decode(): (option.val or b"").decode() for option in _options("--to", dsn)}
    chosen = {key: given[key] for key in _WHERE if given.get(key)}
    return make_conninfo(**{"dbname": given.get("user", ""), **chosen})


def _options(field: str, given: str) -> list[pq.ConninfoOption]:
    try:
        return pq.Conninfo.parse(given.encode())
    except psycopg.Error:
        raise InvalidInput(field, _("Noem een adres, zoals postgresql://gebruiker@machine/naam.")) from None
