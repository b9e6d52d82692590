"""Worker processes end with the process that started them, also after a `kill -9`."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Watch, in a thread, whether the process that started this worker is still there; end with it."""
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    """Wait on the pipe of which only the parent has the other end.

    The queue that the work comes from says nothing: its other end is held by the other workers too.
    """
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
