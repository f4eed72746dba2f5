"""How the version was chosen on the training side: what competed, why this one won, what was made of its answers."""

from collections.abc import Iterator
from dataclasses import dataclass

from keepfit.records import Trained, Trial
from keepfit.report.figures import Figure, how_it_was_chosen
from keepfit.report.figures.search import metric_and_sign
from keepfit.report.gates import person_words
from keepfit.report.numbers import NOT_MEASURED, count, number, percent, size
from keepfit.report.run_records import RunRecords
from keepfit.report.wording import candidate_word, metric_word, settings_text

_MOST_TRIALS = 120


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One setting: how it did and how far it got."""

    candidate: str
    settings: str
    share: str
    score: str
    folds: str
    note: str
    won: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The competition: facts, what a person should look at, charts, and every setting by name."""

    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    figures: tuple[Figure, ...]
    metric: str
    trials: tuple[TrialRow, ...]
    more: str


def choice(records: RunRecords) -> Choice:
    """How the version of a run was chosen."""
    metric, sign = metric_and_sign(records)
    trained = records.trained
    ordered = sorted(trained.trials, key=lambda trial: _rank(trial, trained))
    rows = tuple(_row(trial, sign, trained) for trial in ordered[:_MOST_TRIALS])
    return Choice(
        facts=tuple(_facts(records)),
        warnings=trained.warnings,
        figures=how_it_was_chosen(records),
        metric=metric_word(metric),
        trials=rows,
        more=count(len(ordered) - len(rows), "more setting") if len(ordered) > len(rows) else "",
    )


def _rank(trial: Trial, trained: Trained) -> tuple[bool, float, bool, float]:
    """The winner first, then by how far a setting got, then by its loss; what did not fit comes last of its rung."""
    return not _is_winner(trial, trained), -trial.share, trial.score is None, trial.score or 0.0


def _is_winner(trial: Trial, trained: Trained) -> bool:
    return trial.candidate == trained.candidate and trial.settings == trained.settings and trial.share >= 1


def _row(trial: Trial, sign: float, trained: Trained) -> TrialRow:
    def told(loss: float | None) -> str:
        return NOT_MEASURED if loss is None else number(sign * loss)

    return TrialRow(
        candidate=trial.candidate,
        settings=settings_text(trial.settings),
        share="all" if trial.share >= 1 else percent(trial.share),
        score=told(trial.score),
        folds=", ".join(map(told, trial.folds)),
        note=trial.note,
        won=_is_winner(trial, trained),
    )


def _facts(records: RunRecords) -> Iterator[tuple[str, str]]:
    trained, rules = records.trained, records.use_case.train
    yield "Candidate", candidate_word(trained.candidate)
    yield "Settings", settings_text(trained.settings)
    if trained.choice:
        yield "Why this one", person_words(trained.choice)
    yield "Competition", _competition(records)
    if trained.calibration:
        yield "Probabilities", person_words(trained.calibration)
    if trained.decision:
        yield "Decisions", trained.decision
    if rules.class_weight == "balanced":
        yield "Class weights", "balanced: a rare class weighs as much as a frequent one"
    if trained.memory:
        yield "Memory", f"about {size(trained.memory)} needed, as training said before it started"


def _competition(records: RunRecords) -> str:
    rules, trained = records.use_case.train, records.trained
    side = "one process" if rules.workers == 1 else f"{rules.workers} processes, with the outcome of one"
    return f"{count(len(trained.trials), 'setting')} on {count(rules.folds, 'fold')}, in {side}"
