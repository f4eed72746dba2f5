"""The charts of a run, each with one sentence that says what it means."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

from keepfit.config import METRICS, default_metric
from keepfit.records import Curve, Evaluated, Trained
from keepfit.report.charts import Axis, Lane, Series, cloud, confusion, curves, search
from keepfit.report.numbers import count, number, percent
from keepfit.report.run_records import RunRecords
from keepfit.report.wording import metric_word, settings_text, visible

_MOST_CLASSES = 16


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart (SVG), its title and its sentence; ``models`` names the lines, in the order of the legend."""

    title: str
    sentence: str
    svg: str
    models: tuple[tuple[str, str], ...] = ()
    wide: bool = False


def figures(records: RunRecords) -> tuple[Figure, ...]:
    """Every chart that the records support, how good the model is first."""
    makers: tuple[Callable[[RunRecords], Figure | None], ...] = (_roc, _calibration, _predicted, _residuals, _confusion)
    made: Iterable[Figure | None] = (make(records) for make in makers)
    return tuple(figure for figure in made if figure is not None)


def _series(evaluated: Evaluated, name: str, *, weighted: bool = False) -> list[Series]:
    """The candidate's curve, then the champion's."""
    found = [curve for curve in evaluated.curves if curve.name == name and curve.x]
    order = {"candidate": 0, "champion": 1, "naive": 2}
    return [
        Series(
            c.model, model_word(c.model, evaluated), tuple(zip(c.x, c.y, strict=False)), c.weight if weighted else ()
        )
        for c in sorted(found, key=lambda c: order.get(c.model, 3))
    ]


def model_word(model: str, evaluated: Evaluated) -> str:
    """The model as the legend names it."""
    return f"champion (version {evaluated.champion_number})" if model == "champion" else model


def _legend(series: list[Series]) -> tuple[tuple[str, str], ...]:
    return tuple((one.kind, one.name) for one in series)


def _candidates_curve(evaluated: Evaluated, name: str) -> Curve | None:
    found = (c for c in evaluated.curves if c.name == name and c.model == "candidate" and c.x)
    return next(found, None)


def _roc(records: RunRecords) -> Figure | None:
    series = _series(records.evaluated, "roc")
    auc = records.evaluated.candidate.get("roc_auc")
    if not series:
        return None
    chance = f"in {percent(auc.value)} of such pairs" if auc and auc.value is not None else "more often than not"
    sentence = (
        f"Shown one row of each class, the candidate gives the positive one the higher score {chance}; "
        "the dotted diagonal is a coin toss, the upper left corner a perfect ranking."
    )
    x, y = Axis("false positive rate", 0, 1), Axis("true positive rate", 0, 1)
    svg = curves(series, x, y, "ROC curve", sentence, diagonal=True)
    return Figure("Ranking (ROC curve)", sentence, svg, _legend(series))


def _calibration(records: RunRecords) -> Figure | None:
    series = _series(records.evaluated, "calibration", weighted=True)
    curve = _candidates_curve(records.evaluated, "calibration")
    if not series or curve is None:
        return None
    binary = records.use_case.task == "binary"
    weights = curve.weight or (1.0,) * len(curve.x)
    off = sum(w * abs(x - y) for x, y, w in zip(curve.x, curve.y, weights, strict=False)) / (sum(weights) or 1)
    subject = "predicted probabilities" if binary else "probabilities of the decided class"
    points = number(round(100 * off, 1))
    sentence = (
        f"On average the candidate's {subject} are {points} percentage points away from what came true; "
        "on the dotted diagonal they would be exact."
    )
    high = min(1.0, 1.08 * max([*(p for one in series for point in one.points for p in point), 0.02]))
    x, y = Axis("predicted probability", 0, high), Axis("share that came true", 0, high)
    svg = curves(series, x, y, "Calibration", sentence, diagonal=True)
    return Figure("Calibration", sentence, svg, _legend(series))


def _predicted(records: RunRecords) -> Figure | None:
    curve = _candidates_curve(records.evaluated, "residuals")
    if curve is None:
        return None
    points = tuple((x, x + y) for x, y in zip(curve.x, curve.y, strict=False))
    r2 = records.evaluated.candidate.get("r2")
    explained = ""
    if r2 and r2.value is not None:
        explained = f"The predictions explain {percent(max(r2.value, 0))} of the label's variance; "
    sentence = explained + "on the dotted diagonal a prediction would be exact."
    svg = cloud(
        Series("candidate", "candidate", points),
        Axis("predicted"),
        Axis("actual"),
        "Predicted against actual",
        sentence,
        guide="diagonal",
    )
    return Figure("Predicted against actual", sentence, svg, (("candidate", "candidate"),))


def _residuals(records: RunRecords) -> Figure | None:
    curve = _candidates_curve(records.evaluated, "residuals")
    if curve is None:
        return None
    bias = fmean(curve.y)
    side = "too low" if bias > 0 else "too high"
    sentence = (
        f"Of the rows drawn, predictions are {number(float(f'{abs(bias):.3g}'))} {side} on average; "
        "a slope or a funnel would show what the model misses."
    )
    points = tuple(zip(curve.x, curve.y, strict=False))
    svg = cloud(
        Series("candidate", "candidate", points),
        Axis("predicted"),
        Axis("actual − predicted"),
        "Residuals",
        sentence,
        guide="zero",
    )
    return Figure("Residuals", sentence, svg, (("candidate", "candidate"),))


def _confusion(records: RunRecords) -> Figure | None:
    curve = _candidates_curve(records.evaluated, "confusion")
    if curve is None:
        return None
    labels, counts = confusion_table(curve, records.trained.classes)
    if len(labels) > _MOST_CLASSES:
        return None
    sentence = _confused(labels, counts)
    svg = confusion(counts, labels, "Confusion table", sentence)
    return Figure("Confusion table of the candidate", sentence, svg)


def confusion_table(curve: Curve, classes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[float, ...], ...]]:
    """Rows by true class and decided class; a class that the model does not know is called "other".

    >>> c = Curve(name="confusion", model="candidate", x=(0, 1, -1), y=(0, 0, 1), weight=(5, 2, 1))
    >>> confusion_table(c, ("no", "yes"))
    (('no', 'yes', 'other'), ((5, 0.0, 0.0), (2, 0.0, 0.0), (0.0, 1, 0.0)))
    """
    found = {(int(x), int(y)): w for x, y, w in zip(curve.x, curve.y, curve.weight, strict=False)}
    known = max(len(classes), 1 + max((max(pair) for pair in found), default=-1))
    order = [*range(known), *([-1] if any(-1 in pair for pair in found) else [])]
    names = [classes[n] if 0 <= n < len(classes) else "other" if n < 0 else f"class {n}" for n in order]
    return tuple(names), tuple(tuple(found.get((row, column), 0.0) for column in order) for row in order)


def _confused(labels: tuple[str, ...], counts: tuple[tuple[float, ...], ...]) -> str:
    total = sum(map(sum, counts)) or 1.0
    right = sum(counts[n][n] for n in range(len(labels)))
    wrong = [(counts[a][b], -a, -b) for a in range(len(labels)) for b in range(len(labels)) if a != b]
    rows, a, b = max(wrong, default=(0.0, 0, 0))
    sentence = f"{percent(right / total)} of {count(int(total))} are decided correctly"
    if not rows:
        return sentence + ", none wrongly."
    pair = f"“{visible(labels[-a], 40)}” taken for “{visible(labels[-b], 40)}” ({count(int(rows))})"
    return f"{sentence}; the most frequent error is {pair}."


def search_figure(records: RunRecords) -> Figure | None:
    """Which settings were tried, by candidate, and how they did on the validation folds."""
    trained = records.trained
    names = list(dict.fromkeys(trial.candidate for trial in trained.trials))
    metric = records.use_case.train.optimize or default_metric(records.use_case.task)
    sign = -1.0 if METRICS[metric].higher_is_better else 1.0
    lanes = [_lane(name, trained, sign) for name in names]
    if not any(lane.scores for lane in lanes):
        return None
    tried, failed = len(trained.trials), sum(trial.score is None for trial in trained.trials)
    sentence = (
        f"{count(tried, 'setting')} of {count(len(names), 'candidate')} tried, on the training side only; "
        f"{trained.candidate} won with {settings_text(trained.settings)} (the ring). A dot is a setting, "
        "small strokes are the folds of each candidate's best one."
    )
    if failed:
        sentence += f" {count(failed, 'setting')} could not be fitted."
    axis = f"{metric_word(metric)} on validation folds ({'higher' if sign < 0 else 'lower'} is better)"
    return Figure("Search", sentence, search(lanes, axis, "Search history", sentence), wide=True)


def _lane(name: str, trained: Trained, sign: float) -> Lane:
    """A candidate's trials; a metric where higher is better was searched as its negative, so ``sign`` turns it back."""
    scored = [(t.score, t) for t in trained.trials if t.candidate == name and t.share == 1.0 and t.score is not None]
    if not scored:
        return Lane(name, (), (), None, won=False)
    score, best = min(scored, key=lambda pair: pair[0])
    folds = tuple(sign * fold for fold in best.folds if fold is not None)
    return Lane(name, tuple(sign * s for s, _ in scored), folds, sign * score, won=name == trained.candidate)
