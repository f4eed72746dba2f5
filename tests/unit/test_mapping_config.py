"""A mapping is judged when the YAML is read: what contradicts itself or the contract is refused with its place."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from keepfit.config import understand
from keepfit.errors import ConfigError

HEAD = """\
name: small
description: a small table
owner: us
task: binary
data:
  timezone: America/New_York
  sources:
    items:
      kind: files
      path: data/*.csv
      columns: {weight: float}
      mapping:
"""
TAIL = """\
  key: [id]
  event_time: at
  label: {column: late}
contract:
  columns:
    size: {type: float, unit: mile}
    count: {type: int}
    price: {type: float}
    colour: {type: category}
    late: {type: bool}
features: {size: number}
split: {by: time, holdout: 7d}
train: {candidates: [logistic_regression]}
gates: [{metric: roc_auc, at_least: 0.6}]
"""


def load(mapping, head=HEAD, tail=TAIL):
    text = head + indent(dedent(mapping).strip("\n"), " " * 8) + "\n" + tail
    return understand(text.encode(), Path("small.yaml"), {}).use_case


def refused(mapping, **parts):
    with pytest.raises(ConfigError) as caught:
        load(mapping, **parts)
    return caught.value.problems


def test_a_mapping_with_everything_in_it_is_taken():
    case = load(
        """
        - columns: {size: {unit: mile}}
        - from: 2013-07-01
          columns:
            at: {alias: departure, format: ["%d.%m.%Y %H:%M", iso], timezone: Europe/Berlin}
            size: {alias: dist_km, unit: km, decimal: ",", thousands: "."}
            colour: {codes: {"9": red, b: blue}, unknown: keep, trim: true}
            late: {codes: {"Y": true, "N": false}, unknown: refuse}
            count: {default: 0, nulls: ["-", n/a]}
            weight: {unit: g, to: kg}
        - from: 2014-01-01T00:00Z
          columns:
            at: {format: "%d/%m/%y", years_from: 1970}
        """
    )
    first, second, third = case.data.sources["items"].mapping
    assert (first.from_, second.from_.isoformat(), third.columns["at"].years_from) == (
        None,
        "2013-07-01T00:00:00",
        1970,
    )
    assert second.columns["at"].format == ("%d.%m.%Y %H:%M", "iso")
    assert third.columns["at"].format == ("%d/%m/%y",)


# (the mapping; the path of the problem below it; what the message says)
WRONG = {
    "unknown key": ("- colums: {size: {unit: km}}", "[0].colums", "did you mean `columns`?"),
    "unknown field": ("- columns: {size: {units: km}}", "size.units", "did you mean `unit`?"),
    "misspelt from": ("- {form: 2013-07-01, columns: {size: {unit: km}}}", "[0].form", "did you mean `from`?"),
    "no day": ("- {from: July, columns: {size: {unit: km}}}", "[0].from", "a day such as 2013-07-01"),
    "second without from": (
        "- columns: {size: {unit: km}}\n- columns: {size: {unit: km}}",
        "[1]",
        "does not say from when on",
    ),
    "not in order": (
        "- {from: 2013-07-01, columns: {size: {unit: km}}}\n- {from: 2013-07-01, columns: {size: {unit: km}}}",
        "[1].from",
        "not in the order",
    ),
    "in order only without zones": (
        "- {from: 2013-07-01T01:00, columns: {size: {unit: km}}}\n"
        "- {from: 2013-07-01T03:00Z, columns: {size: {unit: km}}}",
        "[1].from",
        "not in the order",
    ),
    "unknown column": ("- columns: {siez: {unit: km}}", "siez", "did you mean `size`?"),
    "our own name": ("- columns: {size: {alias: _row}}", "size", "a name that Keepfit needs itself"),
    "alias twice": ("- columns: {size: {alias: x}, price: {alias: x}}", "price.alias", "`size` and `price`"),
    "alias of a declared one": ("- columns: {size: {alias: price}}", "size.alias", "`price` of the source becomes two"),
    "format on a number": ("- columns: {size: {format: iso}}", "size.format", "whose type is float"),
    "zone on a text": ("- columns: {colour: {timezone: UTC}}", "colour.timezone", "whose type is category"),
    "decimal on a text": ("- columns: {colour: {decimal: ','}}", "colour.decimal", "of type int or float"),
    "unit on a time": ("- columns: {at: {unit: km}}", "at.unit", "whose type is time"),
    "one mark": ("- columns: {size: {decimal: ',', thousands: ','}}", "size.thousands", "the same mark"),
    "another mark": ("- columns: {size: {decimal: ';'}}", "size.decimal", "none of the words allowed"),
    "code of another type": ('- columns: {late: {codes: {"Y": 1}}}', "late.codes.Y", "true or false"),
    "code for a category": ('- columns: {colour: {codes: {"9": 9}}}', "codes", "in quotes if need be: '9'"),
    "code that is no whole number": ("- columns: {count: {codes: {x: 1.5}}}", "count.codes.x", "a whole number"),
    "unknown of another type": ("- columns: {count: {codes: {x: 1}, unknown: all}}", "count.unknown", "a whole number"),
    "unknown without codes": ("- columns: {count: {unknown: keep}}", "count.unknown", "stands without `codes`"),
    "default of another type": ("- columns: {count: {default: none}}", "count.default", "a whole number"),
    "default for the event time": ("- columns: {at: {default: 2013-01-01}}", "at.default", "nobody observed"),
    "default for the label": ("- columns: {late: {default: false}}", "late.default", "nobody observed"),
    "no format": ("- columns: {at: {format: '%d.%m'}}", "at.format", "one year"),
    "format twice": ("- columns: {at: {format: [iso, iso]}}", "at.format[1]", "stands twice"),
    "two digits": ("- columns: {at: {format: '%d.%m.%y'}}", "at.format", "years_from: 1970"),
    "four digits and a start": ("- columns: {at: {years_from: 1970}}", "at.years_from", "stands without `%y`"),
    "unknown zone": ("- columns: {at: {timezone: Europe/Berln}}", "at.timezone", "did you mean `Europe/Berlin`?"),
    "unknown unit": ("- columns: {size: {unit: klometre}}", "size.unit", "did you mean `kilometre`?"),
    "another dimension": ("- columns: {size: {unit: kg}}", "size.unit", "`kg` is a unit of mass, `mile` of length"),
    "no unit in the contract": ("- columns: {price: {unit: km}}", "price.unit", "`contract.columns.price`"),
    "no unit to convert to": ("- columns: {weight: {unit: kg}}", "weight.unit", "{unit: kg, to: …}"),
    "another unit than the contract's": (
        "- columns: {size: {unit: km, to: m}}",
        "size.to",
        "the contract has the unit",
    ),
    "to alone": ("- columns: {weight: {to: kg}}", "weight.to", "`to` stands without `unit`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_place(case):
    mapping, path, message = WRONG[case]
    (problem,) = refused(mapping)
    assert path in problem.where
    assert problem.where.split(" ")[0].startswith("small.yaml:")
    assert message in str(problem)


def test_without_an_event_time_there_are_no_periods():
    tail = TAIL.replace("  event_time: at\n", "").replace("by: time, holdout: 7d", "by: key, holdout: 20%")
    (problem,) = refused("- {from: 2013-07-01, columns: {size: {unit: km}}}", tail=tail)
    assert "needs `data.event_time`" in problem.what
    load("- columns: {size: {unit: km}}", tail=tail)


def test_a_column_that_only_the_query_knows_needs_a_type_for_what_depends_on_it():
    query = "  query: select i.*, i.gust > 10 as windy from items i\n"
    load("- columns: {gust: {alias: boe, nulls: ['-']}}", tail=query + TAIL)
    (problem,) = refused("- columns: {gust: {decimal: ','}}", tail=query + TAIL)
    assert "whose type nothing declares" in problem.what
    assert "data.sources.items.columns" in problem.do
