"""Great Expectations on the columns that an expectation names, expectations on the same columns together.

It is imported only where a use case asks for what a profile does not answer. Nothing is sent or stored anywhere.
"""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keepfit.config.expectations import Asked
from keepfit.errors import ConfigError, Problem
from keepfit.validate.expect.facts import NO_VALUE, Seen

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Question = tuple[Asked, tuple[str, ...]]
_NOTHING = {"nan", "None", "NaT", "<NA>"}


def great(questions: Sequence[Question], read: "Callable[[Sequence[str]], pa.Table]") -> list[Seen]:
    """What Great Expectations says to each expectation, which comes with the columns that it names.

    Raises
    ------
    ConfigError
        An argument is wrong in a way that only Great Expectations knows.
    """
    if not questions:
        return []
    told: dict[int, Seen] = {}
    with warnings.catch_warnings():
        # Deprecations inside Great Expectations and what it imports: nobody here can act on them.
        warnings.simplefilter("ignore")
        asked = understood([question for question, _ in questions])
        validator = _validator()
        for columns in dict.fromkeys(named for _, named in questions):
            numbers = [number for number, (_, named) in enumerate(questions) if named == columns]
            # Its own dtype for every column.
            data = read(columns).to_pandas()
            told |= dict(zip(numbers, validator(data, [asked[number] for number in numbers]), strict=True))
            del data
    return [told[number] for number in range(len(questions))]


def understood(questions: Sequence[Asked]) -> list[Any]:
    """The expectations as objects of Great Expectations.

    Raises
    ------
    ConfigError
        An argument is wrong.
    """
    # Read once at import: without it every process would report to a server.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations.expectations as offered
    from pydantic.v1 import ValidationError

    known = {name.lower(): getattr(offered, name) for name in dir(offered) if name.startswith("Expect")}
    asked: list[Any] = []
    problems: list[Problem] = []
    for number, question in enumerate(questions):
        parser = {"condition_parser": "great_expectations"} if "row_condition" in question.arguments else {}
        try:
            kind = known[question.name.replace("_", "")]
            asked.append(kind(**question.arguments, **parser, meta={"number": number}))
        except (ValidationError, TypeError) as error:
            problems.append(_wrong(question, error))
    if problems:
        raise ConfigError(*problems)
    return asked


def _wrong(question: Asked, error: Exception) -> Problem:
    raw = error.errors() if hasattr(error, "errors") else [{"loc": (), "msg": str(error)}]
    found = "; ".join(dict.fromkeys(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in raw))
    return Problem(
        f"{question.name} has wrong arguments", "expectations", "as Great Expectations documents them", found
    )


def _validator() -> "Callable[[pd.DataFrame, Sequence[Any]], list[Seen]]":
    """Asks expectations of a frame; answers in the order asked."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
    from great_expectations.exceptions import GreatExpectationsError

    # Without a configuration it would make a folder for documents.
    memory = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=memory))
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("keepfit").add_dataframe_asset("table")
    whole = asset.add_batch_definition_whole_dataframe("rows")

    def ask(data: "pd.DataFrame", asked: Sequence[Any]) -> list[Seen]:
        suite = gx.ExpectationSuite("keepfit", expectations=list(asked))
        try:
            answers = whole.get_batch({"dataframe": data}).validate(suite).results
        except GreatExpectationsError as error:
            return [Seen("crashed", str(error)[:300]) for _ in asked]
        ordered = sorted(answers, key=lambda each: each.expectation_config.meta["number"])
        return [_seen(each) for each in ordered]

    return ask


def _seen(result: Any) -> Seen:
    crashed = crashes(result.exception_info)
    if crashed:
        return Seen("crashed", "; ".join(dict.fromkeys(crashed))[:300])
    found = result.result
    if found.get("element_count") and found.get("missing_count") == found["element_count"]:
        return Seen("fail", NO_VALUE)
    return Seen("pass" if result.success is True else "fail", observed(found))


def crashes(info: Any) -> tuple[str, ...]:
    """What was raised inside an expectation: it reports that at the top, or one level down by metric."""
    if not isinstance(info, Mapping):
        return ()
    if "raised_exception" in info:
        return (str(info.get("exception_message")),) if info["raised_exception"] else ()
    return tuple(message for nested in info.values() for message in crashes(nested))


def observed(result: Mapping[str, Any]) -> str:
    """What was seen, in one short line.

    >>> observed({"element_count": 4, "unexpected_count": 1, "partial_unexpected_list": ["y"]})
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
