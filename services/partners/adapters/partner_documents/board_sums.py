"""The sums of an order board: open value by promise, by order date and by state; on paper they stand beside each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from services.partners.adapters.partner_documents.layout import LaidTable, Words
from services.partners.adapters.partner_documents.table_shape import Shown, Summed, TableShape
from services.partners.domain.order_board import AgeBucket, OrderBoard, StateTotal
from shared.documents.table import Kind


def sum_tables(board: OrderBoard, words: Words, currency: str, mark: str) -> tuple[LaidTable, ...]:
    """None when nothing of the currency is open."""
    if not any(line.currency == currency for line in board.lines):
        return ()
    by_age = (_age_table(board, words, basis, currency, mark) for basis in _BUCKETS)
    return (*by_age, state_table(board, words, currency, mark))


def age_sheet(board: OrderBoard, words: Words, currency: str, mark: str) -> LaidTable:
    """Both ways of counting under each other, to be filtered; a sum would count everything twice."""
    shape: TableShape[tuple[str, AgeBucket]] = TableShape(
        name="ageing",
        columns=(
            Shown("counted_by", Kind.TEXT, lambda one: words[one[0]]),
            Shown("days", Kind.TEXT, lambda one: _days(one[1], words, one[0])),
            Shown("count", Kind.INTEGER, lambda one: one[1].lines),
            Summed("open", lambda one: one[1].open_minor),
        ),
        empty="no_lines",
        has_sums=False,
    )
    buckets = [(basis, one) for basis in _BUCKETS for one in _buckets(board, basis, currency)]
    return shape.of(buckets, words, currency=currency, mark=mark)


def state_table(board: OrderBoard, words: Words, currency: str, mark: str) -> LaidTable:
    """How far the open lines are, and how much of them a hold stops."""
    shape: TableShape[StateTotal] = TableShape(
        name="totals_by_state",
        columns=(
            Shown("state", Kind.TEXT, lambda one: words[f"state_{one.state}"], "1fr"),
            Shown("count", Kind.INTEGER, lambda one: one.lines),
            Summed("open", lambda one: one.open_minor),
            Summed("ready", lambda one: one.ready_minor),
            Summed("held", lambda one: one.held_minor),
        ),
        empty="no_lines",
        is_beside=True,
    )
    totals = [one for one in board.by_state if one.currency == currency]
    return shape.of(totals, words, currency=currency, mark=mark)


def _age_table(board: OrderBoard, words: Words, basis: str, currency: str, mark: str) -> LaidTable:
    shape: TableShape[AgeBucket] = TableShape(
        name=f"age_by_{basis}",
        columns=(
            Shown("days", Kind.TEXT, lambda one: _days(one, words, basis), "1fr"),
            Shown("count", Kind.INTEGER, lambda one: one.lines),
            Summed("open", lambda one: one.open_minor),
        ),
        empty="no_lines",
        is_beside=True,
    )
    return shape.of(_buckets(board, basis, currency), words, currency=currency, mark=mark)


def _buckets(board: OrderBoard, basis: str, currency: str) -> list[AgeBucket]:
    return [one for one in _BUCKETS[basis](board) if one.currency == currency]


def _days(bucket: AgeBucket, words: Words, basis: str) -> str:
    if bucket.from_days is None:
        return words["not_promised" if bucket.to_days is None else "not_late"]
    late = "late_" if basis == "promise" else ""
    name = f"{late}from_{'on' if bucket.to_days is None else 'to'}"
    return words[name].format(first=bucket.from_days, last=bucket.to_days)


_BUCKETS: Final[Mapping[str, Callable[[OrderBoard], Sequence[AgeBucket]]]] = {
    "promise": lambda board: board.by_promise,
    "order_date": lambda board: board.by_order_age,
}
