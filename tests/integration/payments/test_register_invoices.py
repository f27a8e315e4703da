"""Invoices from billing: each becomes an open item and an entry once, and a bad one never stops the others."""

import asyncio

import msgspec
import pytest

from services.payments.application.project_partners import project_partners
from services.payments.application.register_invoices import InvoiceVerdict, register_invoices
from shared.database import UnitOfWork
from tests.factories.payments import invoice, partner
from tests.factories.payments_books import AT, PaymentsBooks

REGISTERED = "salesops.payments.invoices_registered.v1"


def told(verdict: InvoiceVerdict) -> str:
    if verdict.refusal is not None:
        return verdict.refusal.code
    return "duplicate" if verdict.is_duplicate else "accepted"


async def test_an_invoice_becomes_an_open_item_and_a_balanced_entry(books: PaymentsBooks) -> None:
    owed = invoice(total_minor=118_000)

    (verdict,) = await books.register(owed)

    assert (verdict.invoice_id, told(verdict)) == (owed.id, "accepted")
    assert await books.open_minor(owed.id) == 118_000
    balances = await books.rows("SELECT account_code, balance_minor FROM account_balances ORDER BY 1")
    assert [tuple(row) for row in balances] == [
        ("1200-receivables", 118_000),
        ("3900-billing-clearing", -118_000),
    ]


async def test_the_same_invoice_again_is_the_one_that_is_known(books: PaymentsBooks) -> None:
    first = invoice("INV/26-27/0042")
    await books.register(first)

    (verdict,) = await books.register(invoice("inv 26 27 0042"))

    assert (verdict.invoice_id, told(verdict)) == (first.id, "duplicate")
    assert await books.value("SELECT count(*) FROM journal_entries") == 1


@pytest.mark.parametrize(
    "difference",
    [{"total_minor": 118_001}, {"partner_code": "CP0002"}, {"taxable_minor": 100_001, "tax_minor": 17_999}],
)
async def test_a_known_number_with_other_figures_is_refused(
    books: PaymentsBooks, difference: dict[str, object]
) -> None:
    known = invoice()
    await books.register(known)

    (verdict,) = await books.register(invoice(**difference))  # type: ignore[arg-type] # the difference is the case

    assert told(verdict) == "invoice_taken"
    assert await books.open_minor(known.id) == known.total_minor


async def test_verdicts_come_in_the_order_of_the_batch(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/1"))

    verdicts = await books.register(
        invoice("INV/2"),
        invoice("INV/1"),
        invoice("INV/3", partner_code="CP9999"),
        invoice("INV/1", total_minor=5_900),
        invoice("INV/2"),
        invoice("INV/2", total_minor=5_900),
        invoice("INV/4"),
    )

    assert [told(verdict) for verdict in verdicts] == [
        "accepted",
        "duplicate",
        "partner_unknown",
        "invoice_taken",
        "duplicate",
        "invoice_taken",
        "accepted",
    ]
    assert verdicts[0].invoice_id == verdicts[4].invoice_id
    assert await books.value("SELECT count(*) FROM invoices") == 3


async def test_a_partner_nobody_knows_is_refused_once_patience_ends(books: PaymentsBooks) -> None:
    async with asyncio.timeout(60):
        (verdict,) = await books.register(invoice(partner_code="CP9999"), patience_seconds=0.02)

    assert told(verdict) == "partner_unknown"
    assert verdict.refusal is not None
    assert [problem.pointer for problem in verdict.refusal.problems] == ["/partner_code"]


async def test_a_partner_that_arrives_while_its_invoice_waits_is_accepted(books: PaymentsBooks) -> None:
    async with UnitOfWork(books.database) as work:
        waiting = asyncio.create_task(books.register(invoice(partner_code="CP0099"), patience_seconds=30.0))
        await project_partners(work, [partner("CP0099", "NEWCOMER AND SONS")])
        await work.commit()

    async with asyncio.timeout(60):
        (verdict,) = await waiting

    assert told(verdict) == "accepted"


async def test_nobody_waits_when_all_partners_are_known(books: PaymentsBooks) -> None:
    async with asyncio.timeout(60):
        (verdict,) = await books.register(invoice(), patience_seconds=3_600.0)

    assert told(verdict) == "accepted"


async def test_two_batches_at_once_with_the_same_invoices_register_each_once(books: PaymentsBooks) -> None:
    numbers = [f"INV/{number}" for number in range(30)]

    batches = await asyncio.gather(
        *(books.register(*(invoice(number) for number in numbers[:: (-1) ** turn])) for turn in range(6))
    )

    verdicts = [told(verdict) for batch in batches for verdict in batch]
    assert (verdicts.count("accepted"), verdicts.count("duplicate")) == (30, 150)
    assert not await books.differing_balances()


async def test_accepted_invoices_are_told_and_no_others(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/1"), invoice("INV/2", partner_code="CP9999"), invoice("INV/1"))

    (body,) = await books.events(REGISTERED)
    assert [one["number"] for one in msgspec.json.decode(body)["data"]["invoices"]] == ["INV/1"]


async def test_a_batch_in_which_nothing_is_new_tells_nothing(books: PaymentsBooks) -> None:
    await books.register(invoice("INV/1"))

    await books.register(invoice("INV/1"))

    assert len(await books.events(REGISTERED)) == 1
    assert await books.value("SELECT count(*) FROM audit_batches") == 1


async def test_nothing_is_kept_of_a_batch_that_is_not_committed(books: PaymentsBooks) -> None:
    async with UnitOfWork(books.database) as work:
        await register_invoices(work, [invoice()], actor="billing", at=AT)

    assert await books.value("SELECT count(*) FROM invoices") == 0
    assert not await books.events(REGISTERED)
