"""Text cut into blocks of whole records, so that blocks can be parsed apart from each other, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

BLOCK = 16 << 20  # bytes at most: what is worked on at a time, and the longest record there may be


class Odd(NamedTuple):
    """A record (the ``number``-th of its block, from 1) that was taken out for what its quotes do."""

    number: int
    text: bytes


class Block(NamedTuple):
    """Whole records.

    ``odd`` were taken out of ``data``; ``quoted`` says whether there is any quote; ``stop`` is why the record after the
    last one of this block, and with it the file, cannot be read; ``cut_off`` whether the text ends without a line end.
    """

    data: bytes
    odd: tuple[Odd, ...] = ()
    quoted: bool = False
    stop: str = ""
    cut_off: bool = False


# Takes a buffer, and whether the text ends with it; gives a block from its beginning, and how many bytes that took.
Cut = Callable[[bytes, bool], tuple[Block, int]]


def blocks(pieces: Iterable[bytes], cut: Cut) -> Iterator[Block]:
    """The text of ``pieces`` as blocks of at most ``BLOCK`` bytes; one with a ``stop`` is the last."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        rest = piece
        while rest:
            held.append(rest[: BLOCK - size])
            rest = rest[BLOCK - size :]
            size += len(held[-1])
            if size == BLOCK:
                buffer = b"".join(held)
                block, taken = cut(buffer, False)
                yield block if taken or block.stop else block._replace(stop=_too_long(block))
                if block.stop or not taken:
                    return
                held, size = [buffer[taken:]], BLOCK - taken
    if size:
        yield cut(b"".join(held), True)[0]


def line_blocks(pieces: Iterable[bytes]) -> Iterator[Block]:
    """Blocks of whole lines that end in LF."""
    return blocks(pieces, _lines)


def _lines(buffer: bytes, final: bool) -> tuple[Block, int]:
    end = len(buffer) if final else buffer.rfind(b"\n") + 1
    return Block(buffer[:end], cut_off=final and not buffer.endswith(b"\n")), end


def _too_long(block: Block) -> str:
    quote = ": a quote that is never closed?" if block.quoted else ""
    return f"a row is longer than {BLOCK >> 20} MB{quote}"
