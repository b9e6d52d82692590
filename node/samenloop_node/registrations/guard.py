"""Stops a synchronisation that would withdraw suspiciously much: a file that was cut off, or numbered anew. Pure.

1. More than 50 and more than 5% of a register: what a large register loses in a period is less.
2. At least five and more than half, of a register of any size: below five its owner sees for himself who is gone, and
   any share is work of every day.
"""

from typing import Final

from samenloop.errors import ErrorCode, SamenloopError
from samenloop.texts import _

COUNT: Final = 50
PERCENT: Final = 5
SMALL_COUNT: Final = 5
SMALL_PERCENT: Final = 50


def check_withdrawals(gone: int, registered: int, confirmed: int) -> None:
    """Raise SamenloopError(REFUSED) for more than `confirmed` withdrawals that are suspiciously many."""
    many = gone > COUNT and gone * 100 > PERCENT * registered
    most = gone >= SMALL_COUNT and gone * 100 > SMALL_PERCENT * registered
    if gone <= confirmed or not (many or most):
        return
    raise SamenloopError(
        ErrorCode.REFUSED,
        _(
            "Dit bestand zou {gone} van de {registered} registraties intrekken. Klopt dat? "
            "Geef dan --confirm-withdrawals {gone}. Er is niets veranderd.",
            gone=gone,
            registered=registered,
        ),
    )
