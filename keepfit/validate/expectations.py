"""What the table as a whole must satisfy, said by Great Expectations; it is imported only if a use case asks for any.

Four things are told apart: an expectation that does not exist or has wrong arguments (ConfigError), one that crashed
and so says nothing (DataError), one that failed (DataError), one that passed. Nothing is sent or stored anywhere.
"""

import difflib
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keepfit.errors import ConfigError, DataError, Problem
from keepfit.records import Expectation

if TYPE_CHECKING:
    import pyarrow as pa

Rules = Sequence[Mapping[str, Mapping[str, Any]]]
_NOTHING = {"nan", "None", "NaT", "<NA>"}
_DID = "trained nothing; the champion stays"


def expectations(table: "pa.Table", rules: Rules) -> tuple[Expectation, ...]:
    """All expectations on the table, in the order of the YAML; every one of them passed.

    Raises
    ------
    ConfigError
        There is no such expectation, or its arguments are wrong.
    DataError
        One or more failed, or crashed; all of them are named.
    """
    if not rules:
        return ()
    with warnings.catch_warnings():
        # Deprecations inside Great Expectations and what it imports: nobody here can act on them.
        warnings.simplefilter("ignore")
        asked = understood(rules, table.column_names)
        results = _results(table, asked)
    texts = [_arguments(rule) for rule in rules]
    told = [_told(result, text) for result, text in zip(results, texts, strict=True)]
    problems = [
        *(_crash(result, text) for result, text in zip(results, texts, strict=True) if crashes(result.exception_info)),
        *(_failure(each) for each in told if each.outcome == "fail"),
    ]
    if problems:
        raise DataError(*problems)
    return tuple(told)


def understood(rules: Rules, columns: Sequence[str]) -> list[Any]:
    """The expectations as objects of Great Expectations.

    Raises
    ------
    ConfigError
        There is no such expectation or column, or an argument is wrong.
    """
    # Read once at import: without it every process would report to a server.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations.expectations as offered

    known = {_snake(name): getattr(offered, name) for name in dir(offered) if name.startswith("Expect")}
    asked: list[Any] = []
    problems: list[Problem] = []
    for number, rule in enumerate(rules):
        for name, arguments in rule.items():
            try:
                asked.append(_one(known, name, arguments, columns, number))
            except ConfigError as error:
                problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return asked


def _one(known: Mapping[str, Any], name: str, arguments: Mapping[str, Any], columns: Sequence[str], number: int) -> Any:
    from pydantic.v1 import ValidationError

    where = f"expectations[{number}].{name}"
    if name not in known:
        what = "there is no such expectation"
        raise ConfigError(Problem(what, where, "an expectation of Great Expectations", name, do=_meant(name, known)))
    column = arguments.get("column")
    if column is not None and column not in columns:
        what = "an expectation on a column that the contract does not have"
        raise ConfigError(Problem(what, where, ", ".join(columns), str(column), do=_meant(str(column), columns)))
    try:
        return known[name](**arguments, meta={"number": number})
    except (ValidationError, TypeError) as error:
        raise ConfigError(_wrong_arguments(known[name], error, where)) from error


def _wrong_arguments(kind: Any, error: Exception, where: str) -> Problem:
    inherited = {"id", "meta", "notes", "description", "rendered_content", "batch_id", "windows", "catch_exceptions"}
    offered = [name for name in kind.__fields__ if name not in inherited]
    raw = error.errors() if hasattr(error, "errors") else [{"loc": (), "msg": str(error)}]
    found = "; ".join(dict.fromkeys(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in raw))
    wrong = [str(each["loc"][0]) for each in raw if each["loc"] and each["loc"][0] not in offered]
    return Problem(
        "an expectation has wrong arguments",
        where,
        ", ".join(offered),
        found,
        do=_meant(wrong[0], offered) if wrong else "",
    )


def _meant(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def _snake(name: str) -> str:
    """The name as the YAML writes it.

    >>> _snake("ExpectTableRowCountToBeBetween"), _snake("ExpectColumnKLDivergenceToBeLessThan")
    ('expect_table_row_count_to_be_between', 'expect_column_kl_divergence_to_be_less_than')
    """
    spaced = (f"_{letter}" if _begins_word(name, at) else letter for at, letter in enumerate(name))
    return "".join(spaced).lower()


def _begins_word(name: str, at: int) -> bool:
    after = name[at + 1 : at + 2]
    return at > 0 and name[at].isupper() and (name[at - 1].islower() or after.islower())


def _results(table: "pa.Table", asked: list[Any]) -> list[Any]:
    """What Great Expectations says, in the order asked (it answers in an order of its own)."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    # Its own dtype for every column, and only columns that an expectation names: a copy of the table is dear.
    data = table.select(_named(asked, table.column_names)).to_pandas()
    # Without a configuration it would make a folder for documents.
    memory = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=memory))
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("keepfit").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": data})
    suite = gx.ExpectationSuite("keepfit", expectations=asked)
    answers = batch.validate(suite).results
    return sorted(answers, key=lambda each: each.expectation_config.meta["number"])


def _named(asked: list[Any], columns: Sequence[str]) -> list[str]:
    """The columns that the expectations are about; all where one is about the columns themselves or the whole row."""
    if any("table_column" in _snake(type(each).__name__) or getattr(each, "row_condition", None) for each in asked):
        return list(columns)
    words = json.dumps([each.configuration.kwargs for each in asked], default=str)
    return [name for name in columns if json.dumps(name) in words] or list(columns[:1])


def crashes(info: Any) -> tuple[str, ...]:
    """What was raised inside an expectation: it reports that at the top, or one level down by metric."""
    if not isinstance(info, Mapping):
        return ()
    if "raised_exception" in info:
        return (str(info.get("exception_message")),) if info["raised_exception"] else ()
    return tuple(message for nested in info.values() for message in crashes(nested))


def _arguments(rule: Mapping[str, Mapping[str, Any]]) -> str:
    return "; ".join(f"{name}={value}" for arguments in rule.values() for name, value in arguments.items())


def _told(result: Any, expected: str) -> Expectation:
    outcome = "pass" if result.success is True else "fail"
    if crashes(result.exception_info):
        outcome = "crashed"
    return Expectation(
        name=result.expectation_config.type, outcome=outcome, observed=_observed(result.result), expected=expected
    )


def _observed(result: Mapping[str, Any]) -> str:
    """What was seen, in one short line.

    >>> _observed({"element_count": 4, "unexpected_count": 1, "partial_unexpected_list": ["y"]})
    '1 of 4 unexpected, such as y'
    """
    value = result.get("observed_value")
    if value is not None:
        return str(value)[:200]
    if "unexpected_count" not in result:
        return ""
    of = f" of {result['element_count']:,}" if "element_count" in result else ""
    listed = [str(each)[:40] for each in result.get("partial_unexpected_list") or () if str(each) not in _NOTHING]
    some = ", ".join(listed[:3])
    return f"{result['unexpected_count']:,}{of} unexpected" + (f", such as {some}" if some else "")


def _failure(told: Expectation) -> Problem:
    do = "see what changed upstream; if the change is right, change the expectation"
    return Problem(f"{told.name} failed", "expectations", told.expected, told.observed, did=_DID, do=do)


def _crash(result: Any, expected: str) -> Problem:
    what = f"{result.expectation_config.type} crashed, so it says nothing about the data"
    found = "; ".join(dict.fromkeys(crashes(result.exception_info)))[:300]
    do = "see whether the expectation fits the type of the column"
    return Problem(what, "expectations", expected, found, did=_DID, do=do)
