"""The words for outcomes, metrics and candidates, and text from outside made fit to be shown.

What could reorder, hide or break a line is shown as its escape. Nothing here knows HTML.
"""

import unicodedata

from keepfit.records import Outcome

_JOINERS = "\u200c\u200d"  # part of words in Persian and of many emoji; harmless
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS_IN_A_ROW = 4

OUTCOME_WORDS: dict[Outcome, str] = {
    "pass": "pass",
    "fail": "fail",
    "not_enough_evidence": "not enough evidence",
    "skipped": "skipped",
    "unjudged": "not judged",
}
OUTCOME_SYMBOLS: dict[Outcome, str] = {
    "pass": "✓",
    "fail": "✗",
    "not_enough_evidence": "?",
    "skipped": "–",
    "unjudged": "○",
}
METRIC_WORDS = {
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC of each class against the rest",
    "f1": "F1",
    "f1_macro": "macro F1",
    "matthews_correlation": "Matthews correlation",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "brier": "Brier score",
    "balanced_accuracy": "balanced accuracy",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
}
CANDIDATE_WORDS = {
    "hist_gradient_boosting": "histogram gradient boosting model",
    "logistic_regression": "logistic regression",
    "ridge": "ridge regression",
}


def metric_word(name: str) -> str:
    """How people call a metric.

    >>> metric_word("roc_auc"), metric_word("made_up")
    ('ROC AUC', 'made up')
    """
    return METRIC_WORDS.get(name, name.replace("_", " "))


def candidate_word(name: str) -> str:
    """What kind of model a candidate is.

    >>> candidate_word("ridge"), candidate_word("made_up")
    ('ridge regression', 'made up')
    """
    return CANDIDATE_WORDS.get(name, name.replace("_", " "))


def visible(text: str, limit: int = 600) -> str:
    r"""Text on one line: what hides, reorders or breaks shows as its escape, the middle of long text is left out.

    >>> visible("late\nflights\u202e")
    'late\\nflights\\u202e'
    >>> visible("x" * 500, limit=9)
    'xxxx … (492 more) … xxxx'
    """
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]} … ({len(text) - 2 * half:,} more) … {text[-half:]}"
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        shown.append(_escaped(character) if marks > _MARKS_IN_A_ROW or _unseen(character) else character)
    return "".join(shown)


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def settings_text(settings: dict[str, int | float | str | bool | None]) -> str:
    """Settings of an estimator on one line, by name.

    >>> settings_text({"max_leaf_nodes": 31, "learning_rate": 0.1})
    'learning_rate 0.1, max_leaf_nodes 31'
    """
    return ", ".join(f"{name} {_setting(value)}" for name, value in sorted(settings.items())) or "defaults"


def _setting(value: int | float | str | bool | None) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)
