"""The competition on the folds: who wins, why, what its answers are, and whether more rows would help."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit import features, memo
from keepfit.config import CANDIDATES, default_metric
from keepfit.config.model import UseCase
from keepfit.errors import DataError, Problem
from keepfit.evaluate.days import days_of
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.spread import Clusters
from keepfit.features import Form
from keepfit.records import Estimate, LearningPoint, Split, Trial, digest_of
from keepfit.split import Fold, folds_of
from keepfit.store import Store
from keepfit.train.choice import ONE_ERROR, Chosen, gain, score_on, simplest
from keepfit.train.crew import Run, crew
from keepfit.train.estimators import Layout, layout_of
from keepfit.train.examples import Examples
from keepfit.train.material import Material, Part, Rules, labels_of, prepare
from keepfit.train.matrix import matrix_for
from keepfit.train.out_of_fold import OutOfFold, out_of_fold
from keepfit.train.rungs import Remember, Rung, Rungs
from keepfit.train.search import Asked, bests, search, shares_of, spaces_of
from keepfit.train.trial import Job


class Won(NamedTuple):
    """The setting that won and why; its answers to the folds (None: the folds could say nothing)."""

    trials: tuple[Trial, ...]
    winner: Trial
    choice: str
    rows: OutOfFold | None
    curve: tuple[LearningPoint, ...]
    growth: Estimate | None


def metric_of(use_case: UseCase) -> str:
    """The metric by which the folds choose."""
    return use_case.train.optimize or default_metric(use_case.task)


def compete(store: Store, use_case: UseCase, division: Split, examples: Examples) -> Won:
    """Search all candidates on the folds and choose.

    Raises
    ------
    DataError
        No setting of several could be fitted on every fold. (A lone one wins without the folds.)
    """
    rules = use_case.train
    candidates = spaces_of(rules)
    folds = folds_of(use_case, examples.labels, examples.times, examples.entities)
    material = _material(use_case, examples, folds)
    shares = shares_of(rules.trials, min(len(fold.fit) for fold in folds))
    with crew(material, rules.workers) as run:
        rungs = Rungs(run, len(folds), _remember(store, use_case, division))
        trials = search(candidates, rules.trials, rules.seed, shares, rungs.judge)
        found = bests(trials)
        if not found:
            return Won(trials, _lone(use_case, trials), "the only one; the folds could not judge it", None, (), None)
        answers = {
            name: out_of_fold(folds, examples.labels, rungs.answers(name, found[name].settings))
            for name in CANDIDATES
            if name in found
        }
        name, choice = choose(use_case, examples, found, answers)
        curve, growth = _learning_curve(run, use_case, examples, folds, found[name], answers[name])
    return Won(trials, found[name], choice, answers[name], curve, growth)


def clusters_of(use_case: UseCase, examples: Examples, rows: NDArray[np.int64]) -> Clusters:
    """The days and entities of some rows of the training side, or each row for itself where rows have neither."""
    times, entities = examples.times, examples.entities
    days = None if times is None else days_of(times[rows].astype("datetime64[us]"), use_case.data.timezone)
    return Clusters.of(len(rows), days, None if entities is None else entities[rows])


def _material(use_case: UseCase, examples: Examples, folds: Sequence[Fold]) -> Material:
    classes, seed = len(examples.classes), use_case.train.seed
    rules = Rules(task=use_case.task, classes=classes, metric=metric_of(use_case), seed=seed)
    labels = [labels_of(fold, examples.labels, examples.times, seed=seed, classes=classes) for fold in folds]
    encodings: dict[tuple[int, Form], features.Encoding] = {}

    def make(number: int, layout: Layout) -> Part:
        fold = folds[number]
        form: Form = "codes" if layout == "codes" else "dense"
        fitted = features.from_table(examples.take(fold.fit), features.kinds_of(use_case.features))
        target = examples.target(seed, fold.fit)
        if (number, form) not in encodings:
            zone = use_case.data.timezone
            encodings[number, form] = features.fit(form, use_case.features, fitted, zone, target)
        encoding = encodings[number, form]
        fitted = features.cross_fitted(encoding, fitted, target)
        scored = features.from_table(examples.take(fold.score), encoding.kinds)
        known, unknown = (matrix_for(layout, encoding, columns) for columns in (fitted, scored))
        return Part(known, unknown, tuple(encoding.categorical))

    return prepare(rules, labels, [layout_of(each.name) for each in use_case.train.candidates], make)


def _remember(store: Store, use_case: UseCase, division: Split) -> Remember:
    """Rungs by everything that their losses follow from; how many processes there are is none of it."""
    data, rules = use_case.data, use_case.train
    inputs = {
        "snapshot": division.snapshot,
        "sides": division.sides,
        "task": digest_of([use_case.task, data.label.column, metric_of(use_case)]),
        "time": digest_of([data.event_time, data.timezone, str(data.label.known_after)]),
        "rules": digest_of([rules.folds, rules.seed, use_case.model_dump(mode="json", include={"split"})]),
        "features": digest_of(use_case.model_dump(mode="json", include={"features"})),
    }

    def remember(asked: Sequence[Asked], share: float, body: Callable[[], Rung]) -> Rung:
        question = {"settings": digest_of([list(each) for each in asked]), "share": repr(share)}
        return memo.remembered(store, use_case.name, "rung", inputs | question, Rung, body)

    return remember


def _lone(use_case: UseCase, trials: Sequence[Trial]) -> Trial:
    if len(trials) == 1:
        return trials[0]
    notes = dict.fromkeys(f"{trial.candidate}: {trial.note}" for trial in trials if trial.note)
    raise DataError(
        Problem(
            "no candidate could be fitted on every validation fold",
            where=f"train of {use_case.name}",
            expected="every class in every fold",
            found="; ".join([f"{len(trials)} settings tried, none with a score", *list(notes)[:3]]),
            did="trained nothing; the champion stays",
            do="wait for more data, lengthen data.history, shorten split.holdout, or use fewer train.folds",
        )
    )


def choose(
    use_case: UseCase, examples: Examples, found: Mapping[str, Trial], answers: Mapping[str, OutOfFold]
) -> tuple[str, str]:
    """The name of the winner, and why it won."""
    metric, names = metric_of(use_case), list(answers)
    if len(names) == 1:
        return names[0], "the only candidate that competed"
    if use_case.train.choose == "best":
        best = min(names, key=lambda name: found[name].score or 0.0)
        return best, f"best {metric} on the validation folds"
    clusters = clusters_of(use_case, examples, answers[names[0]].rows)
    chosen = simplest(metric, [score_on(metric, answers[name]) for name in names], clusters, ONE_ERROR)
    return names[chosen.place], _why(names, chosen, metric)


def _why(names: Sequence[str], chosen: Chosen, metric: str) -> str:
    behind, best = chosen.behind, names[chosen.best]
    if chosen.best == 0:
        return f"best {metric} on the validation folds, and the simplest"
    if behind is None:
        return f"best {metric} on the validation folds, and clearly better than every simpler candidate"
    size = "" if behind.value is None else f" by {behind.value:.3g}"
    bound = f"less one standard error {behind.low:.3g}" if behind.low is not None else behind.reason
    return f"the simplest within one standard error of the best: {best} has a better {metric}{size} ({bound})"


def _learning_curve(
    run: Run, use_case: UseCase, examples: Examples, folds: Sequence[Fold], winner: Trial, answers: OutOfFold
) -> tuple[tuple[LearningPoint, ...], Estimate | None]:
    """The last fold, learnt from a quarter, half and all of its rows, the newest; and what the last doubling gave."""
    last = len(folds) - 1
    half, quarter = (
        Job(fold=last, candidate=winner.candidate, settings=winner.settings, share=share, newest=True, keep=True)
        for share in (0.5, 0.25)
    )
    first, second = run([quarter, half])
    points = (
        *(LearningPoint(rows=each.rows, score=each.loss) for each in (first, second)),
        LearningPoint(rows=len(folds[last].fit), score=winner.folds[last]),
    )
    if second.answers is None:
        return points, None
    metric, own = metric_of(use_case), answers.folds == last
    whole, less = (measure(metric, answers.labels[own], found) for found in (answers.answers[own], second.answers))
    return points, gain(metric, whole, less, clusters_of(use_case, examples, answers.rows[own]))
