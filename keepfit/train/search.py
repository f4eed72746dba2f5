"""Settings tried for each candidate, scored on the same folds, with the same budget."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keepfit.config.model import Candidate, Choice, Range
from keepfit.records import Trial, finite

if TYPE_CHECKING:
    import optuna

Settings = dict[str, int | float | str | bool | None]
Score = Callable[[str, Settings], Sequence[float | None]]


def search(candidate: Candidate, trials: int, seed: int, score: Score) -> tuple[Trial, ...]:
    """Try settings of one candidate: its fixed ones, and draws of Optuna's seeded TPE where it has a space.

    Parameters
    ----------
    score : the loss on every fold (lower is better) of a candidate with settings; None where it did not fit.
    """
    fixed = {name: value for name, value in candidate.space.items() if not isinstance(value, Range | Choice)}
    if len(fixed) == len(candidate.space):
        return (_trial(candidate.name, fixed, score),)
    return _with_optuna(candidate, fixed, trials, seed, score)


def _with_optuna(candidate: Candidate, fixed: Settings, trials: int, seed: int, score: Score) -> tuple[Trial, ...]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    done: list[Trial] = []
    for _ in range(trials):
        asked = study.ask()
        trial = _trial(candidate.name, fixed | _draw(asked, candidate.space), score)
        failed = optuna.trial.TrialState.FAIL if trial.score is None else None
        study.tell(asked, trial.score, state=failed)
        done.append(trial)
    return tuple(done)


def _draw(asked: "optuna.Trial", space: Mapping[str, Any]) -> Settings:
    drawn: Settings = {}
    for name, values in space.items():
        if isinstance(values, Choice):
            drawn[name] = asked.suggest_categorical(name, list(values.choice))
        elif isinstance(values, Range) and values.whole:
            drawn[name] = asked.suggest_int(name, int(values.low), int(values.high), log=values.log)
        elif isinstance(values, Range):
            drawn[name] = asked.suggest_float(name, values.low, values.high, log=values.log)
    return drawn


def _trial(name: str, settings: Settings, score: Score) -> Trial:
    folds = tuple(None if value is None else finite(value) for value in score(name, settings))
    known = [value for value in folds if value is not None]
    mean = sum(known) / len(known) if folds and len(known) == len(folds) else None
    return Trial(candidate=name, settings=settings, folds=folds, score=mean)


def best(trials: Sequence[Trial]) -> Trial | None:
    """The lowest mean loss; of equal ones the first. None where nothing fitted on every fold.

    Examples
    --------
    >>> a = Trial(candidate="ridge", settings={}, folds=(2.0,), score=2.0)
    >>> b = Trial(candidate="ridge", settings={"alpha": 3.0}, folds=(1.0,), score=1.0)
    >>> best([a, b]).settings
    {'alpha': 3.0}
    """
    fitted = [trial for trial in trials if trial.score is not None]
    return min(fitted, key=lambda trial: trial.score or 0.0, default=None)
