"""`keepfit serve` on a disk that never says that something is on it: ``disk_hangs.py WHAT serve …``.

``WHAT`` is the name of the thread that hangs, or the folder below which everybody does.
"""

import os
import sys
import threading
from pathlib import Path

from flows.cli import main

if __name__ == "__main__":
    plain, what = os.fsync, sys.argv.pop(1)

    def fsync(descriptor):
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if threading.current_thread().name == what or f"{path}/".startswith(f"{what}/"):
            threading.Event().wait()
        plain(descriptor)

    os.fsync = fsync
    main(sys.argv[1:])
