"""What the installed Great Expectations offers, as the table that `keepfit check` reads: prints it, a test compares.

An argument is what it takes; `!` where it cannot be left out.

    python tests/unit/offered_expectations.py > keepfit/config/great_expectations.json
"""

import datetime
import json
import os
import sys
import types
import typing
import warnings

# Not for a YAML: identity, notes, what Great Expectations itself should do with a result, metadata of the library.
UNUSED = {
    *("id", "meta", "notes", "description", "rendered_content", "batch_id", "windows", "catch_exceptions", "severity"),
    *("result_format", "condition_parser", "library_metadata"),
}
BY_NAME = {
    "column": "column",
    "column_A": "column",
    "column_B": "column",
    "column_list": "columns",
    "row_condition": "condition",
    "mostly": "share",
    "regex": "regex",
    "regex_list": "regexes",
    "value_pairs_set": "pairs",
}


def table():
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations.expectations as offered

        kinds = {name: getattr(offered, name) for name in dir(offered) if name.startswith("Expect")}
    del kinds["Expectation"]
    return {snake(name): arguments(kind) for name, kind in kinds.items()}


def arguments(kind):
    fields = [field for field in kind.__fields__.values() if field.name not in UNUSED]
    return {field.name: f"{word(field)}{'!' if field.required else ''}" for field in fields}


def word(field):
    if field.name in BY_NAME:
        return BY_NAME[field.name]
    options = [each for each in flat(field.outer_type_) if each not in (dict, type(None))]
    literals = [
        value for each in options if typing.get_origin(each) is typing.Literal for value in typing.get_args(each)
    ]
    if literals:
        return "|".join(literals)
    if datetime.datetime in options:
        return "limit" if float in options else "whole"
    if any(getattr(each, "__name__", "") == "ConstrainedFloatValue" for each in options):
        (bound,) = [each for each in options if hasattr(each, "ge")]
        return "share" if bound.le == 1 else "number"
    return next((said for kinds, said in PLAIN if any(plain(each) in kinds for each in options)), "mapping")


PLAIN = (
    ({bool}, "flag"),
    ({int}, "whole"),
    ({float}, "number"),
    ({str}, "text"),
    ({list, tuple, set}, "values"),
)


def plain(option):
    return typing.get_origin(option) or option


def flat(annotation):
    if typing.get_origin(annotation) is typing.Annotated:
        return flat(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [inner for option in typing.get_args(annotation) for inner in flat(option)]
    return [annotation]


def snake(name):
    """As Great Expectations writes it in its results: KLDivergence is kl_divergence."""
    return "".join(f"_{c}" if begins_word(name, at) else c for at, c in enumerate(name)).lower()


def begins_word(name, at):
    after = name[at + 1 : at + 2]
    return at > 0 and name[at].isupper() and (name[at - 1].islower() or after.islower())


def text():
    return json.dumps(table(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
