"""The trees inside a treelite model, as what answers many rows at once: `Leaves` of boosting, `Paths` of a forest."""

import ctypes
from functools import partial
from itertools import cycle, islice

import numpy as np

from keepfit.export.leaves import Leaves, Tree
from keepfit.export.library import field, library
from keepfit.export.paths import Grown, Paths

_NUMERIC, _CATEGORICAL, _NOT_LARGER = 1, 2, 3  # treelite's words for nodes and comparisons


def leaves_of(model: ctypes.c_void_p) -> Leaves:
    """The trees of boosting.

    Raises
    ------
    ValueError
        They are of another kind, or too large.
    """
    head = partial(field, library().TreeliteGetHeaderField, model)
    base, classes = head(b"base_scores"), head(b"class_id").tolist()
    if classes != list(islice(cycle(range(len(base))), len(classes))) or head(b"average_tree_output")[0]:
        raise ValueError("trees are not one after another for each class")
    return Leaves([_tree(model, place) for place in range(len(classes))], base)


def paths_of(model: ctypes.c_void_p, columns: int) -> Paths:
    """The trees of a forest.

    Raises
    ------
    ValueError
        They are of another kind, or too large.
    """
    head = partial(field, library().TreeliteGetHeaderField, model)
    if head(b"base_scores").any() or not head(b"average_tree_output")[0]:
        raise ValueError("they are not averaged")
    return Paths([_grown(model, place) for place in range(int(head(b"num_tree")[0]))], columns)


def _tree(model: ctypes.c_void_p, place: int) -> Tree:
    read = partial(field, library().TreeliteGetTreeField, model, ctypes.c_uint64(place))
    kinds, listed = read(b"node_type"), read(b"category_list").tolist()
    if (read(b"cmp")[kinds == _NUMERIC] != _NOT_LARGER).any() or read(b"category_list_right_child").any():
        raise ValueError("splits are compared in another way")
    ends = zip(read(b"category_list_begin").tolist(), read(b"category_list_end").tolist(), strict=True)
    return Tree(
        left=read(b"cleft").tolist(),
        right=read(b"cright").tolist(),
        column=read(b"split_index").tolist(),
        threshold=read(b"threshold").tolist(),
        missing_left=read(b"default_left").astype(bool).tolist(),
        value=read(b"leaf_value").tolist(),
        categories=[
            frozenset(listed[begin:end]) if kind == _CATEGORICAL else None
            for (begin, end), kind in zip(ends, kinds.tolist(), strict=True)
        ],
    )


def _grown(model: ctypes.c_void_p, place: int) -> Grown:
    read = partial(field, library().TreeliteGetTreeField, model, ctypes.c_uint64(place))
    kinds, left, vectors = read(b"node_type"), read(b"cleft").astype(np.intp), read(b"leaf_vector")
    if (read(b"cmp")[kinds == _NUMERIC] != _NOT_LARGER).any() or (kinds == _CATEGORICAL).any():
        raise ValueError("splits are compared in another way")
    values = read(b"leaf_value")[:, None]
    if vectors.size:
        width = vectors.size // np.count_nonzero(left < 0)
        begins = np.where(left < 0, read(b"leaf_vector_begin").astype(np.intp), 0)
        values = vectors[begins[:, None] + np.arange(width)]
    return Grown(
        left=left,
        right=read(b"cright").astype(np.intp),
        column=read(b"split_index").astype(np.intp),
        threshold=read(b"threshold"),
        missing_left=read(b"default_left").astype(bool),
        values=values,
    )
