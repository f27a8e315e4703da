"""The tables of an order board: payment before dispatch, holds, promise changes, open lines, orders without lines."""

from typing import Final

from services.partners.adapters.partner_documents.layout import LaidTable, Words, heading
from services.partners.domain.order_board import BoardHold, BoardLine, OrderBoard, PromiseChange
from services.partners.domain.terms import PaymentNeeded
from shared.documents.table import Amount, ColumnSum, Kind, Row

_PAYMENT_AMOUNTS: Final = ("ready", "open_invoices", "overdue", "advances", "credit_notes", "limit", "needed")


def payment_table(board: OrderBoard, words: Words) -> LaidTable:
    """One row per currency: the figures that the sum follows from, and why it is asked for."""
    return LaidTable(
        name=words["payment"],
        title=words["payment"],
        headings=(
            *(heading(name, Kind.MONEY, words) for name in _PAYMENT_AMOUNTS),
            heading("why", Kind.TEXT, words, "1fr"),
        ),
        rows=[_payment_row(one, words) for one in board.payments],
        sums=None,
        empty=words["no_payment"],
        marked=frozenset(place for place, one in enumerate(board.payments) if one.needed_minor),
    )


def _payment_row(needed: PaymentNeeded, words: Words) -> Row:
    def amount(minor: int) -> Amount:
        return Amount.of(minor, needed.currency)

    return (
        amount(needed.ready_minor),
        amount(needed.open_minor),
        amount(needed.overdue_minor),
        amount(needed.advances_minor),
        amount(needed.credit_notes_minor),
        None if needed.credit_limit_minor is None else amount(needed.credit_limit_minor),
        amount(needed.needed_minor),
        words[f"why_{needed.reason}"],
    )


def hold_table(board: OrderBoard, words: Words) -> LaidTable:
    """What stops everything first, then order by order."""
    return LaidTable(
        name=words["holds"],
        title=words["holds"],
        headings=(
            heading("order", Kind.TEXT, words),
            heading("line", Kind.INTEGER, words),
            heading("hold", Kind.TEXT, words),
            heading("since", Kind.DATE, words),
            heading("note", Kind.TEXT, words, "1fr"),
            heading("lift", Kind.TEXT, words, "1fr"),
            heading("amount", Kind.MONEY, words),
            heading("lifted_by", Kind.TEXT, words),
        ),
        rows=[_hold_row(one, words) for one in board.holds],
        sums=None,
        empty=words["no_holds"],
    )


def _hold_row(hold: BoardHold, words: Words) -> Row:
    lift = hold.lift
    is_payment = lift.amount_minor is not None and lift.currency is not None
    return (
        hold.order_number or words["all_orders"],
        hold.line_number,
        words[f"hold_{hold.kind}"],
        hold.since_on,
        hold.note,
        words[f"lift_{hold.kind}"],
        Amount.of(lift.amount_minor or 0, lift.currency or "") if is_payment else None,
        words[f"by_{lift.by}"],
    )


def change_table(board: OrderBoard, words: Words) -> LaidTable:
    """Marked is what comes later than it was promised, or is promised no more."""
    described = {line.key: line.description for line in board.lines}
    return LaidTable(
        name=words["changes"],
        title=words["changes"],
        headings=(
            heading("order", Kind.TEXT, words),
            heading("line", Kind.INTEGER, words),
            heading("product", Kind.TEXT, words),
            heading("description", Kind.TEXT, words, "1fr"),
            heading("was", Kind.DATE, words),
            heading("now", Kind.DATE, words),
            heading("days_later", Kind.INTEGER, words),
        ),
        rows=[
            (
                one.order_number,
                one.line_number,
                one.product_code,
                described.get((one.order_number, one.line_number)),
                one.was_on,
                one.now_on,
                one.days,
            )
            for one in board.promise_changes
        ],
        sums=None,
        empty=words["no_changes"],
        marked=frozenset(place for place, one in enumerate(board.promise_changes) if _is_worse(one)),
    )


def _is_worse(change: PromiseChange) -> bool:
    return change.now_on is None or (change.days or 0) > 0


def line_table(board: OrderBoard, words: Words, currency: str, mark: str) -> LaidTable:
    """Open lines of one currency, by promise; marked is what is late."""
    lines = [line for line in board.lines if line.currency == currency]
    open_minor = sum(line.open_minor for line in lines)
    return LaidTable(
        name=words["lines"] + mark,
        title=words["lines"] + mark,
        headings=(
            heading("order", Kind.TEXT, words),
            heading("line", Kind.INTEGER, words),
            heading("reference", Kind.TEXT, words),
            heading("product", Kind.TEXT, words),
            heading("description", Kind.TEXT, words, "1fr"),
            heading("ordered", Kind.DATE, words),
            heading("open_quantity", Kind.DECIMAL, words),
            heading("allocated", Kind.DECIMAL, words),
            heading("dispatched", Kind.DECIMAL, words),
            heading("open", Kind.MONEY, words),
            heading("state", Kind.TEXT, words),
            heading("requested", Kind.DATE, words),
            heading("promised", Kind.DATE, words),
            heading("days_late", Kind.INTEGER, words),
        ),
        rows=[_line_row(line, words) for line in lines],
        sums=(words["total"], *[None] * 8, ColumnSum(Amount.of(open_minor, currency)), *[None] * 4),
        empty=words["no_lines"],
        marked=frozenset(place for place, line in enumerate(lines) if (line.promise_days or 0) > 0),
    )


def _line_row(line: BoardLine, words: Words) -> Row:
    return (
        line.order_number,
        line.line_number,
        line.customer_reference,
        line.product_code,
        line.description,
        line.ordered_on,
        line.open_quantity,
        line.allocated,
        line.dispatched,
        Amount.of(line.open_minor, line.currency),
        words[f"state_{line.state}"],
        line.requested_on,
        line.promised_on,
        max(0, line.promise_days or 0) or None,
    )


def unlined_table(board: OrderBoard, words: Words) -> LaidTable:
    """Orders that only the CRM told: their value may be in any currency, so nothing is summed."""
    return LaidTable(
        name=words["unlined_sheet"],
        title=words["unlined"],
        headings=(
            heading("order", Kind.TEXT, words),
            heading("ordered", Kind.DATE, words),
            heading("stated", Kind.MONEY, words),
        ),
        rows=[
            (
                one.order_number,
                one.ordered_on,
                None if one.stated_minor is None else Amount.of(one.stated_minor, one.currency),
            )
            for one in board.unlined
        ],
        sums=None,
        empty=words["no_lines"],
    )
