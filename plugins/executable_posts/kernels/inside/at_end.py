"""What Python does at its end, done at the end of a run: wait for threads."""

import threading
from typing import Any


def finish() -> None:
    """Wait for the threads that Python would wait for at its exit.

    Those are all that are no daemons, and those of pools, of processes and joblib's too, once
    their work is done.
    """
    # As `threading._shutdown` does: who has a pool asks to be told there; it is no other door.
    callbacks: Any = vars(threading)["_threading_atexits"]
    for callback in reversed(callbacks):
        callback()
    own = {threading.current_thread(), threading.main_thread()}
    for thread in threading.enumerate():
        if thread not in own and not thread.daemon:
            thread.join()
