"""Several processes behind one socket: kept alive, drained together, and none outlives the one that started them.

The parent answers nobody; it holds the socket, starts a worker again that died, and passes a signal on. Workers share
the socket and what `keepfit.serving.cells` holds, and nothing of Python.
"""

import asyncio
import logging
import os
import signal
import threading
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from itertools import count
from time import monotonic, sleep

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds before a worker that died is started again; each time twice as long
CALM = 30.0  # seconds after which a worker that dies counts as one that dies for the first time
PATIENCE = 90.0  # seconds in which a worker may drain: longer than the server and the log of a worker take at most

_log = logging.getLogger("keepfit.serving")


class Workers:
    """So many processes, each in a place of its own."""

    def __init__(
        self,
        places: int,
        command: Callable[[int, int, int], Sequence[str]],
        inherited: Sequence[int],
        started: Callable[[list[bytes]], None],
    ) -> None:
        """Prepare.

        Parameters
        ----------
        command
            The command for a place, given how often one was started there before, and the descriptor to give to
            `end_with_parent`. When it answers it writes one line on stdout.
        inherited
            Descriptors that the workers have too.
        started
            Called once, with the first line of each, when all answer.
        """
        self._places, self._command, self._started = places, command, started
        self._lifeline, self._held = os.pipe()
        self._inherited = (*inherited, self._lifeline)
        self._lines: dict[int, bytes] = {}
        self._running: dict[int, Process] = {}
        self._ending = asyncio.Event()

    async def run(self) -> int:
        """Keep them until a signal comes; 0 where all have ended in good order, else the code of one that has not."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        try:
            codes = await asyncio.gather(*map(self._keep, range(self._places)))
        finally:
            self._send(signal.SIGKILL)
        return next((code if code > 0 else 1 for code in codes if code), 0)

    async def _keep(self, place: int) -> int:
        failures = 0
        for born in count():
            began, code = monotonic(), await self._one(place, born)
            if self._ending.is_set():
                return 0 if code == -signal.SIGTERM else code  # it had not begun to answer
            if place not in self._lines:
                self._end()  # it cannot start, and has said why
                return code if code > 0 else 1
            failures = 0 if monotonic() - began > CALM else failures + 1
            pause = min(FIRST_PAUSE * 2.0 ** (failures - 1), LONGEST_PAUSE) if failures else 0.0
            _log.error("worker %d ended with %d; it is started again in %g s", place, code, pause)
            if await self._ends_within(pause):
                break
        return 0

    async def _one(self, place: int, born: int) -> int:
        """Start one, and wait for its end."""
        process = await asyncio.create_subprocess_exec(
            *self._command(place, born, self._lifeline),
            stdin=DEVNULL,
            stdout=PIPE,
            pass_fds=self._inherited,
            process_group=0,  # Ctrl-C comes to the parent alone, which passes it on once
        )
        self._running[place] = process
        if self._ending.is_set():
            process.terminate()
        assert process.stdout is not None
        line = await process.stdout.readline()
        if line:
            self._answers(place, line)
        code = await process.wait()
        del self._running[place]
        return code

    def _answers(self, place: int, line: bytes) -> None:
        first = len(self._lines) < self._places
        self._lines[place] = line
        if first and len(self._lines) == self._places:
            self._started([self._lines[each] for each in range(self._places)])

    async def _ends_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _end(self) -> None:
        if not self._ending.is_set():
            asyncio.get_running_loop().call_later(PATIENCE, self._send, signal.SIGKILL)
        self._ending.set()
        self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        for process in self._running.values():
            if process.returncode is None:
                process.send_signal(number)


def end_with_parent(lifeline: int) -> None:
    """Drain as soon as the other end of a pipe is gone, and with it the process that held it, however it ended."""

    def watch() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(PATIENCE)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
