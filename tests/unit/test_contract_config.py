"""The contract in the YAML: what may be written, and what is refused with its place."""

from pathlib import Path

import pytest

from keepfit.config import understand
from keepfit.errors import ConfigError

FLIGHTS = Path(__file__).with_name("flight_delay.yaml").read_text()
COLUMNS = """    sched_dep:  {type: time}
    sched_arr:  {type: time}
    dep_time:   {type: time, nullable: true}
    cancelled:  {type: category, values: ["yes", "no"]}
    air:        {type: float, nullable: true}
    taxi:       {type: int, nullable: true}
    code:       {type: text, nullable: true}
    sunday:     {type: bool}
"""


def contract(*rules, columns="", tolerance="1%"):
    text = FLIGHTS.replace("  quarantine_at_most: 1%", f"{COLUMNS}{columns}  quarantine_at_most: {tolerance}")
    listed = "".join(f"    - {rule}\n" for rule in rules)
    return text.replace("expectations:", f"  rules:\n{listed}expectations:") if rules else text


def understood(text):
    return understand(text.encode(), Path("a.yaml"), {}).use_case.contract


def refusals(*rules, **more):
    with pytest.raises(ConfigError) as caught:
        understood(contract(*rules, **more))
    return [(problem.where.split(" ")[-1], problem.what) for problem in caught.value.problems]


def test_every_kind_of_rule_is_understood():
    rules = understood(
        contract(
            '{compare: [sched_dep, "<=", sched_arr], quarantine_at_most: 0.5%}',
            "{sum: [air, taxi], equals: distance, within: 0.01}",
            "{together: [air, taxi]}",
            "{at_least_one: [dep_time, code]}",
            "{when: {cancelled: [yes], taxi: {min: 1}}, then: {dep_time: missing}}",
            "{unique: [origin, carrier, sched_dep]}",
        )
    ).rules
    assert [type(rule).__name__ for rule in rules] == ["Compare", "Sum", "Together", "AtLeastOne", "When", "Unique"]
    assert rules[0].quarantine_at_most == 0.005
    assert rules[4].then["dep_time"].missing is True
    assert rules[4].when["cancelled"].values == ("yes",)


@pytest.mark.parametrize(
    ("rule", "where", "what"),
    [
        ('{compare: [sched_dep, "<=", sched_ar]}', "compare[2]", "which is not declared"),
        ('{compare: [sched_dep, "<=", taxi]}', "compare", "`sched_dep` (time) and `taxi` (int) cannot be compared"),
        ('{compare: [cancelled, "<=", code]}', "compare", "cannot be compared by <="),
        ('{compare: [taxi, "=<", air]}', "compare", "no operator `=<`"),
        ("{compare: [taxi, air]}", "compare", "not a comparison"),
        ('{compare: [taxi, "<", taxi]}', "compare[2]", "names the column `taxi` twice"),
        ('{compare: [late, "==", sunday]}', "compare[0]", "about the label `late`"),
        ("{when: {late: [x]}, then: {code: present}}", "when.late", "about the label `late`"),
        ("{unique: [late, code]}", "unique[0]", "about the label `late`"),
        ("{sum: [air, code], equals: distance}", "sum[1]", "cannot be added"),
        ("{sum: [air, taxi], equals: distance, within: -1}", "within", "not what it should be"),
        ("{together: [air, code], at_most: 1%}", "at_most", "unknown key `at_most`"),
        ("{together: [air]}", "together", "not what it should be"),
        ("{together: [sunday, cancelled]}", "together", "none of its columns may be missing"),
        ("{at_least_one: [air, sunday]}", "at_least_one", "one of its columns is never missing"),
        ("{unique: [flight_id, code]}", "unique", "`data.key` is unique already"),
        ("{when: {cancelled: [1]}, then: {code: present}}", "when.cancelled", "a column of type category cannot have"),
        ("{when: {sunday: [1]}, then: {code: present}}", "when.sunday", "a column of type bool cannot have"),
        ("{when: {taxi: [true]}, then: {code: present}}", "when.taxi", "a column of type int cannot have"),
        ("{when: {dep_time: [x]}, then: {code: present}}", "when.dep_time", "a column of type time cannot have"),
        ("{when: {code: present}, then: {sunday: missing}}", "then.sunday", "quarantines rows that lack it"),
        ("{when: {code: {min: 3}}, then: {taxi: present}}", "when.code.min", "`min` on a column whose `type` is text"),
        ("{when: {taxi: {min: 3, max: 1}}, then: {code: present}}", "when.taxi", "is above"),
        ("{when: {taxi: {missing: true, min: 1}}, then: {code: present}}", "when.taxi", "missing and also something"),
        ("{when: {taxi: {missing: null}}, then: {code: present}}", "when.taxi", "says nothing"),
        ("{when: {taxi: there}, then: {code: present}}", "when.taxi", "not a condition"),
        ("{when: {taxi: present}}", "then", "is missing"),
        ("{order: [a, b]}", "", "the rule does not say what it asks"),
        ("{together: [air, taxi], quarantine_at_most: 2%}", "quarantine_at_most", "is above `contract.quarantine"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_at_its_place(rule, where, what):
    (found,) = refusals(rule)
    assert found[0] == f"contract.rules[0].{where}".rstrip(".")
    assert what in found[1]


def test_a_rule_that_stands_twice_is_refused_whatever_its_share():
    (found,) = refusals("{together: [air, taxi]}", "{together: [air, taxi], quarantine_at_most: 0%}")
    assert found == ("contract.rules[1]", "the rule stands twice")


@pytest.mark.parametrize(
    ("column", "where", "what"),
    [
        ("{type: text, matches: '(?=x)'}", "matches", "not a regular expression that RE2 understands"),
        ("{type: text, matches: 'a)(b'}", "matches", "not a regular expression that RE2 understands"),
        ("{type: int, matches: x}", "matches", "`matches` stands on a column whose `type` is int"),
        ("{type: text, min_length: 3, max_length: 2}", "min_length", "is above"),
        ("{type: float, max_length: 2}", "max_length", "stands on a column whose `type` is float"),
        ("{type: category, unseen_at_most: 1%}", "unseen_at_most", "without `values`"),
        (
            "{type: float, min: 0, quarantine_at_most: 3%}",
            "quarantine_at_most",
            "is above `contract.quarantine_at_most`",
        ),
        ("{type: float, min: 0, quarantine_at_most: {max: 0.1%}}", "quarantine_at_most.max", "does not ask for"),
        (
            "{type: float, nullable: true, quarantine_at_most: {nullable: 0%}}",
            "quarantine_at_most.nullable",
            "does not",
        ),
    ],
)
def test_a_column_that_cannot_be_meant_is_refused_at_its_place(column, where, what):
    (found,) = refusals(columns=f"    odd: {column}\n")
    assert found[0] == f"contract.columns.odd.{where}"
    assert what in found[1]


def test_a_share_for_a_column_is_that_of_all_its_rules_or_of_each_by_its_key():
    columns = """    one: {type: float, min: 0, quarantine_at_most: 0.5%}
    two: {type: float, min: 0, quarantine_at_most: {all: 1%, min: 0.1%, type: 0%}}
"""
    found = understood(contract(columns=columns)).columns
    assert found["one"].quarantine_at_most.all == 0.005
    two = found["two"].quarantine_at_most
    assert (two.all, two.min, two.type, two.nullable) == (0.01, 0.001, 0.0, None)
