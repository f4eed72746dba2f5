"""Settings tried for each candidate: the same number, the same folds, the same rungs.

Successive halving (Jamieson & Talwalkar 2016, AISTATS, 240) in synchronous rungs: all settings are judged on a share of
the rows, the best third of each candidate on three times as many, and so on up to all. Settings come in waves from
Optuna's seeded TPE, which is told the losses of a wave, in order, when all of it has ended. So neither the number of
processes nor the order in which they end changes what is tried, what is promoted, or what wins.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from keepfit.config import CANDIDATES, Limits, shorthand
from keepfit.config.train import Candidate, Choice, Range, Space, Train
from keepfit.records import Trial

if TYPE_CHECKING:
    import optuna

Settings = dict[str, int | float | str | bool | None]

ETA = 3  # of so many settings one is promoted
FIRST_WAVE = 10  # as many as TPE draws by chance before it models what it was told
WAVE = 5
FEWEST_ROWS = 2_000  # a rung on fewer would promote by chance


class Asked(NamedTuple):
    """A setting to be judged."""

    candidate: str
    settings: Settings


class Judged(NamedTuple):
    """Its loss on every fold (None where it did not fit), and what a fit complained about."""

    folds: tuple[float | None, ...]
    note: str

    @property
    def score(self) -> float | None:
        """The mean over the folds, None unless all have a loss.

        >>> Judged((1.0, 2.0), "").score, Judged((1.0, None), "").score
        (1.5, None)
        """
        known = [value for value in self.folds if value is not None]
        return sum(known) / len(known) if known and len(known) == len(self.folds) else None


Judge = Callable[[Sequence[Asked], float], Sequence[Judged]]


def spaces_of(rules: Train) -> tuple[Candidate, ...]:
    """The candidates with all that is fixed or searched: their own settings over the default space of their kind.

    The default space is searched only where more than one setting is tried.
    """
    return tuple(candidate.model_copy(update={"space": _space(candidate, rules)}) for candidate in rules.candidates)


def _space(candidate: Candidate, rules: Train) -> Space:
    kind = CANDIDATES[candidate.name]
    usual: Space = {}
    if rules.trials > 1:
        long = Candidate.model_validate(shorthand.candidate({kind.name: dict(kind.space)}))
        usual |= long.space
    if rules.class_weight == "balanced" and "class_weight" in kind.settings:
        usual["class_weight"] = "balanced"
    return usual | candidate.space


def shares_of(trials: int, rows: int) -> tuple[float, ...]:
    """The rungs of a search, as shares of the rows, the last of them 1.

    Parameters
    ----------
    trials : settings of a candidate; few are not worth a rung.
    rows : of the smallest fold.

    Examples
    --------
    >>> [round(share, 3) for share in shares_of(20, 100_000)], shares_of(20, 5_000), shares_of(3, 100_000)
    ([0.111, 0.333, 1.0], (1.0,), (1.0,))
    """
    rungs = 1 + (trials > ETA) + (trials > ETA**2)
    while rungs > 1 and rows < FEWEST_ROWS * ETA ** (rungs - 1):
        rungs -= 1
    return tuple(float(ETA) ** (place - rungs + 1) for place in range(rungs))


def search(
    candidates: Sequence[Candidate], trials: int, seed: int, shares: Sequence[float], judge: Judge
) -> tuple[Trial, ...]:
    """Try settings of all candidates; those that reached the last rung have ``share`` 1.

    Parameters
    ----------
    candidates : with their whole spaces; one without anything to search is tried once.
    judge : the losses of settings on a share of the rows, in their order.
    """
    lanes = [_Lane(candidate, trials, seed) for candidate in candidates]
    while wave := [(lane, settings) for lane in lanes for settings in lane.next_wave()]:
        judged = judge([Asked(lane.name, settings) for lane, settings in wave], shares[0])
        for (lane, settings), found in zip(wave, judged, strict=True):
            lane.tell(settings, found, shares[0])
    for share in shares[1:]:
        rung = [(lane, place) for lane in lanes for place in lane.promoted()]
        judged = judge([Asked(lane.name, lane.tried[place].settings) for lane, place in rung], share)
        for (lane, place), found in zip(rung, judged, strict=True):
            lane.tried[place] = _trial(lane.name, lane.tried[place].settings, found, share)
    return tuple(trial for lane in lanes for trial in lane.tried)


class _Lane:
    """One candidate on its way through the search."""

    def __init__(self, candidate: Candidate, trials: int, seed: int) -> None:
        self.name = candidate.name
        self.tried: list[Trial] = []
        self._space = {key: value for key, value in candidate.space.items() if isinstance(value, Range | Choice)}
        self._fixed: Settings = {
            key: value for key, value in candidate.space.items() if not isinstance(value, Range | Choice)
        }
        self._left = trials if self._space else 1
        self._study = _study(candidate.name, self._space, seed) if self._left > 1 else None
        self._asked: list[optuna.Trial] = []

    def next_wave(self) -> list[Settings]:
        """Settings to be judged together; none when all have been."""
        size = min(self._left, WAVE if self.tried else FIRST_WAVE)
        self._left -= size
        if self._study is None:
            return [self._fixed | _defaults(self.name, self._space)] * size
        self._asked = [self._study.ask() for _ in range(size)]
        return [self._fixed | _draw(asked, self._space) for asked in self._asked]

    def tell(self, settings: Settings, judged: Judged, share: float) -> None:
        """The losses of the next setting of the wave."""
        trial = _trial(self.name, settings, judged, share)
        if self._study is not None:
            import optuna

            failed = optuna.trial.TrialState.FAIL if trial.score is None else None
            self._study.tell(self._asked.pop(0), trial.score, state=failed)
        self.tried.append(trial)

    def promoted(self) -> list[int]:
        """The places of the best third of those that came furthest, best first; of equal ones the first."""
        furthest = max(trial.share for trial in self.tried)
        there = [place for place, trial in enumerate(self.tried) if trial.share == furthest]
        scores = {place: score for place in there if (score := self.tried[place].score) is not None}
        return sorted(scores, key=lambda place: (scores[place], place))[: -(-len(there) // ETA)]


def _study(name: str, space: Mapping[str, Range | Choice], seed: int) -> "optuna.Study":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST_WAVE))
    study.enqueue_trial(_defaults(name, space))
    return study


def _defaults(name: str, space: Mapping[str, Range | Choice]) -> Settings:
    """What the candidate has without a search, or what comes closest to it in the space."""
    limits = CANDIDATES[name].settings
    return {key: _nearest(limits.get(key, Limits()), values) for key, values in space.items()}


def _nearest(limits: Limits, values: Range | Choice) -> int | float | str | bool | None:
    if isinstance(values, Choice):
        return limits.default if limits.default in values.choice else values.choice[0]
    if isinstance(limits.default, str | None):
        return int(values.low) if values.whole else values.low
    near = min(max(limits.default, values.low), values.high)
    return int(near) if values.whole else float(near)


def _draw(asked: "optuna.Trial", space: Mapping[str, Any]) -> Settings:
    drawn: Settings = {}
    for name, values in space.items():
        if isinstance(values, Choice):
            drawn[name] = asked.suggest_categorical(name, list(values.choice))
        elif values.whole:
            drawn[name] = asked.suggest_int(name, int(values.low), int(values.high), log=values.log)
        else:
            drawn[name] = asked.suggest_float(name, values.low, values.high, log=values.log)
    return drawn


def _trial(name: str, settings: Settings, judged: Judged, share: float) -> Trial:
    return Trial(
        candidate=name, settings=settings, folds=judged.folds, score=judged.score, share=share, note=judged.note
    )


def bests(trials: Sequence[Trial]) -> dict[str, Trial]:
    """Of each candidate the trial with the lowest loss on all rows; of equal ones the first. None fitted: no entry.

    Examples
    --------
    >>> a = Trial(candidate="ridge", settings={}, folds=(2.0,), score=2.0)
    >>> b = Trial(candidate="ridge", settings={"alpha": 3.0}, folds=(1.0,), score=1.0)
    >>> bests([a, b])["ridge"].settings
    {'alpha': 3.0}
    """
    found: dict[str, Trial] = {}
    for trial in trials:
        before = found.get(trial.candidate)
        if trial.share < 1.0 or trial.score is None:
            continue
        if before is None or before.score is None or trial.score < before.score:
            found[trial.candidate] = trial
    return found
