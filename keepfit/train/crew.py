"""Who carries out jobs: this process, or several others; the outcomes are the same."""

import os
import queue
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO

import msgspec

from keepfit.errors import InfrastructureError, Problem
from keepfit.train.arrays import shared
from keepfit.train.material import Material
from keepfit.train.replies import read_reply
from keepfit.train.trial import Job, Outcome, carry_out

Run = Callable[[Sequence[Job]], list[Outcome]]


@contextmanager
def crew(material: Material, workers: int) -> Iterator[Run]:
    """A function from jobs to their outcomes, in the order of the jobs.

    Several workers are processes of their own: threads of one would wait for each other, and a fork of one that has
    threads may never wake up. Each is a new interpreter, so the first jobs cost it the import of scikit-learn.

    Raises
    ------
    InfrastructureError
        A process ended before its answer came; most likely it was killed for want of memory.
    """
    if workers == 1:
        yield lambda jobs: [carry_out(material, job) for job in jobs]
        return
    with shared(material) as (file, index), _started(file, index, workers) as processes:
        idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for process in processes:
            idle.put(_Worker(process))
        with ThreadPoolExecutor(workers, thread_name_prefix="keepfit-train") as pool:
            try:
                yield lambda jobs: _in_order(pool, idle, jobs, material)
            finally:  # also when a job went wrong: whoever still waits for an answer gets the end of the stream
                for process in processes:
                    process.kill()  # it holds nothing that could be lost


class _Worker:
    """A process that waits for a job."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def ask(self, job: Job) -> Outcome:
        """Send a job and wait for its outcome."""
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(msgspec.json.encode(job) + b"\n")
            self.process.stdin.flush()
            outcome = read_reply(self.process.stdout)
        except BrokenPipeError:
            outcome = None
        if outcome is None:
            raise _ended(job, self.process.wait())
        return outcome


@contextmanager
def _started(file: IO[bytes], index: bytes, workers: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.extend(_child(file.fileno()) for _ in range(workers))
        for process in processes:
            assert process.stdin
            process.stdin.write(index)
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):  # what was not sent is sent nowhere
                    stream.close()  # type: ignore[union-attr]


def _child(number: int) -> "subprocess.Popen[bytes]":
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-P", "-m", "keepfit.train.child", str(number)]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, pass_fds=[number], env=environ)  # noqa: S603 - our own words


def _in_order(
    pool: ThreadPoolExecutor, idle: "queue.SimpleQueue[_Worker]", jobs: Sequence[Job], material: Material
) -> list[Outcome]:
    def one(place: int) -> Outcome:
        worker = idle.get()
        try:
            return worker.ask(jobs[place])
        finally:
            idle.put(worker)

    # the longest first, so that nobody ends with a long one while others have nothing to do
    longest = sorted(range(len(jobs)), key=lambda place: -len(material.labels[jobs[place].fold].fit))
    done = dict(zip(longest, pool.map(one, longest), strict=True))
    return [done[place] for place in range(len(jobs))]


def _ended(job: Job, code: int) -> InfrastructureError:
    return InfrastructureError(
        Problem(
            "a process of the search ended before its answer came",
            where=f"train: {job.candidate} on fold {job.fold + 1}",
            expected="an answer",
            found=f"signal {-code}" if code < 0 else f"exit code {code}",
            did="trained nothing; the champion stays; what was finished before is remembered",
            do="signal 9 is most often a lack of memory: fewer `train.workers`, or a shorter data.history",
        )
    )
