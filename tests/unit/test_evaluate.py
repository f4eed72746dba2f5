"""Three models on the same unseen rows."""

import numpy as np
import pytest

from keepfit.evaluate import Champion, days_of, evaluate
from keepfit.records import Evaluated, canonical, parse


def rows_of(rows=2800, days=28, seed=0):
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, days, rows))
    x = rng.normal(size=rows)
    y = (rng.random(rows) < 1 / (1 + np.exp(1 - x - 0.5 * rng.normal(size=days)[day]))).astype(int)
    return y, x, day


def chance(odds):
    p = 1 / (1 + np.exp(-np.asarray(odds, float)))
    return np.column_stack([1 - p, p])


def evaluated(champion=None, **changes):
    y, x, day = rows_of()
    given = {
        "task": "binary",
        "y": y,
        "candidate": chance(x - 1),
        "naive": {"class shares": np.tile([0.7, 0.3], (y.size, 1))},
        "champion": champion,
        "days": day,
        "confidence": 0.95,
        "predictions": "p" * 64,
    }
    return evaluate(**(given | changes))


def champion_of(odds=None, unseen=None, **changes):
    _, x, day = rows_of()
    given = {"number": 3, "digest": "c" * 64, "prediction": chance(0.3 * x - 1 if odds is None else odds)}
    return Champion(**(given | {"unseen": day >= 8 if unseen is None else unseen} | changes))


def improvement(found, metric, against):
    (comparison,) = (c for c in found.comparisons if (c.metric, c.against) == (metric, against))
    return comparison.improvement


def test_a_first_model_is_compared_with_the_baseline_alone():
    found = evaluated()
    assert (found.champion_number, found.champion, found.champion_rows) == (None, {}, 0)
    assert {c.against for c in found.comparisons} == {"naive"}
    assert found.candidate["roc_auc"].low > 0.6
    assert improvement(found, "log_loss", "naive").low > 0
    assert found.naive["roc_auc"].value == 0.5


def test_the_champion_is_measured_only_on_rows_it_has_not_seen():
    y, x, day = rows_of()
    found = evaluated(champion_of())
    fresh = day >= 8
    assert found.champion_rows == fresh.sum() == found.champion["roc_auc"].rows
    assert found.champion["roc_auc"].clusters == 20
    gain = improvement(found, "log_loss", "champion")
    assert (gain.rows, gain.clusters) == (fresh.sum(), 20)
    assert gain.low > 0
    seen_only = champion_of(np.where(fresh, 0.3 * x - 1, 9 * (2 * y - 1)))  # it has learnt the others by heart
    assert evaluated(seen_only).comparisons == found.comparisons


@pytest.mark.parametrize("unseen", [np.zeros(2800, bool), np.arange(2800) >= 2790])
def test_too_few_rows_for_the_champion_is_no_evidence(unseen):
    gain = improvement(evaluated(champion_of(unseen=unseen)), "log_loss", "champion")
    assert (gain.low, gain.missing) == (None, "evidence")
    assert gain.reason
    assert gain.rows == unseen.sum()


def test_a_champion_that_cannot_be_asked_leaves_its_comparison_open():
    found = evaluated(champion_of(prediction=None, reason="the champion needs columns that are gone: x"))
    gain = improvement(found, "log_loss", "champion")
    assert (gain.value, gain.missing) == (None, "evidence")
    assert "columns that are gone: x" in gain.reason
    assert found.champion_number == 3


def test_a_candidate_that_answers_nan_has_no_value_anywhere():
    _, x, _ = rows_of()
    broken = chance(x - 1)
    broken[5] = np.nan
    found = evaluated(champion_of(), candidate=broken)
    assert {e.missing for e in found.candidate.values()} == {"broken"}
    assert improvement(found, "log_loss", "naive").missing == "broken"
    assert found.naive["log_loss"].value is not None
    assert {curve.model for curve in found.curves} == {"champion"}


def test_the_same_model_again_differs_by_exactly_nothing():
    _, x, _ = rows_of()
    found = evaluated(champion_of(x - 1))
    gains = [c.improvement for c in found.comparisons if c.against == "champion"]
    assert {(g.low, g.value, g.high) for g in gains} == {(0.0, 0.0, 0.0)}


def test_days_widen_the_bounds_and_are_named():
    by_day, by_row = evaluated(), evaluated(days=None)
    assert (by_day.clustered_by, by_row.clustered_by) == ("day", "row")
    assert (by_day.candidate["log_loss"].clusters, by_row.candidate["log_loss"].clusters) == (28, 2800)
    width = [e.candidate["log_loss"].high - e.candidate["log_loss"].low for e in (by_day, by_row)]
    assert width[0] > 1.5 * width[1]


def test_the_record_survives_the_store_and_is_the_same_twice():
    first, second = evaluated(champion_of()), evaluated(champion_of())
    assert canonical(first) == canonical(second)
    assert parse(canonical(first), Evaluated) == first


def test_curves_of_a_binary_model_can_be_drawn():
    curves = {curve.name: curve for curve in evaluated().curves}
    assert set(curves) == {"roc", "precision_recall", "calibration", "confusion", "decision"}
    roc = curves["roc"]
    assert len(roc.x) <= 200
    assert ((roc.x[0], roc.y[0]), (roc.x[-1], roc.y[-1])) == ((0.0, 0.0), (1.0, 1.0))
    assert list(roc.x) == sorted(roc.x)
    assert list(roc.y) == sorted(roc.y)
    assert np.trapezoid(roc.y, roc.x) == pytest.approx(evaluated().candidate["roc_auc"].value, abs=0.01)
    assert sum(curves["calibration"].weight) == pytest.approx(1)
    assert len(curves["calibration"].x) == 10
    assert sum(curves["confusion"].weight) == 2800


def test_more_classes_and_a_class_unknown_to_the_model():
    rng = np.random.default_rng(1)
    y = rng.integers(-1, 3, 300)
    p = rng.dirichlet(np.ones(3), 300)
    found = evaluated(task="multiclass", y=y, candidate=p, naive={"class shares": np.full((300, 3), 1 / 3)}, days=None)
    assert {"log_loss", "accuracy", "f1_macro", "matthews_correlation", "roc_auc_ovr"} <= set(found.candidate)
    assert "roc_auc" not in found.candidate
    assert {curve.name for curve in found.curves} == {"calibration", "confusion"}
    assert found.candidate["accuracy"].value < 0.5
    (confusion,) = (curve for curve in found.curves if curve.name == "confusion")
    pairs = dict(zip(zip(confusion.x, confusion.y, strict=True), confusion.weight, strict=True))
    assert pairs[-1.0, 2.0] == ((y == -1) & (p.argmax(axis=1) == 2)).sum()
    assert sum(pairs.values()) == 300


def test_regression():
    rng = np.random.default_rng(1)
    y = rng.normal(size=500)
    found = evaluated(task="regression", y=y, candidate=0.8 * y, naive={"mean": np.zeros(500)}, days=None)
    assert set(found.candidate) == {"rmse", "mae", "median_absolute_error", "r2"}
    assert found.candidate["r2"].value == pytest.approx(0.96, abs=0.001)
    assert improvement(found, "rmse", "naive").low > 0
    (residuals,) = found.curves
    assert residuals.name == "residuals"
    assert len(residuals.x) == 200


def test_one_class_in_the_holdout_says_so():
    found = evaluated(y=np.zeros(2800, int))
    assert found.candidate["roc_auc"].value is None
    assert found.candidate["roc_auc"].reason == "needs both classes: class 0: 2,800 rows"
    assert found.candidate["log_loss"].value is not None


def test_no_rows_at_all_is_no_evidence():
    none = np.zeros((0, 2))
    found = evaluated(y=np.zeros(0, int), candidate=none, naive={"class shares": none}, days=np.zeros(0, int))
    assert {e.missing for e in found.candidate.values()} == {"evidence"}
    assert found.curves == ()


def test_a_day_is_a_local_day_also_across_the_change_of_the_clocks():
    times = np.array(["2013-03-10T04:59", "2013-03-10T05:00", "2013-03-11T03:59", "2013-03-11T04:00"], "datetime64[us]")
    assert (days_of(times, "America/New_York") - days_of(times, "America/New_York")[0]).tolist() == [0, 1, 1, 2]


def test_better_than_naive_is_better_than_the_hardest_baseline():
    y, x, _ = rows_of()
    naive = {"class shares": np.tile([0.7, 0.3], (y.size, 1)), "last label": chance(0.9 * x - 1)}
    found = evaluated(naive=naive)
    assert {(c.metric, c.baseline) for c in found.baselines} >= {("log_loss", name) for name in naive}
    (chosen,) = (c for c in found.comparisons if c.metric == "log_loss" and c.against == "naive")
    assert chosen.baseline == "last label"
    assert chosen.improvement.low == min(c.improvement.low for c in found.baselines if c.metric == "log_loss")
    assert found.naive["roc_auc"].value == 0.5  # what is shown is still the plain one


def test_a_baseline_that_cannot_be_measured_is_the_hardest():
    y, _, _ = rows_of()
    broken = np.full((y.size, 2), np.nan)
    found = evaluated(naive={"class shares": np.tile([0.7, 0.3], (y.size, 1)), "last label": broken})
    assert improvement(found, "log_loss", "naive").low is None


def test_a_fixed_earlier_version_is_measured_as_the_champion_is():
    _, x, _ = rows_of()
    anchor = champion_of(0.1 * x - 1, number=1, digest="a" * 64)
    found = evaluated(champion_of(), anchor=anchor)
    assert (found.anchor_number, found.anchor_digest, found.anchor_rows) == (1, "a" * 64, found.champion_rows)
    assert improvement(found, "log_loss", "anchor").value > improvement(found, "log_loss", "champion").value > 0
    assert {c.metric for c in found.comparisons if c.against == "anchor"} == set(found.anchor)


def test_what_a_look_may_spend_widens_the_comparison_with_the_champion_alone():
    plain, careful = evaluated(champion_of()), evaluated(champion_of(), champion_confidence=0.999)
    one, two = (improvement(found, "log_loss", "champion") for found in (plain, careful))
    assert two.low < one.low < one.high < two.high
    assert improvement(plain, "log_loss", "naive") == improvement(careful, "log_loss", "naive")
    assert plain.candidate == careful.candidate
    assert (plain.champion_confidence, careful.champion_confidence) == (0.95, 0.999)


def test_decisions_are_those_of_the_version():
    y, x, _ = rows_of()
    found = evaluated(champion_of(decided=np.ones(y.size, int)), decided=(x > 0).astype(int))
    assert found.candidate["recall"].value == (x > 0)[y == 1].mean()
    assert found.champion["recall"].value == 1.0
    (confusion,) = (c for c in found.curves if (c.name, c.model) == ("confusion", "champion"))
    assert set(confusion.y) == {1.0}
    zero, one = found.by_class
    assert one.figures["recall"] == found.candidate["recall"]
    assert zero.figures["recall"].value == found.candidate["specificity"].value
    assert zero.rows + one.rows == y.size


def test_rows_of_a_day_and_of_an_entity_hang_together():
    y, _, _ = rows_of()
    entities = np.arange(y.size) % 40
    found = evaluated(entities=entities)
    assert (found.clustered_by, found.candidate["log_loss"].clusters) == ("day and entity", 28)
    assert evaluated(entities=entities, days=None).clustered_by == "entity"


def test_calibration_has_three_figures_and_points_with_bounds():
    found = evaluated()
    assert found.calibration == found.candidate["calibration_error"]
    assert found.in_the_large.low < found.in_the_large.value < found.in_the_large.high
    assert found.slope.low < 1 < found.slope.high
    (points,) = (curve for curve in found.curves if curve.name == "calibration")
    assert all(low < y < high for low, y, high in zip(points.low, points.y, points.high, strict=True))


def test_net_benefit_of_everyone_is_that_of_the_rate():
    y, _, _ = rows_of()
    own, everyone = (curve for curve in evaluated().curves if curve.name == "decision")
    assert everyone.model == "all"
    assert everyone.y[0] == pytest.approx(y.mean() - (1 - y.mean()) * 0.01 / 0.99)
    at = own.x.index(0.3)
    said = chance(rows_of()[1] - 1)[:, 1] >= 0.3
    assert own.y[at] == pytest.approx((said & (y == 1)).mean() - (said & (y == 0)).mean() * 0.3 / 0.7)
    assert own.low[at] < own.y[at] < own.high[at]


def test_the_area_below_precision_by_recall_is_average_precision():
    found = evaluated()
    (curve,) = (curve for curve in found.curves if curve.name == "precision_recall")
    assert curve.x[-1] == 1.0
    assert list(curve.x) == sorted(curve.x)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(found.candidate["average_precision"].value, abs=0.01)
