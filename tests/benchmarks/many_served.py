"""The rows of `tests.benchmarks.many_rows` as a service logs them, each with its label, by the log itself.

    python -m tests.benchmarks.many_served FOLDER STORE ROWS

What the champion answers is made up, in its name, so that nothing is answered anew. Labels come six hours after their
row by the id of the answer, one of ten by the key of the row.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np

from keepfit import ledger
from keepfit.serving.log import Label, LogFull, Prediction, PredictionLog
from keepfit.store import open_store
from tests.benchmarks.many_rows import DAYS, FILE, NAME, SEEN, WINDOW, table

CALL = 1_000  # rows of a request
BY_KEY = 10  # one of so many labels
LATER = timedelta(hours=6)
LAST = datetime.fromisoformat(SEEN).replace(tzinfo=UTC) - timedelta(seconds=1)  # of a label that is known in time


def parts(rows: int) -> Iterator[tuple[list[dict[str, Any]], list[Any]]]:
    """Records and labels, a call at a time; every file of `many_rows` has rows of every day."""
    for place, first in enumerate(range(0, rows, FILE)):
        made = table(1 + place, min(FILE, rows - first), DAYS, WINDOW)
        for start in range(0, made.num_rows, CALL):
            part = made.slice(start, CALL)
            yield part.drop_columns(["label"]).to_pylist(), part.column("label").to_pylist()


def write(folder: Path, address: str, rows: int) -> None:
    """Log answers and labels, and bring them to the store."""
    store, draw = open_store(address), np.random.default_rng(0)
    champion = ledger.fold_of(ledger.head(store, NAME)).champion
    assert champion is not None
    log = PredictionLog(folder / "log", store, NAME, "w", sync=False)
    for number, (records, labels) in enumerate(parts(rows)):
        chances = 1 / (1 + np.exp(-draw.normal(size=len(records))))
        answers = [
            Prediction(f"{number}-{place}", record["at"], NAME, champion.number, champion.digest, "champion", record,
                       (1 - chance, chance), str(chance > 0.5), (), 1.0)
            for place, (record, chance) in enumerate(zip(records, chances.tolist(), strict=True))
        ]  # fmt: skip
        _put(lambda those=answers: log.put(those))
        told = [_label(place, *each) for place, each in enumerate(zip(answers, labels, strict=True))]
        _put(lambda those=told: log.label(those))
    log.close(3600)
    assert log.state.shipped == 2 * rows, log.state


def _label(place: int, answer: Prediction, label: Any) -> Label:
    at = min(answer.at + LATER, LAST)
    if place % BY_KEY == 0:
        return Label(label, at, key={"id": answer.record["id"]})
    return Label(label, at, id=answer.id)


def _put(put: Callable[[], Any]) -> None:
    """As a client who is told to come again later."""
    while True:
        try:
            put()
        except LogFull:
            sleep(0.1)
        else:
            return


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
