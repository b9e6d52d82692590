"""What a program has in memory never reaches the disk when it crashes: no core file (security.md T17)."""

import resource


def no_core() -> None:
    """Forbid core files of this process and of all that it starts; nothing without privileges can allow them again.

    One byte and not zero: that is what Linux takes for "not to a helper program either" (core(5)). Where the limit is
    zero already it stays.
    """
    most = 1 if resource.getrlimit(resource.RLIMIT_CORE)[1] else 0
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
