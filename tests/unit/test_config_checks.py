"""What a file says against itself, and what only a later build can do: refused with the fields that are concerned."""

from pathlib import Path

import pytest

from keepfit.config import understand
from keepfit.config.checks import CHECKS
from keepfit.errors import ConfigError

FLIGHTS = Path(__file__).with_name("flight_delay.yaml").read_text()
BOOSTING = "- hist_gradient_boosting: {learning_rate: [0.02, 0.3, log], max_leaf_nodes: [15, 127]}"
ROC = "- {metric: roc_auc, at_least: 0.62}"

# (what stands in the valid file, what stands there instead, where the problem is, what the message must say)
CONTRADICTIONS = {
    "min above max": ("min: 10, max: 6000", "min: 6000, max: 10", "min: 6000", ["distance.min", "distance.max"]),
    "min on a category": ("{type: category}", "{type: category, min: 1}", "min: 1", ["`min`", "category"]),
    "values on a number": ("min: 0, null", "values: [a], null", "values: [a]", ["`values`", "category"]),
    "delimiter as quote": (
        'nulls: ["", NA],',
        "dialect: {delimiter: ';', quote: ';'},",
        "quote: ';'",
        ["`quote` is the same as `delimiter`", "data.sources.weather.dialect.quote"],
    ),
    "a letter as delimiter": (
        'nulls: ["", NA],',
        "dialect: {delimiter: x},",
        "delimiter: x",
        ["data.sources.weather.dialect.delimiter"],
    ),
    "a value twice": ("[EWR, JFK, LGA]", "[EWR, JFK, EWR]", "values:", ["twice"]),
    "event time is no time": (
        "    carrier:    {type: category}",
        "    carrier:    {type: category}\n    time_hour: {type: int}",
        "type: int",
        ["time_hour", "data.event_time", "type: time"],
    ),
    "label of the wrong type": (
        "    carrier:    {type: category}",
        "    carrier:    {type: category}\n    late: {type: float}",
        "type: float",
        ["`late`", "task: binary"],
    ),
    "holdout over history": (
        "holdout: 28d",
        "holdout: 180d",
        "holdout: 180d",
        ["split.holdout", "data.history", "180d"],
    ),
    "holdout and wait": ("holdout: 28d", "holdout: 179d", "holdout: 179d", ["data.label.known_after", "data.history"]),
    "freshness over history": ("freshness: 35d", "freshness: 181d", "freshness", ["data.freshness", "data.history"]),
    "label as feature": (
        "  carrier: category",
        "  carrier: category\n  late: number",
        "late: number",
        ["`late`", "data.label.column", "a leak"],
    ),
    "key as feature": (
        "  carrier: category",
        "  carrier: category\n  flight_id: category",
        "flight_id: category",
        ["`flight_id`", "data.key", "a leak"],
    ),
    "event time as number": (
        "time_hour: [hour, day_of_week]",
        "time_hour: number",
        "time_hour: number",
        ["time", "number"],
    ),
    "undeclared feature": ("  distance: number", "  distanse: number", "distanse: number", ["contract", "`distance`"]),
    "calendar of a number": ("  distance: number", "  distance: hour", "distance: hour", ["hour", "float", "number"]),
    "category of a float": ("  distance: number", "  distance: category", "distance: category", ["float", "number"]),
    "number of a category": ("  carrier: category\n", "  carrier: number\n", "carrier: number", ["category"]),
    "a kind twice": ("[hour, day_of_week]", "[hour, hour]", "time_hour: [", ["twice"]),
    "label in key": ("key: [flight_id]", "key: [flight_id, late]", "key:", ["`late`", "data.key", "data.label.column"]),
    "key twice": ("key: [flight_id]", "key: [flight_id, flight_id]", "key:", ["twice"]),
    "label is event time": ("column: late", "column: time_hour", "column: time_hour", ["data.event_time"]),
    "unknown zone": ("New_York\n", "New_Yorc\n", "timezone", ["did you mean `America/New_York`?"]),
    "zone that climbs": ("America/New_York", "../../etc/passwd", "timezone", ["no such time zone"]),
    "no event time": (
        "  event_time: time_hour\n",
        "",
        "history",
        ["data.history", "data.freshness", "split.by", "known_after"],
    ),
    "share by time": ("holdout: 28d", "holdout: 20%", "holdout", ["split.holdout", "split.by", "28d"]),
    "duration by key": ("by: time", "by: key", "holdout", ["split.holdout", "split.by", "20%"]),
    "gap by key": ("by: time, holdout: 28d", "by: key, holdout: 20%, gap: 1d", "gap: 1d", ["split.gap", "split.by"]),
    "gap too long": ("holdout: 28d", "holdout: 28d, gap: 160d", "holdout", ["split.gap", "160d", "180d"]),
    "stratify by time": ("holdout: 28d", "holdout: 28d, stratify: true", "stratify", ["split.by", "newest"]),
    "stratify entities": (
        "by: time, holdout: 28d",
        "by: key, holdout: 20%, stratify: true, entity: [carrier]",
        "stratify",
        ["split.entity"],
    ),
    "unknown entity": ("holdout: 28d", "holdout: 28d, entity: [carier]", "entity", ["did you mean `carrier`?"]),
    "the label as entity": ("holdout: 28d", "holdout: 28d, entity: [late]", "entity", ["data.label.column"]),
    "entity twice": ("holdout: 28d", "holdout: 28d, entity: [carrier, carrier]", "carrier]}", ["twice"]),
    "entity that may be missing": (
        "holdout: 28d",
        "holdout: 28d, entity: [wind_speed]",
        "entity",
        ["`wind_speed`", "nullable"],
    ),
    "all by key": ("by: time, holdout: 28d", "by: key, holdout: 100%", "holdout", ["less than 100%"]),
    "no query": (
        FLIGHTS[FLIGHTS.index("  query:") : FLIGHTS.index("  key:")],
        "",
        "sources",
        ["data.sources", "data.query"],
    ),
    "address": ('"data/weather/*.csv"', "s3://bucket/weather", "path: s3", ["files on this machine", "kind: s3"]),
    "unknown metric": ("metric: roc_auc", "metric: roc_acu", "metric: roc_acu", ["did you mean `roc_auc`?"]),
    "metric of another task": ("metric: roc_auc", "metric: rmse", "metric: rmse", ["task: binary", "roc_auc"]),
    "unknown optimize": ("optimize: log_loss", "optimize: logloss", "optimize", ["did you mean `log_loss`?"]),
    "at_least on a loss": (
        "metric: roc_auc",
        "metric: log_loss",
        "at_least",
        ["log_loss is better when lower: write at_most"],
    ),
    "at_most on a gain": (
        "at_least: 0.62",
        "at_most: 0.62",
        "at_most: 0.62",
        ["roc_auc is better when higher: write at_least"],
    ),
    "threshold 80": ("at_least: 0.62", "at_least: 80", "at_least: 80", ["0 to 1", "80"]),
    "parity of one": ("parity: 1e-9", "parity: 1", "parity: 1", ["less than 1"]),
    "ridge for classes": (
        "- logistic_regression",
        "- ridge",
        "ridge",
        ["`ridge`", "task: binary", "logistic_regression"],
    ),
    "candidate twice": ("- logistic_regression", "- hist_gradient_boosting", "hist_gradient_boosting: {", ["twice"]),
    "unknown candidate": (
        "- logistic_regression",
        "- logistic_regresion",
        "logistic",
        ["did you mean `logistic_regression`?"],
    ),
    "unknown setting": ("max_leaf_nodes:", "max_leaves_nodes:", "max_leaves", ["did you mean `max_leaf_nodes`?"]),
    "range the wrong way": ("[0.02, 0.3, log]", "[0.3, 0.02]", "learning_rate", ["0.3", "0.02", "empty"]),
    "range beyond": ("[0.02, 0.3, log]", "[0.02, 3, log]", "learning_rate", ["to 1", "3"]),
    "range of fractions": ("[15, 127]", "[15, 127.5]", "max_leaf_nodes", ["whole"]),
    "log from zero": ("learning_rate: [0.02, 0.3, log]", "l2_regularization: [0, 1, log]", "l2_reg", ["above zero"]),
    "value beyond": ("learning_rate: [0.02, 0.3, log]", "learning_rate: 3", "learning_rate", ["to 1"]),
    "no range for words": (
        "- logistic_regression",
        "- logistic_regression: {class_weight: [1, 2]}",
        "class_w",
        ["balanced"],
    ),
    "a choice twice": ("[15, 127]", "{choice: [15, 15]}", "max_leaf_nodes", ["twice"]),
    "an empty choice": ("[15, 127]", "{choice: []}", "max_leaf_nodes", ["choice"]),
    "a range of three": ("[15, 127]", "[15, 31, 127]", "max_leaf_nodes", ["[low, high, log]"]),
    "two names in a candidate": (
        "max_leaf_nodes: [15, 127]}",
        "max_bins: 9}\n      ridge: {}",
        "hist_gradient_b",
        ["one name"],
    ),
    "expectation limits": (
        "{min_value: 20000}",
        "{min_value: 20000, max_value: 2}",
        "min_value",
        ["min_value", "max_value"],
    ),
    "expectation column": (
        "expect_table_row_count_to_be_between: {",
        "expect_column_mean_to_be_between: {column: distanse, ",
        "column: distanse",
        ["did you mean `distance`?"],
    ),
    "not an expectation": ("expect_table_row", "table_row", "table_row", ["expect_…"]),
    "name that climbs": ("name: flight_delay", "name: ../../x", "name", ["^[a-z]"]),
    "name too long": ("name: flight_delay", "name: " + "x" * 300, "name", ["^[a-z]"]),
    "name in capitals": ("name: flight_delay", "name: Flight_Delay", "name", ["^[a-z]"]),
    "misspelt threshold": (
        "at_least: 0.62",
        "treshold: 0.62",
        "treshold",
        ["unknown key `treshold`", "did you mean `at_least`?"],
    ),
    "threshold of a loss": (ROC, "- {metric: log_loss, treshold: 0.5}", "treshold", ["did you mean `at_most`?"]),
    "gate without a question": (ROC, "- {metric: roc_auc}", "{metric: roc_auc}", ["at_least", "parity"]),
    "two questions in a gate": (
        "at_least: 0.62",
        "at_least: 0.62, at_most: 0.9",
        "at_most: 0.9",
        ["a gate of its own"],
    ),
    "groups of nothing": ("at_least: 0.62", "at_least: 0.62, by: orign", "by: orign", ["did you mean `origin`?"]),
    "groups of the label": ("at_least: 0.62", "at_least: 0.62, by: late", "by: late", ["is the label"]),
    "groups of a float": ("at_least: 0.62", "at_least: 0.62, by: distance", "by: distance", ["bands", "protected"]),
    "few rows of no group": (
        "at_least: 0.62",
        "at_least: 0.62, if_too_few: block",
        "if_too_few",
        ["about groups", "add `by`"],
    ),
    "a word for few rows": ("at_least: 0.62", "at_least: 0.62, by: origin, if_too_few: blok", "if_too_few", ["block"]),
    "a margin of something": ("margin: 0.01", "margin: 20%", "margin: 20%", ["`20% of naive gain`"]),
    "a margin of gains": ("margin: 0.01", "margin: 20% of naive gains", "margin: 20%", ["`20% of naive gain`"]),
    "a margin of all": ("margin: 0.01", "margin: 100% of naive gain", "margin: 100%", ["`20% of naive gain`"]),
    "a ratio above one": (
        ROC,
        "- {metric: accuracy, ratio: 1.2, by: origin}",
        "ratio: 1.2",
        ["less than or equal to 1"],
    ),
    "a ratio of signs": (
        ROC,
        "- {metric: matthews_correlation, ratio: 0.8, by: origin}",
        "ratio: 0.8",
        ["below zero", "`difference`"],
    ),
    "a ratio of nothing": (ROC, "- {metric: accuracy, ratio: 0.8}", "{metric: accuracy", ["by", "missing"]),
    "a difference of all": (
        ROC,
        "- {metric: accuracy, difference: 1, by: origin}",
        "difference: 1",
        ["every model would pass"],
    ),
    "a size without unit": (ROC, "- {size: 50}", "size: 50", ["50MB"]),
    "a size in MiB": (ROC, "- {size: 50MiB}", "size: 50MiB", ["50MB"]),
    "a size of nothing": (ROC, "- {size: 0MB}", "size: 0MB", ["50MB"]),
    "a time in minutes": (ROC, "- {latency: 5m}", "latency: 5m", ["5ms"]),
    "leaks that are fine": (ROC, "- {leakage: some}", "leakage: some", ["none"]),
    "a waiver of nothing": (
        ROC,
        "- {leakage: none, waived: [{because: fine, by: ada}]}",
        "{because",
        ["which finding it allows"],
    ),
    "a waiver without a name": (
        ROC,
        "- {leakage: none, waived: [{feature: distance, because: fine}]}",
        "{feature",
        ["`gates[0].waived[0].by` is missing"],
    ),
    "a waiver by nobody": (
        ROC,
        '- {leakage: none, waived: [{feature: distance, because: fine, by: " "}]}',
        'by: " "',
        ["gates[0].waived[0].by", "text with more than blanks"],
    ),
    "a waiver of another column": (
        ROC,
        "- {leakage: none, waived: [{feature: distanse, because: fine, by: ada}]}",
        "feature: distanse",
        ["did you mean `distance`?"],
    ),
    "two gates on leaks": (
        ROC,
        "- {leakage: none}\n  - {leakage: none}",
        "{leakage: none}\n  - {metric",
        ["a second gate"],
    ),
    "no false promotions": ("confidence: 95%", "false_promotions: 0%", "false_promotions", ["greater than 0"]),
    "standard misspelt": (
        FLIGHTS[FLIGHTS.index("gates:") : FLIGHTS.index("confidence:")],
        "gates: standart\n",
        "gates: standart",
        ["a list"],
    ),
    "a direct release with a share": (
        "{strategy: direct}",
        "{strategy: direct, share: 10%}",
        "share: 10%",
        ["`release.share`", "direct", "leave `share` out"],
    ),
    "a direct release with a duration": (
        "{strategy: direct}",
        "{strategy: direct, for: 1d}",
        "for: 1d",
        ["`release.for`", "direct", "strategy: canary"],
    ),
    "a shadow with a share": (
        "{strategy: direct}",
        "{strategy: shadow, share: 10%}",
        "share: 10%",
        ["`release.share` is of a canary"],
    ),
    "a canary for all": ("{strategy: direct}", "{strategy: canary, share: 100%}", "share: 100%", ["less than 1"]),
    "a canary for nobody": ("{strategy: direct}", "{strategy: canary, share: 0%}", "share: 0%", ["greater than 0"]),
    "too few answers to say anything": (
        "{strategy: direct}",
        "{strategy: canary, at_least: 3}",
        "at_least: 3",
        ["greater than or equal to 20"],
    ),
    "a challenger that must be faster": (
        "{strategy: direct}",
        "{strategy: shadow, slower_at_most: 0.5}",
        "slower_at_most: 0.5",
        ["greater than or equal to 1"],
    ),
    "a limit misspelt": (
        "{strategy: direct}",
        "{strategy: shadow, error_at_most: 1%}",
        "error_at_most: 1%",
        ["did you mean `errors_at_most`"],
    ),
    "a strategy misspelt": (
        "{strategy: direct}",
        "{strategy: cannary}",
        "strategy: cannary",
        ["did you mean `canary`"],
    ),
    "hours of a window": ("risk: low", "monitor: {window: 12h}", "window", ["windows are counted in whole days"]),
    "more windows than there are": ("risk: low", "retrain: {when: 4 of 3}", "when", ["more windows must alarm"]),
    "more windows than are remembered": (
        "risk: low",
        "retrain: {when: 2 of 9}",
        "when",
        ["further back than the ledger remembers"],
    ),
    "four fields of a schedule": ("risk: low", 'retrain: {schedule: "0 6 1 *"}', "schedule", ["five fields such as"]),
    "an hour that no day has": ("risk: low", 'retrain: {schedule: "0 24 1 * *"}', "schedule", ["the hour", "0 to 23"]),
    "a day that never comes": ("risk: low", 'retrain: {schedule: "0 6 30 2 *"}', "schedule", ["would never come"]),
    "a budget without a time": ("risk: low", "retrain: {at_most: 4}", "at_most", ["such as `4 per 30d`"]),
    "a key of another section": ("  seed: 7", "  seed: 7\n  holdout: 3d", "holdout: 3d", ["belongs under `split`"]),
}

LATER = {
    "approvals": ("risk: low", "approvals: {by: ada}", "approvals"),
    "sql": ('weather: {kind: files, path: "data', 'weather: {kind: postgres, table: "data', "weather: {"),
}


def refused(text):
    with pytest.raises(ConfigError) as caught:
        understand(text.encode(), Path("a.yaml"), {})
    assert caught.value.exit_code == 2
    return str(caught.value)


def edited(old, new):
    assert old in FLIGHTS
    return FLIGHTS.replace(old, new, 1)


def place_of(text, marker):
    """``line:column`` of the first place of a marker that is in the edited part or the only one."""
    before = text[: text.index(marker)]
    return f"a.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))} "


@pytest.mark.parametrize(("old", "new", "at", "says"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_refused_with_the_fields_and_the_place(old, new, at, says):
    text = edited(old, new)
    message = refused(text)
    assert [word for word in says if word not in message] == [], message
    assert place_of(text, at) in message


@pytest.mark.parametrize(("old", "new", "at"), LATER.values(), ids=LATER)
def test_what_this_build_cannot_carry_out_is_refused_as_such(old, new, at):
    text = edited(old, new)
    message = refused(text)
    assert "this build does not" in message
    assert "yet" in message
    assert "unknown key" not in message
    assert message.count("  where ") == 1, message
    assert place_of(text, at) in message


def test_no_gates_at_all_is_refused():
    gates = FLIGHTS[FLIGHTS.index("gates:") : FLIGHTS.index("confidence:")]
    assert "every model would pass" in refused(edited(gates, "gates: []\n"))
    assert "`gates` is missing" in refused(edited(gates, ""))


def test_a_margin_as_wide_as_the_metric_is_refused():
    gate = "- {metric: log_loss, not_worse_than: champion, margin: 0.01}"
    assert "every model would pass" in refused(edited(gate, "- {metric: roc_auc, not_worse_than: champion, margin: 1}"))
    assert "greater than 0" in refused(edited("margin: 0.01", "margin: 0"))


def test_a_part_of_a_key_may_be_a_category_but_no_number_and_not_the_whole_key():
    composite = edited("key: [flight_id]", "key: [carrier, flight, time_hour, origin]")
    understand(composite.encode(), Path("a.yaml"), {})
    declared = composite.replace(
        "    carrier:    {type: category}", "    carrier: {type: category}\n    flight: {type: int}"
    )
    as_number = declared.replace("  carrier: category", "  carrier: category\n  flight: number")
    assert "the key column `flight` (`data.key`) is among the features: a leak" in refused(as_number)
    whole = declared.replace("  carrier: category", "  carrier: category\n  flight: category\n  origin: category")
    assert "the key column `origin`" in refused(whole)


def test_a_regression_has_its_own_candidates_metrics_and_baseline():
    text = edited("task: binary", "task: regression").replace(
        "- logistic_regression", "- ridge: {alpha: [0.1, 10, log]}"
    )
    text = (
        text.replace(ROC, "- {metric: rmse, at_most: 40}")
        .replace("log_loss", "mae")
        .replace("parity: 1e-9", "parity: 2")
    )
    assert understand(text.encode(), Path("a.yaml"), {}).use_case.train.optimize == "mae"
    assert "task: regression" in refused(text.replace("- ridge: {alpha: [0.1, 10, log]}", "- logistic_regression"))


@pytest.mark.parametrize("rule", CHECKS, ids=lambda rule: rule.__name__)
def test_the_valid_file_passes_every_rule(rule):
    use_case = understand(FLIGHTS.encode(), Path("a.yaml"), {}).use_case
    assert list(rule(use_case)) == []


@pytest.mark.parametrize("section", ["monitor: {every: 1d}", "retrain: {cooldown: 3d}"])
def test_rows_without_a_time_are_not_watched(section):
    path = Path(__file__).parents[2] / "configs" / "diabetes_progression.yaml"
    with pytest.raises(ConfigError, match="there are no windows"):
        understand(f"{path.read_text()}\n{section}\n".encode(), path, {})
