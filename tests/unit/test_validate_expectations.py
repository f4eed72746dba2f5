"""What expectations say of a table: every kind right and wrong once, and what a fail does."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from expectation_samples import ARGUMENTS, KINDS
from offered_expectations import table as offered

from keepfit.config.expectations import OWN, REFUSED, kinds
from keepfit.errors import ConfigError
from keepfit.profile import profiled
from keepfit.records import Moment
from keepfit.validate import expectations
from keepfit.validate.expect.great import great
from keepfit.validate.expect.known import ANSWERS, known
from keepfit.validate.expectations import AcceptedProfile, held, judged, stops, warned

MOMENT = Moment(as_of=datetime(2020, 3, 1, tzinfo=UTC), started=datetime(2020, 6, 1, tzinfo=UTC))
AT = [datetime(2020, 2, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
TABLE = pa.table(
    {
        "n": [1, 2, 3, None],
        "m": [1.5, 2.5, 3.5, 4.5],
        "c": ["x", "y", None, "x"],
        "j": ["{}", "[]", "1", "x"],
        "day": ["2020-01-01", "2020-01-02", "x", None],
        "ok": [True, False, True, True],
        "at": pa.array(AT, pa.timestamp("us", tz="UTC")),
        "down": [4, 3, 2, 1],
        "empty": pa.array([None] * 4, pa.string()),
    }
)


def judge(table, rules, *, accepted=(), event_time=None, newest=None, asked=None):
    def read(columns):
        if asked is not None:
            asked.append(list(columns))
        return table.select(list(columns))

    return judged(
        rules, profiled(table), table.column_names, read, accepted, MOMENT, newest, event_time=event_time
    )  # fmt: skip


def one(table, name, arguments, **options):
    return judge(table, [{name: arguments}], **options)[0]


def accepted(table, as_of=MOMENT.as_of):
    return AcceptedProfile(as_of, table.num_rows, profiled(table))


@pytest.mark.parametrize(("name", "right", "wrong", "observed"), KINDS, ids=[kind[0] for kind in KINDS])
def test_every_kind_passes_and_fails(name, right, wrong, observed):
    told = judge(TABLE, [{name: right}, {name: wrong}])[:2]
    assert [each.outcome for each in told] == ["pass", "fail"], told
    assert observed in told[1].observed
    assert told[1].name == name


def test_no_kind_was_forgotten():
    compared = {"expect_distribution_like_last_accepted", "expect_rows_like_usual"}  # below
    assert {kind[0] for kind in KINDS} | compared == set(kinds())
    assert set(expectations.OWN) == {kind.name for kind in OWN}
    assert set(ANSWERS) <= set(kinds())
    assert not set(REFUSED) & set(kinds())


def test_the_table_of_great_expectations_is_that_of_the_installed_one():
    file = Path(expectations.__file__).parents[1] / "config" / "great_expectations.json"
    assert json.loads(file.read_text()) == offered(), "python tests/unit/offered_expectations.py > keepfit/config/…"
    assert set(REFUSED) <= set(offered())


def hard_cases():
    rng = np.random.default_rng(11)
    yield TABLE
    numbers = rng.choice([0.0, -0.0, 1.0, 1.5, -2.25, 1e9, np.nan], 300)
    yield pa.table({"m": numbers, "n": rng.integers(-5, 5, 300), "c": pa.array(rng.choice(["x", "y", "z", None], 300))})
    many = rng.normal(0, 1, 5000)
    yield pa.table(
        {"m": many, "n": rng.integers(0, 3000, 5000), "c": pa.array(rng.integers(0, 2000, 5000)).cast("string")}
    )


@pytest.mark.parametrize("table", list(hard_cases()), ids=["small", "odd", "many"])
def test_what_the_profile_answers_is_what_great_expectations_says(table):
    questions = []
    for name in ANSWERS:
        takes = kinds()[name].arguments
        for given in ARGUMENTS:
            used = {key: value for key, value in given.items() if value is not None}
            if (
                set(used) <= set(takes)
                and {k for k, a in takes.items() if a.required} <= set(used)
                and fits(name, used)
            ):
                questions.append((name, used))
    whole = profiled(table)
    ours = [known(name, whole, used) for name, used in questions]
    answered = [(question, answer) for question, answer in zip(questions, ours, strict=True) if answer]
    asked = [(expectation(name, used), ("m", "n", "c")) for (name, used), _ in answered]
    for (question, answer), other in zip(
        answered, great(asked, lambda columns: table.select(list(columns))), strict=True
    ):
        assert answer.outcome == other.outcome, (question, answer, other)
    assert len(answered) > 60


def fits(name, used):
    limits = [used.get("min_value"), used.get("max_value")]
    if "unique_value_count" in name and any(isinstance(each, float) for each in limits):
        return False
    needs_limits = "min_value" in kinds()[name].arguments
    return not (needs_limits and limits == [None, None]) and not (used["column"] == "c" and needs_limits)


def expectation(name, used):
    from keepfit.config.expectations import asked

    return asked(kinds()[name], used)


def test_a_column_without_any_value_proves_nothing():
    for name, arguments in (
        ("expect_column_values_to_be_in_set", {"value_set": ["x"]}),
        ("expect_column_values_to_match_regex", {"regex": "x"}),
        ("expect_column_values_to_be_unique", {}),
        ("expect_column_mean_to_be_between", {"min_value": 0}),
        ("expect_quantile_to_be_between", {"quantile": 0.5, "min_value": 0}),
    ):
        told = one(TABLE, name, {"column": "empty", **arguments})
        assert (told.outcome, told.observed) == ("fail", "no row has a value")


def test_nan_never_passes():
    told = one(
        pa.table({"n": [float("inf"), float("-inf")]}),
        "expect_column_mean_to_be_between",
        {"column": "n", "min_value": -1e308},
    )
    assert (told.outcome, told.observed) == ("fail", "nan")


def test_what_crashed_says_nothing_and_counts_as_a_fail():
    told = one(TABLE, "expect_column_mean_to_be_between", {"column": "c", "min_value": 1})
    assert told.outcome == "crashed"
    assert told.observed
    (problem,) = stops([told], "u")
    assert "crashed, so it says nothing about the data" in problem.what
    told = one(TABLE, "expect_column_mean_to_be_between", {"column": "c", "min_value": 1, "severity": "hold"})
    assert "crashed" in held([told])[0]


def test_the_severity_says_what_a_fail_does():
    count = "expect_table_row_count_to_be_between"
    told = judge(
        TABLE,
        [{count: {"min_value": 9, "severity": s}} for s in ("stop", "hold", "warn")] + [{count: {"min_value": 8}}],
    )
    assert [each.severity for each in told[:4]] == ["stop", "hold", "warn", "stop"]
    assert [(p.what, p.expected, p.found) for p in stops(told, "u")] == [
        (f"{count} failed", "min_value=9", "4"),
        (f"{count} failed", "min_value=8", "4"),
    ]
    assert held(told) == (f"{count} (min_value=9) failed: 4",)
    assert warned(told) == (f"{count} (min_value=9) failed: 4",)
    fine = judge(TABLE, [{count: {"min_value": 1, "severity": "hold"}}])
    assert ([*stops(fine, "u")], held(fine), warned(fine)) == ([], (), ())


@pytest.mark.parametrize(
    ("rule", "do"),
    [
        ({"expect_table_row_cout_to_be_between": {}}, "did you mean `expect_table_row_count_to_be_between`?"),
        (
            {"expect_column_mean_to_be_between": {"column": "n", "min_valu": 1, "max_value": 2}},
            "did you mean `min_value`?",
        ),
        ({"expect_column_mean_to_be_between": {"column": "okk", "min_value": 1}}, "did you mean `ok`?"),
        ({"expect_column_mean_to_be_between": {"column": "n", "min_value": "much"}}, ""),
    ],
)
def test_a_wrong_expectation_is_a_config_error(rule, do):
    with pytest.raises(ConfigError) as caught:
        judge(TABLE, [{"expect_table_row_count_to_be_between": {"min_value": 1}}, rule])
    (problem,) = caught.value.problems
    assert problem.do == do
    assert problem.where.startswith(f"expectations[1].{next(iter(rule))}")


def test_great_expectations_gets_only_the_columns_that_are_named_and_those_together():
    asked = []
    judge(
        TABLE,
        [
            {"expect_column_values_to_be_unique": {"column": "m"}},
            {"expect_compound_columns_to_be_unique": {"column_list": ["n", "m"]}},
            {"expect_column_values_to_be_increasing": {"column": "m"}},
            {"expect_column_median_to_be_between": {"column": "m", "max_value": 9, "row_condition": 'col("ok") == 1'}},
            {"expect_column_mean_to_be_between": {"column": "n", "min_value": 0}},
        ],
        asked=asked,
    )
    assert asked == [["m"], ["n", "m"], ["m", "ok"]]


def test_more_values_than_a_profile_counts():
    table = pa.table({"id": pa.array(np.arange(5000)).cast("string"), "n": np.arange(5000) * 1.5})
    asked = []
    told = judge(
        table,
        [
            {"expect_share_to_be_between": {"column": "id", "values": ["7", "8", "none"], "min_value": 0.0004}},
            {"expect_column_unique_value_count_to_be_between": {"column": "id", "min_value": 1000}},
            {"expect_column_unique_value_count_to_be_between": {"column": "id", "max_value": 4999}},
            {"expect_quantile_to_be_between": {"column": "n", "quantile": 0.5, "min_value": 3720, "max_value": 3780}},
            {"expect_column_median_to_be_between": {"column": "n", "min_value": 3700, "max_value": 3800}},
            {"expect_column_values_to_be_between": {"column": "n", "min_value": 0, "max_value": 7498.5}},
        ],
        asked=asked,
    )
    assert [each.outcome for each in told] == ["pass", "pass", "fail", "pass", "pass", "pass", "skipped"]
    assert asked == [["id"], ["id"]]  # the share, and the count that the sketch cannot tell from its limit
    assert told[1].observed.startswith("about ")
    assert told[2].observed == "5000"
    assert told[3].observed.endswith("(±0.4% of it)")


def world(rows, *, seed=0, days=(1, 29), month=2, factor=1.0, missing=0.0, colours=("red", "blue")):
    rng = np.random.default_rng(seed)
    start = datetime(2020, month, 1, tzinfo=UTC)
    at = [start + timedelta(days=int(day), hours=int(hour)) for day, hour in
          zip(rng.integers(days[0] - 1, days[1] - 1, rows), rng.integers(0, 24, rows), strict=True)]  # fmt: skip
    return pa.table(
        {
            "id": pa.array(np.arange(rows) + 10_000 * month),
            "at": pa.array(at, pa.timestamp("us", tz="UTC")),
            "size": pa.array(rng.lognormal(3, 1, rows) * factor, mask=rng.random(rows) < missing),
            "temp": rng.normal(60, 15, rows),
            "colour": rng.choice(list(colours), rows),
        }
    )


LIKE = "expect_distribution_like_last_accepted"


def test_nothing_to_compare_with_is_skipped():
    told = judge(world(500), [{LIKE: {"columns": "all"}}, {"expect_rows_like_usual": {"within": 3}}], event_time="at")
    assert [each.outcome for each in told] == ["skipped", "skipped"]
    assert told[0].observed == "nothing to compare with: no data were accepted before"
    assert ([*stops(told, "u")], held(told)) == ([], ())


def test_the_same_distribution_passes():
    told = one(
        world(3000, seed=1), LIKE, {"columns": "all"}, accepted=[accepted(world(3000, month=1))], event_time="at"
    )
    assert (told.outcome, told.severity) == ("pass", "hold")
    assert "of 3 columns" in told.observed  # not the time, not the number that names the row


def test_values_100_times_larger_are_told_with_column_and_ratio():
    before = accepted(world(3000, month=1))
    told = one(world(3000, seed=1, factor=100), LIKE, {"columns": "all"}, accepted=[before], event_time="at")
    assert told.outcome == "fail"
    assert told.observed.startswith("size: values ")
    ratio = float(told.observed.split()[2])
    assert 90 < ratio < 110
    assert "times larger than in the data accepted last" in told.observed
    assert "(median 20.0623 before, 1939.99 now)" in told.observed
    assert "colour" not in told.observed


def test_only_what_has_come_since_is_compared():
    january, february = world(3000, month=1), world(300, seed=1, factor=100)
    both = pa.concat_tables([january, february])
    asked = []
    told = one(both, LIKE, {"column": "size"}, accepted=[accepted(january)], event_time="at", asked=asked)
    assert told.outcome == "fail"
    assert asked == [["at", "size"]]
    told = one(january, LIKE, {"column": "size"}, accepted=[accepted(january)], event_time="at", asked=asked)
    assert (told.outcome, len(asked)) == ("pass", 1)


def test_other_units_missing_values_and_new_categories_are_told():
    before = accepted(world(4000, month=1))
    celsius = world(4000, seed=1)
    celsius = celsius.set_column(3, "temp", pa.array((celsius["temp"].to_numpy() - 32) / 1.8))
    said = one(celsius, LIKE, {"column": "temp"}, accepted=[before], event_time="at").observed
    assert said.startswith("temp: the values of before in another unit, about 0.5556 times and -17.78 (median 59.8")
    said = one(world(4000, missing=0.4), LIKE, {"column": "size"}, accepted=[before], event_time="at").observed
    assert "size: missing in 0.0% before, 39.0% now, PSI" in said
    said = one(
        world(4000, colours=("red", "green")), LIKE, {"column": "colour"}, accepted=[before], event_time="at"
    ).observed
    assert "'blue' in 4" in said or "'green' in 0.0% of the rows before, 5" in said


def test_few_rows_do_not_fail_by_chance():
    before = accepted(world(3000, month=1))
    for seed in range(20):
        told = one(world(30, seed=seed), LIKE, {"columns": "all"}, accepted=[before], event_time="at")
        assert told.outcome == "pass", told.observed


USUAL = "expect_rows_like_usual"


@pytest.mark.parametrize(
    ("rows", "outcome"), [(2800, "pass"), (28_000, "fail"), (280, "fail"), (1000, "pass"), (8000, "pass")]
)
def test_ten_times_or_a_tenth_of_the_usual_rows_is_held_in_every_use_case(rows, outcome):
    told = judge(world(rows), [], accepted=[accepted(world(3000, month=1))], event_time="at")
    assert [(each.name, each.outcome, each.severity) for each in told] == [(USUAL, outcome, "hold")]
    assert len(held(told)) == (outcome == "fail")
    assert not [*stops(told, "u")]


def test_volume_is_that_of_the_days_since_and_days_without_rows_count():
    january = world(3000, month=1)
    whole = pa.concat_tables([january, world(20, days=(27, 28))])
    (told,) = judge(whole, [], accepted=[accepted(january)] * 3, event_time="at")
    assert told.outcome == "fail"
    assert told.observed.startswith("1 rows a day in the last 30 days, ")
    assert told.observed.endswith("(of 3 accepted)")
    assert judge(january, [], accepted=[accepted(january)], event_time="at")[0].outcome == "pass"


def test_volume_without_times_is_that_of_all_rows():
    past = [accepted(pa.table({"n": np.arange(rows)})) for rows in (100, 200, 4000)]
    said = [
        judge(pa.table({"n": np.arange(rows)}), [{USUAL: {"within": 2}}], accepted=past)[0] for rows in (399, 401, 90)
    ]
    assert [each.outcome for each in said] == ["pass", "fail", "fail"]
    assert said[1].observed == "401 rows, 2 times the usual 200 (of 3 accepted)"
    assert said[2].observed == "90 rows, 45.0% of the usual 200 (of 3 accepted)"


def test_freshness_of_the_newest_event():
    newest = MOMENT.as_of - timedelta(days=3)
    assert one(TABLE, "expect_freshness", {"at_most": "3d"}, newest=newest).outcome == "pass"
    assert one(TABLE, "expect_freshness", {"at_most": "2d"}, newest=newest).severity == "hold"
    assert one(TABLE, "expect_freshness", {"at_most": "2d"}).observed == "no row has a value"


ALONE = """
import sys, socket
socket.socket.connect = lambda *a: sys.exit("network")
import pyarrow as pa
from datetime import UTC, datetime
from keepfit.profile import profiled
from keepfit.records import Moment
from keepfit.validate.expectations import judged
table = pa.table({"n": [1, 2]})
moment = Moment(as_of=datetime(2020, 1, 1, tzinfo=UTC), started=datetime(2020, 1, 1, tzinfo=UTC))
def ask(*rules):
    return judged(rules, profiled(table), ["n"], lambda columns: table.select(columns), (), moment, None)
ask({"expect_table_row_count_to_be_between": {"min_value": 1}})
ask({"expect_column_mean_to_be_between": {"column": "n", "min_value": 1}})
print("great_expectations" in sys.modules)
ask({"expect_column_values_to_be_unique": {"column": "n"}})
print("great_expectations" in sys.modules)
"""


def test_great_expectations_is_imported_only_when_needed_and_leaves_nothing_behind(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [sys.executable, "-c", ALONE], env=environment, cwd=home, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.split(), run.stderr) == (0, ["False", "True"], "")
    assert list(home.rglob("*")) == []
