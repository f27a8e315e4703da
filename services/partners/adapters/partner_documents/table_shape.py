"""The one shape of a document's tables: which columns show what of each thing, and what is summed below."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from services.partners.adapters.partner_documents.layout import Heading, LaidTable, Words, heading
from shared.documents.table import Amount, Cell, ColumnSum, Kind

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Shown(Generic[Thing]):
    """A column of what each thing says of itself; its name is the word that heads it."""

    name: str
    kind: Kind
    cell: Callable[[Thing], Cell]
    width: str = "auto"

    def column(self, things: Sequence[Thing], currency: str) -> tuple[Sequence[Cell], Cell]:
        """The cells, and what stands below them."""
        return [self.cell(thing) for thing in things], None


@dataclass(frozen=True, slots=True)
class Summed(Generic[Thing]):
    """A column of amounts in the currency of the table, which is summed if the table has sums."""

    name: str
    minor: Callable[[Thing], int]
    width: str = "auto"
    kind: ClassVar[Kind] = Kind.MONEY

    def column(self, things: Sequence[Thing], currency: str) -> tuple[Sequence[Cell], Cell]:
        """The cells, and what stands below them."""
        minors = [self.minor(thing) for thing in things]
        cells = [Amount.of(minor, currency) for minor in minors]
        return cells, ColumnSum(Amount.of(sum(minors), currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape(Generic[Thing]):
    """A table before there are things in it. `name`, `title` and `empty` are words; without a title it has its name.

    One with a summed column has sums, unless `has_sums` says that they would mislead.
    """

    name: str
    columns: Sequence[Shown[Thing] | Summed[Thing]]
    empty: str | None = None
    title: str | None = None
    is_marked: Callable[[Thing], bool] | None = None
    has_sums: bool = True
    is_beside: bool = False

    def of(self, things: Sequence[Thing], words: Words, *, currency: str = "", mark: str = "") -> LaidTable:
        """The things in it; `mark` follows the name where tables of several currencies follow each other."""
        columns = [one.column(things, currency) for one in self.columns]
        sums = [below for _, below in columns]
        sums[0] = words["total"] if self.has_sums and any(sums) else None
        is_marked = self.is_marked
        return LaidTable(
            name=words[self.name] + mark,
            title=words[self.title or self.name] + mark,
            headings=tuple(self._headings(words)),
            rows=list(zip(*(cells for cells, _ in columns), strict=True)),
            sums=sums if sums[0] is not None else None,
            empty=words[self.empty] if self.empty else "",
            marked=frozenset(place for place, one in enumerate(things) if is_marked and is_marked(one)),
            is_beside=self.is_beside,
        )

    def _headings(self, words: Words) -> list[Heading]:
        return [heading(one.name, one.kind, words, one.width) for one in self.columns]
