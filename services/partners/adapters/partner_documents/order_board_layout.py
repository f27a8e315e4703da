"""An order board laid out: what must be paid, what stops goods, which promises moved, and what is open."""

from collections.abc import Sequence

from services.partners.adapters.partner_documents.board_sums import age_sheet, state_table, sum_tables
from services.partners.adapters.partner_documents.board_tables import (
    change_table,
    hold_table,
    line_table,
    payment_table,
    unlined_table,
)
from services.partners.adapters.partner_documents.board_words import BOARD_WORDS
from services.partners.adapters.partner_documents.cell_text import cell_text, day_text
from services.partners.adapters.partner_documents.layout import Card, Layout, Words
from services.partners.domain.order_board import OrderBoard
from shared.documents.table import Amount
from shared.documents.xlsx_table import READERS_TIME_ZONE


def order_board_layout(board: OrderBoard, *, sender: str, language: str) -> Layout:
    """Sums are per currency. A workbook has the lines first, as they are what is worked on, and all ages in one sheet."""
    words = BOARD_WORDS[language]
    currencies = sorted({line.currency for line in board.lines}) or ["INR"]
    marked = [(currency, f" {currency}" if len(currencies) > 1 else "") for currency in currencies]
    lines = [line_table(board, words, *one) for one in marked]
    payment, holds, changes = (table(board, words) for table in (payment_table, hold_table, change_table))
    unlined = [unlined_table(board, words)] if board.unlined else []
    sums = [table for one in marked for table in sum_tables(board, words, *one)]
    ages = [age_sheet(board, words, *one) for one in marked]
    states = [state_table(board, words, *one) for one in marked]
    return Layout(
        language=language,
        title=words["title"],
        sender=sender,
        partner_name=board.partner.name,
        partner_lines=_partner_lines(board, words),
        to_label=words["to"],
        page_label=words["page"],
        facts=_facts(board, words),
        summaries=[_cards(board, words, currency) for currency in currencies],
        tables=[payment, holds, changes, *lines, *unlined, *sums],
        notes=[words["values"]],
        sheets=[*lines, holds, changes, *ages, payment, *states, *unlined],
    )


def _partner_lines(board: OrderBoard, words: Words) -> list[str]:
    code = f"{words['partner_code']}: {board.partner.code}"
    return [board.partner.city, code] if board.partner.city else [code]


def _facts(board: OrderBoard, words: Words) -> Sequence[tuple[str, str]]:
    compared = words["first_board"]
    if board.compared_with is not None and board.compared_at is not None:
        day = day_text(board.compared_at.astimezone(READERS_TIME_ZONE).date())
        compared = words["board"].format(number=board.compared_with, day=day)
    counts = words["orders_and_lines"].format(orders=board.orders, lines=len(board.lines))
    return (
        (words["as_of"], cell_text(board.as_of)),
        (words["day"], day_text(board.day)),
        (words["compared_with"], compared),
        (words["open_orders"], counts),
    )


def _cards(board: OrderBoard, words: Words, currency: str) -> Sequence[Card]:
    states = [one for one in board.by_state if one.currency == currency]
    lines = [line for line in board.lines if line.currency == currency]
    late_minor = sum(line.open_minor for line in lines if (line.promise_days or 0) > 0)
    needed_minor = sum(one.needed_minor for one in board.payments if one.currency == currency)

    def card(name: str, minor: int) -> Card:
        return Card(words[name], Amount.of(minor, currency), is_main=name == "needed")

    return (
        card("open", sum(one.open_minor for one in states)),
        card("late", late_minor),
        card("held", sum(one.held_minor for one in states)),
        card("ready", sum(one.ready_minor for one in states)),
        card("needed", needed_minor),
    )
