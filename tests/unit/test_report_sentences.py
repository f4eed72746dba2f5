"""Each chart and table of a run's page says in one sentence what it means, and no more than its numbers say."""

import re
import runpy
from dataclasses import replace
from math import nan
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from keepfit.config.gates import Leakage
from keepfit.records import Comparison, Curve, Estimate, LearningPoint, Slice
from keepfit.report.by_class import class_table
from keepfit.report.figures import figures, how_it_was_chosen
from keepfit.report.groups import group_tables
from keepfit.report.leakage import LOOKED_FOR, leak_section
from keepfit.report.paired import forest

samples = runpy.run_path(str(Path(__file__).with_name("report_samples.py")))
SAMPLES = samples["SAMPLES"]
changed = msgspec.structs.replace


def about(value, low=None, high=None, reason=""):
    return Estimate(value=value, low=low, high=high, rows=900, clusters=30, reason=reason)


def told(base, title, **evaluated):
    """The sentence of one chart of a sample whose figures were changed; None where there is no such chart."""
    records = replace(base, evaluated=changed(base.evaluated, **evaluated))
    return next((one.sentence for one in figures(records) if title in one.title), None)


def with_curve(base, name, x, y, model="candidate", **more):
    """The curves of a sample, one of them another."""
    kept = [c for c in base.evaluated.curves if (c.name, c.model) != (name, model)]
    return (*kept, Curve(name=name, model=model, x=tuple(x), y=tuple(y), **more))


@pytest.mark.parametrize("name", [n for n in SAMPLES if n != "hostile"])
def test_every_chart_has_exactly_one_sentence_and_a_screen_reader_hears_it(name):
    records = SAMPLES[name]()
    drawn = (*figures(records), *how_it_was_chosen(records))
    assert drawn
    for one in drawn:
        assert one.sentence.endswith(".")
        assert not re.search(r"[.!?] +[A-Z“]", one.sentence), one.sentence
        assert "None" not in one.sentence
        assert "nan" not in one.sentence
        _, description = ElementTree.fromstring(one.svg)[:2]
        assert description.text == one.sentence


def test_a_ranking_worse_than_chance_is_called_so():
    base = SAMPLES["first"]()
    worse = base.evaluated.candidate | {"roc_auc": about(0.41, 0.37, 0.45)}
    unsure = base.evaluated.candidate | {"roc_auc": about(0.49, 0.45, 0.53)}
    assert "in 41% of all pairs of one positive and one negative row, ties counted half, which is worse" in told(
        base, "ROC", candidate=worse
    )
    assert "worse" not in told(base, "ROC", candidate=unsure)
    assert told(base, "ROC", candidate={}).startswith("The nearer the line comes to the upper left corner")


def test_precision_is_told_where_half_of_the_positives_are_found():
    base = SAMPLES["first"]()
    curves = with_curve(base, "precision_recall", (0.1, 0.4, 0.6, 1.0), (1.0, 0.9, 0.7, 0.2))
    positive = base.evaluated.by_class[1].rows / base.evaluated.rows
    sentence = told(base, "Precision", curves=curves)
    assert sentence.startswith("Where half of the positive rows are found, 70% of the rows called positive are right")
    assert f"against {100 * positive:.1f}".removesuffix(".0") in sentence
    assert "chance" not in told(base, "Precision", curves=curves, by_class=())


@pytest.mark.parametrize(
    ("shift", "slope", "words"),
    [
        (
            about(0.02, 0.01, 0.03),
            about(0.7, 0.6, 0.8),
            ["too low on average by 2.00 (1.00 to 3.00)", "too extreme (slope"],
        ),
        (about(-0.02, -0.03, -0.01), about(1.4, 1.2, 1.6), ["too high on average by 2.00 (1.00 to 3.00)", "too timid"]),
        (about(0.0, -0.01, 0.01), about(1.0, 0.9, 1.1), ["neither too high nor too low", "not clearly too extreme"]),
        (about(0.013), about(None, reason="runs away"), ["lie 1.3 points below what came on average;"]),
        (about(-0.013), about(0.9), ["lie 1.3 points above what came on average, and have a slope of 0.9;"]),
    ],
)
def test_calibration_says_which_way_probabilities_are_wrong(shift, slope, words):
    base = SAMPLES["first"]()
    sentence = told(base, "Calibration", calibration=about(0.03, 0.01, 0.05), in_the_large=shift, slope=slope)
    assert sentence.startswith("Predicted probabilities are off by 3.00 (1.00 to 5.00) percentage points")
    for each in words:
        assert each in sentence


def test_calibration_without_a_number_claims_nothing():
    sentence = told(SAMPLES["first"](), "Calibration", calibration=None, in_the_large=None, slope=about(nan))
    assert sentence == "Predicted probabilities would come true exactly on the dotted diagonal."


@pytest.mark.parametrize(
    ("worth", "words"),
    [
        ((0.1, 0.0, -0.1), "At no threshold is deciding"),
        ((0.1, 0.05, 0.02), "at thresholds from 50% to 90% (most at 50%: as much as 5 more true positives in 100 rows"),
        ((0.2, 0.05, 0.0), "at thresholds from 10% to 50% (most at 10%: as much as 10 more"),
        ((0.1, 0.05, 0.0), "at a threshold of 50% alone"),
        ((0.2, -0.1, 0.01), "at 2 of the 3 thresholds between 10% and 90%"),
    ],
)
def test_a_decision_curve_says_where_the_model_is_worth_something(worth, words):
    base = SAMPLES["first"]()
    curves = with_curve(base, "decision", (0.1, 0.5, 0.9), worth)
    everyone = Curve(name="decision", model="all", x=(0.1, 0.5, 0.9), y=(0.1, -0.6, -7.0))
    curves = (*[c for c in curves if (c.name, c.model) != ("decision", "all")], everyone)
    assert words in told(base, "decision curve", curves=curves)


def test_residuals_say_bias_and_whether_errors_grow():
    base = SAMPLES["regression"]()
    x = [float(n) for n in range(100)]
    grows = [(-1) ** n * (1.0 if n < 50 else 3.0) for n in range(100)]
    curves = with_curve(base, "residuals", x, grows)
    assert told(base, "Residuals", curves=curves, in_the_large=about(4.0, 2.0, 6.0)) == (
        "Predictions are too low on average (off by 4.00 (2.00 to 6.00)), and of the 100 rows drawn, high predictions "
        "have errors 3 times as large as the others."
    )
    assert "low predictions have errors 3 times" in told(
        base, "Residuals", curves=with_curve(base, "residuals", x, grows[::-1])
    )
    assert "errors of like size" in told(
        base, "Residuals", curves=with_curve(base, "residuals", x, [(-1.0) ** n for n in range(100)])
    )


@pytest.mark.parametrize(
    ("x", "y"), [([5.0] * 60, [0.0] * 60), ([5.0] * 60, [1.0] * 60), ([1.0], [nan]), ([1.0, 2.0], [0.0, 0.0])]
)
def test_residuals_of_degenerate_models_claim_nothing_about_spread(x, y):
    base = SAMPLES["regression"]()
    sentence = told(base, "Residuals", curves=with_curve(base, "residuals", x, y), in_the_large=None)
    assert sentence.startswith("Of the rows drawn, predictions are ")
    assert "errors" not in sentence
    assert "nan" not in sentence


def test_a_model_that_explains_nothing_is_not_called_minus_some_percent():
    base = SAMPLES["regression"]()
    candidate = base.evaluated.candidate | {"r2": about(-0.2, -0.4, -0.1)}
    assert told(base, "against actual", candidate=candidate).startswith("The predictions explain nothing")
    assert told(base, "against actual", candidate={}) == "On the dotted diagonal a prediction would be exact."


def test_a_table_without_errors_says_so_and_one_class_is_enough():
    base = SAMPLES["first"]()
    curves = with_curve(base, "confusion", (0,), (0,), weight=(12.0,))
    assert told(base, "Confusion", curves=curves) == "100% of 12 rows are decided correctly, none wrongly."


def learning(growth, scores=(0.5, 0.45, 0.44), sample="grouped"):
    base = SAMPLES[sample]()
    curve = tuple(LearningPoint(rows=1000 * 2**n, score=score) for n, score in enumerate(scores))
    records = replace(base, trained=changed(base.trained, learning_curve=curve, growth=growth))
    return next((one.sentence for one in how_it_was_chosen(records) if one.title == "Learning curve"), None)


@pytest.mark.parametrize(
    ("growth", "words"),
    [
        (
            about(0.01, 0.005, 0.015),
            "improved log loss by 0.0100 (0.0050 to 0.0150), so older rows would probably help",
        ),
        (about(0.0, -0.01, 0.01), "changed log loss by no more than noise"),
        (
            about(-0.01, -0.02, -0.005),
            "made log loss worse (improvement −0.0100 (−0.0200 to −0.0050)), so older rows would",
        ),
        (about(0.01), "too few rows to tell whether older rows would help"),
        (about(None, reason="one class only"), "was not measured: one class only, so whether older rows would help"),
        (None, "was not measured, so whether older rows would help is not known"),
    ],
)
def test_the_learning_curve_says_whether_more_rows_would_help(growth, words):
    assert words in learning(growth)
    assert "from 2,000 to 4,000 rows" in learning(growth)


def test_undated_data_have_no_older_rows():
    assert "so more rows would probably help" in learning(about(0.01, 0.005, 0.015), sample="multiclass")


def test_one_point_is_no_learning_curve():
    assert learning(None, (None, None, 0.44)) is None
    assert learning(None, ()) is None


def searched(**trained):
    base = SAMPLES["grouped"]()
    records = replace(base, trained=changed(base.trained, **trained))
    return next((one for one in how_it_was_chosen(records) if one.title == "Search"), None)


def test_a_search_says_what_was_tried_what_stopped_early_and_why_the_winner_won():
    found = searched()
    assert found.sentence == (
        "18 settings of 2 candidates tried on the training side, 12 of them stopped early on a part of the rows; "
        "hist_gradient_boosting with learning_rate 0.0871, max_leaf_nodes 31 won, best log loss on the validation "
        "folds, and clearly better than every simpler candidate."
    )
    assert [key.name for key in found.keys if "early" in key.name]
    full = tuple(changed(trial, share=1.0) for trial in SAMPLES["grouped"]().trained.trials)
    assert "stopped" not in searched(trials=full).sentence
    assert not [key.name for key in searched(trials=full).keys if "early" in key.name]


def test_settings_that_did_not_fit_are_counted_and_none_that_did_is_no_chart():
    trials = SAMPLES["grouped"]().trained.trials
    broken = tuple(changed(trial, score=None, folds=(None,)) for trial in trials)
    assert "1 setting could not be fitted" in searched(trials=(broken[0], *trials[1:])).sentence
    assert searched(trials=broken) is None


def groups(parts, metric="roc_auc", whole=0.8):
    base = SAMPLES["grouped"]()
    slices = tuple(
        Slice(by="origin", group=name, rows=900, candidate={metric: one}, naive={}, champion={}, comparisons=())
        for name, one in parts.items()
    )
    figures_ = base.evaluated.candidate | {metric: about(whole, whole, whole)}
    (table,) = group_tables(changed(base.evaluated, slices=slices, candidate=figures_), base.verdict, [metric])
    return table


def test_a_bad_group_is_named_with_its_figure():
    table = groups({"EWR": about(0.81, 0.78, 0.84), "LGA": about(0.6, 0.55, 0.65), "JFK": about(0.9, 0.85, 0.95)})
    assert table.sentence == (
        "Of 3 groups of origin, 1 is clearly worse than the model over all rows (0.8) by ROC AUC: LGA 0.600 "
        "(0.550 to 0.650)."
    )
    assert [row.kind for row in table.rows] == ["open", "worse", "better"]


def test_worse_is_higher_for_a_loss():
    table = groups({"EWR": about(0.5, 0.45, 0.55), "LGA": about(0.9, 0.85, 0.95)}, "log_loss", whole=0.6)
    assert [row.kind for row in table.rows] == ["better", "worse"]
    assert table.direction == "lower is better"


def test_groups_that_are_too_small_are_said_and_never_called_good():
    small = about(0.2, reason="2 days are too few for an interval; 8 are needed")
    table = groups({"EWR": about(0.81, 0.78, 0.84), "HA": small, "YV": about(None, reason="one class")})
    assert table.sentence == (
        "None of 3 groups of origin is clearly worse than the model over all rows (0.8) by ROC AUC; the worst is "
        "EWR with 0.810 (0.780 to 0.840); 2 groups too small to tell (HA, YV)."
    )
    assert [row.kind for row in table.rows] == ["open", "few", "missing"]
    assert "too few for an interval" in table.rows[1].reason
    assert groups({"HA": small}).sentence.startswith("No group of origin is large enough to say anything")
    assert groups({"EWR": about(0.8, 0.7, 0.9)}).sentence == (
        "Every row has the same origin (EWR), so there is nothing to compare."
    )


def test_a_group_shows_the_answer_of_its_gate_and_who_beats_the_model_there():
    base = SAMPLES["grouped"]()
    origin, _ = group_tables(base.evaluated, base.verdict, ["log_loss"])
    rows = {row.group: row for row in origin.rows}
    assert origin.metric == "ROC AUC"  # what the gate by this column asks for
    assert rows["LGA"].gate == ("fail", "✗", "fail")
    assert rows["EWR"].gate == ("pass", "✓", "pass")
    assert rows["LGA"].words == ("worse than the whole", "worse than the champion")


def classes(*f1):
    base = SAMPLES["multiclass"]()
    found = base.evaluated.by_class[: len(f1)]
    by_class = tuple(changed(one, figures={"f1": value}) for one, value in zip(found, f1, strict=True))
    return class_table(changed(base.evaluated, by_class=by_class), base.trained.classes)


def test_the_weakest_class_is_named():
    assert classes(about(0.9, 0.88, 0.92), about(0.5, 0.4, 0.6), about(0.7, 0.6, 0.8)).sentence == (
        "“1” is told from the other classes worst, with an F1 of 0.500 (0.400 to 0.600), and “0” best, with 0.900 "
        "(0.880 to 0.920)."
    )
    assert classes(about(0.9, 0.5, 1.0), about(0.5, 0.4, 0.6), about(0.7)).sentence.endswith("their intervals overlap.")
    assert classes(about(0.5), about(0.5), about(None)).sentence == (
        "All 2 classes that could be measured have the same F1, 0.5."
    )
    assert classes(*[about(None)] * 3).sentence == "None of 3 classes could be measured."
    assert class_table(SAMPLES["first"]().evaluated, ("no", "yes")) is None


def test_a_forest_counts_what_is_clear_and_shows_the_margin_of_a_gate():
    base = SAMPLES["grouped"]()
    found = forest(base.evaluated, base.verdict, "champion")
    assert found.sentence == (
        "Of 12 paired differences to the champion (version 1), the candidate is clearly worse in 11 and not to be told "
        "apart in 1."
    )
    assert {row.metric: row.margin for row in found.rows if row.margin} == {"log loss": "0.01"}
    assert 'class="passing"' in next(row.plot for row in found.rows if row.metric == "log loss")
    anchor = forest(base.evaluated, base.verdict, "anchor", ["log_loss"])
    assert [(row.metric, row.margin) for row in anchor.rows] == [("log loss", "0.02")]
    assert len(anchor.more) == 11


def test_every_naive_baseline_has_its_row():
    base = SAMPLES["grouped"]()
    found = forest(base.evaluated, base.verdict, "naive", ["log_loss"])
    assert [row.baseline for row in found.rows] == ["class shares", "last label"]
    assert [row.metric for row in found.rows] == ["log loss"] * 2
    assert len(found.rows) + len(found.more) == 24
    assert "its naive baselines (class shares and last label)" in found.sentence
    assert forest(changed(base.evaluated, comparisons=(), baselines=()), base.verdict, "naive") is None


def test_a_comparison_without_numbers_is_not_called_equal():
    base = SAMPLES["grouped"]()
    silent = Comparison(
        metric="log_loss",
        against="champion",
        candidate=None,
        reference=None,
        improvement=about(None, reason="it needs columns that are gone"),
    )
    found = forest(changed(base.evaluated, comparisons=(silent,)), base.verdict, "champion")
    assert (
        found.sentence == "Of 1 paired difference to the champion (version 1), the candidate is not measured in all 1."
    )
    assert (found.rows[0].kind, found.rows[0].plot) == ("missing", "")
    assert found.rows[0].reason == "it needs columns that are gone"


def leaks(found, waived):
    base = SAMPLES["grouped"]()
    gate = Leakage.model_validate({"leakage": "none", "waived": waived})
    case = base.use_case.model_copy(update={"gates": (gate,)})
    return leak_section(replace(base, use_case=case, split=changed(base.split, leaks=found)))


def test_leaks_are_told_with_who_allowed_them():
    alone, copies = samples["LEAKS"]
    allow = {"feature": "tail_number", "because": "known at booking", "by": "ada"}
    assert "nothing was found that would let a model know the answer" in leaks((), []).sentence
    assert (
        "there is 1 finding, which no person has allowed, so the gate on leakage fails" in leaks((alone,), []).sentence
    )
    assert "there is 1 finding, allowed by a person." in leaks((alone,), [allow]).sentence
    both = leaks((alone, copies), [allow])
    assert "there are 2 findings, 1 of them allowed by a person, 1 not" in both.sentence
    assert [row.allowed for row in both.rows] == ["ada: known at booking", ""]
    assert [row.word for row in both.rows] == ["allowed", "found"]


def test_the_page_names_every_kind_of_leak_that_is_looked_for():
    import importlib
    import pkgutil

    from keepfit.split import leakage

    modules = [importlib.import_module(f"{leakage.__name__}.{m.name}") for m in pkgutil.iter_modules(leakage.__path__)]
    assert {module.KIND for module in modules if hasattr(module, "KIND")} == set(LOOKED_FOR)
