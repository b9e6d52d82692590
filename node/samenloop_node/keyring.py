"""Consortium secrets on disk: one file of 32 bytes per epoch, mode 0400, named after the epoch. Written once by the
ceremony.
"""

import os
from pathlib import Path

from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode, InvalidInput, SamenloopError
from samenloop.model import EpochId, epoch_id
from samenloop.reasons import why
from samenloop.texts import _
from samenloop_node.tokens.keys import SECRET_BYTES, EpochKeys

SUFFIX = ".secret"


class Keyring:
    """The folder of secrets; derives recipe keys once per epoch and covenant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._derived: dict[tuple[str, str, str], EpochKeys] = {}

    def epochs(self) -> tuple[EpochId, ...]:
        """Return the epochs of which this node has the secret."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(epoch_id(path.stem) for path in self.folder.glob(f"*{SUFFIX}")))

    def keys(self, covenant: Covenant, epoch: EpochId) -> EpochKeys:
        """Return the recipe keys; raises SamenloopError(NOT_FOUND) when the ceremony of this epoch is not done here."""
        at = (covenant.id, covenant.purpose.id, epoch)
        if at not in self._derived:
            recipes = covenant.profiles().of(epoch).recipes
            self._derived[at] = EpochKeys(self._read(epoch), covenant.id, covenant.purpose.id, epoch, recipes)
        return self._derived[at]

    def add(self, epoch: EpochId, secret: bytes) -> Path:
        """Keep the secret of a new epoch (exclusive create, mode 0400); raises SamenloopError when it is there
        already.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{epoch}{SUFFIX}"
        keep_secret(path, secret)
        return path

    def destroy(self, epoch: EpochId) -> None:
        """Remove the secret of a retired epoch."""
        (self.folder / f"{epoch}{SUFFIX}").unlink(missing_ok=True)
        self._derived = {at: keys for at, keys in self._derived.items() if at[2] != epoch}

    def _read(self, epoch: EpochId) -> bytes:
        path = self.folder / f"{epoch}{SUFFIX}"
        return read_secret(
            path,
            SECRET_BYTES,
            _(
                "Deze node heeft geen sleutel voor tijdvak {epoch}: rond eerst de sleutelceremonie af "
                "(samenloop-node key accept).",
                epoch=epoch,
            ),
        )


def keep_secret(path: Path, secret: bytes) -> None:
    """Write a secret to a new file (mode 0400) and flush it; raises SamenloopError rather than overwrite anything."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
    except OSError as error:
        text = _("Sleutel {path} kan niet worden gemaakt: {why}.", path=path, why=why(error))
        raise SamenloopError(ErrorCode.INVALID_INPUT, text) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path, size: int, missing: str) -> bytes:
    """Read a secret of exactly `size` bytes that only its owner can read; `missing` is said when there is no such
    file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SamenloopError(ErrorCode.NOT_FOUND, missing) from error
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise InvalidInput(
                str(path), _("Anderen kunnen sleutelbestand {path} lezen. Zet de rechten op 0400.", path=path)
            )
        secret = file.read(size + 1)
    if len(secret) != size:
        raise InvalidInput(
            str(path),
            _(
                "Sleutelbestand {path} moet precies {size} bytes hebben. Zet het terug uit de reservekopie.",
                path=path,
                size=size,
            ),
        )
    return secret
