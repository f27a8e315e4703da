"""The tables of an order board: payment before dispatch, holds, promise changes, open lines, orders without lines."""

from services.partners.adapters.partner_documents.layout import LaidTable, Words
from services.partners.adapters.partner_documents.table_shape import Shown, Summed, TableShape
from services.partners.domain.order_board import (
    BoardHold,
    BoardLine,
    OrderBoard,
    PromiseChange,
    UnlinedOrder,
)
from services.partners.domain.terms import PaymentNeeded
from shared.documents.table import Amount, Kind


def payment_table(board: OrderBoard, words: Words) -> LaidTable:
    """One row per currency: the figures that the sum follows from, and why it is asked for."""
    shape: TableShape[PaymentNeeded] = TableShape(
        name="payment",
        columns=(
            Shown("ready", Kind.MONEY, lambda one: Amount.of(one.ready_minor, one.currency)),
            Shown("open_invoices", Kind.MONEY, lambda one: Amount.of(one.open_minor, one.currency)),
            Shown("overdue", Kind.MONEY, lambda one: Amount.of(one.overdue_minor, one.currency)),
            Shown("advances", Kind.MONEY, lambda one: Amount.of(one.advances_minor, one.currency)),
            Shown("credit_notes", Kind.MONEY, lambda one: Amount.of(one.credit_notes_minor, one.currency)),
            Shown("limit", Kind.MONEY, lambda one: _known(one.credit_limit_minor, one.currency)),
            Shown("needed", Kind.MONEY, lambda one: Amount.of(one.needed_minor, one.currency)),
            Shown("why", Kind.TEXT, lambda one: words[f"why_{one.reason}"], "1fr"),
        ),
        empty="no_payment",
        is_marked=lambda one: one.needed_minor != 0,
    )
    return shape.of(board.payments, words)


def hold_table(board: OrderBoard, words: Words) -> LaidTable:
    """What stops everything first, then order by order."""
    shape: TableShape[BoardHold] = TableShape(
        name="holds",
        columns=(
            Shown("order", Kind.TEXT, lambda one: one.order_number or words["all_orders"]),
            Shown("line", Kind.INTEGER, lambda one: one.line_number),
            Shown("hold", Kind.TEXT, lambda one: words[f"hold_{one.kind}"]),
            Shown("since", Kind.DATE, lambda one: one.since_on),
            Shown("note", Kind.TEXT, lambda one: one.note, "1fr"),
            Shown("lift", Kind.TEXT, lambda one: words[f"lift_{one.kind}"], "1fr"),
            Shown("amount", Kind.MONEY, lambda one: _known(one.lift.amount_minor, one.lift.currency)),
            Shown("lifted_by", Kind.TEXT, lambda one: words[f"by_{one.lift.by}"]),
        ),
        empty="no_holds",
    )
    return shape.of(board.holds, words)


def _known(minor: int | None, currency: str | None) -> Amount | None:
    return None if minor is None or currency is None else Amount.of(minor, currency)


def change_table(board: OrderBoard, words: Words) -> LaidTable:
    """Marked is what comes later than it was promised, or is promised no more."""
    described = {line.key: line.description for line in board.lines}
    shape: TableShape[PromiseChange] = TableShape(
        name="changes",
        columns=(
            Shown("order", Kind.TEXT, lambda one: one.order_number),
            Shown("line", Kind.INTEGER, lambda one: one.line_number),
            Shown("product", Kind.TEXT, lambda one: one.product_code),
            Shown(
                "description",
                Kind.TEXT,
                lambda one: described.get((one.order_number, one.line_number)),
                "1fr",
            ),
            Shown("was", Kind.DATE, lambda one: one.was_on),
            Shown("now", Kind.DATE, lambda one: one.now_on),
            Shown("days_later", Kind.INTEGER, lambda one: one.days),
        ),
        empty="no_changes",
        is_marked=lambda one: one.now_on is None or (one.days or 0) > 0,
    )
    return shape.of(board.promise_changes, words)


def line_table(board: OrderBoard, words: Words, currency: str, mark: str) -> LaidTable:
    """Open lines of one currency, by promise; marked is what is late."""

    def days_late(line: BoardLine) -> int | None:
        return max(0, line.promise_days or 0) or None

    shape: TableShape[BoardLine] = TableShape(
        name="lines",
        columns=(
            Shown("order", Kind.TEXT, lambda one: one.order_number),
            Shown("line", Kind.INTEGER, lambda one: one.line_number),
            Shown("reference", Kind.TEXT, lambda one: one.customer_reference),
            Shown("product", Kind.TEXT, lambda one: one.product_code),
            Shown("description", Kind.TEXT, lambda one: one.description, "1fr"),
            Shown("ordered", Kind.DATE, lambda one: one.ordered_on),
            Shown("open_quantity", Kind.DECIMAL, lambda one: one.open_quantity),
            Shown("allocated", Kind.DECIMAL, lambda one: one.allocated),
            Shown("dispatched", Kind.DECIMAL, lambda one: one.dispatched),
            Summed("open", lambda one: one.open_minor),
            Shown("state", Kind.TEXT, lambda one: words[f"state_{one.state}"]),
            Shown("requested", Kind.DATE, lambda one: one.requested_on),
            Shown("promised", Kind.DATE, lambda one: one.promised_on),
            Shown("days_late", Kind.INTEGER, days_late),
        ),
        empty="no_lines",
        is_marked=lambda one: days_late(one) is not None,
    )
    lines = [line for line in board.lines if line.currency == currency]
    return shape.of(lines, words, currency=currency, mark=mark)


def unlined_table(board: OrderBoard, words: Words) -> LaidTable:
    """Orders that only the CRM told: their value may be in any currency, so nothing is summed."""
    shape: TableShape[UnlinedOrder] = TableShape(
        name="unlined_sheet",
        title="unlined",
        columns=(
            Shown("order", Kind.TEXT, lambda one: one.order_number),
            Shown("ordered", Kind.DATE, lambda one: one.ordered_on),
            Shown("stated", Kind.MONEY, lambda one: _known(one.stated_minor, one.currency)),
        ),
        empty="no_lines",
    )
    return shape.of(board.unlined, words)
