"""What is read of a rollout from the log that all workers have shipped."""

import json
from datetime import timedelta

import numpy as np
import pytest
from log_world import LOG_OF, NOON, prediction

from keepfit.records import Rollout, Seat
from keepfit.rollout import decide
from keepfit.serving.log import Label
from keepfit.serving.log.compared import compared
from keepfit.serving.log.frames import MAGIC, Rows
from keepfit.serving.log.prediction import Received
from keepfit.serving.log.ship import _files
from keepfit.store import open_store

CHAMPION, CHALLENGER = Seat(number=1, digest="c" * 64), Seat(number=2, digest="d" * 64)
CLASSES = (("in time", "late"),) * 2
END = NOON + timedelta(hours=2)


def rollout(strategy="canary", **changed):
    given = {"errors_at_most": 0.01, "slower_at_most": 2.0, "scores_differ_at_most": 0.3, "at_least": 50}
    return Rollout(challenger=CHALLENGER, champion=CHAMPION, verdict="v", strategy=strategy, share=0.1,
                   started=NOON, until=NOON + timedelta(hours=1), **given | changed)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


def row(number, who, score=0.3, at=None, worker="w", latency=1.0, **more):
    seat, role = (CHAMPION, "champion") if who == "champion" else (CHALLENGER, "challenger")
    scores = more.pop("scores", (1 - score, score))
    return prediction(number, worker, at=at or NOON + timedelta(seconds=number % 3000), version=seat.number,
                      digest=seat.digest, role=role, score=scores, latency_ms=latency, **more)  # fmt: skip


def ship(store, rows, labels=(), name="w-1"):
    known = [Received(label, NOON) for label in labels]
    for key, data in _files(LOG_OF, name, Rows(list(rows), known), str(MAGIC)):
        store.create(key, data)


def seen(store, strategy="canary", classes=CLASSES, **how):
    return compared(store, LOG_OF, rollout(strategy), classes, **{"as_of": END, **how})


def scores(seed, count, shift=0.0):
    return np.clip(np.random.default_rng(seed).beta(2, 5, count) + shift, 0, 1)


def test_no_log_is_no_traffic(store):
    decision = decide(rollout(), seen(store), END)
    assert (decision.decided, decision.reason.startswith("no traffic")) == ("undecided", True)


def test_the_rows_of_all_workers_count_and_those_of_other_versions_and_times_do_not(store):
    ship(store, [row(n, "champion") for n in range(90)], name="one-1")
    ship(store, [row(n, "challenger", worker="v") for n in range(40)], name="two-1")
    ship(store, [row(n, "challenger", worker="u") for n in range(20)], name="three-1")
    other = [prediction(n, "x", at=NOON) for n in range(9)]
    before = [row(n, "challenger", worker="y", at=NOON - timedelta(minutes=1)) for n in range(9)]
    after = [row(n, "challenger", worker="z", at=END) for n in range(9)]
    ship(store, [*other, *before, *after], name="four-1")
    found = seen(store)
    assert (found.champion_answers, found.answers, found.failed) == (90, 60, 0)
    assert decide(rollout(), found, END).decided == "promote"
    assert seen(store, as_of=NOON).answers == 0


def test_of_a_canary_the_champion_counts_since_servers_knew_of_the_challenger(store):
    early = [row(n, "champion", score=0.9, at=NOON + timedelta(seconds=n)) for n in range(100)]
    later = NOON + timedelta(minutes=10)
    both = [row(1000 + n, who, worker=who[-3:], at=later) for n in range(100) for who in ("champion", "challenger")]
    ship(store, early + both)
    assert seen(store).scores_differ.value == 0.0


def test_a_shadow_is_compared_on_the_same_requests(store):
    """The champion's scores rise in time; the shadow was asked about the first half only."""
    made = scores(1, 400)
    rows = [row(n, "champion", score) for n, score in enumerate(np.sort(made))]
    rows += [row(n, "challenger", score) for n, score in enumerate(np.sort(made)) if n < 200]
    ship(store, rows)
    assert seen(store, "shadow").scores_differ.value == 0.0
    assert seen(store, "canary").scores_differ.value > 0.3


def test_an_answer_without_a_score_is_an_error(store):
    nothing = (float("nan"), float("nan"))
    rows = [row(n, "champion") for n in range(100)] + [row(n, "challenger", worker="v") for n in range(90)]
    ship(store, [*rows, *(row(n, "challenger", scores=nothing, decision=None) for n in range(10))])
    found = seen(store)
    assert (found.answers, found.failed, found.errors.value) == (90, 10, 0.1)
    decision = decide(rollout(), found, END)
    assert decision.decided == "stop"
    assert "errors 10.00% (at most 1.00%)" in decision.reason


@pytest.mark.parametrize(("change", "says"), [({"latency": 3.0}, "as slow"), ({"score": 0.9}, "differ")])
def test_a_slow_or_odd_challenger_is_stopped(store, change, says):
    ship(store, [row(n, "champion") for n in range(100)])
    ship(store, [row(n, "challenger", worker="v", **change) for n in range(100)], name="v-1")
    decision = decide(rollout(), seen(store), END)
    assert decision.decided == "stop"
    assert says in decision.reason


@pytest.mark.parametrize("strategy", ["canary", "shadow"])
@pytest.mark.parametrize(("right", "outcome"), [(True, "promote"), (False, "stop")])
def test_labels_decide_where_they_have_come(store, strategy, right, outcome):
    """Scores look alike; only the labels know that the challenger has them the wrong way round."""
    draw = np.random.default_rng(5)
    late = draw.random(400) < 0.5
    good = np.where(late, draw.uniform(0.5, 0.65, 400), draw.uniform(0.35, 0.5, 400))
    own = good if right else 1 - good
    worker = "w" if strategy == "shadow" else "v"
    rows = [row(n, "champion", score) for n, score in enumerate(good)]
    rows += [row(n, "challenger", score, worker=worker) for n, score in enumerate(own)]
    labels = [Label("late" if late[n] else "in time", NOON + timedelta(minutes=30), id=f"{each}-{n}")
              for n in range(300) for each in {"w", worker}]  # fmt: skip
    ship(store, rows, labels)
    found = seen(store, strategy)
    assert found.labels == 300
    assert found.scores_differ.value < 0.3
    decision = decide(rollout(strategy), found, END)
    assert decision.decided == outcome, decision.reason
    assert "label" in decision.reason
    early = seen(store, strategy, as_of=NOON + timedelta(minutes=20))
    assert (early.labels, early.worse) == (0, None)


def test_labels_by_key_belong_to_the_predictions_of_that_key(store):
    rows = [row(n + 100, "champion", 0.9) for n in range(60)]
    rows += [row(n, "challenger", 0.1, worker="v") for n in range(60)]
    labels = [Label("late", NOON, key={"parcel": each}) for each in (*range(40), *range(100, 140))]
    ship(store, rows, labels)
    found = seen(store, key=["parcel"])
    assert found.labels == 40
    assert found.worse.value == pytest.approx(2 * 0.9**2 - 2 * 0.1**2)


def test_a_regression_is_compared_by_its_values(store):
    rows = [row(n, "champion", scores=(float(n % 50),)) for n in range(100)]
    rows += [row(n, "challenger", scores=(float(n % 50) + 4.0,)) for n in range(100)]
    ship(store, rows, [Label(float(n % 50), NOON, id=f"w-{n}") for n in range(100)])
    found = seen(store, "shadow", ((), ()))
    assert 0 < found.scores_differ.value < 0.3
    assert found.worse.value == 16.0
    assert decide(rollout("shadow"), found, END).decided == "stop"


def test_a_class_that_only_one_of_the_two_knows_is_compared_with_none(store):
    rows = [row(n, "champion", scores=(0.5, 0.5)) for n in range(100)]
    rows += [row(n, "challenger", scores=(0.5, 0.1, 0.4)) for n in range(100)]
    ship(store, rows)
    classes = (("a", "b"), ("a", "new", "b"))
    assert seen(store, "shadow", classes).scores_differ.value == pytest.approx(0.1)
    assert seen(store, "canary", classes).scores_differ.value == 1.0


def test_a_long_log_is_thinned_alike_on_both_sides_and_counted_whole(store):
    made = scores(3, 4000)
    sides = {"champion": 1.0, "challenger": 1.5}
    rows = [row(n, who, score, latency=each) for n, score in enumerate(made) for who, each in sides.items()]
    ship(store, rows, [Label("late", NOON, id=f"w-{n}") for n in range(4000)])
    whole, thin = seen(store, "shadow"), seen(store, "shadow", most=500)
    assert (thin.answers, thin.champion_answers) == (whole.answers, whole.champion_answers) == (4000, 4000)
    assert (thin.scores_differ.value, thin.slower.value) == (0.0, 1.5)
    assert 100 < thin.labels <= 250  # pairs, and not what is left of some
    assert json.dumps(str(thin)) == json.dumps(str(seen(store, "shadow", most=500)))
