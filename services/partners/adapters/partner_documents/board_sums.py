"""The sums of an order board: open value by promise, by order date and by state; on paper they stand beside each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from services.partners.adapters.partner_documents.layout import LaidTable, Words, heading
from services.partners.domain.order_board import AgeBucket, OrderBoard
from shared.documents.table import Amount, ColumnSum, Kind, Row


def sum_tables(board: OrderBoard, words: Words, currency: str, mark: str) -> tuple[LaidTable, ...]:
    """None when nothing of the currency is open."""
    if not any(line.currency == currency for line in board.lines):
        return ()
    by_age = (_age_table(board, words, basis, currency, mark) for basis in _BUCKETS)
    return (*by_age, state_table(board, words, currency, mark))


def age_sheet(board: OrderBoard, words: Words, currency: str, mark: str) -> LaidTable:
    """Both ways of counting under each other, to be filtered; a sum would count everything twice."""
    return LaidTable(
        name=words["ageing"] + mark,
        title=words["ageing"] + mark,
        headings=(
            heading("counted_by", Kind.TEXT, words),
            heading("days", Kind.TEXT, words),
            heading("count", Kind.INTEGER, words),
            heading("open", Kind.MONEY, words),
        ),
        rows=[(words[basis], *row) for basis in _BUCKETS for row in _age_rows(board, words, basis, currency)],
        sums=None,
        empty=words["no_lines"],
    )


def state_table(board: OrderBoard, words: Words, currency: str, mark: str) -> LaidTable:
    """How far the open lines are, and how much of them a hold stops."""
    totals = [one for one in board.by_state if one.currency == currency]
    amounts = [(one.open_minor, one.ready_minor, one.held_minor) for one in totals]
    return LaidTable(
        name=words["totals_by_state"] + mark,
        title=words["totals_by_state"] + mark,
        headings=(
            heading("state", Kind.TEXT, words, "1fr"),
            heading("count", Kind.INTEGER, words),
            heading("open", Kind.MONEY, words),
            heading("ready", Kind.MONEY, words),
            heading("held", Kind.MONEY, words),
        ),
        rows=[
            (words[f"state_{one.state}"], one.lines, *(Amount.of(minor, currency) for minor in minors))
            for one, minors in zip(totals, amounts, strict=True)
        ],
        sums=(words["total"], None, *(_sum(column, currency) for column in zip(*amounts, strict=True))),
        empty=words["no_lines"],
        is_beside=True,
    )


def _age_table(board: OrderBoard, words: Words, basis: str, currency: str, mark: str) -> LaidTable:
    open_minor = [bucket.open_minor for bucket in _BUCKETS[basis](board) if bucket.currency == currency]
    return LaidTable(
        name=words[f"age_by_{basis}"] + mark,
        title=words[f"age_by_{basis}"] + mark,
        headings=(
            heading("days", Kind.TEXT, words, "1fr"),
            heading("count", Kind.INTEGER, words),
            heading("open", Kind.MONEY, words),
        ),
        rows=_age_rows(board, words, basis, currency),
        sums=(words["total"], None, _sum(open_minor, currency)),
        empty=words["no_lines"],
        is_beside=True,
    )


def _age_rows(board: OrderBoard, words: Words, basis: str, currency: str) -> list[Row]:
    return [
        (_days(bucket, words, basis), bucket.lines, Amount.of(bucket.open_minor, currency))
        for bucket in _BUCKETS[basis](board)
        if bucket.currency == currency
    ]


def _days(bucket: AgeBucket, words: Words, basis: str) -> str:
    if bucket.from_days is None:
        return words["not_promised" if bucket.to_days is None else "not_late"]
    late = "late_" if basis == "promise" else ""
    name = f"{late}from_{'on' if bucket.to_days is None else 'to'}"
    return words[name].format(first=bucket.from_days, last=bucket.to_days)


def _sum(minors: Sequence[int], currency: str) -> ColumnSum:
    return ColumnSum(Amount.of(sum(minors), currency))


_BUCKETS: Final[Mapping[str, Callable[[OrderBoard], Sequence[AgeBucket]]]] = {
    "promise": lambda board: board.by_promise,
    "order_date": lambda board: board.by_order_age,
}
