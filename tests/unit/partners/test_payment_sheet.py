"""Lines and sums of a payment sheet."""

from datetime import date

import pytest

from services.partners.domain.payment_sheet import InvoiceStatus, SheetInvoice, SheetTotals


def an_invoice(*, received: int = 0, deducted: int = 0) -> SheetInvoice:
    return SheetInvoice(
        number="INV/1",
        issued_on=date(2026, 10, 1),
        due_on=date(2026, 10, 31),
        currency="INR",
        total_minor=1000,
        received_minor=received,
        deducted_minor=deducted,
    )


@pytest.mark.parametrize(
    ("received", "deducted", "status", "open_minor"),
    [
        (0, 0, InvoiceStatus.OPEN, 1000),
        (1, 0, InvoiceStatus.PARTLY_PAID, 999),
        (0, 1, InvoiceStatus.PARTLY_PAID, 999),
        (990, 10, InvoiceStatus.PAID, 0),
    ],
)
def test_status_follows_what_is_open(
    received: int, deducted: int, status: InvoiceStatus, open_minor: int
) -> None:
    invoice = an_invoice(received=received, deducted=deducted)

    assert (invoice.status, invoice.open_minor) == (status, open_minor)


@pytest.mark.parametrize(
    ("on", "days"),
    [(date(2026, 10, 30), 0), (date(2026, 10, 31), 0), (date(2026, 11, 1), 1), (date(2026, 12, 31), 61)],
)
def test_overdue_days_count_from_the_day_after_the_due_date(on: date, days: int) -> None:
    assert an_invoice().overdue_days(on) == days


def test_paid_invoice_is_never_overdue() -> None:
    assert an_invoice(received=1000).overdue_days(date(2027, 1, 1)) == 0


def test_more_advances_than_open_invoices_are_in_the_partners_favour() -> None:
    totals = SheetTotals(currency="INR", open_minor=100, overdue_minor=0, advances_minor=150)

    assert totals.net_to_pay_minor == -50
