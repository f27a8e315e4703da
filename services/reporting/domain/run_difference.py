"""What changed from one run of a report to the next: rows that came, went, or have other figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Key = tuple[object, ...]
Figures = tuple[object, ...]


class RowChange(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row by its groups, its figures before and now; None where the row is not there."""

    key: Key
    change: RowChange
    before: Figures | None
    now: Figures | None


def differences(now: Mapping[Key, Figures], before: Mapping[Key, Figures]) -> Sequence[RowDifference]:
    """Rows that differ, in the order of the run now, those that went at the end."""
    return [*_present(now, before), *_gone(now, before)]


def moved(now: object, before: object) -> Decimal | int | None:
    """The figure now less the one before; None where one of them is no figure."""
    if isinstance(now, bool) or isinstance(before, bool):
        return None
    if isinstance(now, int | Decimal) and isinstance(before, int | Decimal):
        return now - before
    return None


def _present(now: Mapping[Key, Figures], before: Mapping[Key, Figures]) -> Iterator[RowDifference]:
    for key, figures in now.items():
        if key not in before:
            yield RowDifference(key, RowChange.ADDED, None, figures)
        elif before[key] != figures:
            yield RowDifference(key, RowChange.CHANGED, before[key], figures)


def _gone(now: Mapping[Key, Figures], before: Mapping[Key, Figures]) -> Iterator[RowDifference]:
    for key, figures in before.items():
        if key not in now:
            yield RowDifference(key, RowChange.REMOVED, figures, None)
