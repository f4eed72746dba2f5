"""Limits to the row and to the moment: from where on a policy and labels say something else."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from monitor_world import days_of, reference, seen

from keepfit.config.monitor import Retrain
from keepfit.monitor import decide, fuller, links, look, open_case, track_of
from keepfit.monitor.bins import Bins, bins_of
from keepfit.monitor.concept import WORTH, Concept, Relation, Usual
from keepfit.monitor.drift import beyond_chance, calibrated, moments_elsewhere
from keepfit.monitor.multivariate import sample_of, space_of
from keepfit.monitor.performance import LEAST_ROWS
from keepfit.monitor.realised import _label_link, _Limit, _relation, came_of
from keepfit.monitor.reference import Watched
from keepfit.monitor.residuals import residuals_of
from keepfit.records import Fold, Helped, Noted, Seat, Span, Told, Watch, Window

NOW = datetime(2013, 6, 22, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def decided(asked, **policy):
    alarmed = [
        Noted(
            start=NOW - timedelta(days=back + 7),
            end=NOW - timedelta(days=back),
            version=1,
            window="",
            alarms=("drift",),
            broken=False,
        )
        for back in (0, 7)
    ]
    return decide(alarmed, asked, None, Retrain(on=("drift",), when="2 of 3", **policy), NOW)


def test_a_cooldown_ends_at_its_moment():
    assert decided([NOW - timedelta(days=7)], cooldown="7d").retrain
    assert not decided([NOW - timedelta(days=7) + SECOND], cooldown="7d").retrain


def test_a_request_leaves_the_budget_when_its_span_is_over():
    asked = [NOW - timedelta(days=20), NOW - timedelta(days=30)]
    assert decided(asked, cooldown="1d", at_most="2 per 30d").retrain
    assert not decided([asked[0], asked[1] + SECOND], cooldown="1d", at_most="2 per 30d").retrain


@pytest.mark.parametrize(("rows", "known"), [(LEAST_ROWS - 1, False), (LEAST_ROWS, True)])
def test_so_many_labels_say_how_good_the_model_was(rows, known):
    came = came_of("binary", np.arange(rows) % 2, np.full((rows, 2), 0.5), None)
    assert bool(came) == known


def test_only_the_metric_that_decides_alarms_of_performance():
    made, week = reference(), days_of(99, 7)
    week["label"] = (np.random.default_rng(3).random(len(week["day"])) < 1 - week["chance"]).astype(int)
    checks = look(made, seen(made, week), "log_loss").checks
    told = {each.feature: each.outcome for each in checks if each.check == "realised_performance"}
    assert told == {"log_loss": "fail", "roc_auc": "skipped", "brier": "skipped", "accuracy": "skipped"}


BINS = Bins(kind="number", edges=(0.5,))
COLUMN = Watched(name="a", kind="feature", bins=BINS, daily=())


def related(apart, rows=400_000):
    """Residuals of a column whose halves differ by so much, beside a reference in which they do not."""
    answers = np.full(rows, 10.0)
    column = np.arange(rows) % 2 * 1.0
    labels = answers + apart * (column - 0.5) + np.resize([1.0, 1.0, -1.0, -1.0], rows)
    residuals = residuals_of({"a": BINS}, {"a": column}, np.zeros(rows, np.int64), labels, answers)
    relation = Relation(
        name="a",
        rows=(rows / 2, rows / 2, 0.0),
        sums=((0.0,), (0.0,), (0.0,)),
        usual=Usual(mean=float(np.log(WORTH / 2)), spread=0.01),
    )
    concept = Concept(
        variance=(1.0,), slope=1.0, relations=(relation,), metrics={}, shortfalls={}, thresholds={}, stretches=99
    )
    return _relation(relation, residuals, concept, _Limit(3.0, ""), COLUMN)


def test_another_concept_has_to_be_worth_an_alarm_however_sure_it_is():
    small, large = related(2 * np.sqrt(0.7 * WORTH)), related(2 * np.sqrt(1.3 * WORTH))
    assert small.value > small.threshold
    assert (small.outcome, large.outcome) == ("pass", "fail")


@pytest.mark.parametrize(("alarmed", "outcome"), [(False, "pass"), (True, "fail")])
def test_labels_that_follow_nothing_look_broken_only_where_something_is_worse(alarmed, outcome):
    draw = np.random.default_rng(1)
    answers = draw.normal(size=4000)
    residuals = residuals_of({}, {}, np.zeros(4000, np.int64), draw.normal(size=4000), answers)
    concept = Concept(variance=(1.0,), slope=1.0, relations=(), metrics={}, shortfalls={}, thresholds={}, stretches=99)
    (check,) = _label_link(concept, residuals, alarmed=alarmed)
    assert check.outcome == outcome


@pytest.mark.parametrize(
    ("rows", "before", "now", "worth"),
    [(100, 50, 59, False), (100, 50, 60, True), (100, 95, 100, True), (100, 100, 100, False), (0, 0, 0, False)],
)
def test_a_window_is_worth_another_entry_with_a_tenth_of_its_labels_or_the_last(rows, before, now, worth):
    told = Told(metric="log_loss", estimated=None, low=None, high=None, realised=None, rows=rows, labelled=before)
    noted = Noted(start=NOW, end=NOW, version=1, window="", alarms=(), broken=False, told=told)
    window = Window(
        use_case="x",
        as_of=NOW,
        span=Span(start=NOW, end=NOW, rows=rows),
        version=OLD,
        reference="",
        checks=(),
        estimated={},
        realised={},
        labelled=now,
        alarms=(),
        broken=(),
    )
    assert fuller(noted, window) == worth


OLD, NEW = (Seat(number=number, digest=str(number) * 64) for number in (1, 2))


def helped(low, days):
    return Helped(
        version=2, replaced=1, end=NOW, rows=9, metric="log_loss", difference=0.1, low=low, high=0.2, outcome="unclear",
        days=days,
    )  # fmt: skip


def test_a_case_is_open_for_the_champion_alone_until_there_is_an_interval():
    fold = Fold(champion=NEW, past=(OLD,))
    assert (open_case(fold, NEW).replaced, open_case(fold, NEW).known) == (OLD, None)
    assert open_case(fold, OLD) is None
    assert open_case(Fold(champion=NEW), NEW) is None
    waiting = helped(None, ((40, 1.0, 1.0),))
    known = Fold(champion=NEW, past=(OLD,), watch=Watch(helped=(waiting,)))
    assert open_case(known, NEW).known == waiting
    assert open_case(Fold(champion=NEW, past=(OLD,), watch=Watch(helped=(helped(0.05, ()),))), NEW) is None


def test_of_several_links_the_one_that_broke_is_told_and_no_column_is_linked_to_itself():
    draw, rows = np.random.default_rng(4), 4000
    first, second = draw.normal(size=(2, rows))
    columns = {"a": first, "b": first + 0.3 * draw.normal(size=rows), "c": second}
    columns["d"] = second + 0.3 * draw.normal(size=rows)
    bins = {name: bins_of(column) for name, column in columns.items()}
    pairs = {name: (bins[name], column) for name, column in columns.items()}
    sample = sample_of(pairs, np.arange(rows) // 40, first, np.zeros((rows, 1)))
    space, values = space_of(sample, tuple(bins.values())), sample.matrix()
    found = links.links_of(space, tuple(bins.values()), values)
    assert {(each.by, each.of) for each in found} == {(0, 1), (1, 0), (2, 3), (3, 2)}
    torn = values.copy()
    torn[:, 1] = draw.permutation(torn[:, 1])
    apart = links.apart(found, space, values, torn)
    assert set(apart.by) == {0, 1}
    assert apart.gone > 0.9


def test_a_dry_week_with_fog_says_nothing_against_the_link_of_rain_and_sight():
    """Of 720 hours one in ten is rainy; a week of fog without rain, another mean, is no broken link."""
    draw, rows = np.random.default_rng(6), 5000
    rain = np.where(draw.random(rows) < 0.1, draw.gamma(2.0, size=rows), 0.0)
    sight = 10.0 - 2.0 * rain + 0.5 * draw.normal(size=rows)
    bins = {"rain": bins_of(rain), "sight": bins_of(sight)}
    pairs = {"rain": (bins["rain"], rain), "sight": (bins["sight"], sight)}
    sample = sample_of(pairs, np.arange(rows) // 100, rain, np.zeros((rows, 1)))
    space, values = space_of(sample, tuple(bins.values())), sample.matrix()
    found = links.links_of(space, tuple(bins.values()), values)
    assert (0, 1) in {(each.by, each.of) for each in found}
    fog = values[values[:, 0] == 0][:700] - np.array([0.0, 4.0])
    dry = links.apart(found, space, values, np.vstack([fog, values[:7]]))
    assert abs(dry.gone) < 0.5
    wet = values[:1000].copy()
    wet[:, 1] = draw.permutation(wet[:, 1])
    assert links.apart(found, space, values, wet).gone > 0.7


def test_a_stretch_is_held_against_those_that_share_no_day_with_it():
    found = moments_elsewhere(np.arange(10.0)[None, :], 2)[0]
    assert found[4] == np.mean([0, 1, 2, 6, 7, 8, 9])
    assert found[0] == np.mean([2, 3, 4, 5, 6, 7, 8, 9])
    rare = np.full((1, 40), 0.1)
    rare[0, 20] = 1.0
    assert calibrated(rare, 1, 0.05).threshold == 1.0  # the second largest of 40
    assert calibrated(rare, 1, 0.025).threshold == pytest.approx(
        10.0
    )  # ten times the others, not ten less its own part


def test_chance_has_one_degree_less_than_bins():
    spread = 1 / 500 + 1 / 500
    limit = 10.828 - 1.0  # of chi squared with one degree, once in a thousand, less what chance adds
    assert beyond_chance((limit + 0.01) * spread, 2, 500, 500)
    assert not beyond_chance((limit - 0.01) * spread, 2, 500, 500)


@pytest.mark.parametrize(
    ("realised", "labelled", "hits"), [(0.6, 50, 1), (0.4, 50, 1), (0.61, 50, 0), (0.39, 50, 0), (0.5, 49, None)]
)
def test_an_estimate_holds_up_to_its_bounds_and_is_asked_where_half_of_the_labels_are_known(realised, labelled, hits):
    told = Told(
        metric="log_loss", estimated=0.5, low=0.4, high=0.6, realised=realised, rows=100, labelled=labelled
    )  # fmt: skip
    track = track_of([Noted(start=NOW, end=NOW, version=1, window="", alarms=(), broken=False, told=told)])
    assert (track.hits if track else None) == hits
    assert track is None or track.bias == pytest.approx(realised - 0.5)
