"""A template as data: what respondents are asked, column by column, and whether it can be filled and checked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from services.reporting.domain.errors import TemplateInvalid
from shared.errors import FieldProblem
from shared.money import currency_exponent

COLUMNS_MAX: Final = 40
RULES_MAX: Final = 40
VALUES_MAX: Final = 500
ROWS_MAX: Final = 20_000
MONTHS_MAX: Final = 24
SHEET_COLUMNS_MAX: Final = 120
COMBINATIONS_MAX: Final = 2_000
MONEY_DECIMALS: Final = 2


class EntryKind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"


NUMBERS: Final = frozenset({EntryKind.INTEGER, EntryKind.DECIMAL, EntryKind.MONEY})


class ListSource(StrEnum):
    """Facts that a drop-down takes its values from."""

    PARTNERS = "partners"
    PRODUCTS = "products"
    ZONES = "zones"


class ShownFigure(StrEnum):
    """What a row is told beside what is asked of it: what was ordered of its keys in as many months before the period,
    or in the same months a year before; what was accepted for it in the collection before."""

    ORDERED_BEFORE = "ordered_before"
    ORDERED_YEAR_BEFORE = "ordered_year_before"
    ACCEPTED_BEFORE = "accepted_before"


class RowSource(StrEnum):
    """Where rows come from before anybody fills them: nowhere; what the respondent's partners ordered in the twelve
    months before; every combination of the listed values of the keys; what was accepted of the respondent before."""

    NONE = "none"
    ORDERED = "ordered"
    COMBINED = "combined"
    ACCEPTED_BEFORE = "accepted_before"


class Relation(StrEnum):
    """Between two cells of a row. A column per month is compared month by month with another one, and by its sum with
    a single one."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    EQUALS = "equals"
    REQUIRED_WITH = "required_with"


class Feed(StrEnum):
    """What accepted rows become besides themselves: figures that reports compare with what happened."""

    NONE = "none"
    FORECAST = "forecast"
    PLAN = "plan"


FEED_COLUMNS: Final[Mapping[Feed, str]] = {Feed.FORECAST: "quantity", Feed.PLAN: "amount"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateColumn:
    """A column of the sheet, or one per month of the period. `takes_others` makes its list a suggestion."""

    name: str
    title: str
    kind: EntryKind
    unit: str = ""
    note: str = ""
    is_key: bool = False
    is_required: bool = False
    is_per_month: bool = False
    values: tuple[str, ...] = ()
    values_of: ListSource | None = None
    takes_others: bool = False
    at_least: str | None = None
    at_most: str | None = None
    sum_of: tuple[str, ...] = ()
    shows: ShownFigure | None = None
    shows_column: str | None = None

    @property
    def is_asked(self) -> bool:
        """Whether people fill it; the others are calculated or told."""
        return not self.sum_of and self.shows is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRule:
    """What `left` has to be beside `right`, both names of columns; `message` is what people read."""

    left: str
    relation: Relation
    right: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`months` is how long its period is unless a collection says otherwise."""

    name: str
    title: str
    instructions: str
    columns: tuple[TemplateColumn, ...]
    rules: tuple[CellRule, ...] = ()
    rows_from: RowSource = RowSource.NONE
    takes_new_rows: bool = True
    rows_max: int = 1_000
    months: int = 1
    currency: str = "INR"
    feeds: Feed = Feed.NONE

    @property
    def by_name(self) -> Mapping[str, TemplateColumn]:
        return {column.name: column for column in self.columns}

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_key)


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column as the sheet has it: of a column per month, that of one month."""

    column: TemplateColumn
    month: date | None

    @property
    def name(self) -> str:
        return self.column.name if self.month is None else f"{self.column.name}_{self.month:%Y_%m}"

    @property
    def title(self) -> str:
        month = "" if self.month is None else f" {self.month:%b %Y}"
        unit = f" ({self.column.unit})" if self.column.unit else ""
        return f"{self.column.title}{month}{unit}"


def months_from(first_month: date, months: int) -> list[date]:
    """Their first days. From November 2026 three are November, December and January."""
    places = range(first_month.month - 1, first_month.month - 1 + months)
    return [date(first_month.year + place // 12, place % 12 + 1, 1) for place in places]


def sheet_columns(template: Template, first_month: date, months: int) -> tuple[SheetColumn, ...]:
    """In the order of the template; the months of a column stand side by side."""
    return tuple(
        SheetColumn(column, month)
        for column in template.columns
        for month in (months_from(first_month, months) if column.is_per_month else [None])
    )


def check_template(template: Template) -> None:
    """TemplateInvalid names every contradiction at once."""
    problems = [
        *_column_problems(template),
        *_rule_problems(template),
        *_row_problems(template),
        *_feed_problems(template),
    ]
    if problems:
        raise TemplateInvalid("The template cannot be filled or checked as it is", problems=problems)


def _column_problems(template: Template) -> Iterator[FieldProblem]:
    seen: set[str] = set()
    for place, column in enumerate(template.columns):
        at = f"/columns/{place}"
        if column.name in seen or column.title.casefold() in seen:
            yield FieldProblem(at, "expected a name and a title that no other column has")
        seen |= {column.name, column.title.casefold()}
        if column.is_key and (column.is_per_month or not column.is_asked):
            yield FieldProblem(f"{at}/is_key", "expected a key that is filled, and once in a row")
        if column.is_key and column.kind not in (EntryKind.TEXT, EntryKind.DATE):
            yield FieldProblem(f"{at}/kind", "expected text or date for a key")
        if column.values and column.values_of:
            yield FieldProblem(f"{at}/values_of", "expected a list of its own or one of facts, not both")
        if (column.values or column.values_of) and column.kind is not EntryKind.TEXT:
            yield FieldProblem(f"{at}/kind", "expected text for a column with a list")
        if column.sum_of and column.shows:
            yield FieldProblem(f"{at}/shows", "expected a column that is calculated or told, not both")
        yield from _bound_problems(at, column)
        yield from _sum_problems(at, column, template.by_name)
        if column.shows is ShownFigure.ACCEPTED_BEFORE and column.shows_column not in template.by_name:
            yield FieldProblem(f"{at}/shows_column", "expected the name of a column")
    if not any(column.is_asked and not column.is_key for column in template.columns):
        yield FieldProblem("/columns", "expected a column to fill besides the keys")
    if currency_exponent(template.currency) != MONEY_DECIMALS:
        yield FieldProblem("/currency", f"expected a currency of {MONEY_DECIMALS} decimals")
    per_month = sum(column.is_per_month for column in template.columns)
    if len(template.columns) + per_month * (template.months - 1) > SHEET_COLUMNS_MAX:
        yield FieldProblem("/months", f"expected at most {SHEET_COLUMNS_MAX} columns on the sheet")


def _bound_problems(at: str, column: TemplateColumn) -> Iterator[FieldProblem]:
    for name, bound in (("at_least", column.at_least), ("at_most", column.at_most)):
        if bound is not None and bound_of(column.kind, bound) is None:
            yield FieldProblem(f"{at}/{name}", f"expected a bound that is a {column.kind}")


def _sum_problems(
    at: str, column: TemplateColumn, known: Mapping[str, TemplateColumn]
) -> Iterator[FieldProblem]:
    for place, name in enumerate(column.sum_of):
        summed = known.get(name)
        if summed is None or summed.kind not in NUMBERS or summed.sum_of:
            yield FieldProblem(f"{at}/sum_of/{place}", "expected a column of numbers that is no sum itself")
    if column.sum_of and (column.kind not in NUMBERS or column.is_per_month):
        yield FieldProblem(f"{at}/kind", "expected a number, once in a row, for a sum")


def _rule_problems(template: Template) -> Iterator[FieldProblem]:
    known = template.by_name
    for place, rule in enumerate(template.rules):
        for side, name in (("left", rule.left), ("right", rule.right)):
            column = known.get(name)
            if column is None:
                yield FieldProblem(f"/rules/{place}/{side}", "expected the name of a column")
            elif rule.relation is not Relation.REQUIRED_WITH and column.kind is EntryKind.TEXT:
                yield FieldProblem(f"/rules/{place}/{side}", "expected numbers or dates to compare")
        kinds = {known[name].kind in NUMBERS for name in (rule.left, rule.right) if name in known}
        if rule.relation is not Relation.REQUIRED_WITH and len(kinds) > 1:
            yield FieldProblem(f"/rules/{place}", "expected two numbers or two dates")


def _row_problems(template: Template) -> Iterator[FieldProblem]:
    keys = set(template.key_names)
    if template.rows_from is RowSource.ORDERED and keys != {"partner_code", "product_code"}:
        yield FieldProblem("/rows_from", "expected the keys partner_code and product_code for ordered rows")
    if template.rows_from is RowSource.COMBINED:
        lists = [column for column in template.columns if column.is_key]
        if not lists or not all(column.values or column.values_of for column in lists):
            yield FieldProblem("/rows_from", "expected keys that have a list each for combined rows")
    if template.rows_from is not RowSource.NONE and not keys:
        yield FieldProblem("/rows_from", "expected key columns for rows that are there before")
    if template.rows_from is RowSource.NONE and not template.takes_new_rows:
        yield FieldProblem("/takes_new_rows", "expected new rows where none are there before")
    ordered = {ShownFigure.ORDERED_BEFORE, ShownFigure.ORDERED_YEAR_BEFORE}
    if keys != {"partner_code", "product_code"} and any(one.shows in ordered for one in template.columns):
        yield FieldProblem("/columns", "expected the keys partner_code and product_code for ordered figures")


def _feed_problems(template: Template) -> Iterator[FieldProblem]:
    if template.feeds is Feed.NONE:
        return
    column = template.by_name.get(FEED_COLUMNS[template.feeds])
    kind = EntryKind.MONEY if template.feeds is Feed.PLAN else EntryKind.DECIMAL
    if column is None or not column.is_per_month or not column.is_asked or column.kind is not kind:
        wanted = FEED_COLUMNS[template.feeds]
        yield FieldProblem("/feeds", f"expected a column {wanted} of kind {kind}, filled once per month")
    needed = {"partner_code", "product_code"} if template.feeds is Feed.FORECAST else {"zone"}
    if not needed <= set(template.key_names):
        yield FieldProblem("/feeds", f"expected the keys {' and '.join(sorted(needed))}")


def bound_of(kind: EntryKind, text: str) -> Decimal | date | None:
    """The bound as a value of the kind; None for what is none, and for texts, which have no order."""
    try:
        if kind is EntryKind.DATE:
            return date.fromisoformat(text)
        number = Decimal(text) if kind in NUMBERS else None
    except (ValueError, InvalidOperation):
        return None
    return number if number is not None and number.is_finite() else None


def combinations(lists: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Every combination of the values, the last list turning fastest; TemplateInvalid where they are too many."""
    found: list[tuple[str, ...]] = [()]
    for values in lists:
        found = [(*one, value) for one in found for value in values]
        if len(found) > COMBINATIONS_MAX:
            raise TemplateInvalid(
                f"The keys have more than {COMBINATIONS_MAX} combinations",
                problems=[FieldProblem("/rows_from", "expected shorter lists of the keys")],
            )
    return found
