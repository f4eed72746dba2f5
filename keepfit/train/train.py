"""The competition: prepare folds, search, choose, fit the winner on the whole training side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit import export, features
from keepfit.config import METRICS, default_metric
from keepfit.config.model import Candidate, Choice, Range, UseCase
from keepfit.data import give_back, read_snapshot
from keepfit.errors import DataError, Problem
from keepfit.evaluate.metrics import measure
from keepfit.export import Probe
from keepfit.records import Split, Trained, Trial, canonical
from keepfit.score import Naive, Scorer, one_thread
from keepfit.split import TRAIN, sides_of
from keepfit.store import Store, put
from keepfit.train.estimators import build, form_of
from keepfit.train.folds import Fold, random_folds, time_folds
from keepfit.train.matrix import matrix_for
from keepfit.train.search import Settings, best, search

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Examples:
    """The training side: raw rows (n), labels as indices or values (n,), and moments (n,) where rows have one."""

    table: "pa.Table"
    labels: NDArray[Any]
    classes: tuple[str, ...]
    times: NDArray[np.int64] | None

    def take(self, rows: NDArray[np.int64]) -> "pa.Table":
        """Some of the raw rows."""
        return self.table.take(rows)


def train(store: Store, use_case: UseCase, division: Split) -> Trained:
    """Choose among the candidates by validation folds and fit the winner on the whole training side.

    Raises
    ------
    DataError
        One class only, or no candidate could be fitted.
    """
    examples = _examples(store, use_case, division)
    with one_thread():
        trials = _compete(use_case, examples)
        winner = _winner(use_case, trials)
        encoding, matrix = _prepare(use_case, winner.candidate, examples.table)
        records = export.probe_of(examples.table, encoding.kinds)
        classes, labels, naive = examples.classes, examples.labels, _naive(examples)
        del examples  # a fit needs memory, and the raw rows have said all they can
        give_back()
        estimator = build(winner.candidate, winner.settings, use_case.task, encoding, use_case.train.seed)
        scorer = Scorer(encoding, estimator.fit(matrix, labels))
        expected = scorer.predict_records(records).reshape(len(records), -1)
    probe = Probe(records=records, expected=tuple(tuple(row) for row in expected.tolist()))
    return Trained(
        candidate=winner.candidate,
        settings=winner.settings,
        trials=trials,
        features=put(store, canonical(encoding)),
        model=put(store, export.dump(scorer.estimator)),
        naive=put(store, canonical(naive)),
        probe=put(store, canonical(probe)),
        classes=classes,
        rows=len(labels),
    )


def _examples(store: Store, use_case: UseCase, division: Split) -> Examples:
    data = use_case.data
    columns = list(dict.fromkeys([*use_case.features, data.label.column, *filter(None, [data.event_time])]))
    table = read_snapshot(store, use_case.name, division.snapshot, columns)
    table = table.filter(sides_of(store, division) == TRAIN)
    label = table.column(data.label.column)
    classes = () if use_case.task == "regression" else features.classes_of(label)
    labels = features.encode_labels(label, classes)
    _enough_classes(use_case, classes, labels)
    return Examples(table.select(list(use_case.features)), labels, classes, _times(table, data.event_time))


def _times(table: "pa.Table", event_time: str | None) -> NDArray[np.int64] | None:
    import pyarrow as pa

    return None if event_time is None else table.column(event_time).cast(pa.int64()).to_numpy()


def _enough_classes(use_case: UseCase, classes: tuple[str, ...], labels: NDArray[Any]) -> None:
    if use_case.task == "regression" or len(classes) > 1:
        return
    counts = ", ".join(f"{name}: {int(np.sum(labels == index)):,} rows" for index, name in enumerate(classes))
    raise DataError(
        Problem(
            "the training side has one class only",
            where=f"label {use_case.data.label.column}",
            expected="two classes or more",
            found=counts,
            did="trained nothing; the champion stays",
            do="lengthen data.history, or look at how the label is made",
        )
    )


def _compete(use_case: UseCase, examples: Examples) -> tuple[Trial, ...]:
    candidates = use_case.train.candidates
    if len(candidates) == 1 and not _searched(candidates[0]):
        settings: Settings = {k: v for k, v in candidates[0].space.items() if not isinstance(v, Range | Choice)}
        return (Trial(candidate=candidates[0].name, settings=settings, folds=(), score=None),)
    folds = tuple(_folds(use_case, examples))
    return tuple(trial for candidate in candidates for trial in _trials(use_case, examples, folds, candidate))


def _searched(candidate: Candidate) -> bool:
    return any(isinstance(value, Range | Choice) for value in candidate.space.values())


def _folds(use_case: UseCase, examples: Examples) -> Iterator[Fold]:
    rules = use_case.train
    if examples.times is None:
        return random_folds(len(examples.labels), rules.folds, rules.seed)
    gap = int(use_case.data.label.known_after / timedelta(microseconds=1))
    return time_folds(examples.times, rules.folds, gap)


def _trials(use_case: UseCase, examples: Examples, folds: Sequence[Fold], candidate: Candidate) -> tuple[Trial, ...]:
    prepared = [_prepare_fold(use_case, candidate.name, examples, fold) for fold in folds]

    def score(name: str, settings: Settings) -> list[float | None]:
        return [_loss_on(use_case, name, settings, part) for part in prepared]

    return search(candidate, use_case.train.trials, use_case.train.seed, score)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A fold as numbers."""

    encoding: features.Encoding
    fit: Any
    fit_labels: NDArray[Any]
    score: Any
    score_labels: NDArray[Any]
    classes: int


def _prepare_fold(use_case: UseCase, candidate: str, examples: Examples, fold: Fold) -> _Prepared:
    encoding, matrix = _prepare(use_case, candidate, examples.take(fold.fit))
    scored = matrix_for(candidate, encoding, features.from_table(examples.take(fold.score), encoding.kinds))
    labels = examples.labels
    return _Prepared(encoding, matrix, labels[fold.fit], scored, labels[fold.score], len(examples.classes))


def _prepare(use_case: UseCase, candidate: str, table: "pa.Table") -> tuple[features.Encoding, Any]:
    columns = features.from_table(table, features.kinds_of(use_case.features))
    encoding = features.fit(form_of(candidate), use_case.features, columns, use_case.data.timezone)
    return encoding, matrix_for(candidate, encoding, columns)


def _loss_on(use_case: UseCase, name: str, settings: Settings, part: _Prepared) -> float | None:
    """The loss of one setting on one fold; None where a class is missing from what it would be fitted on."""
    if part.classes and len(np.unique(part.fit_labels)) < part.classes:
        return None
    estimator = build(name, settings, use_case.task, part.encoding, use_case.train.seed)
    estimator.fit(part.fit, part.fit_labels)
    predict = getattr(estimator, "predict_proba", estimator.predict)
    metric = METRICS[use_case.train.optimize or default_metric(use_case.task)]
    value = measure(metric.name, part.score_labels, predict(part.score)).value
    return value if value is None or not metric.higher_is_better else -value


def _winner(use_case: UseCase, trials: tuple[Trial, ...]) -> Trial:
    winner = trials[0] if len(trials) == 1 else best(trials)
    if winner is not None:
        return winner
    raise DataError(
        Problem(
            "no candidate could be fitted on every validation fold",
            where=f"train of {use_case.name}",
            expected="every class in every fold",
            found=f"{len(trials)} settings tried, none with a score",
            did="trained nothing; the champion stays",
            do="wait for more data, lengthen data.history, shorten split.holdout, or use fewer train.folds",
        )
    )


def _naive(examples: Examples) -> Naive:
    if not examples.classes:
        return Naive(values=(float(np.mean(examples.labels)),))
    counts = np.bincount(examples.labels, minlength=len(examples.classes))
    return Naive(values=tuple((counts / counts.sum()).tolist()))
