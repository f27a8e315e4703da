"""Rows of an analysis as they came: texts under column names, read with problems that say row and column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from services.reporting.domain.errors import AnalysisInvalid
from shared.errors import FieldProblem

ROWS_MAX: Final = 50_000
DIGITS_MAX: Final = 24
PROBLEMS_MAX: Final = 100
SourceRow = Mapping[str, str]


@dataclass(slots=True)
class RowReading:
    """Reads all rows before it refuses: who mends a file wants to hear everything at once."""

    rows: Sequence[SourceRow]
    problems: list[FieldProblem] = field(default_factory=list)

    def __iter__(self) -> Iterator["RowReader"]:
        for number, row in enumerate(self.rows, 1):
            yield RowReader(number, row, self.problems)

    def columns(self) -> set[str]:
        """Columns that at least one row fills."""
        return {name for row in self.rows for name, value in row.items() if value}

    def need_columns(self, *wanted: str) -> None:
        """AnalysisInvalid when a column is in no row."""
        missing = sorted(set(wanted) - self.columns())
        if missing:
            raise AnalysisInvalid(
                f"No row has the column {', '.join(missing)}",
                problems=[FieldProblem(f"column {name}", "expected in the rows") for name in missing],
            )

    def refuse_problems(self) -> None:
        """AnalysisInvalid when a row had one."""
        if self.problems:
            raise AnalysisInvalid(
                f"{len(self.problems)} cells of {len(self.rows)} rows cannot be taken",
                problems=self.problems[:PROBLEMS_MAX],
            )


@dataclass(frozen=True, slots=True)
class RowReader:
    """One row; what cannot be read is noted, and stands as nothing until the reading refuses."""

    number: int
    row: SourceRow
    problems: list[FieldProblem]

    def text(self, column: str) -> str:
        """The cell, which must say something."""
        value = self.row.get(column, "").strip()
        if not value:
            self.refuse(column, "expected a value")
        return value

    def optional(self, column: str, default: str = "") -> str:
        """The cell, or what holds without it."""
        return self.row.get(column, "").strip() or default

    def chosen(self, column: str, choices: Sequence[str]) -> str:
        """One of the choices, the first of them where the cell says something else."""
        value = self.row.get(column, "").strip().lower()
        if value not in choices:
            self.refuse(column, f"'{value[:40]}' is not one of {', '.join(choices)}")
            return choices[0]
        return value

    def number_in(self, column: str) -> Fraction:
        """An exact decimal, which must be there."""
        if not self.row.get(column, "").strip():
            self.refuse(column, "expected a number")
            return Fraction(0)
        return self.optional_number(column) or Fraction(0)

    def optional_number(self, column: str) -> Fraction | None:
        """An exact decimal, None where the cell is empty."""
        text = self.row.get(column, "").strip()
        if not text:
            return None
        value = exact_number(text)
        if value is None:
            self.refuse(
                column, f"'{text[:40]}' is not a decimal number; expected digits with a point, e.g. 1234.50"
            )
        return value

    def refuse(self, column: str, detail: str) -> None:
        """Note a cell that cannot be taken."""
        self.problems.append(FieldProblem(f"row {self.number} column {column}", detail))


def exact_number(text: str) -> Fraction | None:
    """The number of a plain decimal text of at most 24 digits; None for anything else, exponents and grouping included."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isascii() or not digits.replace(".", "", 1).isdigit() or len(digits) > DIGITS_MAX:
        return None
    return Fraction(Decimal(text))
