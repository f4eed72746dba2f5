"""A process that carries out jobs until nobody sends any: ``python -m keepfit.train.child FD``.

It gets the arrays as an open file, everything else as lines of JSON on stdin, and answers on stdout with a line of JSON
and, where answers were asked for, their bytes. Nothing is pickled. It ends when its parent does, at once.
"""

import os
import queue
import sys
import threading
from typing import IO

from keepfit.records import parse
from keepfit.score import one_thread
from keepfit.train.arrays import opened
from keepfit.train.replies import reply_to
from keepfit.train.trial import Job, carry_out


def serve(file: IO[bytes], jobs: IO[bytes], replies: IO[bytes]) -> None:
    """Carry out every job that comes."""
    material = opened(file, jobs.readline())
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs, lines), daemon=True).start()
    with one_thread():
        while True:
            outcome = carry_out(material, parse(lines.get(), Job))
            replies.writelines(reply_to(outcome))
            replies.flush()


def _listen(jobs: IO[bytes], lines: "queue.SimpleQueue[bytes]") -> None:
    """Pass lines on; when there will be no more, the parent is done or dead, and nobody waits for what is under way."""
    for line in jobs:
        lines.put(line)
    os._exit(0)


def main() -> None:
    """What others print must not get between the replies."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        serve(file, sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
