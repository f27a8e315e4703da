"""Rows under review, column by column, and what is wrong with one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedTable:
    """The rows of one object in one snapshot. Every value is the text that was typed; an empty one was left out."""

    keys: Sequence[str]
    columns: Mapping[str, Sequence[str]]
    zones: Sequence[str]
    owners: Sequence[str]

    def __len__(self) -> int:
        return len(self.keys)

    def column(self, name: str) -> Sequence[str]:
        """Its values in the order of the rows; of a column that the snapshot did not have yet, nothing but empty ones."""
        return self.columns.get(name) or [""] * len(self.keys)

    def filled(self, name: str) -> Iterator[tuple[int, str]]:
        """Positions with a value, without blanks around it."""
        for position, value in enumerate(self.column(name)):
            if stripped := value.strip():
                yield position, stripped

    def tuples(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """The values of several columns row by row, without blanks around them."""
        return list(zip(*([value.strip() for value in self.column(name)] for name in names), strict=True))


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a row: where, what stands there, why that is wrong, and what was expected."""

    position: int
    field: str
    value: str
    why: str
    suggestion: str | None = None
    evidence: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What rows are held against: today, values that are known elsewhere, and rows of another system."""

    today: date
    known_values: frozenset[str] = frozenset()
    # The values of the checked columns that fit the rule's pattern, told by an engine that cannot be kept busy.
    fitting_values: frozenset[str] = frozenset()
    other: ReviewedTable | None = None
    other_name: str = ""
