"""Whether a server keeps the one promise that everything rests on: what exists is never created again.

A full look, the first time that anybody writes to a store: of eight writers of one key exactly one may win. It leaves
a key that says so, and later processes only try to create that one again. These keys are no keys of a store (they
begin with a dot), so nothing lists them; nothing is deleted, since a store may well forbid that.
"""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from keepfit.errors import Denied, Problem

WRITERS = 8
_MARK = b"Keepfit saw that this store refuses to create what exists.\n"


def probe(
    address: str,
    folder: str,
    there: Callable[[str], bool],
    put: Callable[[str, bytes], bool],
    created: Callable[[str, bytes], bool],
) -> None:
    """Look, and remember in the store that it was looked.

    Parameters
    ----------
    folder : where the probe may create keys.
    there : whether a key exists.
    put : whether one request to create a key was answered with yes.
    created : the same, and a yes that was lost counts.

    Raises
    ------
    Denied
        A second writer was told that it created a key.
    """
    mark = f"{folder}/create-only"
    if not there(mark):
        key = f"{folder}/race-{secrets.token_hex(8)}"
        with ThreadPoolExecutor(WRITERS) as pool:
            winners = sum(pool.map(lambda writer: created(key, b"%d" % writer), range(WRITERS)))
        if winners != 1:
            raise _unfit(
                address, f"{winners} of {WRITERS} writers that came at once were told that they created one key"
            )
        created(mark, _MARK)
    if put(mark, _MARK):
        raise _unfit(address, "a key that was there was created again")


def _unfit(address: str, found: str) -> Denied:
    return Denied(
        Problem(
            "this server ignores create-only writes: two runs could each make their model the champion",
            where=address,
            expected="If-None-Match: * is honoured: a key that exists is refused with 412",
            found=found,
            did="wrote nothing but the probe, and will not use this store",
            do="give a store on Amazon S3 or on another server with conditional writes, or a directory",
        )
    )
