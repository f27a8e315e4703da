"""A filled sheet checked cell by cell: what every cell says, and where it says what was not asked."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from services.reporting.domain.entry_cell import (
    CellProblem,
    CellReader,
    EntryValue,
    FindingCode,
    reader_of,
    value_text,
)
from services.reporting.domain.template import CellRule, Relation, SheetColumn, Template

FINDINGS_KEPT: Final = 5_000
Values = list[EntryValue | None]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One wrong cell, row or column; `cell` is its address in the sheet that was sent, `value` what stands there."""

    row: int
    column: str | None
    cell: str | None
    code: FindingCode
    value: str
    expected: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A row as the sheet numbers it, with a text for each column of the sheet."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was sent: `letters` says where each column stands, None for one that is not there."""

    letters: Sequence[str | None]
    header_row: int
    unknown_columns: Mapping[str, str]
    rows: Sequence[EntryRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a respondent was asked: the sheet's columns, lists by the names of their columns, rows that were there."""

    template: Template
    columns: Sequence[SheetColumn]
    lists: Mapping[str, Collection[str]]
    keys: Collection[Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """What a row says, by the names of the columns that were asked."""

    number: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Checked:
    """`findings` are the first of `findings_count`."""

    rows: list[ReadRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    findings_count: int = 0

    def add(self, finding: Finding) -> None:
        self.findings_count += 1
        if len(self.findings) < FINDINGS_KEPT:
            self.findings.append(finding)


def check_entry(asked: Asked, entry: Entry) -> Checked:
    """Every cell, then the row as one, then the rows beside each other. One pass over the rows."""
    checked = Checked()
    if not _columns_are_there(asked, entry, checked):
        return checked
    sheet = _Sheet(asked, entry, checked)
    for row in entry.rows:
        if not sheet.is_empty(row):
            sheet.take(row)
    if not asked.template.takes_new_rows:
        sheet.find_missing()
    if len(checked.rows) > asked.template.rows_max:
        _add_row_finding(
            checked,
            entry.rows[-1].number,
            FindingCode.TOO_MANY_ROWS,
            f"expected at most {asked.template.rows_max} rows",
        )
    if not checked.rows and not checked.findings_count:
        _add_row_finding(
            checked, entry.header_row + 1, FindingCode.MISSING_ROW, "expected at least one filled row"
        )
    checked.findings.sort(key=lambda one: (one.row, len(one.cell or ""), one.cell or ""))
    return checked


def _columns_are_there(asked: Asked, entry: Entry, checked: Checked) -> bool:
    for title, cell in entry.unknown_columns.items():
        checked.add(
            Finding(
                row=entry.header_row, column=None, cell=cell, code=FindingCode.COLUMN_UNKNOWN, value=title,
                expected="expected only the columns of the template",
            )
        )  # fmt: skip
    for column, letter in zip(asked.columns, entry.letters, strict=True):
        if letter is None and (column.column.is_required or column.column.is_key):
            checked.add(
                Finding(
                    row=entry.header_row, column=column.name, cell=None, code=FindingCode.COLUMN_MISSING,
                    value="", expected=f"expected a column '{column.title}'",
                )
            )  # fmt: skip
    return not checked.findings_count


def _add_row_finding(checked: Checked, row: int, code: FindingCode, expected: str) -> None:
    checked.add(Finding(row=row, column=None, cell=None, code=code, value="", expected=expected))


class _Sheet:
    """The rows of one sheet as they are taken; keys seen so far with their rows."""

    def __init__(self, asked: Asked, entry: Entry, checked: Checked) -> None:
        self._asked, self._entry, self._checked = asked, entry, checked
        self._places = [place for place, one in enumerate(asked.columns) if one.column.is_asked]
        self._key_places = [place for place, one in enumerate(asked.columns) if one.column.is_key]
        self._filled_places = [place for place in self._places if place not in self._key_places]
        self._names = [one.name for one in asked.columns]
        self._readers = {place: self._reader(asked.columns[place]) for place in self._places}
        self._rules = [_rule_check(rule, asked.columns) for rule in asked.template.rules]
        self._known = frozenset(asked.keys)
        self._seen: dict[Key, int] = {}

    def is_empty(self, row: EntryRow) -> bool:
        """A row with nothing to read; one that was there before counts as long as its keys stand."""
        places = self._filled_places if self._asked.template.takes_new_rows and self._known else self._places
        if any(row.cells[place] for place in places):
            return False
        return self._key_of(row) not in self._known

    def take(self, row: EntryRow) -> None:
        values: Values = [None] * len(self._names)
        wrong: set[int] = set()
        for place in self._places:
            value = self._readers[place](row.cells[place])
            if isinstance(value, CellProblem):
                self._add(row, place, value.code, value.expected)
                wrong.add(place)
            else:
                values[place] = value
        self._check_key(row)
        for rule in self._rules:
            if wrong.isdisjoint(rule.places):
                self._apply(rule, row, values)
        cells = {
            self._names[place]: text
            for place in self._places
            if (text := value_text(values[place])) is not None
        }
        self._checked.rows.append(ReadRow(number=row.number, cells=cells))

    def find_missing(self) -> None:
        last = self._entry.rows[-1].number if self._entry.rows else self._entry.header_row
        for key in self._asked.keys:
            if key not in self._seen:
                shown = " / ".join(key)
                _add_row_finding(self._checked, last, FindingCode.MISSING_ROW, f"expected a row for {shown}")

    def _reader(self, column: SheetColumn) -> CellReader:
        choices = None if column.column.takes_others else self._asked.lists.get(column.column.name)
        return reader_of(column.column, choices)

    def _key_of(self, row: EntryRow) -> Key:
        return tuple(row.cells[place] for place in self._key_places)

    def _check_key(self, row: EntryRow) -> None:
        if not self._key_places:
            return
        key, place = self._key_of(row), self._key_places[0]
        if key in self._seen:
            expected = f"expected one row for {' / '.join(key)}; row {self._seen[key]} is another"
            self._add(row, place, FindingCode.DUPLICATE_ROW, expected)
        elif not self._asked.template.takes_new_rows and key not in self._known:
            self._add(
                row, place, FindingCode.UNKNOWN_ROW, "expected only the rows that the workbook came with"
            )
        self._seen.setdefault(key, row.number)

    def _apply(self, rule: "_RuleCheck", row: EntryRow, values: Values) -> None:
        place = rule.broken_at(values)
        if place is not None:
            self._add(row, place, FindingCode.RULE_BROKEN, rule.expected)

    def _add(self, row: EntryRow, place: int, code: FindingCode, expected: str) -> None:
        letter = self._entry.letters[place]
        finding = Finding(
            row=row.number, column=self._names[place], cell=f"{letter}{row.number}", code=code,
            value=row.cells[place][:200], expected=expected,
        )  # fmt: skip
        self._checked.add(finding)


@dataclass(frozen=True, slots=True)
class _RuleCheck:
    """`broken_at` gives the place of the cell that breaks the rule, None where it holds; it reads the `places`."""

    places: frozenset[int]
    broken_at: Callable[[Values], int | None]
    expected: str


def _rule_check(rule: CellRule, columns: Sequence[SheetColumn]) -> _RuleCheck:
    left = [place for place, one in enumerate(columns) if one.column.name == rule.left]
    right = [place for place, one in enumerate(columns) if one.column.name == rule.right]
    expected = f"expected: {rule.message}" if rule.message else _rule_text(rule)
    pairs = list(zip(left, right, strict=False)) if len(left) == len(right) else None
    places = frozenset((*left, *right))
    return _RuleCheck(
        places, lambda values: _broken_at(rule.relation, values, pairs, (left, right)), expected
    )


def _broken_at(
    relation: Relation,
    values: Values,
    pairs: list[tuple[int, int]] | None,
    sides: tuple[list[int], list[int]],
) -> int | None:
    """Cell by cell where both sides have as many; else the sum of each side. Empty cells are compared with nothing."""
    if pairs is not None:
        found = (one for one, other in pairs if not _holds(relation, values[one], values[other]))
        return next(found, None)
    left, right = (_summed([values[place] for place in side]) for side in sides)
    return None if _holds(relation, left, right) else sides[0][0]


def _holds(relation: Relation, left: EntryValue | None, right: EntryValue | None) -> bool:
    if relation is Relation.REQUIRED_WITH:
        return left is not None or right is None
    if left is None or right is None:
        return True
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _compared(relation, (left > right) - (left < right))
    if isinstance(left, date) and isinstance(right, date):
        return _compared(relation, (left > right) - (left < right))
    return True


def _compared(relation: Relation, sign: int) -> bool:
    return {Relation.AT_MOST: sign <= 0, Relation.AT_LEAST: sign >= 0, Relation.EQUALS: sign == 0}[relation]


def _summed(values: Sequence[EntryValue | None]) -> EntryValue | None:
    """A single cell is itself; of several the numbers are added, nothing where all are empty."""
    if len(values) == 1:
        return values[0]
    numbers = [value for value in values if isinstance(value, Decimal)]
    return sum(numbers, Decimal(0)) if numbers else None


def _rule_text(rule: CellRule) -> str:
    words = {
        Relation.AT_MOST: "expected at most what {} says",
        Relation.AT_LEAST: "expected at least what {} says",
        Relation.EQUALS: "expected what {} says",
        Relation.REQUIRED_WITH: "expected something where {} is filled",
    }
    return words[rule.relation].format(rule.right)
