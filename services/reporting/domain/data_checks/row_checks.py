"""Checks that look at one row at a time."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from math import prod
from typing import Final

from rapidfuzz import process

from services.reporting.domain.data_checks.rule import Check, Combination, Comparator
from services.reporting.domain.data_checks.table import Finding, ReviewedTable, Surroundings
from services.reporting.domain.data_checks.typed_values import complaint, day_of, number_of

LIKELY_MIN: Final = 75  # of 100, from which on a listed value is worth suggesting
_SHOWN_MAX: Final = 12


def missing(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Fields that should say something."""
    for name in check.fields:
        for position, value in enumerate(table.column(name)):
            if not value.strip():
                yield Finding(position, name, value, f"{name} is empty")


def mistyped(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Values that are not written as their kind is."""
    assert check.typed is not None
    for name in check.fields:
        for position, value in table.filled(name):
            if why := complaint(check.typed, value):
                yield Finding(position, name, value, why)


def misshapen(check: Check, table: ReviewedTable, around: Surroundings) -> Iterator[Finding]:
    """Values that do not fit the pattern as a whole."""
    for name in check.fields:
        for position, value in table.filled(name):
            if value not in around.fitting_values:
                yield Finding(position, name, value, f"expected a value that fits {check.pattern}")


def unlisted(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Values that are none of the allowed ones; the likeliest of those is suggested."""
    allowed = {_folded(value, check): value for value in check.values}
    shown = ", ".join(check.values[:_SHOWN_MAX]) + (", …" if len(check.values) > _SHOWN_MAX else "")
    for name in check.fields:
        for position, value in table.filled(name):
            if _folded(value, check) not in allowed:
                likely = process.extractOne(value, check.values, score_cutoff=LIKELY_MIN)
                yield Finding(
                    position, name, value, f"expected one of {shown}", likely[0] if likely else None
                )


def out_of_range(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Numbers or days outside their bounds. What is neither is for a rule about types."""
    bounds = [bound for bound in (check.minimum, check.maximum) if bound is not None]
    read = number_of if all(number_of(bound) is not None for bound in bounds) else day_of
    least = read(check.minimum) if check.minimum is not None else None
    most = read(check.maximum) if check.maximum is not None else None
    for name in check.fields:
        for position, text in table.filled(name):
            value = read(text)
            if value is None:
                continue
            if least is not None and _is_less(value, least):
                yield Finding(position, name, text, f"expected at least {check.minimum}")
            elif most is not None and _is_less(most, value):
                yield Finding(position, name, text, f"expected at most {check.maximum}")


def out_of_order(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Days that come before the day they should follow, or too long after it."""
    first_name, later_name = check.fields[0], str(check.later_field)
    for position, (first_text, later_text) in enumerate(table.tuples([first_name, later_name])):
        first, later = day_of(first_text), day_of(later_text)
        if first is None or later is None:
            continue
        told = {first_name: first_text}
        days = (later - first).days
        if days < 0:
            why = f"expected {later_name} not before {first_name}, {first_text}"
            yield Finding(position, later_name, later_text, why, evidence=told)
        elif check.days_max is not None and days > check.days_max:
            why = f"{days} days after {first_name}, {first_text}; expected at most {check.days_max}"
            yield Finding(position, later_name, later_text, why, evidence=told)


def disagreeing(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Figures that do not stand to others of their row as they should."""
    name = check.fields[0]
    others = table.tuples(check.other_fields)
    for position, text in table.filled(name):
        value = number_of(text)
        parts = [number_of(part) for part in others[position]]
        known = [part for part in parts if part is not None]
        if value is None or len(known) < len(parts):
            continue
        expected = _combined(known, check.combination)
        if not _stands(value, expected, check):
            told = dict(zip(check.other_fields, others[position], strict=True))
            why = f"expected {_in_words(check)} {plain(expected)}, by {', '.join(check.other_fields)}"
            yield Finding(position, name, text, why, plain(expected), told)


def stale(check: Check, table: ReviewedTable, around: Surroundings) -> Iterator[Finding]:
    """Rows that nobody has touched for too long."""
    name = check.fields[0]
    assert check.days_max is not None
    for position, text in table.filled(name):
        day = day_of(text)
        if day is not None and (age := (around.today - day).days) > check.days_max:
            why = f"{age} days before {around.today}; expected at most {check.days_max}"
            yield Finding(position, name, text, why)


def tolerated(value: Decimal, expected: Decimal, check: Check) -> bool:
    """Whether two figures are the same within the rule's tolerance; without one they have to be equal."""
    allowed = check.tolerance or Decimal(0)
    if check.tolerance_percent is not None:
        allowed = max(allowed, abs(expected) * check.tolerance_percent / 100)
    return abs(value - expected) <= allowed


def plain(value: Decimal) -> str:
    """Digits without an exponent and without noughts that say nothing."""
    return f"{value.normalize():f}"


def _is_less(one: Decimal | date, other: Decimal | date) -> bool:
    if isinstance(one, date):
        return isinstance(other, date) and one < other
    return isinstance(other, Decimal) and one < other


def _folded(value: str, check: Check) -> str:
    return value.casefold() if check.ignores_case else value


def _combined(parts: Sequence[Decimal], combination: Combination | None) -> Decimal:
    return prod(parts, start=Decimal(1)) if combination is Combination.PRODUCT else sum(parts, Decimal(0))


def _stands(value: Decimal, expected: Decimal, check: Check) -> bool:
    if tolerated(value, expected, check):
        return True
    if check.comparator is Comparator.AT_LEAST:
        return value > expected
    return check.comparator is Comparator.AT_MOST and value < expected


def _in_words(check: Check) -> str:
    assert check.comparator is not None
    return "" if check.comparator is Comparator.EQUAL else check.comparator.value.replace("_", " ")
