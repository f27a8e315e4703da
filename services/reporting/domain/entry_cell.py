"""A cell that somebody filled: its text as a value of its column, or what is wrong with it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.reporting.domain.template import MONEY_DECIMALS, NUMBERS, EntryKind, TemplateColumn, bound_of

TEXT_LENGTH_MAX: Final = 1_000
DECIMALS_MAX: Final = 3
WHOLE_DIGITS_MAX: Final = 12
LISTED_MAX: Final = 12
# Digits may be grouped by thousands or by lakh and crore: 12,34,567.50 and 1,234,567.50.
_NUMBER: Final = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})(?:\.\d+)?")
_INDIAN_DATE: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")


class FindingCode(StrEnum):
    REQUIRED = "required"
    NO_NUMBER = "no_number"
    NOT_WHOLE = "not_whole"
    TOO_MANY_DIGITS = "too_many_digits"
    NO_DATE = "no_date"
    TOO_LONG = "too_long"
    OUT_OF_RANGE = "out_of_range"
    NOT_IN_LIST = "not_in_list"
    DUPLICATE_ROW = "duplicate_row"
    UNKNOWN_ROW = "unknown_row"
    MISSING_ROW = "missing_row"
    RULE_BROKEN = "rule_broken"
    COLUMN_MISSING = "column_missing"
    COLUMN_UNKNOWN = "column_unknown"
    TOO_MANY_ROWS = "too_many_rows"
    UNREADABLE = "unreadable"


EntryValue = str | Decimal | date


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with a cell, and what was expected of it."""

    code: FindingCode
    expected: str


CellReader = Callable[[str], EntryValue | CellProblem | None]


def reader_of(column: TemplateColumn, choices: Collection[str] | None) -> CellReader:
    """What reads the cells of a column; an empty cell is None, or a problem where something is required.

    `choices` are the values of its list, None for a column without one, or whose list only suggests.
    """
    parse = _PARSERS[column.kind]
    low = None if column.at_least is None else bound_of(column.kind, column.at_least)
    high = None if column.at_most is None else bound_of(column.kind, column.at_most)
    required = (
        CellProblem(FindingCode.REQUIRED, f"expected {_described(column)}") if column.is_required else None
    )
    allowed = None if choices is None else frozenset(choices)
    unlisted = None if choices is None else CellProblem(FindingCode.NOT_IN_LIST, _one_of(choices))
    outside = CellProblem(FindingCode.OUT_OF_RANGE, f"expected {_range(column)}")

    def read(text: str) -> EntryValue | CellProblem | None:
        if not text:
            return required
        value = parse(text)
        if isinstance(value, CellProblem):
            return value
        if allowed is not None and value not in allowed:
            return unlisted
        if (low is not None and value < low) or (high is not None and value > high):  # type: ignore[operator] # of one kind
            return outside
        return value

    return read


def value_text(value: EntryValue | None) -> str | None:
    """As replies show it: numbers in plain digits, days as ISO 8601."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _text(text: str) -> EntryValue | CellProblem:
    if len(text) > TEXT_LENGTH_MAX:
        return CellProblem(FindingCode.TOO_LONG, f"expected at most {TEXT_LENGTH_MAX} characters")
    return text


def _decimal(text: str) -> Decimal | CellProblem:
    if _NUMBER.fullmatch(text) is None or len(text) > 40:
        return CellProblem(FindingCode.NO_NUMBER, "expected a number, e.g. 1250.5")
    return Decimal(text.replace(",", ""))


def _bounded(text: str, decimals: int) -> Decimal | CellProblem:
    number = _decimal(text)
    if isinstance(number, CellProblem):
        return number
    plain = number.normalize() if number else Decimal(0)
    exponent = plain.as_tuple().exponent
    assert isinstance(exponent, int), "a number of digits is finite"
    if -exponent > decimals or plain.adjusted() >= WHOLE_DIGITS_MAX:
        wanted = f"{WHOLE_DIGITS_MAX} digits and {decimals} decimals"
        return CellProblem(FindingCode.TOO_MANY_DIGITS, f"expected at most {wanted}")
    return number


def _integer(text: str) -> Decimal | CellProblem:
    number = _bounded(text, DECIMALS_MAX)
    if isinstance(number, Decimal) and number != number.to_integral_value():
        return CellProblem(FindingCode.NOT_WHOLE, "expected a whole number")
    return number


def _date(text: str) -> date | CellProblem:
    """2026-11-30, or as dates are written in India: 30/11/2026, 30-11-2026, 30.11.2026."""
    indian = _INDIAN_DATE.fullmatch(text)
    try:
        if indian:
            return date(int(indian[3]), int(indian[2]), int(indian[1]))
        return date.fromisoformat(text[:10] if text[10:11] == "T" else text)
    except ValueError:
        return CellProblem(FindingCode.NO_DATE, "expected a date, e.g. 2026-11-30")


_PARSERS: Final[dict[EntryKind, Callable[[str], EntryValue | CellProblem]]] = {
    EntryKind.TEXT: _text,
    EntryKind.INTEGER: _integer,
    EntryKind.DECIMAL: lambda text: _bounded(text, DECIMALS_MAX),
    EntryKind.MONEY: lambda text: _bounded(text, MONEY_DECIMALS),
    EntryKind.DATE: _date,
}


def _described(column: TemplateColumn) -> str:
    what = "a number" if column.kind in NUMBERS else f"a {column.kind}"
    return f"{what}; 0 where there is nothing" if column.kind in NUMBERS else what


def _one_of(choices: Collection[str]) -> str:
    shown = sorted(choices)
    more = f" and {len(shown) - LISTED_MAX} more, see the list" if len(shown) > LISTED_MAX else ""
    return (
        f"expected one of {', '.join(shown[:LISTED_MAX])}{more}"
        if shown
        else "expected nothing: its list is empty"
    )


def _range(column: TemplateColumn) -> str:
    if column.at_least is not None and column.at_most is not None:
        return f"{column.at_least} to {column.at_most}"
    return f"at least {column.at_least}" if column.at_most is None else f"at most {column.at_most}"
