"""Turns the rows of a source into rows of the dataset: mapped, checked, each of a key once, and keeps what it rejects."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.adapters.loading.engine import one, watched
from services.research.adapters.loading.expressions import (
    SQL_TYPES,
    ColumnSql,
    column_sql,
    literal,
    quoted,
    typed,
)
from services.research.adapters.loading.sources import Source
from services.research.domain.errors import FileUnreadable
from services.research.domain.mapping import (
    COLUMNS_MAX,
    ColumnType,
    MappedBy,
    MappedColumn,
    MappingProfile,
    TargetColumn,
    mapped_columns,
)

LINES_REJECTED_MAX: Final = 100_000
ROW_GROUP: Final = 50_000
LINE_BYTES_MAX: Final = 1_000_000
# What a column that no profile knows is taken for: the first type that all of its values have.
GUESSED: Final = (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.FLAG)
_PARQUET: Final = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a load is told: the profile if there is one, and the key."""

    profile: MappingProfile | None
    key: tuple[str, ...]
    day_first: bool


@dataclass(slots=True, kw_only=True)
class Converted:
    """What came of it. `data` and `rejects` are files in the folder."""

    data: Path
    rejects: Path
    headings: Sequence[str]
    columns: Sequence[MappedColumn]
    key: tuple[str, ...]
    rows_read: int = 0
    rows_kept: int = 0
    rows_rejected: int = 0
    rows_repeated: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)


def converted(
    engine: duckdb.DuckDBPyConnection, source: Source, plan: Plan, folder: Path, tell: Callable[[float], None]
) -> Converted:
    """FileUnreadable when nothing of the file can be a row."""
    headings = source.headings or _parquet_headings(engine, source)
    if len(headings) > COLUMNS_MAX:
        raise FileUnreadable(f"The file has {len(headings)} columns; expected {COLUMNS_MAX} at most")
    engine.execute(
        f"CREATE TEMP VIEW source AS SELECT row_number() OVER () AS _row, * FROM {_reading(source, headings)}"
    )
    columns = _with_types(engine, mapped_columns(headings, plan.profile), plan)
    names = [column.column.name for column in columns]
    key = tuple(name for name in plan.key if name in names)
    sql = [column_sql(column, _source_name(column.place), day_first=plan.day_first) for column in columns]
    mapped = folder / "mapped.parquet"
    with watched(engine, tell):
        engine.execute(f"COPY ({_mapping(sql, headings)}) TO {literal(str(mapped))} {_PARQUET}")
    engine.execute(f"CREATE TEMP VIEW mapped AS SELECT * FROM read_parquet({literal(str(mapped))})")
    found = Converted(
        data=folder / "data.parquet", rejects=folder / "rejects.parquet", headings=headings, columns=columns, key=key
    )  # fmt: skip
    _keep(engine, found, plan, has_lines=source.source_format != "parquet")
    return found


def _reading(source: Source, headings: Sequence[str]) -> str:
    """The source with texts in columns c0, c1, …"""
    path = literal(str(source.path))
    if source.source_format == "parquet":
        texts = ", ".join(
            f"CAST({quoted(name)} AS VARCHAR) AS {_source_name(place)}" for place, name in enumerate(headings)
        )
        return f"(SELECT {texts} FROM read_parquet({path}))"
    columns = ", ".join(f"'{_source_name(place)}': 'VARCHAR'" for place in range(len(headings)))
    return (
        f"read_csv({path}, auto_detect = false, header = false, skip = {source.skipped_lines},"
        f" delim = {literal(source.delimiter or ',')}, quote = '\"', escape = '\"', columns = {{{columns}}},"
        f" store_rejects = true, rejects_limit = {LINES_REJECTED_MAX}, max_line_size = {LINE_BYTES_MAX})"
    )


def _parquet_headings(engine: duckdb.DuckDBPyConnection, source: Source) -> tuple[str, ...]:
    try:
        described = engine.execute(
            f"DESCRIBE SELECT * FROM read_parquet({literal(str(source.path))})"
        ).fetchall()
    except duckdb.Error as error:
        raise FileUnreadable(f"The Parquet file cannot be read: {str(error)[:200]}") from error
    return tuple(row[0] for row in described)


def _source_name(place: int) -> str:
    return f"c{place}"


def _with_types(
    engine: duckdb.DuckDBPyConnection, columns: Sequence[MappedColumn], plan: Plan
) -> list[MappedColumn]:
    """Columns that no profile knows get the type that all of their values have. Numbers with zeros in front are names."""
    unknown = [column for column in columns if column.mapped_by is MappedBy.HEADER]
    if not unknown:
        return list(columns)
    tests = [f"count({_source_name(column.place)})" for column in unknown]
    for column in unknown:
        tests += [_misfits(column, column_type, day_first=plan.day_first) for column_type in GUESSED]
    counts = one(engine, f"SELECT {', '.join(tests)} FROM source")
    filled, misfits = counts[: len(unknown)], counts[len(unknown) :]
    types: dict[int, ColumnType] = {}
    for number, column in enumerate(unknown):
        fits = zip(GUESSED, misfits[number * len(GUESSED) :], strict=False)
        types[column.place] = next(
            (column_type for column_type, wrong in fits if filled[number] and not wrong), ColumnType.TEXT
        )
    return [
        replace(column, column=replace(column.column, type=types[column.place]))
        if column.mapped_by is MappedBy.HEADER
        else column
        for column in columns
    ]


def _misfits(column: MappedColumn, column_type: ColumnType, *, day_first: bool) -> str:
    """How many values are not of the type. 1 and 0 are numbers rather than flags."""
    sql = column_sql(
        replace(column, column=TargetColumn(name=column.column.name)), _source_name(column.place), day_first=day_first
    )  # fmt: skip
    value = typed(TargetColumn(name="guess", type=column_type), sql.value, day_first=day_first)
    odd = f"{value} IS NULL"
    if column_type in (ColumnType.INTEGER, ColumnType.DECIMAL):
        odd = f"({odd} OR regexp_matches({sql.value}, '^-?0[0-9]'))"
    if column_type is ColumnType.DATE:
        odd = f"({odd} OR regexp_full_match({sql.value}, '[0-9]+'))"
    return f"count(*) FILTER (WHERE {sql.value} IS NOT NULL AND {odd})"


def _mapping(columns: Sequence[ColumnSql], headings: Sequence[str]) -> str:
    """Each row with its values, its problems, and its record as it came if it has any."""
    problems = ", ".join(column.problem for column in columns if column.problem)
    record = ", ".join(
        f"{literal(heading)}, {_source_name(place)}" for place, heading in enumerate(_unique(headings))
    )
    values = ", ".join(f"{column.value} AS {quoted(column.name)}" for column in columns)
    return (
        f"SELECT * EXCLUDE (_told), CASE WHEN len(_problems) > 0 THEN _told END AS _record FROM ("
        f"SELECT _row, {values},"
        f" list_filter(CAST([{problems}] AS VARCHAR[]), lambda problem: problem IS NOT NULL) AS _problems,"
        f" CAST(json_object({record}) AS VARCHAR) AS _told FROM source)"
    )


def _unique(headings: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for place, heading in enumerate(headings):
        name = heading or f"column {place + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _keep(engine: duckdb.DuckDBPyConnection, found: Converted, plan: Plan, *, has_lines: bool) -> None:
    """Write the rows that count and those that do not, each with its reason."""
    engine.execute(f"CREATE TEMP TABLE repeated AS {_repeated(found.key, plan)}")
    if not has_lines:
        engine.execute(
            "CREATE TEMP TABLE lines AS SELECT 0::BIGINT AS line, '' AS reason, '' AS text WHERE false"
        )
    else:
        engine.execute(
            "CREATE TEMP TABLE lines AS SELECT CAST(line AS BIGINT) AS line, min(error_message) AS reason,"
            " any_value(csv_line) AS text FROM reject_errors GROUP BY line"
        )
    values = ", ".join(quoted(column.column.name) for column in found.columns)
    engine.execute(
        f"COPY (SELECT {values} FROM mapped WHERE _record IS NULL"
        f" AND NOT EXISTS (FROM repeated WHERE repeated._row = mapped._row)) TO {literal(str(found.data))} {_PARQUET}"
    )
    engine.execute(f"COPY ({_REJECTS}) TO {literal(str(found.rejects))} {_PARQUET}")
    _count(engine, found)


def _count(engine: duckdb.DuckDBPyConnection, found: Converted) -> None:
    lines, repeated = one(engine, "SELECT (SELECT count(*) FROM lines), (SELECT count(*) FROM repeated)")
    if lines >= LINES_REJECTED_MAX:
        raise FileUnreadable(
            f"More than {LINES_REJECTED_MAX:,} lines have not as many cells as the header; is it the right delimiter?"
        )
    rows, bad = one(engine, "SELECT count(*), count(_record) FROM mapped")
    found.rows_read, found.rows_repeated = rows + lines, repeated
    found.rows_rejected = lines + bad
    found.rows_kept = rows - bad - repeated
    first = engine.execute(
        f"SELECT row, line, reasons[1] FROM read_parquet({literal(str(found.rejects))})"
        " WHERE kind <> 'repeated' ORDER BY number LIMIT 50"
    ).fetchall()
    found.problems = [
        {"pointer": f"row {row}" if row else f"line {line}", "detail": str(reason)}
        for row, line, reason in first
    ]


def _repeated(key: Sequence[str], plan: Plan) -> str:
    """Rows of whose key another one counts: the newest by the profile, then the last."""
    if not key:
        return "SELECT 0::BIGINT AS _row, 0::BIGINT AS winner WHERE false"
    keys = ", ".join(map(quoted, key))
    newest = plan.profile.newest_by if plan.profile else None
    rank = "_row"
    if newest and plan.profile and any(column.name == newest for column in plan.profile.columns):
        rank = f"(COALESCE(TRY_CAST({quoted(newest)} AS BIGINT), -1), _row)"
    same = " AND ".join(f"m.{quoted(name)} IS NOT DISTINCT FROM w.{quoted(name)}" for name in key)
    return (
        f"WITH w AS (SELECT {keys}, arg_max(_row, {rank}) AS winner FROM mapped WHERE _record IS NULL"
        f" GROUP BY {keys} HAVING count(*) > 1)"
        f" SELECT m._row, w.winner FROM mapped AS m JOIN w ON {same} WHERE m._record IS NULL AND m._row <> w.winner"
    )


_REJECTS: Final = """
    SELECT row_number() OVER (ORDER BY kind, row, line) AS number, * FROM (
        SELECT 'invalid' AS kind, _row AS row, CAST(NULL AS BIGINT) AS line, _problems AS reasons, _record AS record
        FROM mapped WHERE _record IS NOT NULL
        UNION ALL
        SELECT 'repeated', m._row, NULL, ['row ' || r.winner || ' has the same key and counts'],
            CAST(to_json(m) AS VARCHAR)
        FROM (SELECT * EXCLUDE (_problems, _record) FROM mapped) AS m JOIN repeated AS r ON r._row = m._row
        UNION ALL
        SELECT 'unreadable', NULL, line, [reason], CAST(json_object('line', text) AS VARCHAR) FROM lines
    )
"""


def column_facts(columns: Sequence[MappedColumn]) -> list[dict[str, Any]]:
    """What is told of the columns."""
    return [
        {
            "name": one.column.name,
            "type": one.column.type.value,
            "sql_type": SQL_TYPES[one.column.type],
            "heading": one.heading,
            "mapped_by": one.mapped_by.value,
        }
        for one in columns
    ]


def as_json(value: object) -> str:
    """For a line of the program's output."""
    return json.dumps(value, default=str, ensure_ascii=False)
