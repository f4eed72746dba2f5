"""Whether a new champion does better than the one before: answered once, from as many windows as it takes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec import UNSET, structs

from keepfit.config.metrics import METRICS
from keepfit.evaluate import Clusters, compare
from keepfit.evaluate.metrics import measure
from keepfit.ledger.fold import _helped
from keepfit.monitor import helped_in_words
from keepfit.monitor.chosen import Measured
from keepfit.monitor.helped import Rival, helped, of_days
from keepfit.monitor.part import Tallied
from keepfit.monitor.window import CONFIDENCE
from keepfit.records import Helped, Noted, Seat, Watch

BEGIN = datetime(2013, 6, 1, tzinfo=UTC)
NOW = Seat(number=2, digest="2" * 64)


def world(days, better, seed=0, a_day=40):
    """Rows with labels: what the new version says is nearer to them by ``better``, more so on some days."""
    draw = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), a_day)
    truth = draw.random(day.size)
    labels = (draw.random(day.size) < truth).astype(np.int64)
    gain = better + 0.3 * better * draw.normal(size=days)[day]
    new, old = (np.clip(truth * (1 - far) + 0.5 * far, 0.01, 0.99) for far in (0.3 - gain, np.full(day.size, 0.3)))
    return labels, day, *(np.column_stack([1 - each, each]) for each in (new, old))


def look(part, first, last, known=None, metric="log_loss"):
    """A window of some of the days."""
    labels, day, new, old = part
    rows = np.flatnonzero((day >= first) & (day < last))
    measured = Measured(labels[rows], new[rows], day[rows], old[rows])
    tallied = Tallied(rows.size, (), None, {}, measured, rows.size)
    return helped(Rival(1, None, known), tallied, NOW, BEGIN + timedelta(days=last), metric)


def joint(part, last, metric="log_loss"):
    labels, day, new, old = part
    rows = day < last
    scores = (measure(metric, labels[rows], each[rows]) for each in (new, old))
    return compare(*scores, Clusters.by_day(day[rows]), CONFIDENCE, METRICS[metric])


def test_weeks_that_are_too_short_alone_answer_together():
    part = world(14, 0.2)
    first = look(part, 0, 7)
    assert (first.outcome, first.low, first.closed, len(first.days)) == ("unclear", None, False, 7)
    assert helped_in_words(first).endswith("on 280 rows; of 8 days that it takes, 7")
    second = look(part, 7, 14, first)
    whole = joint(part, 14)
    assert (second.outcome, second.rows, second.closed, second.days) == ("helped", 560, True, UNSET)
    assert (second.difference, second.low, second.high) == pytest.approx((whole.value, whole.low, whole.high), abs=1e-4)


def test_days_alone_answer_on_the_eighth():
    part, known, answers = world(9, 0.2, seed=1), None, []
    for day in range(8):
        known = look(part, day, day + 1, known)
        answers.append(known.closed)
    assert answers == [False] * 7 + [True]
    assert known.outcome == "helped"


def test_one_that_is_worse_has_hurt():
    assert look(world(7, -0.25), 0, 7).outcome == "unclear"
    assert look(world(14, -0.25), 7, 14, look(world(14, -0.25), 0, 7)).outcome == "hurt"


def test_another_metric_is_the_windows_own_by_their_rows():
    part = world(14, 0.25, seed=3)
    first = look(part, 0, 7, metric="roc_auc")
    second = look(part, 7, 14, first, metric="roc_auc")
    alone = look(part, 7, 14, metric="roc_auc")
    assert second.difference == pytest.approx((first.difference + alone.difference) / 2, abs=1e-5)
    assert second.low <= second.difference <= second.high


def test_bounds_of_equal_versions_miss_no_more_often_than_they_say():
    draw = np.random.default_rng(5)
    wrong = 0
    for _ in range(2_000):
        days = tuple((40, total, total**2 / 40) for total in 40 * draw.normal(0.0, 0.05, 14))
        found = of_days(days, METRICS["log_loss"])
        wrong += found.low > 0 or found.high < 0
    assert 0.04 <= wrong / 2_000 <= 0.12  # two bounds at 95 %, and few degrees of freedom


def test_a_day_without_a_difference_adds_none():
    labels, day, new, old = world(7, 0.2)
    broken = look((labels, day, np.full_like(new, np.nan), old), 0, 7)
    assert (broken.difference, broken.low, broken.days, broken.closed) == (None, None, (), False)


def noted(told):
    return Noted(start=BEGIN, end=told.end, version=2, window="0" * 64, alarms=(), broken=False, helped=told)


def test_the_ledger_keeps_the_newest_until_one_answers_and_then_that_one():
    open_one = look(world(7, 0.2), 0, 7)
    answered = look(world(14, 0.2), 7, 14, open_one)
    later = structs.replace(answered, end=answered.end + timedelta(days=7), outcome="hurt")
    watch = Watch(windows=(), requests=())
    for told, kept in ((open_one, open_one), (open_one, open_one), (answered, answered), (later, answered)):
        watch = structs.replace(watch, helped=_helped(watch, noted(told)))
        assert watch.helped == (kept,)


def test_an_answer_of_an_older_ledger_is_closed():
    old = Helped(version=2, replaced=1, end=BEGIN, rows=9, metric="log_loss", difference=0.1, low=None, high=None,
                 outcome="unclear")  # fmt: skip
    assert old.closed
