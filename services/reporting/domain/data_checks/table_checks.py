"""Checks that hold a row against the others, against another system, or against what is known elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rapidfuzz import process

from services.reporting.domain.data_checks.row_checks import LIKELY_MIN, tolerated
from services.reporting.domain.data_checks.rule import Check, TargetKind
from services.reporting.domain.data_checks.table import Finding, ReviewedTable, Surroundings
from services.reporting.domain.data_checks.typed_values import day_of, number_of

# Beyond this many known values, looking for the likeliest costs more than it helps.
SUGGESTED_FROM_MAX: Final = 20_000
SUGGESTIONS_MAX: Final = 200
Keyed = Mapping[tuple[str, ...], int]


def unknown(check: Check, table: ReviewedTable, around: Surroundings) -> Iterator[Finding]:
    """Values that are not known where they should be; nothing while nobody has looked there."""
    if check.target is not None and check.target.kind is TargetKind.OBJECT and around.other is None:
        return
    known = {_folded(value, check) for value in around.known_values}
    choices = sorted(around.known_values) if len(around.known_values) <= SUGGESTED_FROM_MAX else []
    place = _place(check)
    suggested = 0
    for name in check.fields:
        for position, value in table.filled(name):
            if _folded(value, check) in known:
                continue
            likely = None
            if choices and suggested < SUGGESTIONS_MAX:
                likely = process.extractOne(value, choices, score_cutoff=LIKELY_MIN)
                suggested += 1
            yield Finding(position, name, value, f"not known in {place}", likely[0] if likely else None)


def repeated(check: Check, table: ReviewedTable, _around: Surroundings) -> Iterator[Finding]:
    """Rows that say what a row before them says already; rows that leave a field out say nothing."""
    first: dict[tuple[str, ...], int] = {}
    named = " and ".join(check.fields)
    for position, values in enumerate(table.tuples(check.fields)):
        if not all(values):
            continue
        folded = tuple(_folded(value, check) for value in values)
        before = first.setdefault(folded, position)
        if before != position:
            key = table.keys[before]
            why = f"{named} should be unique, and {key} has the same"
            yield Finding(position, check.fields[0], " / ".join(values), why, evidence={"same_as": key})


def drifted(check: Check, table: ReviewedTable, around: Surroundings) -> Iterator[Finding]:
    """Values that say something else than the same thing does in another system."""
    other, target = around.other, check.target
    if other is None or target is None:
        return
    there = _first_positions(other, (target.field,), check)
    others = {pair.other: other.column(pair.other) for pair in check.pairs}
    for position, key in enumerate(table.tuples(check.fields[:1])):
        found = there.get((_folded(key[0], check),)) if key[0] else None
        if found is None:
            continue
        for pair in check.pairs:
            value, told = table.column(pair.field)[position].strip(), others[pair.other][found].strip()
            if not _same(value, told, check):
                why = f"{around.other_name} has {told or 'nothing'} in {pair.other} of {key[0]}"
                evidence = {around.other_name: told, "key": other.keys[found]}
                yield Finding(position, pair.field, value, why, told or None, evidence)


def _first_positions(table: ReviewedTable, names: Sequence[str], check: Check) -> Keyed:
    found: dict[tuple[str, ...], int] = {}
    for position, values in enumerate(table.tuples(names)):
        if all(values):
            found.setdefault(tuple(_folded(value, check) for value in values), position)
    return found


def _same(value: str, told: str, check: Check) -> bool:
    if _folded(value, check) == _folded(told, check):
        return True
    number, other_number = number_of(value), number_of(told)
    if number is not None and other_number is not None:
        return tolerated(number, other_number, check)
    day, other_day = day_of(value), day_of(told)
    return day is not None and day == other_day


def _folded(value: str, check: Check) -> str:
    return " ".join(value.split()).casefold() if check.ignores_case else value


def _place(check: Check) -> str:
    assert check.target is not None
    if check.target.kind is TargetKind.OBJECT:
        return f"{check.target.field} of {check.target.system}/{check.target.object}"
    return check.target.kind.value
