"""The reference of a version that is about to be registered, from what its run has left in the store."""

from typing import TYPE_CHECKING, Any

import numpy as np

from keepfit import features
from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.monitor.reference import Answered, Reference, Rows, reference_of
from keepfit.records import Evaluated, Exported, Split, Trained, parse
from keepfit.score import Output
from keepfit.split import HOLDOUT, LEFT_OUT, TRAIN, sides_of
from keepfit.store import Store, get, owned

if TYPE_CHECKING:
    import pyarrow as pa

READ = ("number", "category")


def make(
    store: Store, use_case: UseCase, division: Split, trained: Trained, exported: Exported, evaluated: Evaluated
) -> Reference | None:
    """The reference of a version; None where rows have no time, or there are no answers to rows that it did not see.

    Its rows are those of both sides. Answers are those out of fold, corrected as the version corrects its own, and
    those to the holdout.
    """
    time = use_case.data.event_time
    if time is None:
        return None
    table = read_snapshot(store, use_case.name, division.snapshot)
    sides = np.asarray(sides_of(store, division))
    label = features.encode_labels(table.column(use_case.data.label.column), trained.classes)
    days = days_of(table, time)
    known = sides != LEFT_OUT
    encoding = parse(get(store, exported.files["features"]), features.Encoding, "features")
    columns = features.from_table(table.filter(known), watched_kinds(encoding))
    answered = _answered(store, trained, evaluated, sides, label, days)
    if not known.any() or not answered.days.size:
        return None
    rows = Rows(days[known], columns, np.asarray(label)[known])
    return reference_of(use_case.name, use_case.task, trained.classes, rows, answered, use_case.monitor)


def watched_kinds(encoding: features.Encoding) -> dict[str, str]:
    """The columns that are watched: all that the model reads but times, whose drift is that of the calendar."""
    return {name: kind for name, kind in encoding.kinds.items() if kind in READ}


def days_of(table: "pa.Table", time: str) -> Any:
    """The UTC day of each row, since 1970, (n,)."""
    return features.from_table(table, {time: "time"})[time].astype("datetime64[D]").astype(np.int64)  # type: ignore[union-attr]


def _answered(store: Store, trained: Trained, evaluated: Evaluated, sides: Any, label: Any, days: Any) -> Answered:
    held = np.flatnonzero(sides == HOLDOUT)
    given = np.frombuffer(get(store, evaluated.predictions), "<f8")
    given = given.reshape(held.size, -1) if trained.classes else given
    places, answers = [held], [given]
    if trained.out_of_fold is not None:
        rows, raw = _out_of_fold(get(store, trained.out_of_fold), regression=not trained.classes)
        output = parse(get(store, trained.output), Output, "output") if trained.output else Output()
        places.append(np.flatnonzero(sides == TRAIN)[rows])
        answers.append(output.correct(raw))
    where = np.concatenate(places)
    among = np.cumsum(sides != LEFT_OUT) - 1  # the place of a row among those of the reference
    return Answered(days[where], np.asarray(label)[where], np.concatenate(answers), among[where])


def _out_of_fold(data: bytes, *, regression: bool) -> tuple[Any, Any]:
    """The places of rows in the training side, and the answers to them."""
    import pyarrow as pa

    with pa.ipc.open_file(owned.reader(data)) as reader:
        table = reader.read_all()
    columns = [table.column(name).to_numpy() for name in table.column_names if name.startswith("answer_")]
    return table.column("row").to_numpy(), columns[0] if regression else np.column_stack(columns)
