"""What watching has come to so far, in a few lines: the last decision, how estimates fare, whether retrains helped."""

from collections.abc import Iterator
from textwrap import wrap

from msgspec import UNSET

from keepfit.records import Shown, Track
from keepfit.report.wording import metric_word


def watch_lines(shown: Shown, width: int) -> list[str]:
    """Lines of ``keepfit show``; none before a window was looked at."""
    return [line for told in _told(shown) for line in wrap(told, width, initial_indent="  ", subsequent_indent="  ")]


def _told(shown: Shown) -> Iterator[str]:
    watch = shown.watch
    if watch is None or not watch.windows:
        return
    from keepfit.monitor import (
        disjoint,
        helped_in_words,
        lost_in_words,
        track_of,
    )  # loads numpy, which others do not need

    newest = watch.windows[0]
    own = [each for each in watch.windows if each.version == newest.version]
    alarms = ", ".join(each.replace("_", " ") for each in newest.alarms) or "no alarm"
    broken = "; its data look broken" if newest.broken else ""
    yield f"watched up to {newest.end:%Y-%m-%d}, version {newest.version}: {alarms}{broken}"
    if (track := track_of(disjoint(own))) is not None:
        yield f"estimates: {track_in_words(track)}"
    if newest.lost is not UNSET:
        yield lost_in_words(newest.lost)
    if watch.helped is not UNSET:
        yield from (helped_in_words(each) for each in watch.helped[:3])


def track_in_words(track: Track) -> str:
    """How estimates have fared, in half a sentence.

    >>> track_in_words(Track(metric="log_loss", windows=3, hits=1, bias=0.0124, trusted=False))
    'log loss came out inside its interval in 1 of 3 windows, 0.0124 above the estimate on average: not trusted'
    """
    metric, side = metric_word(track.metric), "above" if track.bias >= 0 else "below"
    off = f"{abs(track.bias):.3g} {side} the estimate on average"
    trusted = "" if track.trusted else ": not trusted"
    return f"{metric} came out inside its interval in {track.hits} of {track.windows} windows, {off}{trusted}"
