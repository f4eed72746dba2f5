"""Text cut into blocks of whole records, so that blocks can be parsed apart from each other, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

USUAL = 4 << 20  # bytes that are worked on at a time, less where lines are very short
FIRST = 1 << 18
_LINES = 1 << 17  # of a block, if they are about as long as those of the block before
LONGEST = 16 << 20  # bytes of a record at most


ODD = b"\0"  # stands for what was taken out; nothing that is read has a NUL byte


class Block(NamedTuple):
    """Whole records.

    ``odd`` are those that were taken out of ``data`` for what their quotes do, in its order: ``ODD`` stands there for
    each. ``quoted`` says whether there is any quote; ``stop`` is why the record after the last one of this block, and
    with it the file, cannot be read; ``cut_off`` whether the text ends without a line end.
    """

    data: bytes
    odd: tuple[bytes, ...] = ()
    quoted: bool = False
    stop: str = ""
    cut_off: bool = False


# Takes a buffer, and whether the text ends with it; gives a block from its beginning, and how many bytes that took.
Cut = Callable[[bytes, bool], tuple[Block, int]]


def blocks(pieces: Iterable[bytes], cut: Cut) -> Iterator[Block]:
    """The text of ``pieces`` in blocks of about ``USUAL`` bytes.

    They have more where a record is longer, and less where all are short. A block with a ``stop`` is the last. A record
    has at most ``LONGEST`` bytes, its line end included.
    """
    held: list[bytes | memoryview] = []
    size, wanted = 0, min(FIRST, USUAL)
    for piece in pieces:
        rest = memoryview(piece)
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
            usual = _usual(block.data) if block.data else USUAL
            wanted = usual if size < usual else min(2 * size, LONGEST)
    if size:
        yield cut(b"".join(held), True)[0]


def _usual(data: bytes) -> int:
    """Bytes of the next block. A row takes memory however short it is, most of all one that is refused."""
    lines = data.count(b"\n") + data.count(b"\r")
    return int(min(USUAL, max(len(data) * _LINES // (lines + 1), FIRST)))


def line_blocks(pieces: Iterable[bytes]) -> Iterator[Block]:
    """Blocks of whole lines that end in LF."""
    return blocks(pieces, _lines)


def _lines(buffer: bytes, final: bool) -> tuple[Block, int]:
    end = len(buffer) if final else buffer.rfind(b"\n") + 1
    return Block(buffer[:end]), end


def _too_long(block: Block) -> str:
    quote = ": a quote that is never closed?" if block.quoted else ""
    return f"a row is longer than {LONGEST >> 20} MB{quote}"
