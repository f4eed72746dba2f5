"""Runs a module as a process that cannot outlive the one that started it: a script, started by path and with -P.

``child.py MODULE WORDS...`` leads a process group of its own. When standard input ends (a pipe whose other end only the
parent holds) the whole group is asked to end, and killed after a while; so a killed `keepfit up` leaves nobody behind.
Only what is in the group is reached: runs of the worker are, as their pool gives them a command of their own.
"""

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 8.0


def end_with_parent() -> None:
    """Wait for the end of standard input, then end the group."""
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # Prefect's worker ends by sending itself SIGINT, which a shell's background job is born deaf to
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=end_with_parent, name="lifeline", daemon=True).start()
    module, *words = sys.argv[1:]
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
