"""From where on an estimate alarms."""

import numpy as np

from keepfit.monitor.performance import estimated_value, losses_of, stretches_of, usual

WEEKS, A_DAY = 52, 24


def year(outlier):
    """Days, labels and answers of a year of values; ``outlier``: one label is far off."""
    draw = np.random.default_rng(2)
    days = np.repeat(np.arange(WEEKS * 7), A_DAY)
    answers = 10 + 3 * draw.normal(size=days.size)
    labels = answers + draw.normal(size=days.size)
    labels[days.size // 2] += outlier
    return days, labels, answers


def alarmed(outlier):
    """The share of weeks whose estimate is beyond what is usual beside the year."""
    days, labels, answers = year(outlier)
    losses = losses_of(labels, answers)
    stretches = stretches_of("regression", days, labels, answers, 7, losses)
    limit = usual("rmse", stretches, 7, 0.05).threshold
    weeks = [estimated_value("rmse", answers[days // 7 == week], losses) for week in range(WEEKS)]
    return np.mean([value > limit for value in weeks])


def test_one_row_that_cost_very_much_does_not_make_every_estimate_an_alarm():
    assert alarmed(0.0) <= 0.1
    assert alarmed(1000.0) <= 0.1
