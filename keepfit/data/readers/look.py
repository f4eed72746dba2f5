"""A first look: what is no table at all, but a page or a document saved under the name of one."""

import re
from collections.abc import Iterator

from keepfit.errors import DataError, Problem

_HTML = re.compile(rb"<(?:!--|!doctype\s+html|(?:html|head|body|title|script|meta|div|h[1-6]|p)[\s>])", re.IGNORECASE)
_XML = re.compile(rb"<(?:[?!/]|[a-zA-Z_][\w:.-]*[\s/>])")
_JSON = re.compile(rb'\{\s*["}]|\[\s*["\[{\]]')


_HEAD = 1 << 10


def looked_at(pieces: Iterator[bytes], name: str, delimiter: str) -> Iterator[bytes]:
    """The same pieces of text, if they do not begin as a page, an XML document or JSON of the wrong kind does.

    Parameters
    ----------
    delimiter
        That of CSV, or "" where JSON Lines are expected.

    Raises
    ------
    DataError
        They do; shows the first characters.
    """
    first = b""
    for piece in pieces:
        first += piece
        if len(first.lstrip()) >= _HEAD:
            break
    head = first.lstrip()[:_HEAD]
    kind = _kind(head, delimiter.encode())
    if kind:
        shown = " ".join(head[:60].decode("utf-8", "replace").split())
        do = "see whether the download needs a login" if "page" in kind else "have it written as the name says"
        raise DataError(Problem(f"looks like {kind}", name, "rows of data", shown, did="read nothing of it", do=do))
    yield first
    yield from pieces


def _kind(head: bytes, delimiter: bytes) -> str:
    if _HTML.match(head):
        return "an HTML page, not a table"
    if _XML.match(head) and not (delimiter and head.partition(b">")[2].startswith(delimiter)):
        return "an XML document, not a table"  # "<DATE>,<TIME>" is the header of a CSV file
    if not delimiter:
        return "a JSON array, not JSON Lines" if head.startswith(b"[") else ""
    return "JSON, not a table" if _JSON.match(head) else ""
