"""What has moved in a window beside the reference: every signal that asks for no label, and why it alarms."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from keepfit.monitor import links, multivariate
from keepfit.monitor.bins import Bins, Counts
from keepfit.monitor.drift import LEAST_ROWS, beyond_chance, missing_share, moved_most, stability_index
from keepfit.monitor.multivariate import Part
from keepfit.monitor.part import Tallied
from keepfit.monitor.performance import stretches_needed
from keepfit.monitor.reference import Reference, Signal, feature_bins
from keepfit.records import Outcome, WindowCheck, finite
from keepfit.records.monitoring import Kind

_NAMED, _NAME = 3, 60  # levels that are new, and how much of a name


def signals_of(reference: Reference, rows: Tallied, *, several: bool = True) -> Iterator[WindowCheck]:
    """Every signal, its score in units of what is usual beside the threshold of all together.

    Parameters
    ----------
    several
        Whether several columns at once, and links between them, are asked about too.
    """
    for asked, normal in zip(reference.signals, reference.usual.usual, strict=True):
        if asked.column is None:
            if several:
                yield from _several(reference, asked.signal, rows.drawn, normal)
            continue
        column, window = reference.columns[asked.column], rows.counts[asked.column]
        before = np.array(column.daily).sum(axis=0)
        distance, chance = _distance(asked.signal, column.bins, before, window, normal)
        told = _Told(asked.signal, column.name, distance / normal, chance, distance, column.kind)
        moved = _Moved(column.bins, before, window, rows.new.get(column.name, {}))
        yield _signal(reference, told, partial(_REASONS[asked.signal], moved))
    if _earlier(reference):
        why = "not calibrated: the reference was made by an earlier build"
        yield WindowCheck(check="multivariate", outcome="not_enough_evidence", reason=why)


def _several(reference: Reference, signal: Signal, drawn: Part, normal: float) -> Iterator[WindowCheck]:
    """What is asked of several columns together."""
    if signal == "link":
        yield from _links(reference, drawn, normal)
    elif not _earlier(reference):
        yield _multivariate(reference, drawn, normal)


def _earlier(reference: Reference) -> bool:
    """Whether a reference was made before several columns at once were asked about as they are now."""
    return reference.sample is None or reference.concept is None


def _multivariate(reference: Reference, drawn: Part, normal: float) -> WindowCheck:
    """All features at once: how well rows of the window can be told from those of the reference's sample."""
    bins, sample = tuple(feature_bins(reference).values()), reference.sample
    if sample is None or not bins or len(drawn.days) < LEAST_ROWS:
        return _signal(reference, _UNKNOWN, str)
    before = Part(sample.when, sample.matrix())
    found = multivariate.apart(multivariate.space_of(sample, bins), before, drawn)
    chance = multivariate.beyond_chance(found.auc, len(before.days), len(drawn.days))
    told = _Told("multivariate", None, multivariate.distance(found.auc) / normal, chance, found.auc)
    by = multivariate.pair_names(sample.columns, found.by)
    return _signal(
        reference,
        told,
        lambda: "rows can be told from the reference's" + (f" by {by}" if by else ""),
    )


def _links(reference: Reference, drawn: Part, normal: float) -> Iterator[WindowCheck]:
    """What one column says of another, beside the reference's sample; nothing where no column says much of another."""
    bins, sample = tuple(feature_bins(reference).values()), reference.sample
    if sample is None or not bins:
        return
    space = multivariate.space_of(sample, bins)
    linked = links.links_of(space, bins, sample.matrix())
    if not linked:
        return
    if len(drawn.days) < LEAST_ROWS:
        yield _signal(reference, _UNKNOWN._replace(signal="link"), str)
        return
    found = links.apart(linked, space, sample.matrix(), drawn.values)
    told = _Told("link", None, found.distance / normal, True, found.gone)
    names = " says little of ".join(sample.columns[place] for place in found.by)
    yield _signal(reference, told, lambda: f"{names} any more: {found.gone:.0%} of their link is gone")


def _distance(signal: Signal, bins: Bins, before: Counts, window: Counts, normal: float) -> tuple[float, bool]:
    """How far the window is from the reference, and whether independent rows would hardly be so far.

    ``normal`` is what is usual of the signal.
    """
    rows, unseen = before.sum(), bins.unseen
    if min(window.sum(), rows) < LEAST_ROWS:
        return float("nan"), False
    if signal == "missing":
        moved = abs(missing_share(window) - missing_share(before))
        return float(moved), _apart((rows - before[-1], before[-1]), (window[:-1].sum(), window[-1]))[1]
    if signal == "unseen":
        new = 0 if unseen is None else window[unseen]
        return float(new / window.sum()), _apart((rows * (1 - normal), rows * normal), (window.sum() - new, new))[1]
    return _apart(_without_unseen(bins, before), _without_unseen(bins, window))


def _apart(before: Any, window: Any) -> tuple[float, bool]:
    """The stability index of rows by bin, (k,) each, and whether independent rows would hardly be so far apart."""
    was, now = np.asarray(before, np.float64), np.asarray(window, np.float64)
    psi, used = float(stability_index(was, now)), int(((was + now) > 0).sum())
    return psi, beyond_chance(psi, used, float(was.sum()), float(now.sum()))


def _without_unseen(bins: Bins, counts: Counts) -> Counts:
    """Unseen levels among the rare ones: they are a signal of their own, which the reference has none of."""
    if bins.unseen is None:
        return counts
    moved = counts.copy()
    moved[bins.unseen - 1] += moved[bins.unseen]
    moved[bins.unseen] = 0
    return moved


class _Told(NamedTuple):
    """A signal of a column (None: all): score in units of the usual, whether beyond chance, and how large it is."""

    signal: Signal
    column: str | None
    score: float
    chance: bool
    effect: float
    kind: Kind | None = None


_UNKNOWN = _Told("multivariate", None, float("nan"), False, float("nan"))


def _signal(reference: Reference, told: _Told, why: Callable[[], str]) -> WindowCheck:
    threshold = reference.usual.threshold
    outcome: Outcome
    if not np.isfinite(told.score):
        what = "labels" if told.kind == "label" else "rows"
        outcome, reason = "not_enough_evidence", f"fewer than {LEAST_ROWS} {what}"
    elif threshold is None:
        needed = stretches_needed(reference.false_alarms)
        outcome, reason = "not_enough_evidence", f"not calibrated: {reference.usual.stretches} of {needed} stretches"
    else:
        outcome, reason = ("fail", why()) if told.score > threshold and told.chance else ("pass", "")
    return WindowCheck(
        check=told.signal,
        feature=told.column,
        kind=told.kind,
        outcome=outcome,
        value=finite(told.score),
        threshold=threshold,
        effect=finite(told.effect),
        reason=reason,
    )


class _Moved(NamedTuple):
    """Rows by bin (k,) in reference and window, and rows by level that is new: what an alarm is told from."""

    bins: Bins
    before: Counts
    window: Counts
    new: Mapping[str, int]

    def beside(self, place: int) -> str:
        """The share of a bin before and now."""
        was, now = (each[place] / max(each.sum(), 1) for each in (self.before, self.window))
        return f"{was:.1%} before, {now:.1%} now"


def _drifted(moved: _Moved) -> str:
    """The bins that make most of the distance."""
    most = moved_most(moved.before, moved.window)
    return "; ".join(f"{moved.bins.named(place)}: {moved.beside(place)}" for place in most)


def _unseen(moved: _Moved) -> str:
    """The share of levels that are new, and the commonest of them."""
    if moved.bins.unseen is None:
        return ""
    most = sorted(moved.new.items(), key=lambda pair: (-pair[1], pair[0]))[:_NAMED]
    named = ", ".join(f"{name[:_NAME]} ({rows / moved.window.sum():.1%})" for name, rows in most)
    return moved.beside(moved.bins.unseen) + (f": {named}" if named else "")


_REASONS: dict[str, Callable[[_Moved], str]] = {
    "drift": _drifted,
    "missing": lambda moved: moved.beside(moved.bins.missing),
    "unseen": _unseen,
}
