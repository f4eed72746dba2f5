"""The SQL of a use case over its sources: one SELECT that reads nothing else and gives the same answer every day.

What the statement names is judged on its parse tree, so a column called now or the text 'random()' is nobody's
business.
"""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from keepfit.data.engine import connected
from keepfit.errors import ConfigError, Problem

if TYPE_CHECKING:
    import duckdb

_CLOCK_WORDS = {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
_REFUSED = {"getenv", "ago", "reservoir_quantile"}
_TABLES = {"unnest", "range", "generate_series"}
WHERE = "data.query"


class Named(NamedTuple):
    """The columns that a query names, in whatever source, and whether it may need others too."""

    columns: frozenset[str]
    others: bool


def columns(sql: str) -> Named:
    """What the query needs of its sources.

    Raises
    ------
    ConfigError
        Not a single SELECT.
    """
    with connected() as connection:
        nodes = list(_nodes(_tree(sql, connection)))
    tables = {str(node[word]).lower() for node in nodes for word in ("table_name", "alias") if node.get(word)}
    words = [[*(node.get("column_names") or []), *(node.get("using_columns") or [])] for node in nodes]
    return Named(
        columns=frozenset(word for each in words for word in each),
        others=any(_whole(node, each, tables) for node, each in zip(nodes, words, strict=True)),
    )


def _whole(node: Mapping[str, Any], words: Sequence[str], tables: set[str]) -> bool:
    """A star, a whole row as a value and a natural join name no columns."""
    row = len(words) == 1 and words[0].lower() in tables and node.get("class") == "COLUMN_REF"
    return node.get("class") == "STAR" or node.get("ref_type") == "NATURAL" or row


def check(sql: str, tables: Mapping[str, Sequence[str]], connection: "duckdb.DuckDBPyConnection") -> None:
    """See that the statement is one deterministic SELECT over the sources alone.

    Raises
    ------
    ConfigError
        It is not; the problem says where.
    """
    nodes = list(_nodes(_tree(sql, connection)))
    known = {name.lower() for name in (*tables, *_names_of_ctes(nodes))}
    read = {str(node["table_name"]).lower() for node in nodes if node.get("type") == "BASE_TABLE"}
    here = {column.lower() for name in tables if name.lower() in read for column in tables[name]}
    changing = _changing_functions(connection)
    judged = ((node, _sample(node) or _table(node, known) or _changes(node, changing, here)) for node in nodes)
    found = [(node, problem) for node, problem in judged if problem is not None]
    if found:
        raise ConfigError(*(replace(problem, where=_position(node, sql)) for node, problem in found))


def _tree(sql: str, connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """The parse tree of the one statement."""
    answer = json.loads(connection.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if answer["error"]:
        where = _position({"query_location": int(answer.get("position", -1))}, sql)
        raise ConfigError(Problem("the query is not one SQL select", where, "a select", str(answer["error_message"])))
    statements = answer["statements"]
    if len(statements) != 1:
        found = f"{len(statements)} statements"
        raise ConfigError(Problem("the query is not one SQL select", WHERE, "one statement", found))
    tree: dict[str, Any] = statements[0]
    return tree


def _changing_functions(connection: "duckdb.DuckDBPyConnection") -> set[str]:
    """Functions that DuckDB says answer by more than their arguments, and a few of which it does not say so."""
    unstable = "('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
    rows = connection.execute(f"select function_name from duckdb_functions() where stability in {unstable}")  # noqa: S608
    return {name for (name,) in rows.fetchall()} | _REFUSED


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)


def _names_of_ctes(nodes: list[dict[str, Any]]) -> Iterator[str]:
    for node in nodes:
        entries = node.get("cte_map", {}).get("map", []) if isinstance(node.get("cte_map"), dict) else []
        yield from (entry["key"] for entry in entries)


def _sample(node: Mapping[str, Any]) -> Problem | None:
    what = "a sample is another one every day"
    return Problem(what, expected="a deterministic query", found="a sample clause") if node.get("sample") else None


def _table(node: Mapping[str, Any], known: set[str]) -> Problem | None:
    """What a query reads: its sources, its own CTEs, and rows that it makes itself."""
    kind = node.get("type")
    if kind == "BASE_TABLE" and str(node["table_name"]).lower() not in known:
        name = str(node["table_name"])
        close = difflib.get_close_matches(name.lower(), sorted(known), n=1)
        do = f"did you mean {close[0]}?" if close else ""
        return Problem(f"the query reads {name}, which is no source", "", ", ".join(sorted(known)), name, do=do)
    if kind == "SHOW_REF":
        return Problem("the query is not one SQL select", expected="a select", found="show or describe")
    if kind == "TABLE_FUNCTION" and (name := str(node["function"]["function_name"]).lower()) not in _TABLES:
        return Problem("a query reads its sources alone", expected="a source", found=f"{name}()")
    return None


def _changes(node: Mapping[str, Any], changing: set[str], here: set[str]) -> Problem | None:
    """A function whose answer is not given by its arguments."""
    name = ""
    if "function_name" in node:
        name = str(node["function_name"]).lower()
        changes = name in changing or (name == "age" and len(node.get("arguments", ())) == 1)
    else:
        # These words need no parentheses, so DuckDB parses them as columns, and reads the clock if there is none.
        words = node.get("column_names") or [""]
        name = str(words[0]).lower()
        changes = node.get("class") == "COLUMN_REF" and len(words) == 1 and name in _CLOCK_WORDS - here
    do = "the run's moment is as_of: rows at or after it are cut off already"
    what = f"{name} gives another answer every day"
    return Problem(what, expected="a deterministic query", found=name, do=do) if changes else None


def _position(node: dict[str, Any], sql: str) -> str:
    """Line and column inside the query; bytes are counted by DuckDB, characters by people."""
    at = node.get("query_location")
    if not isinstance(at, int) or not 0 <= at <= len(sql.encode()):
        return WHERE
    before = sql.encode()[:at].decode("utf-8", "ignore")
    return f"{WHERE}, line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
