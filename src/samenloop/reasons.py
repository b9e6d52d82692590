"""Why a file could not be used, in words of ours: the operating system and the parsers give theirs in English."""

import errno
import re
from typing import Final

from samenloop.texts import N_, _

_NO_RIGHT: Final = N_("u hebt daar geen rechten voor. Vraag de beheerder om die rechten")
_FULL: Final = N_("de schijf is vol. Maak ruimte vrij en probeer het opnieuw")
_TOO_MANY: Final = N_("er zijn te veel bestanden open. Probeer het over een minuut opnieuw")
_WHY: Final[dict[int, str]] = {
    errno.ENOENT: N_("het bestaat niet. Controleer de naam en de map"),
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EISDIR: N_("het is een map. Noem een bestand"),
    errno.ENOTDIR: N_("een deel van het pad is geen map. Controleer het pad"),
    errno.EEXIST: N_("het bestaat al. Kies een andere naam"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: N_("het bestand wordt te groot voor deze schijf. Kies een andere schijf"),
    errno.EROFS: N_("op deze schijf kan niets worden geschreven. Kies een andere map"),
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
    errno.ENAMETOOLONG: N_("de naam is te lang. Kies een kortere naam"),
    errno.ELOOP: N_("het is een verwijzing naar iets anders. Noem het bestand zelf"),
    errno.EIO: N_("de schijf geeft een fout. Laat de beheerder de schijf nakijken"),
}
_PLACE: Final = re.compile(r"at line (\d+), column (\d+)")


def why(error: OSError | UnicodeError) -> str:
    """Return the reason and what to do, to stand after a colon and before a full stop."""
    if isinstance(error, UnicodeError):
        return _("het is geen tekst in UTF-8. Bewaar het opnieuw als UTF-8")
    number = error.errno or 0
    if number in _WHY:
        return _(_WHY[number])
    return _("het systeem geeft fout {code}. Laat de beheerder ernaar kijken", code=errno.errorcode.get(number, number))


def toml_place(error: ValueError) -> str:
    """Return where a TOML file is wrong, from the parser's error; never what stands there."""
    found = _PLACE.search(str(error))
    if found is None:
        return _("aan het eind")
    return _("regel {line}, kolom {column}", line=found[1], column=found[2])
