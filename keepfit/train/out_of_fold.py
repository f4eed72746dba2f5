"""Answers to rows of which the model had not learnt: what calibration, threshold and choice are made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.split import Fold

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """``answers`` (n, k) or (n,) and ``labels`` (n,) of the validation rows, the folds one after the other.

    ``rows`` (n,) are their places in the training side, ``folds`` (n,) the numbers of their folds.
    """

    answers: Floats
    labels: NDArray[Any]
    rows: NDArray[np.int64]
    folds: NDArray[np.int64]

    def by_fold(self) -> Iterator[tuple[NDArray[Any], Floats]]:
        """Labels and answers of each fold."""
        for fold in np.unique(self.folds):
            yield self.labels[self.folds == fold], self.answers[self.folds == fold]

    def answering(self, answers: Floats) -> "OutOfFold":
        """The same rows with other answers."""
        return replace(self, answers=answers)


def out_of_fold(folds: Sequence[Fold], labels: NDArray[Any], answers: Sequence[Floats]) -> OutOfFold:
    """Put the answers to every fold's rows together."""
    rows = np.concatenate([fold.score for fold in folds])
    numbers = np.repeat(np.arange(len(folds)), [len(fold.score) for fold in folds])
    return OutOfFold(np.concatenate(answers), labels[rows], rows, numbers)


def arrow_bytes(found: OutOfFold) -> bytes:
    """An Arrow file: ``row``, ``fold``, and a column ``answer_0``, … for each class, or one for the value."""
    import pyarrow as pa

    columns = found.answers.reshape(len(found.rows), -1).T
    table = pa.table(
        {"row": found.rows, "fold": found.folds.astype(np.int16)}
        | {f"answer_{place}": np.ascontiguousarray(column) for place, column in enumerate(columns)}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
