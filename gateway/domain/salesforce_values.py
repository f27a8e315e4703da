"""What stands in a field of Salesforce, read as a value of ours; what cannot be read says what was expected."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.salesforce_facts import Shape, Target
from gateway.domain.salesforce_record import RecordUnreadable, Value, instant_of
from shared.money import MoneyError, currency_exponent, minor_from_decimal

DATE_FORMATS: Final = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
}
_BUSINESS_ZONE: Final = ZoneInfo("Asia/Kolkata")
_NUMBER_LENGTH_MAX: Final = 40
_EXPONENT_MAX: Final = 20
_EARLIEST: Final = date(1990, 1, 1)


class ValueProblem(Exception):
    """What was expected of a value."""


def value_of(
    found: Value, target: Target, *, currency: str, date_format: str | None = None
) -> str | int | bool | date | datetime:
    """The value in the target's shape; ValueProblem says what was expected instead."""
    if isinstance(found, dict | list):
        raise ValueProblem("expected one value, not a list or an object")
    match target.shape:
        case Shape.AMOUNT:
            return _amount_minor(found, currency)
        case Shape.DATE:
            return _date(found, date_format)
        case Shape.INSTANT | Shape.FLAG | Shape.PERCENT | Shape.QUANTITY as shape:
            return _READERS[shape](found)
        case _:
            return _text(found, target)


def _text(found: Value, target: Target) -> str:
    text = " ".join(str(found).split()) if target.length_max <= 500 else str(found).strip()
    if target.shape is Shape.CURRENCY:
        try:
            currency_exponent(text)
        except MoneyError as error:
            raise ValueProblem(error.detail) from error
    if len(text) > target.length_max:
        raise ValueProblem(f"longer than {target.length_max} characters")
    if target.choices and text not in target.choices:
        raise ValueProblem(f"'{text[:40]}' is none of {', '.join(sorted(target.choices))}")
    return text


def _amount_minor(found: Value, currency: str) -> int:
    try:
        return minor_from_decimal(_number(found), currency)
    except MoneyError as error:
        raise ValueProblem(error.detail) from error


def _percent(found: Value) -> int:
    return int(_number(found).to_integral_value())


def _quantity(found: Value) -> str:
    """Exact, without an exponent and without zeros that say nothing: 2.500 is 2.5."""
    return f"{_number(found).normalize():f}"


def _number(found: Value) -> Decimal:
    """Outbound messages write doubles as Java does: a crore arrives as 1.0E7."""
    text = str(found).strip()
    try:
        number = Decimal(text) if len(text) <= _NUMBER_LENGTH_MAX and not isinstance(found, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > _EXPONENT_MAX:
        raise ValueProblem(f"'{text[:_NUMBER_LENGTH_MAX]}' is not a number")
    return number


def _date(found: Value, date_format: str | None) -> date:
    """A time counts as its day in India."""
    text = str(found).strip()
    try:
        if "T" in text and date_format is None:
            day = _instant(found).astimezone(_BUSINESS_ZONE).date()
        else:
            pattern = DATE_FORMATS[date_format or "YYYY-MM-DD"]
            day = datetime.strptime(text, pattern).replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueProblem(f"'{text[:40]}' is not a date as {date_format or 'YYYY-MM-DD'}") from None
    if day < _EARLIEST:
        raise ValueProblem(f"{day} is before {_EARLIEST}")
    return day


def _instant(found: Value) -> datetime:
    try:
        return instant_of(found, "")
    except RecordUnreadable:
        raise ValueProblem(f"'{str(found)[:40]}' is not a time with its zone") from None


def _flag(found: Value) -> bool:
    known = {"true": True, "false": False}
    flag = known.get(str(found).lower())
    if flag is None:
        raise ValueProblem(f"'{str(found)[:40]}' is neither true nor false")
    return flag


_READERS: Final[Mapping[Shape, Callable[[Value], str | int | bool | datetime]]] = {
    Shape.INSTANT: _instant,
    Shape.FLAG: _flag,
    Shape.PERCENT: _percent,
    Shape.QUANTITY: _quantity,
}
