"""The pages of watching: one of a window, one of a use case over time: no script, no network, safe."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from keepfit.monitor import Look, disjoint, helped_in_words, track_of
from keepfit.records import Monitored, RetrainDecision, Window, WindowCheck
from keepfit.report.charts.over_time import HeatRow, Moment, heat_map, performance_plot
from keepfit.report.html import environment
from keepfit.report.watched import track_in_words
from keepfit.report.wording import OUTCOME_WORDS

NO_ESTIMATE_SEES = (
    "An estimate takes the model's word for how labels follow from inputs. Where labels begin to follow in another way "
    "(concept change), no estimate can see it: only realised performance does, when labels have come."
)
_SYMBOLS = {"pass": "✓", "fail": "✗", "not_enough_evidence": "?", "skipped": "·", "unjudged": "·"}
_ORDER = {"fail": 0, "not_enough_evidence": 1, "pass": 2, "skipped": 3, "unjudged": 4}
_SIGNALS = {"drift", "missing", "unseen"}
_MOST_ROWS = 40  # of the heat map: those that came nearest to their thresholds


@dataclass(frozen=True, slots=True)
class Row:
    """A check as a row of the table."""

    outcome: str
    symbol: str
    word: str
    check: str
    feature: str
    value: str
    threshold: str
    effect: str
    reason: str


def render_window(seen: Monitored) -> str:
    """One window as one HTML page; the record has a window."""
    window = seen.window
    assert window is not None
    checks = sorted(window.checks, key=lambda each: (_ORDER[each.outcome], -(each.value or 0.0)))
    return (
        environment()
        .get_template("watched_window.html.j2")
        .render(
            seen=seen,
            window=window,
            tone=_tone(window, seen.decision),
            headline=_headline(window, seen.decision),
            rows=[_row(each) for each in checks],
            performance=_performance(window),
            track=track_in_words(seen.track) if seen.track else "",
            helped=helped_in_words(window.helped),
            caveat=NO_ESTIMATE_SEES,
        )
    )


def render_watched(use_case: str, looks: Sequence[Look]) -> str:
    """A use case over time as one HTML page; looks are oldest first, the newest of each window."""
    newest = looks[-1]
    track = track_of(disjoint([each.noted for each in reversed(looks) if each.noted.version == newest.noted.version]))
    helped = [each.window.helped for each in looks if each.window.helped is not None]
    metric = "" if newest.noted.told is UNSET else newest.noted.told.metric
    return (
        environment()
        .get_template("watched.html.j2")
        .render(
            use_case=use_case,
            looks=list(reversed(looks)),
            newest=newest,
            tone=_tone(newest.window, newest.decision),
            headline=_headline(newest.window, newest.decision),
            metric=metric.replace("_", " "),
            performance=performance_chart(looks),
            heat=_heat(looks),
            track=track_in_words(track) if track else "",
            helped=[helped_in_words(each) for each in helped],
            caveat=NO_ESTIMATE_SEES,
        )
    )


def performance_chart(looks: Sequence[Look]) -> str:
    """The metric that may trigger, by window; empty where nothing is known."""
    metric = next((each.noted.told.metric for each in reversed(looks) if each.noted.told is not UNSET), None)
    if metric is None:
        return ""
    said = f"{metric.replace('_', ' ')} of {len(looks)} windows: estimated before labels came, realised when they had"
    return performance_plot([_moment(each.window, metric) for each in looks], metric.replace("_", " "), said)


def _moment(window: Window, metric: str) -> Moment:
    guess, came = window.estimated.get(metric), window.realised.get(metric)
    return Moment(
        end=window.span.end,
        version=window.version.number,
        estimated=guess.value if guess else None,
        low=guess.low if guess else None,
        high=guess.high if guess else None,
        realised=came.value if came else None,
        realised_low=came.low if came else None,
        realised_high=came.high if came else None,
        threshold=guess.threshold if guess else None,
    )


def _heat(looks: Sequence[Look]) -> str:
    """Of every column the largest of its signals, in units of the threshold."""
    found = [_ratios(each.window) for each in looks]
    names = list(dict.fromkeys(name for each in found for name in each))
    rows = [HeatRow(name, tuple(each.get(name) for each in found)) for name in names]
    rows = sorted(rows, key=lambda row: -max((each for each in row.ratios if each is not None), default=0.0))
    ends, versions = [each.window.span.end for each in looks], [each.window.version.number for each in looks]
    said = f"how far {len(rows)} columns were from the reference in {len(looks)} windows; red cells alarmed"
    return heat_map(ends, rows[:_MOST_ROWS], versions, "What moved", said)


def _ratios(window: Window) -> dict[str, float | None]:
    ratios: dict[str, float | None] = {}
    for check in window.checks:
        if check.feature is None or check.check not in _SIGNALS:
            continue
        ratio = _ratio(check)
        ratios[check.feature] = max(
            (each for each in (ratio, ratios.get(check.feature)) if each is not None), default=None
        )
    return ratios


def _ratio(check: WindowCheck) -> float | None:
    """In units of the threshold; a check that passed is never beyond it, however far chance alone would bring it."""
    if check.value is None or not check.threshold:
        return None
    ratio = check.value / check.threshold
    return max(ratio, 1.01) if check.outcome == "fail" else min(ratio, 1.0)


def _row(check: WindowCheck) -> Row:
    return Row(
        outcome=check.outcome,
        symbol=_SYMBOLS[check.outcome],
        word="alarm" if check.outcome == "fail" else OUTCOME_WORDS[check.outcome],
        check=check.check.replace("_", " "),
        feature=check.feature or "",
        value=_number(check.value),
        threshold=_number(check.threshold),
        effect=_number(check.effect),
        reason=check.reason,
    )


def _performance(window: Window) -> list[tuple[str, str, str, str]]:
    """Metric, estimate, what came, from where on it counts as worse."""
    return [
        (
            name.replace("_", " "),
            _bounded(guess.value, guess.low, guess.high),
            _bounded(came.value, came.low, came.high) if (came := window.realised.get(name)) else "not known yet",
            _number(guess.threshold) or "not calibrated",
        )
        for name, guess in window.estimated.items()
    ]


def _bounded(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "not known"
    return _number(value) + (f" ({_number(low)} to {_number(high)})" if low is not None and high is not None else "")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}"


def _tone(window: Window, decision: RetrainDecision) -> tuple[str, str]:
    if decision.retrain or window.broken:
        return "fail", "!"
    return ("not_enough_evidence", "?") if window.alarms else ("pass", "✓")


def _headline(window: Window, decision: RetrainDecision) -> str:
    if window.broken:
        return "The data look broken"
    if decision.retrain:
        return "A retrain is asked for"
    return "Something moved, no retrain" if window.alarms else "Nothing to do"
