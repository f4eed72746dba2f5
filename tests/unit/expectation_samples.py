"""Arguments of every kind of expectation: some that pass on one small table, some that fail."""

# (name, arguments that pass, arguments that fail, what is seen when they fail)
KINDS = [
    ("expect_table_row_count_to_be_between", {"min_value": 4}, {"min_value": 5}, "4"),
    ("expect_table_row_count_to_equal", {"value": 4}, {"value": 5}, "4"),
    ("expect_column_min_to_be_between", {"column": "n", "min_value": 1}, {"column": "n", "min_value": 2}, "1"),
    (
        "expect_column_max_to_be_between",
        {"column": "at", "max_value": "2020-02-04T00:00:00+00:00"},
        {"column": "at", "max_value": "2020-02-03T23:00:00+00:00"},
        "2020-02-04 00:00:00+00:00",
    ),
    (
        "expect_column_mean_to_be_between",
        {"column": "ok", "max_value": 0.75},
        {"column": "ok", "max_value": 0.7},
        "0.75",
    ),
    ("expect_column_sum_to_be_between", {"column": "m", "min_value": 12}, {"column": "m", "min_value": 13}, "12"),
    ("expect_column_stdev_to_be_between", {"column": "n", "max_value": 1}, {"column": "n", "max_value": 0.9}, "1"),
    ("expect_column_median_to_be_between", {"column": "m", "max_value": 3}, {"column": "m", "max_value": 2.9}, "3"),
    (
        "expect_column_unique_value_count_to_be_between",
        {"column": "c", "max_value": 2},
        {"column": "c", "max_value": 1},
        "2",
    ),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "c", "max_value": 0.7},
        {"column": "c", "max_value": 0.6},
        "0.666667",
    ),
    ("expect_column_values_to_not_be_null", {"column": "c", "mostly": "75%"}, {"column": "c"}, "1 of 4 unexpected"),
    ("expect_column_values_to_be_null", {"column": "empty"}, {"column": "c"}, "3 of 4 unexpected"),
    (
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"column": "c", "max_value": 0.75},
        {"column": "c", "max_value": 0.7},
        "0.75",
    ),
    (
        "expect_column_values_to_be_in_set",
        {"column": "c", "value_set": ["x"], "mostly": 0.6},
        {"column": "c", "value_set": ["x"]},
        "1 of 4 unexpected, such as y",
    ),
    (
        "expect_column_values_to_not_be_in_set",
        {"column": "ok", "value_set": [True], "mostly": 0.25},
        {"column": "ok", "value_set": [True]},
        "3 of 4 unexpected, such as true",
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "m", "min_value": 1.5},
        {"column": "m", "min_value": 1.5, "strict_min": True},
        "1 of 4 unexpected, such as 1.5",
    ),
    (
        "expect_column_distinct_values_to_be_in_set",
        {"column": "c", "value_set": ["x", "y", "z"]},
        {"column": "c", "value_set": ["x"]},
        "1 unexpected, such as y",
    ),
    (
        "expect_column_distinct_values_to_contain_set",
        {"column": "c", "value_set": ["x"]},
        {"column": "c", "value_set": ["x", "z"]},
        "1 unexpected, such as y; 1 absent, such as z",
    ),
    (
        "expect_column_distinct_values_to_equal_set",
        {"column": "n", "value_set": [1, 2, 3]},
        {"column": "n", "value_set": ["1", "2", "3"]},
        "3 unexpected, such as 1, 2, 3; 3 absent, such as 1, 2, 3",
    ),
    (
        "expect_column_most_common_value_to_be_in_set",
        {"column": "c", "value_set": ["x"]},
        {"column": "c", "value_set": ["y"]},
        "x (2 rows each)",
    ),
    # Great Expectations itself
    (
        "expect_column_kl_divergence_to_be_less_than",
        {"column": "c", "threshold": 0.1, "partition_object": {"values": ["x", "y"], "weights": [0.5, 0.5]}},
        {"column": "c", "threshold": 0.01, "partition_object": {"values": ["x", "y"], "weights": [0.5, 0.5]}},
        "0.0566",
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "m", "column_B": "n", "mostly": 0.7},
        {"column_A": "n", "column_B": "m"},
        "4 of 4",
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "c", "column_B": "c"},
        {"column_A": "c", "column_B": "j"},
        "3 of 4",
    ),
    (
        "expect_column_pair_values_to_be_in_set",
        {"column_A": "c", "column_B": "j", "value_pairs_set": [["x", "{}"], ["y", "[]"], ["x", "x"]], "mostly": 0.7},
        {"column_A": "c", "column_B": "j", "value_pairs_set": [["x", "{}"]]},
        "3 of 4",
    ),
    (
        "expect_column_value_lengths_to_be_between",
        {"column": "c", "max_value": 1},
        {"column": "day", "min_value": 2},
        "1 of 4",
    ),
    ("expect_column_value_lengths_to_equal", {"column": "c", "value": 1}, {"column": "day", "value": 10}, "1 of 4"),
    (
        "expect_column_value_z_scores_to_be_less_than",
        {"column": "m", "threshold": 3, "double_sided": True},
        {"column": "m", "threshold": 1, "double_sided": True},
        "2 of 4",
    ),
    ("expect_column_values_to_be_dateutil_parseable", {"column": "day", "mostly": 0.6}, {"column": "day"}, "1 of 4"),
    ("expect_column_values_to_be_increasing", {"column": "m", "strictly": True}, {"column": "down"}, "3 of 4"),
    ("expect_column_values_to_be_decreasing", {"column": "n", "mostly": 0.3}, {"column": "m"}, "3 of 4"),
    ("expect_column_values_to_be_json_parseable", {"column": "j", "mostly": 0.7}, {"column": "j"}, "1 of 4"),
    (
        "expect_column_values_to_match_json_schema",
        {"column": "j", "json_schema": {}, "row_condition": 'col("j") != "x"'},
        {"column": "j", "json_schema": {"type": "object"}, "row_condition": 'col("j") != "x"'},
        "2 of 3",
    ),
    ("expect_column_values_to_be_unique", {"column": "m"}, {"column": "c"}, "2 of 4"),
    ("expect_column_values_to_match_regex", {"column": "c", "regex": "[xy]"}, {"column": "c", "regex": "y"}, "2 of 4"),
    (
        "expect_column_values_to_match_regex_list",
        {"column": "c", "regex_list": ["x", "y"]},
        {"column": "c", "regex_list": ["y"]},
        "2 of 4",
    ),
    ("expect_column_values_to_not_match_regex", {"column": "c", "regex": "q"}, {"column": "c", "regex": "y"}, "1 of 4"),
    (
        "expect_column_values_to_not_match_regex_list",
        {"column": "c", "regex_list": ["q"]},
        {"column": "c", "regex_list": ["y"]},
        "1 of 4",
    ),
    (
        "expect_column_values_to_match_strftime_format",
        {"column": "day", "strftime_format": "%Y-%m-%d", "mostly": 0.6},
        {"column": "day", "strftime_format": "%Y"},
        "3 of 4",
    ),
    (
        "expect_column_values_to_not_be_outliers",
        {"column": "m"},
        {"column": "m", "method": "std", "multiplier": 1},
        "2 of 4",
    ),
    ("expect_compound_columns_to_be_unique", {"column_list": ["n", "m"]}, {"column_list": ["c", "ok"]}, "2 of 4"),
    (
        "expect_multicolumn_sum_to_equal",
        {"column_list": ["m", "m"], "sum_total": 3, "mostly": 0.25},
        {"column_list": ["m", "m"], "sum_total": 3},
        "3 of 4",
    ),
    ("expect_multicolumn_values_to_be_equal", {"column_list": ["m", "m"]}, {"column_list": ["n", "m"]}, "4 of 4"),
    (
        "expect_select_column_values_to_be_unique_within_record",
        {"column_list": ["n", "m"]},
        {"column_list": ["m", "m"]},
        "4 of 4",
    ),
    # ours
    (
        "expect_quantile_to_be_between",
        {"column": "m", "quantile": 0.5, "max_value": 2.5},
        {"column": "m", "quantile": "50%", "min_value": 3},
        "2.5",
    ),
    (
        "expect_share_to_be_between",
        {"column": "c", "values": ["x"], "min_value": 0.5},
        {"column": "c", "values": ["x"], "max_value": "20%"},
        "50.0000% (2 of 4 rows)",
    ),
    (
        "expect_share_to_be_between",
        {"column": "c", "missing": True, "max_value": 0.25},
        {"column": "c", "missing": True, "max_value": 0.2},
        "25.0000% (1 of 4 rows)",
    ),
    (
        "expect_freshness",
        {"column": "at", "at_most": "26d"},
        {"column": "at", "at_most": "25d"},
        "the newest is 2020-02-04 00:00 UTC, 26 d 0 h old",
    ),
]


LIMITS = ((0, 1), (-9, 1e12), (None, 0), (1.5, None), (0, 2000), (0.2, 0.4))
SETS = (("m", [0, 1, 1.5, 4.5]), ("n", [1, 2, 3]), ("c", ["x"]), ("c", ["x", "y", "z"]), ("c", [1]))
# Every combination is asked of every kind that takes it.
ARGUMENTS = [
    *(
        {"column": column, "min_value": low, "max_value": high, **strict}
        for column in ("m", "n")
        for low, high in LIMITS
        for strict in ({}, {"strict_min": True, "strict_max": True})
    ),
    *(
        {"column": column, "value_set": values, **more}
        for column, values in SETS
        for more in ({}, {"mostly": 0.3}, {"ties_okay": True})
    ),
    *({"column": column, "mostly": mostly} for column in ("m", "n", "c") for mostly in (0, 0.2, 0.75, 1)),
]
