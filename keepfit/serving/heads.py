"""Heads of requests that were read and let pass before: the same bytes say the same again, and are not parsed again.

A client that stays sends one head time after time. A request is known when it came whole and alone, its head is one of
these byte by byte, and as many bytes follow as that head says, no more and no less: anything else goes to the parser.
"""

from typing import NamedTuple

MOST = 1024  # heads; when there are more, all are forgotten
LONGEST = 2048  # bytes of a head that is kept
_END = b"\r\n\r\n"


class Known(NamedTuple):
    """What a head says: predictions of which use case are asked for, with a body of how many bytes."""

    use_case: str
    size: int


class Heads:
    """What is known of all connections of a server."""

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}

    def read(self, data: bytes) -> tuple[Known, bytes] | None:
        r"""What is asked by these bytes, and the body; None where that is not known.

        >>> heads = Heads()
        >>> heads.learn(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", "visits", b"{}")
        >>> heads.read(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n[]")
        (Known(use_case='visits', size=2), b'[]')
        >>> heads.read(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n[]POST")
        """
        end = data.find(_END, 0, LONGEST) + len(_END)
        known = self._known.get(data[:end])
        return None if known is None or len(data) - end != known.size else (known, data[end:])

    def learn(self, data: bytes, use_case: str, body: bytes) -> None:
        """Keep the head of a request that was all of ``data``, was let pass, and had this body by the parser."""
        head, _, rest = data.partition(_END)
        if len(head) + len(_END) > LONGEST or rest != body:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[head + _END] = Known(use_case, len(body))
