"""How a text of a file becomes a value of its type, and what is said of one that does not, as SQL of DuckDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.research.domain.mapping import NULL_WORDS, ColumnType, MappedColumn, TargetColumn

_DATES_FIRST: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y")
_DAY_FIRST: Final = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y")
_MONTH_FIRST: Final = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_MONTHS: Final = ("%Y-%m", "%Y/%m", "%Y%m", "%b-%y", "%b-%Y", "%b %Y", "%B %Y", "%m/%Y")
_YES: Final = ("y", "yes", "true", "t", "1", "x")
_NO: Final = ("n", "no", "false", "f", "0")
_SIGNS: Final = "[$₹€£,\\s]|INR|USD|EUR|Rs\\.?"
_EXACT: Final = {
    ColumnType.INTEGER: r"[+-]?\d+(\.0*)?",
    ColumnType.DECIMAL: r"[+-]?\d*(\.\d{0,8}0*)?",
    ColumnType.MONEY: r"[+-]?\d*(\.\d{0,2}0*)?",
}
_EXPECTED: Final = {
    ColumnType.INTEGER: "a whole number",
    ColumnType.DECIMAL: "a number",
    ColumnType.MONEY: "an amount as 1,234.50",
    ColumnType.DATE: "a day as 2026-10-31",
    ColumnType.MONTH: "a month as 2026-10",
    ColumnType.FLAG: "Y or N",
    ColumnType.DIGITS: "a number",
}
SQL_TYPES: Final = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(28,8)",
    ColumnType.MONEY: "DECIMAL(18,2)",
    ColumnType.DATE: "DATE",
    ColumnType.MONTH: "DATE",
    ColumnType.FLAG: "BOOLEAN",
    ColumnType.DIGITS: "VARCHAR",
    ColumnType.LIST: "VARCHAR[]",
}


@dataclass(frozen=True, slots=True)
class ColumnSql:
    """One column: its name, its value, and the problem with it (NULL when there is none)."""

    name: str
    value: str
    problem: str


def column_sql(mapped: MappedColumn, source: str, *, day_first: bool) -> ColumnSql:
    """`source` is the name of the text column it comes from."""
    column = mapped.column
    text = _cleaned(column, quoted(source))
    value = typed(column, text, day_first=day_first)
    heading = literal(mapped.heading.strip() or column.name)
    problems = []
    if column.type in _EXPECTED:
        expected = literal(f": expected {_EXPECTED[column.type]}, found ")
        problems.append(
            f"WHEN {text} IS NOT NULL AND {value} IS NULL THEN {heading} || {expected} || left({text}, 80)"
        )
    if column.is_required:
        problems.append(f"WHEN {text} IS NULL THEN {heading} || ' is missing'")
    problem = f"CASE {' '.join(problems)} END" if problems else ""
    return ColumnSql(column.name, value, problem)


def typed(column: TargetColumn, text: str, *, day_first: bool) -> str:
    """The expression of the value; NULL where the text is none of its type."""
    match column.type:
        case ColumnType.INTEGER | ColumnType.DECIMAL | ColumnType.MONEY:
            value = _number(text, column.type)
        case ColumnType.DATE | ColumnType.MONTH:
            value = _date(text, column.type, day_first=day_first)
        case ColumnType.FLAG:
            value = (
                f"CASE WHEN lower({text}) IN ({literals(_YES)}) THEN true"
                f" WHEN lower({text}) IN ({literals(_NO)}) THEN false END"
            )
        case ColumnType.DIGITS:
            value = f"NULLIF(ltrim(regexp_replace({text}, '[^0-9]', '', 'g'), '0'), '')"
        case ColumnType.LIST:
            parts = (
                f"list_transform(string_split({text}, {literal(column.separator)}), lambda part: trim(part))"
            )
            value = f"list_filter({parts}, lambda part: part <> '')"
        case ColumnType.TEXT:
            value = text
    return value


def _number(text: str, column_type: ColumnType) -> str:
    """The engine rounds what has too many digits; here that is no number of the type."""
    signs = _SIGNS if column_type is ColumnType.MONEY else "[,\\s]"
    plain = f"regexp_replace({text}, '{signs}', '', 'g')"
    is_exact = f"regexp_full_match({plain}, '{_EXACT[column_type]}')"
    return f"CASE WHEN {is_exact} THEN TRY_CAST({plain} AS {SQL_TYPES[column_type]}) END"


def _cleaned(column: TargetColumn, source: str) -> str:
    """The text without blanks around it and without what means nothing."""
    text = f"trim({source})"
    if column.part == "first":
        text = f"trim(string_split({text}, ' - ')[1])"
    elif column.part == "last":
        text = f"trim(string_split({text}, ' - ')[-1])"
    nothing = literals((*NULL_WORDS, *column.nothing))
    return f"(CASE WHEN lower({text}) IN ({nothing}) THEN NULL ELSE {text} END)"


def _date(text: str, column_type: ColumnType, *, day_first: bool) -> str:
    """A time behind the day is left away: `10/14/2026 @ 02:00 PM`."""
    formats: Sequence[str] = (*_DATES_FIRST, *(_DAY_FIRST if day_first else _MONTH_FIRST))
    if column_type is ColumnType.MONTH:
        formats = (*_MONTHS, *formats)
    day = f"regexp_replace({text}, '(T|\\s+@?\\s*)\\d{{1,2}}:\\d{{2}}.*$', '')"
    parsed = f"CAST(try_strptime({day}, [{literals(formats)}]) AS DATE)"
    return f"CAST(date_trunc('month', {parsed}) AS DATE)" if column_type is ColumnType.MONTH else parsed


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Sequence[str]) -> str:
    return ", ".join(map(literal, texts))
