"""Where some texts stand among many that were learnt."""

from bisect import bisect_left
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

_FEW = 16  # a dict of all pays when so many times fewer are not asked for


def places(asked: Collection[str], known: Sequence[str], room: int = 0) -> NDArray[np.intp]:
    """The index of each text among the ``known`` ones, which are sorted and different; −1: it is not there.

    So many more places (``room``) follow, of texts that are nowhere.

    >>> places(["b", "z"], ("a", "b", "c")), places(["b"], ("a", "b"), room=1)
    (array([ 1, -1]), array([ 1, -1]))
    """
    found = np.full(len(asked) + room, -1, np.intp)
    if len(asked) * _FEW > len(known):
        index = {text: place for place, text in enumerate(known)}
        found[: len(asked)] = [index.get(text, -1) for text in asked]
    else:
        found[: len(asked)] = [_search(text, known) for text in asked]
    return found


def _search(text: str, known: Sequence[str]) -> int:
    place = bisect_left(known, text)
    return place if place < len(known) and known[place] == text else -1
