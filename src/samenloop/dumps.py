"""What a program has in memory never reaches the disk when it crashes: no core file (security.md T17)."""

import resource


def no_core() -> None:
    """Forbid core files of this process and of all that it starts.

    One byte and not zero: that is what Linux takes for "not to a helper program either" (core(5)). Where none is
    allowed already it stays so.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (1 if hard else 0, hard))
