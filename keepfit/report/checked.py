"""What a window was asked, in words and with units: values beside limits, the state in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from keepfit.config.metrics import METRICS
from keepfit.monitor import still_lost
from keepfit.records import Lost, Outcome, RetrainDecision, Window, WindowCheck
from keepfit.report.numbers import number, percent
from keepfit.report.wording import metric_word, visible

CHECK_WORDS = {
    "missing": "missing values",
    "unseen": "levels never seen before",
    "multivariate": "several columns at once",
    "link": "links between columns",
    "label_link": "labels beside answers",
    "volume": "rows",
    "freshness": "age of the newest row",
    "contract": "rows that break the contract",
    "label_values": "labels that the model does not know",
    "answers": "logged answers that are none",
    "constant": "one value only",
    "copies": "different rows",
}
_ARRIVAL = ("volume", "freshness", "contract", "label_values", "answers", "constant", "copies")
_SHARES = ("contract", "label_values", "answers", "constant", "copies")
_PERFORMANCE = ("realised_performance", "estimated_performance")
_OF_METRICS = (*_PERFORMANCE, "shortfall")
_IN_USUAL = ("drift", "missing", "unseen", "multivariate", "link")  # their values are times what is usual
_FROM_LABELS = ("realised_performance", "shortfall", "concept")
_GROUPS: tuple[tuple[Outcome, str, str], ...] = (
    ("fail", "✗", "alarmed"),
    ("not_enough_evidence", "?", "could not be judged"),
    ("pass", "✓", "as usual"),
    ("skipped", "·", "for information"),
    ("unjudged", "·", "not judged"),
)
_OPEN = 15  # checks that are shown without a click
_NAMED, _NAME = 3, 40  # alarms that the sentence at the top names, and how much of a column's name


@dataclass(frozen=True, slots=True)
class Row:
    """A check as a row of the table."""

    check: str
    feature: str
    value: str
    limit: str
    effect: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """The checks that ended alike."""

    outcome: str
    symbol: str
    word: str
    rows: tuple[Row, ...]
    unfolded: bool


def groups_of(checks: Sequence[WindowCheck]) -> list[Group]:
    """Alarms first; within a group how rows arrived, performance, then the largest beside its threshold."""
    found = []
    for outcome, symbol, word in _GROUPS:
        own = sorted((each for each in checks if each.outcome == outcome), key=_order)
        if own:
            unfolded = outcome == "fail" or len(checks) <= _OPEN
            found.append(Group(outcome, symbol, word, tuple(map(row_of, own)), unfolded))
    return found


def _order(check: WindowCheck) -> tuple[int, float]:
    if check.check in _ARRIVAL:
        return _ARRIVAL.index(check.check), 0.0
    if check.check in _PERFORMANCE:
        return len(_ARRIVAL), 0.0
    return len(_ARRIVAL) + 1, -((check.value or 0.0) / (check.threshold or 1.0))


def row_of(check: WindowCheck) -> Row:
    """A check in words.

    >>> row_of(WindowCheck(check="contract", outcome="pass", value=0.001, threshold=0.01, effect=0.001))
    Row(check='rows that break the contract', feature='', value='0.1%', limit='at most 1%', effect='', reason='')
    """
    return Row(
        check=CHECK_WORDS.get(check.check, check.check.replace("_", " ")),
        feature=feature_word(check),
        value="" if check.value is None else _in_units(check, check.value),
        limit="" if check.threshold is None else f"at {_side(check)} {_in_units(check, check.threshold)}",
        effect=_effect(check),
        reason=check.reason,
    )


def feature_word(check: WindowCheck) -> str:
    """The column, or the metric, that a check is about; a column that the model reads may be called label, too.

    >>> [feature_word(WindowCheck(check="drift", feature="label", kind=each, outcome="pass")) for each in
    ...     ("feature", "label")]
    ['label', 'the label']
    """
    name = check.feature or ""
    if check.kind in ("score", "label"):
        return f"the {name}"
    return metric_word(name) if check.check in _OF_METRICS else name


def check_words(check: WindowCheck) -> str:
    """A check in half a sentence.

    >>> check_words(WindowCheck(check="missing", feature="temp", outcome="fail"))
    'missing values of temp'
    """
    word = CHECK_WORDS.get(check.check, check.check.replace("_", " "))
    name = feature_word(check)
    name = visible(name if len(name) <= _NAME else f"{name[:_NAME]}…")
    return f"{word} of {name}" if name else word


def _in_units(check: WindowCheck, value: float) -> str:
    if check.check in _SHARES:
        return percent(value)
    if check.check in _IN_USUAL:
        return f"{number(float(value))}×"
    if check.check == "concept":
        return f"{number(float(value))} σ"
    unit = {"volume": "rows", "freshness": "hours"}.get(check.check)
    return f"{value:,.0f} {unit}" if unit else number(float(value))


def _side(check: WindowCheck) -> str:
    """Whether the limit is one from below or from above."""
    if check.check == "copies":
        return "least"
    if check.check == "volume":
        return "most" if (check.effect or 0.0) > 1 else "least"
    if check.check == "label_link":
        return "least"
    metric = METRICS.get(check.feature or "") if check.check in _PERFORMANCE else None
    return "least" if metric is not None and metric.higher_is_better else "most"


def _effect(check: WindowCheck) -> str:
    """How large the difference is, whatever its significance."""
    size = check.effect
    if size is None:
        return ""
    if check.check == "drift":
        return f"PSI {size:.2g}"
    if check.check == "multivariate":
        return f"AUC {size:.3f}"
    shares = {
        "missing": "share moved by {}",
        "unseen": "{} of rows",
        "concept": "{} of the variance",
        "link": "{} of it gone",
        "label_link": "{} of it gone",
    }.get(check.check)
    if shares:
        return shares.format(percent(size))
    return f"{size:.2g} times the usual" if check.check == "volume" else ""


def headline(window: Window, decision: RetrainDecision, lost: Lost | None = None) -> tuple[Outcome, str, str]:
    """The tone, the symbol and the words of what a window has come to; ``lost`` is what was not back before it."""
    if window.broken:
        return "fail", "!", "The data look broken"
    if decision.retrain:
        return "fail", "!", "A retrain is asked for"
    if window.alarms:
        moved = "drift" in window.alarms
        return "not_enough_evidence", "?", f"{'Something moved' if moved else 'Worse than usual'}, no retrain"
    if lost is not None and still_lost(lost, window):
        return "not_enough_evidence", "?", f"Still worse than before version {lost.version} alarmed, no retrain"
    if not _compared(window):
        return "not_enough_evidence", "?", "Too early to tell"
    return "pass", "✓", "Nothing unusual"


def to_do(window: Window, decision: RetrainDecision, lost: Lost | None = None) -> str:
    """What a person has to do now; empty where there is nothing. ``lost`` is what was not back before the window."""
    if window.broken:
        return (
            "To do: find out what fed these rows. Nothing learns from them while they look broken; "
            "the next window is judged anew."
        )
    if decision.retrain:
        return f"To do: nothing, where the automation runs; else keepfit retrain {window.use_case}. Its gates decide."
    if still_lost(lost, window):
        return (
            "To do: find out what changed. With realised_performance in `retrain.on` more retrains are asked for until "
            "it is back; with a shorter `history` a model learns less from the time before."
        )
    if window.alarms:
        return "To do: nothing yet. The next windows tell whether it lasts."
    if not _compared(window):
        return "To do: nothing now. A version that is made from a longer history will have limits."
    return ""


def _compared(window: Window) -> bool:
    """Whether anything was held against the reference."""
    return any(each.outcome in ("pass", "fail") for each in window.checks if each.check not in _ARRIVAL)


def limit_of(window: Window, kind: str, metric: str) -> str:
    """What is usual of a metric, ``kind`` estimated or realised.

    It is the limit of that check, which is another one for what came than for what is estimated.
    """
    found = [each for each in window.checks if (each.check, each.feature) == (f"{kind}_performance", metric)]
    limits = [row_of(each).limit for each in found if each.threshold is not None]
    return limits[0] if limits else ""


def state(window: Window, metric: str) -> str:
    """The window in plain words: its rows, what alarmed, how good the model is in the metric that may trigger."""
    span = window.span
    came = "were served" if window.source == "log" else "arrived"
    rows = (
        f"{span.rows:,} {'row' if span.rows == 1 else 'rows'} {came} from {span.start:%Y-%m-%d} to {span.end:%Y-%m-%d}"
    )
    labelled = f", {window.labelled:,} with labels" if window.labelled else ""
    return f"{rows}{labelled}. {_alarmed(window)} {_performance(window, metric)}".strip()


def metric_of(window: Window) -> str:
    """The metric that may trigger, from the checks themselves: the others only inform."""
    checks = (each for each in window.checks if each.check.endswith("_performance") and each.outcome != "skipped")
    return next((each.feature for each in checks if each.feature is not None), next(iter(window.estimated), ""))


def _alarmed(window: Window) -> str:
    alarms = sorted((each for each in window.checks if each.outcome == "fail"), key=_order)
    asked = sum(each.outcome in ("pass", "fail") for each in window.checks)
    unknown = [each for each in window.checks if each.outcome == "not_enough_evidence"]
    waiting = [each for each in unknown if _of_labels(each)] if not window.labelled else []
    unknown = [each for each in unknown if each not in waiting]
    told = f"None of {asked} checks alarmed." if asked else ""
    if alarms:
        names = ", ".join(map(check_words, alarms[:_NAMED]))
        more = f" and {len(alarms) - _NAMED:,} more" if len(alarms) > _NAMED else ""
        told = f"{len(alarms):,} of {asked:,} checks alarmed: {names}{more}."
    if unknown:
        told += f" {len(unknown):,} more could not be judged: {unknown[0].reason or 'too little is known'}."
    if waiting:
        told += f" {len(waiting):,} {'waits' if len(waiting) == 1 else 'wait'} for labels."
    return told.strip()


def _of_labels(check: WindowCheck) -> bool:
    named = check.feature if check.kind is None else check.kind
    return check.check in _FROM_LABELS or (check.check, named) == ("drift", "label")


def _performance(window: Window, metric: str) -> str:
    guess, came = window.estimated.get(metric), window.realised.get(metric)
    word = metric_word(metric)
    word = word[:1].upper() + word[1:]
    if came is not None and came.value is not None:
        told = f"{word} is {bounded(came.value, came.low, came.high)}"
        usual = limit_of(window, "realised", metric)
    elif guess is not None and guess.value is not None:
        told = f"{word} is estimated at {bounded(guess.value, guess.low, guess.high)}, labels have not come"
        usual = limit_of(window, "estimated", metric)
    else:
        return ""
    return f"{told}; usual is {usual}." if usual else f"{told}."


def bounded(value: float | None, low: float | None, high: float | None) -> str:
    """A number with its bounds where there are any.

    >>> bounded(0.48, 0.45, 0.51), bounded(None, None, None)
    ('0.48 (0.45 to 0.51)', 'not known')
    """
    if value is None:
        return "not known"
    told = number(float(value))
    return f"{told} ({number(float(low))} to {number(float(high))})" if low is not None and high is not None else told
