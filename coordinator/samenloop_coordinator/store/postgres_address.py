"""Addresses that an operator gives in a command: read by the client library itself, so judged as it reads them."""

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.texts import _
from samenloop_coordinator.store.postgres_link import SCHEME, WRITING, connect

_SECRET = b"*"
"""How the library marks a key whose value must not be shown, such as `password`."""
_WHERE = ("host", "hostaddr", "port", "dbname", "options")


def without_password(field: str, given: str) -> str:
    """Return an address that holds no secret: every user of the machine can read arguments. Raises InvalidInput."""
    if not given.startswith(SCHEME):
        raise InvalidInput(field, _("Noem een adres, zoals postgresql://gebruiker@machine/naam."))
    if any(option.val for option in _options(field, given) if option.dispchar == _SECRET):
        raise InvalidInput(field, _("Zet geen wachtwoord in de opdracht: gebruik een wachtwoordbestand (PGPASSFILE)."))
    return given


def place_of(dsn: str) -> str:
    """Return which database an address means, whoever logs in: without user and secrets."""
    given = {option.keyword.decode(): (option.val or b"").decode() for option in _options("--to", dsn)}
    chosen = {key: given[key] for key in _WHERE if given.get(key)}
    return make_conninfo(**{"dbname": given.get("user", ""), **chosen})


def reach(dsn: str) -> None:
    """Connect once; raises UNAVAILABLE when no server answers, NOT_PERMITTED when one answers but lets nobody in."""
    try:
        connect(dsn, WRITING).close()
    except SamenloopError as error:
        if error.code is not ErrorCode.UNAVAILABLE:
            raise
        raise _reason(pq.PGconn.ping(dsn.encode()), error) from error.__cause__


def _reason(answer: int, otherwise: SamenloopError) -> SamenloopError:
    if answer == pq.Ping.OK:
        return SamenloopError(
            ErrorCode.NOT_PERMITTED,
            _(
                "De server van de database antwoordt, maar laat ons niet binnen. Controleer de gebruiker, de naam van "
                "de database en het wachtwoordbestand, en of dit geen reserve-server is."
            ),
        )
    if answer in (pq.Ping.NO_RESPONSE, pq.Ping.NO_ATTEMPT):
        return SamenloopError(
            ErrorCode.UNAVAILABLE,
            _("Op dit adres antwoordt geen server van PostgreSQL. Controleer de machine en de poort."),
        )
    return otherwise


def _options(field: str, given: str) -> list[pq.ConninfoOption]:
    try:
        return pq.Conninfo.parse(given.encode())
    except psycopg.Error:
        raise InvalidInput(field, _("Noem een adres, zoals postgresql://gebruiker@machine/naam.")) from None
