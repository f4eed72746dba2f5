"""The SQL of a use case over its sources: one SELECT that reads nothing else and gives the same answer every day.

DuckDB runs in memory on one thread, in UTC, without extensions, files or network; what the statement names is judged on
its parse tree, so a column called now or the text 'random()' is nobody's business.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from keepfit.errors import ConfigError, Problem

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_CLOCK_WORDS = {
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "session_user",
    "user", "current_role", "current_catalog", "current_schema",
}  # fmt: skip
_REFUSED = {"getenv", "ago", "age", "approx_quantile", "reservoir_quantile", "version", "pi_random"}
_TABLES = {"unnest", "range", "generate_series"}
_MOMENTS = {"now", "today", "tomorrow", "yesterday"}
_WHERE = "data.query"


def run(sql: str, tables: Mapping[str, "pa.Table"]) -> "pa.Table":
    """The rows of the query.

    Raises
    ------
    ConfigError
        Not a single SELECT, not deterministic, reads something else than the sources, or DuckDB refuses it.
    """
    import duckdb

    connection = _connect()
    try:
        check(sql, frozenset(tables), connection)
        for name, table in tables.items():
            connection.register(name, table)
        return connection.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise ConfigError(_refusal(error, sql, tables)) from error
    finally:
        connection.close()


def _connect() -> "duckdb.DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": "1",
        },
    )
    connection.execute("set timezone = 'UTC'")
    connection.execute("set python_enable_replacements = false")
    connection.execute("set lock_configuration = true")
    return connection


def check(sql: str, sources: frozenset[str], connection: "duckdb.DuckDBPyConnection") -> None:
    """See that the statement is one deterministic SELECT over the sources alone.

    Raises
    ------
    ConfigError
        It is not; the problem says where.
    """
    answer = json.loads(connection.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if answer["error"]:
        raise ConfigError(Problem("the query is not one SQL select", _WHERE, found=str(answer["error_message"])))
    statements = answer["statements"]
    if len(statements) != 1:
        raise ConfigError(Problem("the query is more than one statement", _WHERE, "one select", str(len(statements))))
    changing = _changing_functions(connection)
    nodes = list(_nodes(statements[0]))
    known = {name.lower() for name in sources} | {name.lower() for name in _names_of_ctes(nodes)}
    problems = [problem for node in nodes if (problem := _judge(node, changing, known, sql)) is not None]
    if problems:
        raise ConfigError(*problems)


def _changing_functions(connection: "duckdb.DuckDBPyConnection") -> set[str]:
    """Functions whose answer is not given by their arguments, as DuckDB itself says, and a few that it does not say."""
    rows = connection.execute(
        "select distinct function_name from duckdb_functions() where stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
    ).fetchall()
    return {row[0] for row in rows} | _REFUSED | _CLOCK_WORDS


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


def _judge(node: dict[str, Any], changing: set[str], known: set[str], sql: str) -> Problem | None:
    """What is wrong with one node of the parse tree, if anything."""
    where = _position(node, sql)
    if node.get("sample"):
        return Problem("a sample is another one every day", where, "a deterministic query", "a sample clause")
    kind = node.get("type")
    if kind == "BASE_TABLE" and str(node["table_name"]).lower() not in known:
        return _unknown_table(str(node["table_name"]), known, where)
    if kind == "TABLE_FUNCTION":
        name = str(node["function"]["function_name"]).lower()
        return None if name in _TABLES else Problem("a query reads its sources alone", where, "a source", f"{name}()")
    if kind == "SHOW_REF":
        return Problem("the query is not one SQL select", where, "a select", "show or describe")
    return _changes(node, changing, where)


def _changes(node: dict[str, Any], changing: set[str], where: str) -> Problem | None:
    name = ""
    if node.get("class") == "FUNCTION":
        name = str(node["function_name"]).lower()
    elif node.get("class") == "COLUMN_REF" and len(node["column_names"]) == 1:
        # These words need no parentheses, so DuckDB parses them as columns.
        name = str(node["column_names"][0]).lower()
        name = name if name in _CLOCK_WORDS else ""
    elif node.get("type") == "OPERATOR_CAST" and str(_literal(node["child"])).lower().strip() in _MOMENTS:
        name = f"'{_literal(node['child'])}'"
    if name not in changing and not name.startswith("'"):
        return None
    do = "the run's moment is as_of: rows at or after it are cut off already"
    return Problem(f"{name} gives another answer every day", where, "a deterministic query", name, do=do)


def _literal(node: dict[str, Any]) -> Any:
    literal = node.get("literal")
    return literal.get("text") if isinstance(literal, dict) else None


def _unknown_table(name: str, known: set[str], where: str) -> Problem:
    close = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    do = f"did you mean {close[0]}?" if close else ""
    return Problem(f"the query reads {name}, which is no source", where, ", ".join(sorted(known)), name, do=do)


def _position(node: dict[str, Any], sql: str) -> str:
    """Line and column inside the query; bytes are counted by DuckDB, characters by people."""
    at = node.get("query_location")
    if not isinstance(at, int) or at > len(sql.encode()):
        return _WHERE
    before = sql.encode()[:at].decode("utf-8", "ignore")
    return f"{_WHERE}, line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _refusal(error: Exception, sql: str, tables: Mapping[str, "pa.Table"]) -> Problem:
    message = str(error).strip()
    line = re.search(r"LINE (\d+):", message)
    where = f"{_WHERE}, line {line[1]}" if line else _WHERE
    have = "; ".join(f"{name}: {', '.join(table.column_names)}" for name, table in tables.items())
    return Problem("DuckDB refuses the query", where, f"a select over {have}", message)
