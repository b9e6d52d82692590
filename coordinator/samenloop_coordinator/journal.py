"""Entries of this coordinator: stamps them in the order of the one writer and builds their bodies.

A unit of work that is undone gives its counters back, so that a verifier finds no gap (`mark`, `undo`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samenloop import __version__
from samenloop.audit import entry
from samenloop.audit.fields import Event
from samenloop.audit.stamp import Mark, Stamper

SOFTWARE = f"samenloop-coordinator/{__version__}"


@dataclass(slots=True)
class Journal:
    """Builds entry bodies for the log called `origin`."""

    origin: str
    stamper: Stamper

    def body(
        self,
        event: Event,
        public: Mapping[str, object],
        sealed: Sequence[bytes] = (),
        salt: bytes | None = None,
        start_ms: int | None = None,
    ) -> bytes:
        """Return the canonical body of the next entry. Only inside a unit of work, which appends it at once."""
        fields = {"origin": self.origin, "software": SOFTWARE, **self.stamper.stamp(start_ms), **public}
        hashes = [entry.sealed_hash(ciphertext) for ciphertext in sealed]
        return entry.build(event, fields, hashes, entry.new_salt() if salt is None else salt)

    def mark(self) -> Mark:
        """Return the present position."""
        return self.stamper.mark()

    def undo(self, mark: Mark) -> None:
        """Go back to a position: what was stamped since is not in the log."""
        self.stamper.restore(mark)
