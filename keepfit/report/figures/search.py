"""Which settings were tried, how far each got, and which won."""

from collections.abc import Iterator

from keepfit.config import METRICS, default_metric
from keepfit.records import Trained, Trial
from keepfit.report.charts import Lane, Rung, far_off, search
from keepfit.report.figures.figure import Figure, Key
from keepfit.report.gates import person_words
from keepfit.report.numbers import count
from keepfit.report.run_records import RunRecords
from keepfit.report.wording import metric_word, settings_text, visible


def metric_and_sign(records: RunRecords) -> tuple[str, float]:
    """The metric that the folds chose by, and the sign that turns a loss back into it."""
    metric = records.use_case.train.optimize or default_metric(records.use_case.task)
    return metric, -1.0 if METRICS[metric].higher_is_better else 1.0


def better_word(metric: str) -> str:
    """Which direction of a metric is better.

    >>> better_word("rmse"), better_word("roc_auc")
    ('lower is better', 'higher is better')
    """
    return f"{'higher' if METRICS[metric].higher_is_better else 'lower'} is better"


def search_figure(records: RunRecords) -> Figure | None:
    """A lane for each candidate, a mark for each setting; those that were stopped early are lighter."""
    trained = records.trained
    metric, sign = metric_and_sign(records)
    names = list(dict.fromkeys(trial.candidate for trial in trained.trials))
    lanes = [_lane(name, trained, sign) for name in names]
    if not any(rung.scores for lane in lanes for rung in lane.rungs):
        return None
    sentence = _tried(trained, len(names))
    axis = f"{metric_word(metric)} on validation folds ({better_word(metric)})"
    return Figure(
        "Search", sentence, search(lanes, axis, "Search history", sentence), tuple(_keys(trained, far_off(lanes)))
    )


def _tried(trained: Trained, candidates: int) -> str:
    early = sum(_stopped(trial) for trial in trained.trials)
    failed = sum(trial.score is None for trial in trained.trials)
    asides = [f"{early:,} of them stopped early on a part of the rows"] * bool(early)
    asides += [f"{count(failed, 'setting')} could not be fitted"] * bool(failed)
    tried = f"{count(len(trained.trials), 'setting')} of {count(candidates, 'candidate')} tried on the training side"
    with_settings = f"{visible(trained.candidate, 60)} with {visible(settings_text(trained.settings), 300)}"
    why = f", {person_words(visible(trained.choice, 300))}" if trained.choice else ""
    return f"{', '.join([tried, *asides])}; {with_settings} won{why}."


def _stopped(trial: Trial) -> bool:
    return trial.share < 1 and trial.score is not None


def _keys(trained: Trained, far: int) -> Iterator[Key]:
    yield Key("ring", "", "the winner")
    yield Key("dot", "trial candidate", "a setting of the winning candidate, on all rows")
    if len({trial.candidate for trial in trained.trials}) > 1:
        yield Key("dot", "trial naive", "of another candidate")
    if any(map(_stopped, trained.trials)):
        yield Key(
            "dot", "trial candidate early", "stopped early, on that share of the rows: not comparable with the rest"
        )
    if far:
        yield Key("dot", "trial beyond", "far off, drawn at the edge")
    yield Key("fold", "", "each candidate's best, fold by fold")


def _lane(name: str, trained: Trained, sign: float) -> Lane:
    """A candidate's trials; a metric where higher is better was searched as its negative, so ``sign`` turns it back."""
    scored = [(t.score, t) for t in trained.trials if t.candidate == name and t.score is not None]
    shares = sorted({trial.share for _, trial in scored}, reverse=True)
    rungs = tuple(Rung(share, tuple(sign * s for s, t in scored if t.share == share)) for share in shares)
    full = [pair for pair in scored if pair[1].share >= 1]
    won = name == trained.candidate
    if not full:
        return Lane(name, rungs, (), None, won=won)
    score, best = min(full, key=lambda pair: pair[0])
    folds = tuple(sign * fold for fold in best.folds if fold is not None)
    return Lane(name, rungs, folds, sign * score, won=won)
