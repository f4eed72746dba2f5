"""`keepfit serve` on a disk that never says that something is on it."""

import os
import sys
import threading

from flows.cli import main

if __name__ == "__main__":
    plain = os.fsync

    def fsync(descriptor):
        if threading.current_thread().name == "prediction log":
            threading.Event().wait()
        plain(descriptor)

    os.fsync = fsync
    main(sys.argv[1:])
