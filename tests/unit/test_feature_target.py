"""Categories by what labels say about them: where it helps it helps, and it tells no row its own label."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from keepfit import features
from keepfit.features import Levels, Target
from keepfit.score import one_thread

ROWS, LEVELS = 6000, 1500


def world(seed, effect):
    """Rows of 1,500 shops; the log-odds of a shop have a standard deviation of ``effect``."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, LEVELS, 2 * ROWS).astype(np.int32)
    odds = rng.normal(0, effect, LEVELS)[codes] if effect else np.zeros(2 * ROWS)
    labels = (rng.random(2 * ROWS) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    shop = Levels(codes, tuple(f"shop {number:04}" for number in range(LEVELS)))
    columns = {"shop": shop, "x": rng.normal(size=2 * ROWS)}
    sides = [features.slice_rows(columns, part) for part in (slice(ROWS), slice(ROWS, None))]
    return sides, labels[:ROWS], labels[ROWS:]


def auc(kinds, seed, effect, form="codes"):
    (train, holdout), known, asked = world(seed, effect)
    target = Target(known, 2, seed=3)
    encoding = features.fit(form, {"shop": kinds, "x": ("number",)}, train, "UTC", target)
    learnt = features.cross_fitted(encoding, train, target)
    model = (
        HistGradientBoostingClassifier(max_iter=40, categorical_features=encoding.categorical or None, random_state=1)
        if form == "codes"
        else LogisticRegression(max_iter=300)
    )
    with one_thread():
        model.fit(features.transform(encoding, learnt), known)
    return roc_auc_score(asked, model.predict_proba(features.transform(encoding, holdout))[:, 1])


@pytest.mark.parametrize("form", ["codes", "dense"])
def test_many_levels_that_matter_are_learnt_and_pooling_them_is_worse(form):
    encoded = auc(("target_encoding",), 5, 1.5, form)
    (train, _), _, _ = world(5, 1.5)
    pooled = features.fit(form, {"shop": ("category",), "x": ("number",)}, train, "UTC")
    assert encoded > 0.70
    assert len(pooled.features[0].rare) == len(set(train["shop"].codes.tolist())) - 254
    assert auc(("category",), 5, 1.5, form) > 0.66  # more than 254 levels: encoded beside


def test_levels_that_say_nothing_gain_nothing_and_cost_nothing():
    with_noise = [auc(("target_encoding",), seed, 0.0) for seed in range(4)]
    assert abs(np.mean(with_noise) - 0.5) < 0.015


def test_training_rows_look_as_rows_to_come_do_and_would_not_without_cross_fitting():
    (train, holdout), known, asked = world(5, 0.7)
    target = Target(known, 2, seed=3)
    encoding = features.fit("codes", {"shop": ("target_encoding",)}, train, "UTC", target)
    crossed, naive, to_come = (
        roc_auc_score(labels, features.transform(encoding, columns)[:, 0])
        for labels, columns in (
            (known, features.cross_fitted(encoding, train, target)),
            (known, train),
            (asked, holdout),
        )
    )
    assert abs(crossed - to_come) < 0.04
    assert naive > to_come + 0.1


def test_no_row_is_told_its_own_label():
    (train, _), known, _ = world(2, 1.0)
    encoding = features.fit("codes", {"shop": ("target_encoding",)}, train, "UTC", Target(known, 2, 3))
    own, flipped = known.copy(), known.copy()
    flipped[17] = 1 - flipped[17]
    value, other = (
        features.transform(encoding, features.cross_fitted(encoding, train, Target(labels, 2, 3)))[17, 0]
        for labels in (own, flipped)
    )
    shared = abs(own.mean() - flipped.mean())  # the mean of all rows, to which every level is drawn
    assert abs(value - other) <= shared


def test_rows_of_a_group_say_nothing_about_each_other():
    groups = np.repeat(np.arange(50, dtype=np.uint64), 4)
    labels = np.repeat(np.arange(50) % 2, 4)
    shop = Levels(groups.astype(np.int32), tuple(f"{number:02}" for number in range(50)))
    target = Target(labels, 2, 1, groups)
    encoding = features.fit("codes", {"shop": ("target_encoding",)}, {"shop": shop}, "UTC", target)
    crossed = features.transform(encoding, features.cross_fitted(encoding, {"shop": shop}, target))
    assert np.ptp(crossed) == 0.0


def test_a_level_is_drawn_to_the_mean_by_how_little_is_known_of_it():
    rng = np.random.default_rng(1)
    codes = np.concatenate([np.zeros(400), np.ones(400), np.full(2, 2), np.full(200, -1)]).astype(np.int32)
    labels = np.concatenate([rng.random(400) < 0.2, rng.random(400) < 0.8, [True, True], rng.random(200) < 0.5])
    shop = {"shop": Levels(codes, ("a", "b", "c"))}
    encoding = features.fit("codes", {"shop": ("target_encoding",)}, shop, "UTC", Target(labels.astype(np.int64), 2, 1))
    asked = features.from_records([{"shop": name} for name in ("a", "b", "c", None, "never")], encoding.kinds)
    a, b, c, missing, unseen = features.transform(encoding, asked)[:, 0]
    assert a == pytest.approx(labels[:400].mean(), abs=0.01)
    assert b == pytest.approx(labels[400:800].mean(), abs=0.01)
    assert unseen == pytest.approx(labels.mean())
    assert unseen < c < 0.95
    assert missing == pytest.approx(labels[802:].mean(), abs=0.01)


@pytest.mark.parametrize(
    ("labels", "classes", "width"), [([0, 1, 2, 1] * 10, 3, 3), ([0.5, 1e300, -1e300, 2.0] * 10, 0, 1)]
)
def test_every_task_has_numbers(labels, classes, width):
    target = Target(np.array(labels), classes, 1)
    shop = {"shop": Levels(np.arange(40, dtype=np.int32) % 7, tuple("abcdefg"))}
    encoding = features.fit("dense", {"shop": ("target_encoding",)}, shop, "UTC", target)
    matrix = features.transform(encoding, features.cross_fitted(encoding, shop, target))
    assert matrix.shape == (40, width)
    assert np.isfinite(matrix).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("unit", [1.0, 1e5])
def test_levels_that_say_nothing_stay_numbers_of_the_usual_size(seed, unit):
    """Their means differ by rounding only: divided by that, other features would be lost beside them."""
    rng = np.random.default_rng(seed)
    shop = {"shop": Levels((rng.exponential(60, 240)).astype(np.int32), tuple(map(str, range(1000))))}
    target = Target((rng.random(240) < 0.4) * unit, 0, 1)
    encoding = features.fit("dense", {"shop": ("target_encoding",)}, shop, "UTC", target)
    assert np.abs(features.transform(encoding, features.cross_fitted(encoding, shop, target))).max() < 100
