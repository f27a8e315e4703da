"""What the database says the books are, in one snapshot, and what its events told the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.proofs import partner_differences
from services.payments.adapters.repositories import Row
from tests.factories.payments_books import PaymentsBooks

_OPEN_ITEMS: Final = "SELECT id, open_minor, open_base_minor FROM open_items WHERE open_minor <> 0"
_IMPOSSIBLE: Final = "SELECT id FROM open_items WHERE open_minor NOT BETWEEN 0 AND original_minor"
_ALLOCATIONS: Final = (
    "SELECT a.id, coalesce(a.receipt_id, a.credit_note_id) AS credit_id, a.open_item_id, a.kind, a.amount_minor,"
    " coalesce(a.base_minor, 0) AS worth_minor, coalesce(a.credit_base_minor, 0) AS credit_worth_minor"
    " FROM allocations a WHERE NOT a.is_reversal"
    " AND NOT EXISTS (SELECT FROM allocations r WHERE r.reverses_id = a.id)"
)
_BALANCES: Final = (
    "SELECT account_code, currency, balance_minor FROM account_balances WHERE balance_minor <> 0"
)
_JOURNAL: Final = (
    "SELECT l.account_code, e.currency, l.partner_code, sum(l.amount_minor) AS total,"
    " sum(l.base_minor) AS worth FROM journal_lines l"
    " JOIN journal_entries e ON e.id = l.entry_id GROUP BY 1, 2, 3"
)
_CONTROL: Final = ("1200-receivables", "2100-customer-advances", "2150-customer-credit-notes")


@dataclass(frozen=True, slots=True)
class ShownBooks:
    """Figures that are not zero; comparing two of them says whether anything of account changed."""

    open_items: Mapping[UUID, int]
    open_worth: Mapping[UUID, int]
    allocations: Mapping[UUID, tuple[UUID, UUID, str, int, int, int]]
    running_balances: Mapping[tuple[str, str], int]
    journal_balances: Mapping[tuple[str, str], int]
    worth_by_account: Mapping[str, int]
    partner_accounts: Mapping[tuple[str, str, str], int]


async def shown_books(books: PaymentsBooks) -> ShownBooks:
    """Read everything and assert what holds in any sound books, whatever happened before."""
    async with books.database.reading() as connection:
        open_items = await _rows(connection, _OPEN_ITEMS)
        allocations = await _rows(connection, _ALLOCATIONS)
        balances = await _rows(connection, _BALANCES)
        journal = await _rows(connection, _JOURNAL)
        impossible = await _rows(connection, _IMPOSSIBLE)
        differences = await partner_differences(connection)
    shown = ShownBooks(
        {row.id: row.open_minor for row in open_items},
        {row.id: row.open_base_minor for row in open_items if row.open_base_minor},
        {
            row.id: (
                row.credit_id,
                row.open_item_id,
                row.kind,
                row.amount_minor,
                row.worth_minor,
                row.credit_worth_minor,
            )
            for row in allocations
        },
        {(row.account_code, row.currency): row.balance_minor for row in balances},
        _by_account(journal),
        _worth(journal),
        _by_partner(journal),
    )
    assert not impossible, "an item is open by less than nothing or more than everything"
    assert not differences, "a control account is not the sum of its open items"
    assert shown.running_balances == shown.journal_balances, "a running balance is not the sum of its lines"
    trial = Counter[str]()
    for (_, currency), minor in shown.journal_balances.items():
        trial[currency] += minor
    assert not any(trial.values()), f"the trial balance is {dict(trial)}"
    assert not sum(shown.worth_by_account.values()), "the trial balance in rupees is not zero"
    return shown


async def _rows(connection: AsyncConnection, statement: str) -> Sequence[Row]:
    return (await connection.execute(sa.text(statement))).all()


def _by_account(journal: Sequence[Row]) -> dict[tuple[str, str], int]:
    total = Counter[tuple[str, str]]()
    for row in journal:
        total[row.account_code, row.currency] += int(row.total)
    return {key: minor for key, minor in total.items() if minor}


def _worth(journal: Sequence[Row]) -> dict[str, int]:
    total = Counter[str]()
    for row in journal:
        total[row.account_code] += int(row.worth)
    return {key: minor for key, minor in total.items() if minor}


def _by_partner(journal: Sequence[Row]) -> dict[tuple[str, str, str], int]:
    return {
        (row.partner_code, row.account_code, row.currency): int(row.total)
        for row in journal
        if row.account_code in _CONTROL and row.total
    }


async def told_open_minor(books: PaymentsBooks) -> dict[str, int]:
    """What is open of each invoice and receipt by the events alone, as a payment sheet adds them up; zeros left out.

    A charge is told by its amount only: what was settled of it counts as negative.
    """
    left = Counter[str]()
    for row in await books.rows("SELECT type, body FROM outbox ORDER BY position"):
        told = msgspec.json.decode(row.body)["data"]
        match row.type.removeprefix("salesops.payments."):
            case "invoices_registered.v1":
                left.update({one["invoice_id"]: one["total_minor"] for one in told["invoices"]})
            case "receipts_booked.v1":
                for one in told["receipts"]:
                    _settle(left, one, -1)
                    left[one["receipt_id"]] += one["on_account_minor"]
            case "receipt_reversed.v1":
                _settle(left, told, 1)
                left[told["receipt_id"]] -= told["on_account_minor"]
            case "allocation_changed.v1":
                for one in told["changes"]:
                    left[one["invoice_id"]] -= one["amount_minor"]
                    if one["kind"] == "receipt":
                        left[one["credit_id"]] -= one["amount_minor"]
            case "credit_note_issued.v1":
                left[told["note"]["note_id"]] += told["note"]["total_minor"]
            case "credit_note_ended.v1" if told["note"]["number"]:
                left[told["note"]["note_id"]] -= told["note"]["total_minor"]
            case "refund_paid.v1":
                left[told["credit_id"]] -= told["amount_minor"]
    return {key: minor for key, minor in left.items() if minor}


def _settle(left: Counter[str], told: Mapping[str, Any], sign: int) -> None:
    for part in (*told["allocations"], *told["deductions"]):
        left[part["invoice_id"]] += sign * part["amount_minor"]
