"""Text cut into blocks of whole records, so that blocks can be parsed apart from each other, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

USUAL = 4 << 20  # bytes that are worked on at a time
LONGEST = 16 << 20  # bytes of a record at most


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
    """The text of ``pieces`` in blocks of about ``USUAL`` bytes, more where a record is longer.

    A block with a ``stop`` is the last. A record has at most ``LONGEST`` bytes, its line end included.
    """
    held: list[bytes] = []
    size, wanted = 0, USUAL
    for piece in pieces:
        rest = piece
        while rest:
            held.append(rest[: wanted - size])
            rest = rest[wanted - size :]
            size += len(held[-1])
            if size < wanted:
                continue
            buffer = b"".join(held)
            block, taken = cut(buffer, False)
            if not taken and not block.stop and size == LONGEST:
                block = block._replace(stop=_too_long(block))
            if taken or block.stop:
                yield block
            if block.stop:
                return
            held, size = [buffer[taken:]], size - taken
            wanted = USUAL if size < USUAL else min(2 * size, LONGEST)
    if size:
        yield cut(b"".join(held), True)[0]


def line_blocks(pieces: Iterable[bytes]) -> Iterator[Block]:
    """Blocks of whole lines that end in LF."""
    return blocks(pieces, _lines)


def _lines(buffer: bytes, final: bool) -> tuple[Block, int]:
    end = len(buffer) if final else buffer.rfind(b"\n") + 1
    return Block(buffer[:end]), end


def _too_long(block: Block) -> str:
    quote = ": a quote that is never closed?" if block.quoted else ""
    return f"a row is longer than {LONGEST >> 20} MB{quote}"
