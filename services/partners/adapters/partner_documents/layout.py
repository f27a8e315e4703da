"""A document laid out: what it says and in which order, before it is set as PDF or as a workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.documents.table import Cell, Column, Kind, Row

Words = Mapping[str, str]
_RIGHT: Final = frozenset({Kind.MONEY, Kind.INTEGER, Kind.DECIMAL})


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a table: its width on paper is a share of the page, or `auto`."""

    column: Column
    width: str = "auto"
    is_right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidTable:
    """Rows under headings, and the sums below; `empty` is said when there are none.

    On paper, tables that follow each other and are all `is_beside` share the width of the page.
    """

    name: str
    title: str
    headings: Sequence[Heading]
    rows: Sequence[Row]
    sums: Row | None
    empty: str
    marked: frozenset[int] = frozenset()  # rows that want attention
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the summary."""

    label: str
    value: Cell
    is_main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One document in one language; `sheets` are what a workbook shows in place of the tables, if anything else."""

    language: str
    title: str
    sender: str
    partner_name: str
    partner_lines: Sequence[str]
    to_label: str
    page_label: str
    facts: Sequence[tuple[str, str]]
    summaries: Sequence[Sequence[Card]]  # one per currency
    tables: Sequence[LaidTable]
    notes: Sequence[str]
    sheets: Sequence[LaidTable] = ()


def heading(name: str, kind: Kind, words: Words, width: str = "auto") -> Heading:
    """A heading of the title that the words have for the name; figures stand on the right."""
    return Heading(Column(name, kind, words[name]), width, is_right=kind in _RIGHT)
