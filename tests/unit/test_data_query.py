"""A query is one SELECT that gives the same answer every day and reads its sources alone."""

import pyarrow as pa
import pytest

from keepfit.data import query
from keepfit.data.rows import running
from keepfit.errors import ConfigError

FLIGHTS = pa.table({"hour": [3, 1, 2], "origin": ["JFK", "EWR", "JFK"], "now": ["a", "b", "now()"]})
WEATHER = pa.table({"hour": [0, 2], "origin": ["JFK", "JFK"], "wind": [5.0, 7.0], "current_date": ["x", "y"]})


def rows_of(sql: str, tables: dict[str, pa.Table]) -> pa.Table:
    with running(sql, tables) as rows:
        return pa.concat_tables([rows.schema.empty_table(), *rows.batches])


TABLES = {"flights": FLIGHTS, "weather": WEATHER}


def test_asof_join():
    sql = """select f.hour, wind from flights f
             asof left join weather w on f.origin = w.origin and w.hour <= f.hour order by f.hour"""
    assert rows_of(sql, TABLES).to_pylist() == [
        {"hour": 1, "wind": None},
        {"hour": 2, "wind": 7.0},
        {"hour": 3, "wind": 7.0},
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "select \"now\", 'random()' as text from flights",
        "select now from flights -- now()",
        "select current_date from weather",
        "with recent as (select * from flights) select count(*) as n from recent",
        "select * from (values (1)) v(n)",
        "select unnest([1, 2]) as n",
        "select * from range(3)",
        "from flights select hour",
    ],
)
def test_names_and_texts_are_not_calls(sql):
    assert rows_of(sql, TABLES).num_rows


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("select now() from flights", "now"),
        ("select NOW( ) from flights", "now"),
        ("select current_timestamp from flights", "current_timestamp"),
        ("select current_date from flights", "current_date"),
        ("select localtime", "localtime"),
        ("select today()", "today"),
        ("select hour from flights where hour > random()", "random"),
        ("with r as (select uuid() as u) select u from r", "uuid"),
        ("select gen_random_uuid()", "gen_random_uuid"),
        ("select list_transform([1], lambda x: x + random())", "random"),
        ("select count(*) filter (where random() > 0.5) from flights", "random"),
        ("select row_number() over (order by random()) from flights", "random"),
        ("select nextval('s')", "nextval"),
        ("select current_setting('threads')", "current_setting"),
        ("select age(timestamp '2020-01-01')", "age"),
        ("select * from flights using sample 50%", "sample"),
        ("select * from flights tablesample 50%", "sample"),
    ],
)
def test_what_changes_every_day_is_refused(sql, name):
    with pytest.raises(ConfigError, match=name):
        rows_of(sql, TABLES)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from glob('*')",
        "select * from read_text('/etc/hostname')",
        "select * from query('select 1')",
        "select * from duckdb_settings()",
        "select * from information_schema.tables",
        "show tables",
        "describe flights",
    ],
)
def test_only_sources_are_read(sql):
    with pytest.raises(ConfigError):
        rows_of(sql, TABLES)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "select 1; select 2",
        "create table t (a int)",
        "set threads = 4",
        "copy flights to 'x.csv'",
        "attach 'x.db'",
        "install httpfs",
        "selekt 1",
    ],
)
def test_anything_but_one_select_is_refused(sql):
    with pytest.raises(ConfigError, match="not one SQL select"):
        rows_of(sql, TABLES)


def test_the_place_of_a_refused_call_is_told():
    with pytest.raises(ConfigError) as caught:
        rows_of("select 'ü',\n  random() from flights", TABLES)
    assert caught.value.problems[0].where == "data.query, line 2, column 3"


def test_the_place_of_a_syntax_error_is_told():
    with pytest.raises(ConfigError) as caught:
        rows_of("select hour,\n  from from flights", TABLES)
    assert caught.value.problems[0].where == "data.query, line 2, column 8"


def test_a_misspelt_source_and_column_are_told():
    with pytest.raises(ConfigError, match="did you mean flights"):
        rows_of("select * from flihgts", TABLES)
    with pytest.raises(ConfigError, match="origin"):
        rows_of("select orgin from flights", TABLES)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select f.origin, wind from flights f join weather w using (hour)", {"origin", "wind", "hour"}),
        ("select count(*) from flights", set()),
        ("select * from flights", None),
        ("select f from flights f", None),
        ("select hour from flights natural join weather", None),
        ("select columns('a.*') from flights", None),
    ],
)
def test_columns_that_a_query_needs(sql, names):
    found = query.columns(sql)
    assert found.others if names is None else names <= found.columns <= names | {"f", "w"}
