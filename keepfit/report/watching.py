"""The pages of watching: one of a window, one of a use case over time: no script, no network, safe."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import groupby

from msgspec import UNSET

from keepfit.config.metrics import METRICS
from keepfit.monitor import Look, disjoint, helped_in_words, lost_in_words, track_of
from keepfit.records import Monitored, Window, WindowCheck
from keepfit.report.charts.alone import alone, data_uri
from keepfit.report.charts.over_time import PERFORMANCE_HEIGHT, HeatRow, Moment, heat_map, performance_plot
from keepfit.report.checked import bounded, feature_word, groups_of, headline, limit_of, metric_of, state, to_do
from keepfit.report.figures.figure import Key
from keepfit.report.html import environment
from keepfit.report.watched import track_in_words
from keepfit.report.wording import metric_word

NO_ESTIMATE_SEES = (
    "An estimate takes the model's word for how labels follow from inputs. Where labels begin to follow in another way "
    "(concept change), no estimate can see it: only realised performance does, when labels have come."
)
OF_ALL = {"multivariate": "all together", "link": "links"}  # of no column by itself
_SIGNALS = {"drift", "missing", "unseen", *OF_ALL}
_MOST_ROWS = 40  # of the heat map: those that came nearest to their thresholds
_MOST_FIGURES = 400  # rows of the table beside it


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring windows of one version of which the same was decided for the same reasons."""

    span: str
    windows: int
    version: int
    alarms: str
    decision: str
    entries: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A column over time: in units of its threshold now, at its highest, and how often it alarmed."""

    name: str
    now: str
    highest: str
    alarms: str


def render_window(seen: Monitored) -> str:
    """One window as one HTML page; the record has a window."""
    window = seen.window
    assert window is not None
    return (
        environment()
        .get_template("watched_window.html.j2")
        .render(
            seen=seen,
            window=window,
            headline=headline(window, seen.decision, seen.lost),
            to_do=to_do(window, seen.decision, seen.lost),
            state=state(window, metric_of(window)),
            groups=groups_of(window.checks),
            performance=_performance(window),
            track=track_in_words(seen.track) if seen.track else "",
            helped=helped_in_words(window.helped),
            lost=lost_in_words(seen.lost) if seen.lost else "",
            caveat=NO_ESTIMATE_SEES,
        )
    )


def render_watched(use_case: str, looks: Sequence[Look]) -> str:
    """A use case over time as one HTML page; looks are oldest first, the newest of each window."""
    newest = looks[-1]
    track = track_of(disjoint([each.noted for each in reversed(looks) if each.noted.version == newest.noted.version]))
    told = (each.noted.helped for each in looks)
    helped = {each.version: each for each in told if each is not UNSET}.values()  # of each version the newest
    metric = _trigger(looks)
    rows = _heat_rows(looks)
    lost = None if newest.noted.lost is UNSET else newest.noted.lost
    return (
        environment()
        .get_template("watched.html.j2")
        .render(
            use_case=use_case,
            looks=list(reversed(looks)),
            newest=newest,
            headline=headline(newest.window, newest.decision, lost),
            to_do=to_do(newest.window, newest.decision, lost),
            state=state(newest.window, metric),
            metric=metric_word(metric),
            keys=_keys(looks, metric),
            performance=performance_chart(looks),
            heat=_heat(looks, rows),
            left_out=max(len(rows) - _MOST_ROWS, 0),
            figures=[_figures(row, looks) for row in rows[:_MOST_FIGURES]],
            windows=[_in_figures(each, metric) for each in reversed(looks)],
            stretches=list(_stretches(looks)),
            track=track_in_words(track) if track else "",
            helped=[helped_in_words(each) for each in helped],
            lost=lost_in_words(lost) if lost else "",
            caveat=NO_ESTIMATE_SEES,
        )
    )


def _trigger(looks: Sequence[Look]) -> str:
    """The metric that may call for a retrain; empty where nothing is known of any."""
    return next((each.noted.told.metric for each in reversed(looks) if each.noted.told is not UNSET), "")


def performance_chart(looks: Sequence[Look]) -> str:
    """The metric that may trigger, by window; empty where nothing is known."""
    metric = _trigger(looks)
    if not metric:
        return ""
    word = metric_word(metric)
    side = "higher" if metric in METRICS and METRICS[metric].higher_is_better else "lower"
    said = f"{word} of {len(looks)} windows, estimated before labels came and realised after; the table has the numbers"
    moments = [_moment(each, metric) for each in looks]
    return performance_plot(moments, f"{word} ({side} is better), by end of window (UTC)", f"{word} over time", said)


def performance_picture(use_case: str, looks: Sequence[Look]) -> str | None:
    """The same as a picture that stands alone, as an address that holds it; None where nothing is known."""
    chart = performance_chart(looks)
    if not chart:
        return None
    return data_uri(
        alone(chart, PERFORMANCE_HEIGHT, _keys(looks, _trigger(looks)), f"{use_case}: {len(looks)} windows")
    )


def _moment(look: Look, metric: str) -> Moment:
    window = look.window
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
        asked=look.decision.retrain,
    )


def _keys(looks: Sequence[Look], metric: str) -> list[Key]:
    """The legend of what is drawn, and of nothing else."""
    moments = [_moment(each, metric) for each in looks]
    came = "realised, with its bounds" if any(m.realised_low is not None for m in moments) else "realised"
    drawn = (
        (Key("line", "candidate", "estimated"), any(m.estimated is not None for m in moments)),
        (Key("band", "candidate", "where it probably is"), any(m.low is not None for m in moments)),
        (Key("dot", "mark champion", came), any(m.realised is not None for m in moments)),
        (Key("threshold", "", "an estimate alarms beyond"), any(m.threshold is not None for m in moments)),
        (Key("fold", "", "another version"), len({m.version for m in moments}) > 1),
        (Key("asked", "", "a retrain was asked for"), any(m.asked for m in moments)),
    )
    return [key for key, there in drawn if there]


def _heat_rows(looks: Sequence[Look]) -> list[HeatRow]:
    """Of every column the largest of its signals, in units of the threshold; the farthest first."""
    found = [_ratios(each.window) for each in looks]
    names = list(dict.fromkeys(name for each in found for name in each))
    rows = [HeatRow(name, tuple(each.get(name) for each in found)) for name in names]
    return sorted(rows, key=lambda row: -max(_known(row), default=0.0))


def _known(row: HeatRow) -> list[float]:
    return [each for each in row.ratios if each is not None]


def _heat(looks: Sequence[Look], rows: Sequence[HeatRow]) -> str:
    ends, versions = [each.window.span.end for each in looks], [each.window.version.number for each in looks]
    said = f"how far {len(rows)} columns were from the reference in {len(looks)} windows; the table has the numbers"
    return heat_map(ends, rows[:_MOST_ROWS], versions, "What moved", said)


def _figures(row: HeatRow, looks: Sequence[Look]) -> Figures:
    known = _known(row)
    if not known:
        return Figures(row.name, "not known", "not known", "none")
    now, highest = row.ratios[-1], max(known)
    when = looks[row.ratios.index(highest)].window.span.end
    alarms = sum(each > 1 for each in known)
    return Figures(
        row.name,
        "not known" if now is None else f"{now:.2f}",
        f"{highest:.2f} (to {when:%Y-%m-%d})",
        f"{alarms} of {len(known)}" if alarms else "none",
    )


def _ratios(window: Window) -> dict[str, float | None]:
    ratios: dict[str, float | None] = {}
    features = {check.feature for check in window.checks if check.check == "missing"}  # asked of nothing else
    for check in window.checks:
        if check.check not in _SIGNALS:
            continue
        name = OF_ALL[check.check] if check.feature is None else _column(check, features)
        known = [each for each in (_ratio(check), ratios.get(name)) if each is not None]
        ratios[name] = max(known, default=None)
    return ratios


def _column(check: WindowCheck, features: Set[str | None]) -> str:
    """A column's name; in windows of earlier builds nothing but its signals say what it is."""
    if check.kind is None and check.feature in {"score", "label"} - features:
        return f"the {check.feature}"
    return feature_word(check)


def _ratio(check: WindowCheck) -> float | None:
    """In units of the threshold; a check that passed is never beyond it, however far chance alone would bring it."""
    if check.value is None or not check.threshold:
        return None
    ratio = check.value / check.threshold
    return max(ratio, 1.01) if check.outcome == "fail" else min(ratio, 1.0)


def _in_figures(look: Look, metric: str) -> tuple[str, int, str, str, str, int]:
    """A window as a row: span, version, estimated, realised, alarms, entry."""
    window = look.window
    guess, came = window.estimated.get(metric), window.realised.get(metric)
    return (
        f"{window.span.start:%Y-%m-%d} to {window.span.end:%Y-%m-%d}",
        window.version.number,
        bounded(guess.value, guess.low, guess.high) if guess else "not known",
        bounded(came.value, came.low, came.high) if came else "not known",
        _alarms(window),
        look.entry,
    )


def _alarms(window: Window) -> str:
    told = [each.replace("_", " ") for each in window.alarms]
    return ", ".join([*told, *(["data look broken"] if window.broken else [])]) or "none"


def _stretches(looks: Sequence[Look]) -> Iterator[Stretch]:
    """The newest first."""
    for _, group in groupby(reversed(looks), lambda each: (each.window.version, _alarms(each.window), each.reason)):
        own = list(group)
        first, last = own[-1], own[0]
        entries = sorted(each.entry for each in own)
        yield Stretch(
            span=f"{first.window.span.start:%Y-%m-%d} to {last.window.span.end:%Y-%m-%d}",
            windows=len(own),
            version=last.window.version.number,
            alarms=_alarms(last.window),
            decision=last.reason,
            entries=f"{entries[0]}" if len(own) == 1 else f"{entries[0]} to {entries[-1]}",
        )


def _performance(window: Window) -> list[tuple[str, str, str, str, str]]:
    """Metric, estimate and what is usual of it, what came and what is usual of that."""
    return [
        (
            metric_word(name),
            bounded(guess.value, guess.low, guess.high),
            limit_of(window, "estimated", name) or "not calibrated",
            bounded(came.value, came.low, came.high) if (came := window.realised.get(name)) else "not known yet",
            limit_of(window, "realised", name) or ("not calibrated" if name in window.realised else ""),
        )
        for name, guess in window.estimated.items()
    ]
