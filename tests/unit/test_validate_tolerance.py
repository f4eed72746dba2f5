"""How many rows may break what: overall, by column, by rule; and how it is told."""

import pytest
from contract_world import DAY, Table, placed, row, use_case

SIZE = {"type": "float", "min": 0, "max": 10}
MANY = 200


@pytest.fixture
def table(tmp_path):
    return Table(tmp_path)


def rows(*odd):
    """Two hundred sound rows, the first of which are replaced by what is given."""
    plain = {"size": 1.0, "a": 1, "b": 2}
    return placed(row(number, **{**plain, **(odd[number] if number < len(odd) else {})}) for number in range(MANY))


def case(most="10%", size=None, rules=()):
    columns = {"size": {**SIZE, **(size or {})}, "a": {"type": "int"}, "b": {"type": "int", "nullable": True}}
    return use_case(columns, rules, quarantine_at_most=most)


def problem(judged):
    return judged.error.problems[0] if judged.error else None


@pytest.mark.parametrize(
    ("most", "size", "told"),
    [
        ("2%", {}, None),
        ("1.9%", {}, "at most 1.90% of 200 rows"),
        ("10%", {"quarantine_at_most": "2%"}, None),
        ("10%", {"quarantine_at_most": "1.9%"}, "1.90% by “any rule of size”"),
        ("10%", {"quarantine_at_most": {"min": "1%"}}, None),
        ("10%", {"quarantine_at_most": {"min": "0.9%"}}, "0.90% by “size: at least 0”"),
        ("10%", {"quarantine_at_most": {"max": "0.9%", "min": "1%"}}, "0.90% by “size: at most 10”"),
        ("10%", {"quarantine_at_most": {"nullable": "0%"}}, None),
    ],
)
def test_each_share_is_held_for_itself(table, most, size, told):
    found = problem(
        table.judged(case(most, size), rows({"size": -1.0}, {"size": -2.0}, {"size": 11.0}, {"size": 99.0}))
    )
    if told is None:
        assert found is None
    else:
        assert found.what == "too many rows break the contract"
        assert told in found.expected


def test_a_row_that_breaks_several_rules_of_a_column_is_one_row(table):
    code = {"type": "text", "min_length": 2, "matches": "[a-z]+", "quarantine_at_most": "10%"}
    judged = use_case({"code": code}, quarantine_at_most="10%")

    def of(*codes):
        return placed(row(number, code=each) for number, each in enumerate([*codes, *["abc"] * (20 - len(codes))]))

    found = table.judged(judged, of("1", "2"))
    assert problem(found) is None
    assert [each.rows for each in found.record.broken] == [2, 2]
    assert problem(table.judged(judged, of("1", "2", "33"))) is not None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"compare": ["a", "<", "b"]}, "a < b"),
        ({"together": ["size", "b"]}, "size, b together or not at all"),
        ({"unique": ["a", "b", "size"]}, "other rows have this a, b, size"),
    ],
)
def test_a_rule_across_columns_has_a_share_of_its_own(table, rule, words):
    odd = {"a": 9, "b": 8} if "compare" in rule else {"b": None}
    odds = [odd, odd] if "unique" not in rule else []
    judged = case("100%", rules=[{**rule, "quarantine_at_most": "0.5%"}])
    found = problem(table.judged(judged, rows(*odds)))
    assert f"0.50% by “{words}”" in found.expected
    left = problem(table.judged(case("100%", rules=[rule]), rows(*odds)))
    assert left is None or "no row is left" in left.what


def test_what_readers_refused_counts_for_its_column_and_for_the_whole(table):
    refused = [
        {"_file": "a.csv", "_row": 900, "_time": DAY, "_reasons": ["size: 'x' is not a number"], "_raw": "{}"},
        {"_file": "a.csv", "_row": 901, "_time": None, "_reasons": ["expected 5 fields, found 4"], "_raw": "a,b"},
    ]
    found = table.judged(case(size={"quarantine_at_most": {"type": "0.4%"}}), rows(), refused=refused)
    assert problem(found).expected.endswith("0.40% by “size: not of the declared type”")
    assert {(each.column, each.rule): each.examples for each in found.record.broken} == {
        ("size", "not of the declared type"): ("'x' is not a number (a.csv, row 900)",),
        (None, "cannot be read as a row"): ("expected 5 fields, found 4 (a.csv, row 901)",),
    }
    assert [each["_raw"] for each in found.quarantine()] == ["{}", "a,b"]
    assert found.record.rows.total == MANY + 2


def test_the_error_names_the_worst_rules_with_rows_and_says_what_to_do(table):
    found = problem(table.judged(case("0.5%"), rows({"size": 99.0}, {"size": 98.0}, {"size": -1.0})))
    assert found.found == (
        "3 rows (1.50%): size at most 10: 2 (1.00%), such as 99.0 (a.csv, row 1), 98.0 (a.csv, row 2); "
        "size at least 0: 1 (0.50%), such as -1.0 (a.csv, row 3)"
    )
    assert found.where == "contract.quarantine_at_most"
    assert found.do.startswith("`keepfit quarantine list small` shows them")


def test_unseen_values_are_kept_with_a_warning_up_to_their_share(table):
    colour = {"type": "category", "values": ["red", "blue"], "nullable": True, "unseen_at_most": "10%"}
    judged = use_case({"colour": colour}, quarantine_at_most="20%")

    def of(unseen, missing):
        colours = ["mauve", "green", "green"][:unseen] + [None] * missing
        return placed(
            row(number, colour=colours[number] if number < len(colours) else "red") for number in range(20 + missing)
        )

    few = table.judged(judged, of(2, 0), [3, 11])
    assert few.record.rows.quarantined == 0
    assert few.validated.warnings == (
        "colour: 2 rows (10.00%, at most 10.00%) have a value that the contract does not list: green, mauve",
    )
    # Rows without a value do not make the share smaller.
    many = table.judged(judged, of(3, 15), [3, 11])
    assert many.reasons() == {("a.csv", place): {"colour: one of red, blue"} for place in (1, 2, 3)}
    assert table.judged(judged, of(0, 0)).validated.warnings == ()


def test_examples_of_rules_across_columns_show_the_values_that_clash(table):
    rules = [{"compare": ["a", "<", "b"]}, {"together": ["size", "b"]}]
    twice = [{**row(9, size=1.0, a=0, b=3), "_file": "b.csv", "_row": 1}]
    found = table.judged(case(rules=rules), [*rows({"a": 5}, {"b": None}), *twice])
    assert {each.rule: each.examples for each in found.record.broken} == {
        "a < b": ("a 5 b 2 (a.csv, row 1)",),
        "size, b together or not at all": ("size 1.0 b missing (a.csv, row 2)",),
        "the key stands on other rows with other values": ("id r0009 (a.csv, row 10)", "id r0009 (b.csv, row 1)"),
    }
