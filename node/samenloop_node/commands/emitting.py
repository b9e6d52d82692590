"""What a command may send to its caller before its result."""

from collections.abc import Mapping
from typing import Protocol


class Emit(Protocol):
    """Sends one progress message to the caller; does nothing when he is gone."""

    def __call__(self, progress: Mapping[str, object]) -> None:
        """Send `progress`."""
        ...

    async def taken(self) -> None:
        """Wait until the caller has taken most of what was sent: who sends much calls it after each message.

        Raises SamenloopError(UNAVAILABLE) when he takes nothing for a minute: what is held open for him is let go.
        """
        ...
