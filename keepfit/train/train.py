"""From the training side to a model: say what it takes, compete, correct the answers, fit the winner on all rows."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from keepfit import export, features
from keepfit.config.model import UseCase
from keepfit.data import give_back
from keepfit.export import Probe
from keepfit.features import Encoding, Form
from keepfit.records import Split, Trained, canonical
from keepfit.score import Dated, Naive, Output, Scorer, naive_of, one_thread
from keepfit.store import Store, put
from keepfit.train.calibrate import calibrate
from keepfit.train.compete import Won, clusters_of, compete
from keepfit.train.decide import Decision, decide
from keepfit.train.estimators import Lesson, fit, form_of, layout_of
from keepfit.train.examples import Examples, constant_features, read
from keepfit.train.matrix import matrix_for
from keepfit.train.memory import Need, available, enough, need, sizes_of
from keepfit.train.out_of_fold import arrow_bytes
from keepfit.train.search import spaces_of


def _nobody(_text: str) -> None:
    return None


def train(store: Store, use_case: UseCase, division: Split, tell: Callable[[str], None] = _nobody) -> Trained:
    """Choose among the candidates by validation folds and fit the winner on the whole training side.

    Parameters
    ----------
    tell : hears, before the work begins, how much memory it will need.

    Raises
    ------
    DataError
        Nothing can be learnt from these rows, or no candidate could be fitted.
    InfrastructureError
        There is less memory than training needs, or a process of the search was killed.
    """
    examples = read(store, use_case, division)
    with one_thread():
        encodings = _encodings(use_case, examples)
        needed = _need(use_case, examples, encodings)
        tell(needed.said())
        enough(needed, available())
        won = compete(store, use_case, division, examples)
        output, calibration, decision = _output(use_case, examples, won)
        candidate, settings = won.winner.candidate, won.winner.settings
        encoding = encodings[form_of(candidate)]
        columns = features.from_table(examples.table, encoding.kinds)
        columns = features.cross_fitted(encoding, columns, examples.target(use_case.train.seed))
        matrix = matrix_for(layout_of(candidate), encoding, columns)
        records = export.probe_of(examples.table, encoding.kinds)
        background = export.background_of(examples.table, encoding.kinds, use_case.train.seed)
        classes, labels, naive = examples.classes, examples.labels, _naive(use_case, examples)
        constant = constant_features(examples)
        del examples, columns  # a fit needs memory, and the raw rows have said all they can
        give_back()
        lesson = Lesson(use_case.task, len(labels), tuple(encoding.categorical), use_case.train.seed)
        estimator, note = fit(candidate, settings, lesson, matrix, labels)
        scorer = Scorer(encoding, estimator, output)
        expected = scorer.predict_records(records).reshape(len(records), -1)
    probe = Probe(records=records, expected=tuple(tuple(row) for row in expected.tolist()))
    return Trained(
        candidate=candidate,
        settings=settings,
        trials=won.trials,
        features=put(store, canonical(encoding)),
        model=put(store, export.dump(scorer.estimator)),
        naive=put(store, canonical(naive)),
        probe=put(store, canonical(probe)),
        classes=classes,
        rows=len(labels),
        output=put(store, canonical(output)),
        background=put(store, canonical(background)),
        out_of_fold=None if won.rows is None else put(store, arrow_bytes(won.rows)),
        learning_curve=won.curve,
        growth=won.growth,
        memory=needed.total,
        choice=won.choice,
        calibration=calibration,
        decision=decision.reason,
        warnings=tuple(_warnings(won, decision, constant, note)),
    )


def _encodings(use_case: UseCase, examples: Examples) -> Mapping[Form, Encoding]:
    """What the whole side says about every form that a candidate wants."""
    columns = features.from_table(examples.table, features.kinds_of(use_case.features))
    forms = dict.fromkeys(form_of(candidate.name) for candidate in use_case.train.candidates)
    zone, target = use_case.data.timezone, examples.target(use_case.train.seed)
    return {form: features.fit(form, use_case.features, columns, zone, target) for form in forms}


def _need(use_case: UseCase, examples: Examples, encodings: Mapping[Form, Encoding]) -> Need:
    rules = use_case.train
    return need(sizes_of(use_case, examples, encodings), spaces_of(rules), rules.workers)


def _output(use_case: UseCase, examples: Examples, won: Won) -> tuple[Output, str, Decision]:
    """How answers are corrected and decided on, and both in words."""
    rules, rows = use_case.train, won.rows
    if use_case.task == "regression":
        return Output(), "", Decision(None, "")
    if rows is None:
        decision = decide(rules.decide, np.empty(0), np.empty(0))
        return Output(threshold=decision.threshold), "not calibrated: there are no out-of-fold predictions", decision
    calibration, said = None, ""
    if rules.calibrate:
        calibration, said = calibrate(rows, clusters_of(use_case, examples, rows.rows))
    right = Output(calibration=calibration).correct(rows.answers)
    decision = decide(rules.decide, rows.labels, right[:, 1])
    return Output(calibration=calibration, threshold=decision.threshold), said, decision


def _warnings(won: Won, decision: Decision, constant: tuple[str, ...], note: str) -> Iterator[str]:
    if constant:
        yield f"one value only on the training side: {', '.join(constant)}"
    if won.rows is None:
        yield f"the validation folds could not judge {won.winner.candidate}: {won.winner.note}"
    for name in dict.fromkeys(trial.candidate for trial in won.trials):
        tried = [trial for trial in won.trials if trial.candidate == name]
        if won.rows is not None and all(trial.score is None for trial in tried):
            yield f"{name} never fitted on every fold: {tried[0].note}"
    if note:
        yield f"{won.winner.candidate} {note}"
    if not decision.met:
        yield decision.reason


def _naive(use_case: UseCase, examples: Examples) -> Naive:
    data = use_case.data
    rows = Dated(examples.labels, examples.times, data.timezone, data.label.known_after, examples.entities)
    return naive_of(rows, len(examples.classes))
