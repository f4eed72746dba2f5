"""The self-test catches what it plants, says what nothing would catch, and notices gates that do not work."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from selftest_world import GUARDED, bench_of, changed, use_case

from keepfit.config.gates import NotWorseThan
from keepfit.evaluate.metrics import measure
from keepfit.report.selftest import selftest_text
from keepfit.selftest import plant_data, plant_models, result_of
from keepfit.selftest import world as worlds
from keepfit.selftest.gauge import weight_of_margin
from keepfit.selftest.spoil import mixed, shuffled

SEEDS = 3
MODELS = {
    "constant": "log_loss better_than naive",
    "random": "log_loss better_than naive",
    "leaking": "leakage none",
    "not_a_number": "roc_auc at_least 0.65",
    "overconfident": "calibration 0.1",
    "bad_slice": "roc_auc at_least 0.6 by depot (south)",
    "over_fitted": "log_loss better_than naive",
    "copy_of_champion": "the anchor of creep",
    "slightly_worse": "log_loss not_worse_than champion margin 20% of naive gain",
}
DATA = {
    "column_missing": "contract.columns",
    "column_renamed": "contract.columns",
    "unit_times_100": "contract: weight at most 40",
    "flood_of_nulls": "contract: weight missing",
    "text_in_numbers": "contract: weight not of the declared type",
    "delivered_twice": "duplicate row",
    "a_tenth_of_the_rows": "expect_table_row_count_to_be_between",
    "ten_times_the_rows": "expect_rows_like_usual (hold)",
    "one_class_only": "data.label",
    "label_missing": "data.label.missing_at_most",
    "stale": "data.freshness",
    "copies_on_both_sides": "leakage: near_copies",
}


def quiet(_text):
    return None


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return bench_of(tmp_path_factory.mktemp("selftest"))


@pytest.fixture(scope="module")
def tested(bench):
    models, good = plant_models(bench, SEEDS, quiet)
    return result_of(bench, models, plant_data(bench, quiet), good, strict=True)


def with_gates(bench, *pairs):
    """The same model and data, under a YAML that asks for something else."""
    return replace(bench, use_case=use_case(changed(GUARDED, *pairs)))


def by_name(faults):
    return {each.fault: each for each in faults}


def test_every_fault_is_caught_by_its_own_gate_or_rule(tested):
    assert {each.fault: each.by for each in tested.faults} == MODELS | DATA
    assert all(each.caught and each.caught_in == each.worlds for each in tested.faults)
    assert tested.ok


def test_a_good_model_passes(tested):
    good = tested.good
    assert (good.passed, good.refused, good.called_better, good.rate) == (SEEDS, 0, 0, 0.0)


def test_the_same_seeds_give_the_same_answer(bench, tested):
    models, good = plant_models(bench, SEEDS, quiet)
    assert good == tested.good
    assert models == tested.faults[: len(models)]


def test_models_that_no_gate_is_there_for_are_told_with_what_to_add(bench):
    bare = with_gates(
        bench,
        ("  - {metric: roc_auc, at_least: 0.65}\n", ""),
        ("  - {metric: roc_auc, at_least: 0.6, by: depot}\n", ""),
        ("  - {metric: log_loss, not_worse_than: champion, margin: 20% of naive gain}\n", ""),
        ("  - {calibration: 0.1}\n", ""),
    )
    models, good = plant_models(bare, SEEDS, quiet)
    unguarded = {each.fault: each.advice for each in models if each.outcome == "not_guarded"}
    assert set(unguarded) == {"bad_slice", "copy_of_champion", "slightly_worse"}
    assert unguarded["bad_slice"] == "add {metric: log_loss, better_than: naive, by: depot}"
    assert "better_than: champion" in unguarded["copy_of_champion"]
    assert "not_worse_than: champion" in unguarded["slightly_worse"]
    assert result_of(bare, models, (), good, strict=False).ok
    strict = result_of(bare, models, (), good, strict=True)
    assert not strict.ok
    assert "NOT GUARDED" in (text := selftest_text(strict))
    assert unguarded["bad_slice"] in " ".join(text.split())


def test_a_margin_that_lets_anything_through_is_told(bench):
    wide = with_gates(bench, ("margin: 20% of naive gain", "margin: 5.0"))
    (slightly,) = [each for each in plant_models(wide, 1, quiet)[0] if each.fault == "slightly_worse"]
    assert (slightly.outcome, slightly.advice) == ("not_guarded", "make the margin smaller")


def test_worlds_in_which_the_good_model_is_held_up_too_say_nothing(bench):
    hard = with_gates(
        bench,
        ("at_least: 0.65", "at_least: 0.99"),
        ("  - {metric: roc_auc, at_least: 0.6, by: depot}\n", ""),
        ("  - {metric: log_loss, not_worse_than: champion, margin: 20% of naive gain}\n", ""),
        ("  - {calibration: 0.1}\n", ""),
    )
    models, good = plant_models(hard, SEEDS, quiet)
    slice_ = by_name(models)["bad_slice"]
    assert (slice_.outcome, slice_.worlds) == ("not_guarded", 0)
    assert "held up in every world" in slice_.reason
    assert (good.passed, good.ok) == (0, False)
    assert "it never passed" in selftest_text(result_of(hard, models, (), good, strict=False))


def test_a_superiority_gate_refuses_the_copy(bench):
    better = with_gates(bench, ("  - {parity: 1e-9}", "  - {metric: log_loss, better_than: champion}"))
    models, good = plant_models(better, SEEDS, quiet)
    assert by_name(models)["copy_of_champion"].by == "log_loss better_than champion"
    assert (good.refused, good.passed) == (0, 0)  # what is only equal cannot pass it, nor is it refused
    assert not good.ok


def test_data_that_the_yaml_does_not_guard_are_told_with_what_to_add(bench):
    loose = with_gates(
        bench,
        ("weight: {type: float, min: 0, max: 40}", "weight: {type: float, nullable: true}"),
        ("distance: {type: float, min: 0, max: 2000}", "distance: {type: float, nullable: true}"),
        ("  freshness: 7d\n", ""),
    )
    faults = plant_data(loose, quiet)
    unguarded = {each.fault: each.advice for each in faults if each.outcome == "not_guarded"}
    assert set(unguarded) == {"unit_times_100", "flood_of_nulls", "stale"}
    assert "`max`" in unguarded["unit_times_100"]
    assert all(each.caught for each in faults if each.fault not in unguarded)


def judging(monkeypatch, change):
    """Verdicts with something done to them: a judge that does not work."""
    honest = worlds.judge
    monkeypatch.setattr(worlds, "judge", lambda *given: change(honest(*given)))


def without(*words):
    """No gate that names one of these ever blocks."""

    def change(verdict):
        gates = tuple(
            msgspec.structs.replace(gate, outcome="pass", blocks=False)
            if any(word in gate.gate for word in words)
            else gate
            for gate in verdict.gates
        )
        outcome = "fail" if any(gate.blocks for gate in gates) else "pass"
        return msgspec.structs.replace(verdict, gates=gates, outcome=outcome)

    return change


def test_a_judge_that_lets_everything_pass_is_found_out(bench, monkeypatch):
    judging(monkeypatch, without(""))
    models, good = plant_models(bench, SEEDS, quiet)
    assert {each.outcome for each in models if each.fault != "copy_of_champion"} == {"passed"}
    found = result_of(bench, models, (), good, strict=False)
    assert not found.ok
    assert "not caught: constant, random" in selftest_text(found)


@pytest.mark.parametrize(
    ("broken", "passes"),
    [
        (("leakage",), {"leaking"}),
        (("roc_auc", "log_loss", "calibration"), {"not_a_number"}),
        (("not_worse_than",), {"slightly_worse"}),
    ],
)
def test_a_gate_that_never_blocks_is_found_out(bench, monkeypatch, broken, passes):
    judging(monkeypatch, without(*broken))
    assert passes <= {each.fault for each in plant_models(bench, SEEDS, quiet)[0] if each.outcome == "passed"}


def test_a_judge_that_calls_equal_models_better_is_found_out(bench, monkeypatch):
    judging(monkeypatch, lambda verdict: msgspec.structs.replace(verdict, beats_anchor=True))
    models, good = plant_models(bench, SEEDS, quiet)
    assert by_name(models)["copy_of_champion"].outcome == "passed"
    assert (good.called_better, good.ok) == (SEEDS, False)


def test_a_judge_that_refuses_good_models_is_found_out(bench, monkeypatch):
    def refuse(verdict):
        first, *rest = verdict.gates
        bad = msgspec.structs.replace(first, outcome="fail", blocks=True)
        return msgspec.structs.replace(verdict, gates=(bad, *rest), outcome="fail")

    judging(monkeypatch, refuse)
    _, good = plant_models(bench, SEEDS, quiet)
    assert (good.refused, good.ok) == (SEEDS, False)
    assert good.refused_by == {"roc_auc at_least 0.65": SEEDS}


def test_labels_come_as_the_model_says(bench):
    drawn = [worlds.world(bench, seed).labels for seed in range(200)]
    said = bench.right[:, 1]
    assert abs(np.mean(drawn) - said.mean()) < 0.01
    high = said > np.quantile(said, 0.8)
    assert abs(np.mean([labels[high].mean() for labels in drawn]) - said[high].mean()) < 0.02


def test_rows_of_a_day_hang_together(bench):
    days = np.unique(bench.rows.days, return_inverse=True)[1]
    means = np.array([np.bincount(days, worlds.uniform(bench, np.random.default_rng(n))) for n in range(100)])
    rows = np.bincount(days)
    assert (means / rows).var() > 2 / (12 * rows.mean())  # independent rows would have the half of that


def test_the_slightly_worse_model_is_worse_by_the_margin(bench):
    gate = NotWorseThan(metric="log_loss", not_worse_than="champion", margin=0.02)
    weight = weight_of_margin(bench, gate)
    lost = []
    for seed in range(60):
        here = worlds.world(bench, seed)
        worse = mixed(here.good, shuffled(here.good, np.random.default_rng(seed)), weight)
        lost.append(measure("log_loss", here.labels, worse).value - measure("log_loss", here.labels, here.good).value)
    assert np.mean(lost) == pytest.approx(0.02, rel=0.15)
