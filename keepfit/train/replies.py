"""An outcome on its way from one process to another: a line of JSON, and the bytes of its answers if it has any."""

from typing import IO

import msgspec
import numpy as np

from keepfit.records import Record, parse
from keepfit.train.trial import Outcome


class Reply(Record, frozen=True, kw_only=True):
    """An outcome without its array, whose bytes follow if it has a shape."""

    loss: float | None
    note: str
    rows: int
    shape: tuple[int, ...] | None


def reply_to(outcome: Outcome) -> tuple[bytes, bytes]:
    """The line and the bytes that follow it."""
    shape = None if outcome.answers is None else outcome.answers.shape
    line = msgspec.json.encode(Reply(loss=outcome.loss, note=outcome.note, rows=outcome.rows, shape=shape)) + b"\n"
    return line, b"" if outcome.answers is None else np.ascontiguousarray(outcome.answers, "<f8").tobytes()


def read_reply(stream: IO[bytes]) -> Outcome | None:
    """The outcome that a child wrote; None when it ended instead."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    reply = parse(line, Reply)
    if reply.shape is None:
        return Outcome(reply.loss, reply.note, None, reply.rows)
    wanted = 8 * int(np.prod(reply.shape))
    data = stream.read(wanted)
    if len(data) < wanted:
        return None
    return Outcome(reply.loss, reply.note, np.frombuffer(data, "<f8").reshape(reply.shape), reply.rows)
