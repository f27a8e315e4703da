"""Nothing but one SELECT of values over one's own datasets gets through: the attack list, refused before anything runs."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from services.research.adapters.query_reading import datasets_named
from services.research.adapters.querying.sandbox import answer, check_tree, sandbox
from services.research.domain.errors import DatasetUnknown, QueryRefused

MINE, OTHERS = "my_carriers", "others_carriers"
# What must not get through, and what is said of it. {mine} is the caller's dataset, {others} one that it may not see.
ATTACKS = {
    "a file by a function": ("SELECT * FROM read_csv('/etc/passwd')", "dataset_query_refused"),
    "a file as text": ("SELECT * FROM read_text('/etc/passwd')", "dataset_query_refused"),
    "a file as bytes": ("SELECT * FROM read_blob('/etc/*')", "dataset_query_refused"),
    "a file by its name": ("SELECT * FROM '/etc/passwd'", "dataset_query_refused"),
    "a file by a quoted name": ('SELECT * FROM "/etc/passwd.csv"', "dataset_query_refused"),
    "names of files": ("SELECT * FROM glob('/etc/*')", "dataset_query_refused"),
    "a file in a subquery": (
        "SELECT (SELECT content FROM read_text('/etc/passwd')) FROM {mine}",
        "dataset_query_refused",
    ),
    "a file in a join": ("SELECT * FROM {mine} JOIN read_parquet('/tmp/*') ON true", "dataset_query_refused"),
    "writing": ("COPY {mine} TO '/tmp/stolen.csv'", "dataset_query_refused"),
    "writing from a query": ("COPY (SELECT * FROM {mine}) TO '/tmp/stolen.csv'", "dataset_query_refused"),
    "another database": ("ATTACH '/tmp/other.db' AS other", "dataset_query_refused"),
    "an extension to come": ("INSTALL httpfs", "dataset_query_refused"),
    "an extension": ("LOAD httpfs", "dataset_query_refused"),
    "a pragma": ("PRAGMA database_list", "dataset_query_refused"),
    "a setting": ("SET enable_external_access = true", "dataset_query_refused"),
    "a reset": ("RESET memory_limit", "dataset_query_refused"),
    "the environment": ("SELECT getenv('PATH')", "dataset_query_refused"),
    "one setting": ("SELECT current_setting('allowed_paths')", "dataset_query_refused"),
    "all settings": ("SELECT * FROM duckdb_settings()", "dataset_query_refused"),
    "names of tables": ("SELECT * FROM information_schema.tables", "dataset_query_refused"),
    "the old names of tables": ("SELECT * FROM sqlite_master", "dataset_unknown"),
    "the catalogue": ("SELECT * FROM pg_catalog.pg_class", "dataset_query_refused"),
    "a description": ("DESCRIBE {mine}", "dataset_query_refused"),
    "a hidden description": ("SELECT * FROM (DESCRIBE {mine})", "dataset_query_refused"),
    "a table by a text": ("SELECT * FROM query_table('{mine}')", "dataset_query_refused"),
    "a query by a text": ("SELECT * FROM query('SELECT 1')", "dataset_query_refused"),
    "a second statement": ("SELECT 1; SELECT 2", "dataset_query_refused"),
    "a second statement behind a comment": ("SELECT 1; -- done\nDROP TABLE x", "dataset_query_refused"),
    "a way out of the brackets": ("SELECT 1) TO '/tmp/x.csv' --", "dataset_query_refused"),
    "a statement in a comment's place": ("/* */ DELETE FROM {mine}", "dataset_query_refused"),
    "a change in a common table": (
        "WITH x AS (DELETE FROM {mine} RETURNING *) SELECT * FROM x",
        "dataset_query_refused",
    ),
    "a new table": ("CREATE TABLE x AS SELECT 1", "dataset_query_refused"),
    "a macro": ("CREATE MACRO f() AS 1", "dataset_query_refused"),
    "a function of another schema": ("SELECT main.getenv('PATH')", "dataset_query_refused"),
    "a quoted function": ("SELECT \"getenv\"('PATH')", "dataset_query_refused"),
    "sleeping": ("SELECT sleep_ms(100000)", "dataset_query_refused"),
    "somebody else's dataset": ("SELECT * FROM {others}", "dataset_unknown"),
    "somebody else's in a join": ("SELECT * FROM {mine} JOIN {others} USING (dot_number)", "dataset_unknown"),
    "somebody else's version": ('SELECT * FROM "{others}@1"', "dataset_unknown"),
    "somebody else's under a common name": (
        "WITH a AS (SELECT * FROM {others}) SELECT * FROM a",
        "dataset_unknown",
    ),
    "the main schema": ("SELECT * FROM main.{mine}", "dataset_query_refused"),
}

# Each says something that an analyst would ask.
QUESTIONS = (
    "SELECT state, count(*) AS n FROM {mine} GROUP BY ALL HAVING n > 0 ORDER BY 2 DESC, state LIMIT 10;",
    "WITH a AS (SELECT state, rank() OVER (ORDER BY units) AS r FROM {mine}) SELECT * FROM a WHERE r < 5",
    'SELECT x.state FROM "{mine}@1" AS x JOIN {mine} AS y USING (state) WHERE x.units BETWEEN 1 AND 500 -- comment',
    "SELECT CASE WHEN units > 5 THEN 'large' ELSE 'small' END AS size, date_trunc('month', DATE '2026-10-31') FROM {mine}",
    "SELECT * FROM {mine} WHERE state ILIKE 't%' UNION ALL SELECT * FROM {mine} WHERE regexp_matches(state, '^O')",
    "SELECT list(state ORDER BY state), sum(units) FILTER (WHERE units > 1), round(avg(units), 2) FROM {mine}",
    "SELECT state, lag(units) OVER (PARTITION BY state ORDER BY units) FROM {mine}",
    "FROM {mine}",
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("sandbox")
    data = folder / "data.parquet"
    duckdb.sql(f"COPY (SELECT 'TX' AS state, 12 AS units) TO '{data}' (FORMAT parquet)")
    with sandbox(folder, dict.fromkeys((MINE, f"{MINE}@1"), str(data))) as engine:
        yield engine


def fate(engine: duckdb.DuckDBPyConnection, sql: str) -> str:
    """What becomes of it, as the API and then the program would say."""
    try:
        if any(one.name != MINE for one in datasets_named(sql)):
            return DatasetUnknown.code
        check_tree(engine, sql, dict.fromkeys((MINE, f"{MINE}@1"), ""))
    except QueryRefused as refusal:
        return refusal.code
    return "let through"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    sql, code = ATTACKS[name]

    assert fate(engine, sql.replace("{mine}", MINE).replace("{others}", OTHERS)) == code


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_analysts_ask_is_let_through_and_answered(
    engine: duckdb.DuckDBPyConnection, question: str
) -> None:
    sql = question.replace("{mine}", MINE)

    assert fate(engine, sql) == "let through"
    assert engine.execute(f"SELECT * FROM (\n{sql.rstrip(';')}\n)").fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '8GB'",
    ],
)
def test_the_engine_itself_is_locked_should_a_query_ever_get_that_far(
    engine: duckdb.DuckDBPyConnection, statement: str
) -> None:
    with pytest.raises(duckdb.Error, match=r"disabled|locked|lock"):
        engine.execute(statement)


def test_sums_of_whole_numbers_stay_exact(tmp_path: Path) -> None:
    with sandbox(tmp_path, {}) as engine:
        told = answer(
            engine, "SELECT sum(n) AS s FROM (VALUES (9007199254740993), (1)) AS t(n);", tmp_path, 10
        )

    assert told["columns"] == [{"name": "s", "type": "DECIMAL(38,0)"}]
    assert duckdb.execute(f"FROM '{tmp_path}/result.parquet'").fetchall() == [(Decimal("9007199254740994"),)]
