"""Parameters of saved queries: typed, with a default, put into the text as literals and as nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from services.research.domain.errors import SavedQueryInvalid
from shared.errors import FieldProblem

TEXT_LENGTH_MAX: Final = 200
_DAYS_MAX: Final = 3_660


class ParameterType(StrEnum):
    """What a value of a parameter is."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """`default` counts where nobody says otherwise; days may be words that are read when it is asked."""

    name: str
    type: ParameterType
    default: str


def resolved_arguments(
    parameters: Sequence[Parameter], told: Mapping[str, str], today: date
) -> dict[str, str]:
    """A value for each parameter, days as days. SavedQueryInvalid for what no parameter takes."""
    known = {one.name for one in parameters}
    problems = [
        FieldProblem(f"/arguments/{name}", "expected a parameter of the query")
        for name in sorted(set(told) - known)
    ]
    resolved: dict[str, str] = {}
    for one in parameters:
        value = told.get(one.name, one.default)
        try:
            resolved[one.name] = _checked(one.type, value, today)
        except (ValueError, InvalidOperation, OverflowError):
            problems.append(FieldProblem(f"/arguments/{one.name}", f"expected {_EXPECTED[one.type]}"))
    if problems:
        raise SavedQueryInvalid("The arguments do not fit the parameters", problems=problems)
    return resolved


def literals(parameters: Sequence[Parameter], resolved: Mapping[str, str]) -> dict[str, str]:
    """SQL of each value: a text stays a text whatever stands in it."""
    return {one.name: _literal(one.type, resolved[one.name]) for one in parameters}


_EXPECTED: Final = {
    ParameterType.TEXT: f"at most {TEXT_LENGTH_MAX} characters",
    ParameterType.INTEGER: "a whole number",
    ParameterType.DECIMAL: "a decimal number as 12.50",
    ParameterType.DATE: "a day as 2026-11-26, today, month_start, previous_month_start, year_start or days_ago:30",
    ParameterType.FLAG: "true or false",
}


def _checked(kind: ParameterType, value: str, today: date) -> str:
    match kind:
        case ParameterType.TEXT:
            if len(value) > TEXT_LENGTH_MAX or "\0" in value:
                raise ValueError
            checked = value
        case ParameterType.INTEGER:
            checked = str(int(value))
            if abs(int(value)) >= 2**63:
                raise ValueError
        case ParameterType.DECIMAL:
            number = Decimal(value)
            if not number.is_finite() or len(number.as_tuple().digits) > 30 or abs(number.adjusted()) > 30:
                raise ValueError
            checked = format(number, "f")
        case ParameterType.FLAG:
            if value not in ("true", "false"):
                raise ValueError
            checked = value
        case ParameterType.DATE:
            checked = _day(value, today).isoformat()
    return checked


def _day(value: str, today: date) -> date:
    month_start = today.replace(day=1)
    words = {
        "today": today,
        "month_start": month_start,
        "previous_month_start": (month_start - timedelta(days=1)).replace(day=1),
        "year_start": today.replace(month=1, day=1),
    }
    if value in words:
        return words[value]
    if value.startswith("days_ago:"):
        days = int(value.removeprefix("days_ago:"))
        if not 0 <= days <= _DAYS_MAX:
            raise ValueError
        return today - timedelta(days=days)
    return date.fromisoformat(value)


def _literal(kind: ParameterType, value: str) -> str:
    quoted = "'" + value.replace("'", "''") + "'"
    match kind:
        case ParameterType.TEXT:
            return quoted
        case ParameterType.DATE:
            return f"CAST({quoted} AS DATE)"
        case ParameterType.DECIMAL:
            return f"CAST({quoted} AS DECIMAL(38, {max(0, -int(Decimal(value).as_tuple().exponent))}))"
        case ParameterType.INTEGER:
            return f"CAST({quoted} AS BIGINT)"
        case ParameterType.FLAG:
            return value
