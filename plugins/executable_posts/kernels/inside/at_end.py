"""What Python does at its end, done at the end of a run: wait for threads, say what is left."""

import sys
import threading
from concurrent.futures import thread as pools


def finish() -> None:
    """Wait for the threads that Python would wait for at its exit, and send what they printed.

    Those are all that are no daemons, and those of pools once their work is done.
    """
    pools._python_exit()  # what Python itself calls; there is no other door
    own = {threading.current_thread(), threading.main_thread()}
    for thread in threading.enumerate():
        if thread not in own and not thread.daemon:
            thread.join()
    sys.stdout.flush()
    sys.stderr.flush()
