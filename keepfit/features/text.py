r"""Texts as numbers: TF-IDF of their words.

A word is a run of letters, digits or underscores of any alphabet (``\w+``), in lower case; a term is a word or two
that follow each other. A text has for each term 1 + ln(count) times ln((1 + n) / (1 + texts with it)) + 1, scaled to
length 1 (Salton & Buckley 1988, Inf. Process. Manag. 24:513; the smoothed idf as in scikit-learn). Terms of one text
only are left out; of the others those in most texts are kept, 1,000 for linear models and 200 for trees.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import log, sqrt
from typing import cast

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import Columns, CrossFitted, Levels, Records, from_records, slice_rows
from keepfit.features.form import Form, Room
from keepfit.features.lookup import places
from keepfit.records import Record

Numbers = NDArray[np.float64]

MOST_TERMS: dict[Form, int] = {"dense": 1000, "codes": 200}
_WORD = re.compile(r"\w+")


class TextFeature(Record, frozen=True, kw_only=True, tag="text"):
    """A text by its ``terms``, which are sorted, each with its weight."""

    column: str
    terms: tuple[str, ...]
    idf: tuple[float, ...]

    def width(self, form: Form) -> int:  # noqa: ARG002
        """Matrix columns."""
        return len(self.terms)

    def weights_of(self, text: str) -> tuple[NDArray[np.intp], list[float]]:
        """The terms that a text has, by place, and their weights."""
        counts = Counter(terms_of(text))
        found = places(counts, self.terms)
        has = [(place, count) for place, count in zip(found.tolist(), counts.values(), strict=True) if place >= 0]
        weights = [(1.0 + log(count)) * self.idf[place] for place, count in has]
        length = sqrt(sum(weight * weight for weight in weights)) or 1.0
        return np.array([place for place, _ in has], np.intp), [weight / length for weight in weights]


class TextBlock:
    """One such feature on its way to the matrix, where it begins at column ``start``."""

    def __init__(self, form: Form, feature: TextFeature, start: int) -> None:
        self._feature = feature
        self._at = slice(start, start + feature.width(form))

    def of_records(self, records: Records) -> Levels | CrossFitted:
        """Their texts."""
        name = self._feature.column
        return cast(Levels, from_records(records, {name: "category"})[name])

    def of_columns(self, columns: Columns) -> Callable[[slice], Levels | CrossFitted]:
        """The texts of some rows of a table."""
        read = {"text": columns[self._feature.column]}
        return lambda rows: cast(Levels | CrossFitted, slice_rows(read, rows)["text"])

    def fill(self, values: Levels | CrossFitted, room: Room) -> None:
        """A text that is missing, or has none of the terms, is a row of zeros."""
        out = room.rows[:, self._at]
        order = np.argsort(values.codes, kind="stable")
        used, starts = np.unique(values.codes[order], return_index=True)
        ends = np.append(starts, len(order))[1:]
        for code, start, end in zip(used.tolist(), starts.tolist(), ends.tolist(), strict=True):
            if code >= 0:
                where, weights = self._feature.weights_of(values.levels[code])
                out[np.ix_(order[start:end], where)] = weights


def terms_of(text: str) -> Iterator[str]:
    """Words and pairs of words.

    >>> list(terms_of("Late, late!"))
    ['late', 'late', 'late late']
    """
    words = _WORD.findall(text.lower())
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(words))


def fit_text(name: str, values: Levels, form: Form) -> TextFeature:
    """The terms of the training texts; a missing text is none."""
    rows = np.bincount(values.codes[values.codes >= 0], minlength=len(values.levels)).tolist()
    texts: Counter[str] = Counter()
    for text, count in zip(values.levels, rows, strict=True):
        texts.update(dict.fromkeys(terms_of(text), count))
    several = {term: count for term, count in texts.items() if count > 1} or {t: c for t, c in texts.items() if c}
    kept = sorted(sorted(several, key=lambda term: (-several[term], term))[: MOST_TERMS[form]])
    idf = tuple(log((1 + sum(rows)) / (1 + several[term])) + 1.0 for term in kept)
    return TextFeature(column=name, terms=tuple(kept), idf=idf)
