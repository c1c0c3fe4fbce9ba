"""What Python does at its end, done at the end of a run: wait for threads."""

import threading
from typing import Any


def finish() -> None:
    """Wait for the threads that Python would wait for at its exit.

    Those are all that are no daemons, and those of pools, of processes too, once their work is
    done.
    """
    python: Any = threading
    for end_pool in reversed(python._threading_atexits):  # as Python does; there is no other door
        end_pool()
    own = {threading.current_thread(), threading.main_thread()}
    for thread in threading.enumerate():
        if thread not in own and not thread.daemon:
            thread.join()
