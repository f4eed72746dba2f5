"""What would let a model know the answer is found and named; what is honest is not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from keepfit.config import UseCase
from keepfit.data.tables import put_table
from keepfit.split.leakage import find_leaks, leaks_in
from keepfit.split.leakage.row_order import row_order
from keepfit.split.rules import ruled
from keepfit.store import open_store

START = datetime(2013, 1, 1, tzinfo=UTC)
UTC_TIME = pa.timestamp("us", tz="UTC")


def honest(seed, rows=1500, task="binary"):
    """Columns of all kinds; the strongest has an AUC of .85, a customer three rows; missing values tell a little."""
    draw = np.random.default_rng(seed)
    signal = draw.normal(size=rows)
    weaker = draw.normal(size=rows)
    odds = 2 * signal + 0.7 * weaker + 0.3 * draw.normal(size=rows)
    late = draw.random(rows) < 1 / (1 + np.exp(-odds))
    label = {
        "binary": pa.array(late.tolist()),
        "multiclass": pa.array(np.array(["low", "mid", "high"])[np.digitize(odds + draw.normal(size=rows), [-1, 1.5])]),
        "regression": pa.array(odds + draw.normal(size=rows)),
    }
    times = [START + timedelta(minutes=47 * number) for number in range(rows)]
    return {
        "id": [f"{number:012x}" for number in draw.choice(2**40, rows, replace=False)],
        "at": pa.array(times, UTC_TIME),
        "signal": pa.array(signal, mask=draw.random(rows) < 0.1 + 0.2 * late),
        "weaker": weaker,
        "count": draw.integers(0, 9, rows),
        "place": [f"p{number}" for number in draw.integers(0, 30, rows)],
        "customer": [f"c{number}" for number in draw.integers(0, rows // 3, rows)],
        "serial": np.arange(rows) * 7 + draw.integers(0, 7, rows),
        "opened": pa.array(
            [time - timedelta(days=int(days)) for time, days in zip(times, draw.integers(1, 900, rows), strict=True)],
            UTC_TIME,
        ),
        "y": label[task],
    }


def use_case(columns, task="binary", dated=True, **changes):
    kinds = dict.fromkeys(("place", "customer", "copy"), "category") | {"opened": ["month"], "closed": ["month"]}
    names = [name for name in columns if name not in {"id", "at", "y"}]
    data = {"sources": {"rows": {"kind": "files", "path": "rows.csv"}}, "key": ["id"], "label": {"column": "y"}}
    tree = {
        "name": "sample",
        "description": "A sample",
        "owner": "tests",
        "task": task,
        "data": data | ({"event_time": "at"} if dated else {}),
        "contract": {"columns": {name: {"type": "float"} for name in names}},
        "features": {name: kinds.get(name, "number") for name in names},
        "split": {"by": "time", "holdout": "9d"} if dated else {"by": "key", "holdout": "25%"},
        "train": {"candidates": ["hist_gradient_boosting"]},
        "gates": [{"metric": "rmse" if task == "regression" else "log_loss", "better_than": "naive"}],
    }
    return UseCase.model_validate(tree | changes)


def found(columns, task="binary", dated=True, **changes):
    """The leaks in some columns, in the order in which a snapshot would have the rows."""
    table = pa.table(
        {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    )
    table = table.sort_by("at" if dated else "id")
    case = use_case(columns, task, dated, **changes)
    return leaks_in(case, table, ruled(table, case).sides)


def named(leaks):
    return {(leak.kind, leak.feature) for leak in leaks}


def label_of(columns):
    return np.array(columns["y"].to_pylist())


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("dated", [True, False], ids=["by time", "by key"])
def test_honest_data_raise_no_alarm(task, dated):
    alarms = [leak for seed in range(17) for leak in found(honest(seed, task=task), task, dated)]
    assert alarms == []


def test_a_number_that_follows_the_label_is_named_and_compared_with_the_next_best():
    columns = honest(1)
    columns["minutes"] = label_of(columns) * 30 + np.random.default_rng(2).normal(0, 5, 1500)
    (leak,) = found(columns)
    assert (leak.kind, leak.feature) == ("predicts_alone", "minutes")
    assert leak.value >= leak.limit >= 0.98
    assert "the next best, signal, reaches 0.8" in leak.reason


def test_one_leak_does_not_hide_another():
    columns = honest(1)
    draw = np.random.default_rng(2)
    for name in ("minutes", "hours"):
        columns[name] = label_of(columns) * 5 + draw.normal(size=1500)
    assert named(found(columns)) == {("predicts_alone", "minutes"), ("predicts_alone", "hours")}


def test_a_strong_but_honest_feature_passes():
    columns = honest(1)
    columns["strong"] = label_of(columns) * 2.9 + np.random.default_rng(2).normal(size=1500)  # AUC .98
    columns["nearly"] = label_of(columns) * 2.3 + np.random.default_rng(3).normal(size=1500)  # AUC .95
    assert found(columns) == ()


def test_what_is_not_monotone_is_found_too():
    columns = honest(1, rows=6000)
    draw = np.random.default_rng(2)
    columns["odd"] = np.where(label_of(columns), draw.choice([-1.0, 1.0], 6000), 0.0) * 5 + draw.normal(size=6000) * 0.8
    assert named(found(columns, split={"by": "time", "holdout": "30d"})) == {("predicts_alone", "odd")}


def test_a_value_that_only_some_rows_have_may_not_tell_them_either():
    columns = honest(1)
    draw = np.random.default_rng(2)
    columns["result"] = pa.array(label_of(columns) * 9.0 + draw.normal(size=1500), mask=draw.random(1500) < 0.6)
    assert named(found(columns)) == {("predicts_alone", "result")}


def test_a_number_made_of_two_columns_may_not_tell_what_neither_does():
    columns = honest(1)
    draw = np.random.default_rng(2)
    columns["due"] = draw.normal(size=1500) * 500
    columns["paid"] = columns["due"] + label_of(columns) * 30 + draw.normal(0, 5, 1500)
    kinds = {"signal": "number", "late_by": {"difference": ["paid", "due"]}}
    assert named(found(columns, features=kinds)) == {("predicts_alone", "late_by")}


def test_a_column_in_which_hardly_a_value_comes_twice_determines_nothing():
    columns = honest(1)
    tickets = np.random.default_rng(2).permutation(1500) + 0.5
    late = np.flatnonzero(label_of(columns)[:1000])
    tickets[late[:8]] = tickets[late[8:16]]  # eight agree, as they would by chance
    columns["ticket"] = tickets
    assert found(columns) == ()


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_label_in_other_words_is_found(task):
    columns = honest(3, task=task)
    label = label_of(columns)
    if task == "regression":
        columns["copy"] = np.exp(label / 3)
    else:
        names = {name: f"code {place}" for place, name in enumerate(np.unique(label))}
        columns["copy"] = [names[each] for each in label]
        columns["copy"] = pa.array(columns["copy"])
    (leak,) = found(columns, task)
    assert (leak.kind, leak.feature) == ("copy_of_label", "copy")


def test_a_copy_is_found_in_few_rows():
    columns = {name: values[:90] for name, values in honest(3).items()}
    columns["copy"] = label_of(columns).astype(float)
    assert ("copy_of_label", "copy") in named(found(columns, split={"by": "time", "holdout": "1d"}))


def test_a_customer_whose_label_never_changes_is_known_by_name_unless_no_one_is_on_both_sides():
    columns = honest(4)
    draw = np.random.default_rng(5)
    who = draw.integers(0, 300, 1500)
    columns["customer"] = [f"c{each}" for each in who]
    columns["y"] = pa.array((draw.random(300) < 0.3)[who].tolist())
    assert named(found(columns, dated=False)) == {("copy_of_label", "customer")}
    assert found(columns, dated=False, split={"by": "key", "holdout": "25%", "entity": ["customer"]}) == ()


def test_what_is_there_for_one_class_only_is_found():
    columns = honest(6)
    late, draw = label_of(columns), np.random.default_rng(7)
    columns["refund"] = pa.array(draw.normal(size=1500), mask=~(late & (draw.random(1500) < 0.3)))
    (leak,) = found(columns)
    assert (leak.kind, leak.feature) == ("missing_by_label", "refund")
    assert "with the label true" in leak.reason


def test_missing_values_that_only_tell_something_are_no_leak():
    columns = honest(6)
    late, draw = label_of(columns), np.random.default_rng(7)
    columns["test"] = pa.array(draw.normal(size=1500), mask=draw.random(1500) < np.where(late, 0.05, 0.9))
    assert found(columns) == ()


def test_what_is_there_for_high_values_only_is_found():
    columns = honest(6, task="regression")
    label = label_of(columns)
    columns["bonus"] = pa.array(np.random.default_rng(1).normal(size=1500), mask=label < np.quantile(label, 0.9))
    assert named(found(columns, "regression")) == {("missing_by_label", "bonus")}


def test_a_moment_after_the_event_is_found():
    columns = honest(8)
    draw = np.random.default_rng(9)
    after = [
        time + timedelta(hours=int(hours))
        for time, hours in zip(columns["at"].to_pylist(), draw.integers(-60, 30, 1500), strict=True)
    ]
    columns["closed"] = pa.array(after, UTC_TIME)
    (leak,) = found(columns)
    assert (leak.kind, leak.feature) == ("known_late", "closed")
    assert 0.2 < leak.value < 0.5
    assert "plan" in leak.reason


@pytest.mark.parametrize("column", ["id", "serial"])
def test_an_identifier_that_was_given_class_by_class_is_found(column):
    columns = honest(10)
    order = np.argsort(label_of(columns), kind="stable")
    numbers = np.empty(1500, np.int64)
    numbers[order] = np.arange(1500) * 3
    columns[column] = [f"{number:06}" for number in numbers] if column == "id" else numbers
    assert {leak.feature for leak in found(columns, dated=False)} == {column}
    assert {leak.feature for leak in found(columns)} == {column}


def test_labels_that_go_on_in_time_explain_numbers_and_features_that_do():
    columns = honest(11)
    state = (np.arange(1500) // 300 % 2).astype(bool)
    columns["y"] = pa.array(state.tolist())
    columns["before"] = pa.array([None, *state[:-1].astype(float).tolist()])
    columns["serial"] = np.arange(1500)
    assert found(columns) == ()


def test_the_same_case_twice_is_found_though_its_moment_differs():
    columns = honest(12)
    twice = np.append(np.arange(1500), np.random.default_rng(1).integers(0, 1200, 200))
    columns = {
        name: (values if isinstance(values, pa.Array) else pa.array(values)).take(pa.array(twice))
        for name, values in columns.items()
    }
    columns["id"] = pa.array([f"{number:06}" for number in range(1700)])
    newest = [START + timedelta(days=49, minutes=number) for number in range(200)]
    columns["at"] = pa.array([*columns["at"].to_pylist()[:1500], *newest], UTC_TIME)
    (leak,) = found(columns, split={"by": "time", "holdout": "5d"})
    assert leak.kind == "near_copies"
    assert leak.rows == 200


def test_rows_with_few_possible_values_are_no_copies():
    columns = honest(12)
    columns = {name: columns[name] for name in ("id", "at", "count", "place", "y")}
    assert found(columns) == ()


@pytest.mark.parametrize("what", ["sorted", "a file for each class"])
def test_files_that_are_sorted_by_the_label_are_found(what):
    label = np.random.default_rng(1).random(800) < 0.4
    shuffled = pa.table({"_file": ["all.csv"] * 800, "_row": list(range(800)), "y": label.tolist()})
    assert row_order([shuffled], "y", regression=False, event_time=None) is None
    if what == "sorted":
        rows = shuffled.set_column(2, "y", pa.array(np.sort(label).tolist()))
    else:
        rows = shuffled.set_column(0, "_file", pa.array(np.where(label, "cats.csv", "dogs.csv").tolist()))
    leak = row_order([rows], "y", regression=False, event_time=None)
    assert (leak.kind, leak.feature, leak.rows) == ("row_order", None, 800)


@pytest.mark.parametrize("numbered", [True, False])
def test_files_that_an_identifier_explains_are_told_of_once(tmp_path, numbered):
    columns, store = honest(10), open_store(str(tmp_path))
    order = np.argsort(label_of(columns), kind="stable")
    if numbered:
        numbers = np.empty(1500, np.int64)
        numbers[order] = np.arange(1500)
        columns["id"] = [f"{number:06}" for number in numbers]
    table = pa.table(columns)
    written = table.take(pa.array(order)).append_column("_file", pa.array(["all.csv"] * 1500))
    part = put_table(store, written.append_column("_row", pa.array(range(1500))))
    case = use_case(columns)
    leaks = find_leaks(store, case, table, ruled(table, case).sides, [part])
    assert [leak.kind for leak in leaks] == ["identifier_order" if numbered else "row_order"]


def test_files_in_the_order_of_time_may_hold_labels_that_go_on():
    state = (np.arange(800) // 200 % 2).astype(bool)
    times = pa.array([START + timedelta(hours=number) for number in range(800)], UTC_TIME)
    rows = pa.table({"_file": ["all.csv"] * 800, "_row": list(range(800)), "at": times, "y": state.tolist()})
    assert row_order([rows], "y", regression=False, event_time="at") is None
    assert row_order([rows], "y", regression=False, event_time=None) is not None


def scikit_learn(name):
    from sklearn import datasets

    given = getattr(datasets, f"load_{name}")()
    return given.data, given.target if given.target.ndim == 1 else given.target[:, 0]


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes", "linnerud"])
def test_the_data_sets_of_scikit_learn_raise_no_alarm(name):
    data, target = scikit_learn(name)
    task = {"breast_cancer": "binary", "diabetes": "regression", "linnerud": "regression"}.get(name, "multiclass")
    answers = target.astype(float) if task == "regression" else target.astype(str)
    columns = {f"x{place}": values for place, values in enumerate(data.T)} | {"y": pa.array(answers.tolist())}
    columns["id"] = [f"{each:012x}" for each in np.random.default_rng(1).choice(2**40, len(data), replace=False)]
    assert found(columns, task, dated=False) == ()


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_iris_and_wine_come_class_by_class_which_their_row_numbers_tell(name):
    data, target = scikit_learn(name)
    columns = {f"x{place}": values for place, values in enumerate(data.T)} | {
        "y": pa.array(target.astype(str).tolist())
    }
    columns["id"] = [f"{number:04}" for number in range(len(data))]
    assert ("identifier_order", "id") in named(found(columns, "multiclass", dated=False))
