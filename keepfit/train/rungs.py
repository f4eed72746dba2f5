"""Settings put before the folds: as jobs, remembered in the store when a rung has ended.

A search that was killed goes on behind the last rung that was finished, to the same end: what is asked next follows
from what was answered.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.records import Record
from keepfit.train.crew import Run
from keepfit.train.search import Asked, Judged, Settings
from keepfit.train.trial import Job, Outcome

Answers = list[NDArray[np.float64]]


class Rung(Record, frozen=True, kw_only=True):
    """For each setting its losses on the folds, and what its fits complained about."""

    folds: tuple[tuple[float | None, ...], ...]
    notes: tuple[str, ...]


Remember = Callable[[Sequence[Asked], float, Callable[[], Rung]], Rung]


class _Best(NamedTuple):
    score: float
    settings: Settings
    answers: Answers


class Rungs:
    """Judges settings, and keeps the answers of the best of each candidate."""

    def __init__(self, run: Run, folds: int, remember: Remember) -> None:
        self._run = run
        self._folds = folds
        self._remember = remember
        self._best: dict[str, _Best] = {}

    def judge(self, asked: Sequence[Asked], share: float) -> list[Judged]:
        """The losses of settings on a share of the rows, in their order."""
        rung = self._remember(asked, share, lambda: self._ask(asked, share))
        return [Judged(folds, note) for folds, note in zip(rung.folds, rung.notes, strict=True)]

    def answers(self, candidate: str, settings: Settings) -> Answers:
        """What a setting that was judged on all rows answers to the rows of each fold."""
        best = self._best.get(candidate)
        if best is not None and best.settings == settings:
            return best.answers
        outcomes = self._run(self._jobs([Asked(candidate, settings)], 1.0))
        return [outcome.answers for outcome in outcomes if outcome.answers is not None]

    def _ask(self, asked: Sequence[Asked], share: float) -> Rung:
        outcomes = self._run(self._jobs(asked, share))
        by_setting = [outcomes[start : start + self._folds] for start in range(0, len(outcomes), self._folds)]
        for each, found in zip(asked, by_setting, strict=True):
            self._keep(each, found)
        return Rung(
            folds=tuple(tuple(outcome.loss for outcome in found) for found in by_setting),
            notes=tuple(_together(outcome.note for outcome in found) for found in by_setting),
        )

    def _jobs(self, asked: Iterable[Asked], share: float) -> list[Job]:
        return [
            Job(fold=fold, candidate=each.candidate, settings=each.settings, share=share, keep=share == 1.0)
            for each in asked
            for fold in range(self._folds)
        ]

    def _keep(self, asked: Asked, found: Sequence[Outcome]) -> None:
        score = Judged(tuple(outcome.loss for outcome in found), "").score
        answers = [outcome.answers for outcome in found if outcome.answers is not None]
        if score is None or len(answers) < self._folds:
            return
        before = self._best.get(asked.candidate)
        if before is None or score < before.score:
            self._best[asked.candidate] = _Best(score, asked.settings, answers)


def _together(notes: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(note for note in notes if note))
