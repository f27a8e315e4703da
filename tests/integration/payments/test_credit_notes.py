"""Credit notes from request to use: what they credit, what they post, what the law and the invoices allow."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.payments.application.add_credit_note_rules import add_credit_note_rule
from services.payments.domain.credit_note import NoteType
from services.payments.domain.errors import (
    AgreementMissing,
    CreditBeyondInvoice,
    CreditNoteInvalid,
    DeadlinePassed,
    DeclarationMissing,
    InvoicesDoNotFit,
    NoteUsed,
    ReasonNotAllowed,
    SupplierUnknown,
    TaxUnknown,
)
from shared.database import UnitOfWork
from shared.errors import Refusal
from tests.factories.credit_notes import (
    NotesDesk,
    a_discount,
    a_request,
    part,
    posting,
    returned,
)
from tests.factories.gst import OURS, OURS_IN_GUJARAT, line, registration, taxed_invoice
from tests.factories.payments import invoice, partner
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.test_allocations import assert_sound, balances


@pytest.fixture
async def desk(books: PaymentsBooks) -> NotesDesk:
    desk = NotesDesk(books)
    await desk.open()
    return desk


async def lines_of(books: PaymentsBooks) -> list[tuple[int, ...]]:
    rows = await books.rows(
        "SELECT taxable_minor, cgst_minor, sgst_minor, igst_minor FROM credit_note_lines ORDER BY note_id, position"
    )
    return [tuple(row) for row in rows]


async def test_a_gst_note_takes_back_value_and_tax_and_is_a_credit_of_the_partner(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 100_000)))

    note = await desk.issued(a_request(part(owed, 50_000)))

    assert (note.number, note.total_minor) == ("CN/2627/0000001", 59_000)
    assert {row.account_code: row.balance_minor for row in await balances(books)} == {
        "1200-receivables": 118_000,
        "2150-customer-credit-notes": -59_000,
        "2321-output-cgst": 4_500,
        "2322-output-sgst": 4_500,
        "3900-billing-clearing": -118_000,
        "4110-sales-returns": 50_000,
    }
    assert await books.open_minor(note.id) == 59_000
    await assert_sound(books)


async def test_the_tax_across_states_is_the_integrated_one(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 100_000, is_igst=True), place_of_supply="29"))

    await desk.issued(a_request(part(owed, 10_000)))

    assert await lines_of(books) == [(10_000, 0, 0, 1_800)]
    await assert_sound(books)


async def test_a_commercial_note_is_a_discount_without_tax_and_has_a_series_of_its_own(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    note = await desk.issued(a_discount(part(None, 25_000, description="Diwali scheme 2026")))

    assert (note.number, note.place_of_supply, note.supply_year) == ("FC/2627/0000001", "", "")
    assert {row.account_code: row.balance_minor for row in await balances(books)} == {
        "2150-customer-credit-notes": -25_000,
        "4120-discounts-allowed": 25_000,
    }
    await assert_sound(books)


async def test_returned_goods_are_credited_at_the_price_they_were_billed(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 100_001, quantity=Decimal(3))))
    back = {"reason_code": "goods_returned"}

    await desk.issued(a_request(returned(owed, 1), **back))
    await desk.issued(a_request(returned(owed, 2), **back))

    first, second = await lines_of(books)
    assert (first[0], second[0]) == (33_334, 66_667)
    assert sum(first) + sum(second) == owed.total_minor
    with pytest.raises(CreditBeyondInvoice):
        await desk.request(a_request(returned(owed, 1), **back))


async def test_an_amount_for_the_whole_invoice_goes_over_its_lines(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 30_000), line(2, 70_000, rate="0.28")))

    await desk.issued(a_request(part(owed, 10_000, line_number=None)))

    assert await lines_of(books) == [(3_000, 270, 270, 0), (7_000, 980, 980, 0)]


async def test_tax_charged_too_high_is_credited_without_value(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 100_000, rate="0.28")))

    note = await desk.issued(a_request(part(owed, tax_minor=10_000), reason_code="tax_too_high"))

    assert await lines_of(books) == [(0, 5_000, 5_000, 0)]
    assert note.amounts.taxable_minor == 0
    await assert_sound(books)


async def test_one_note_is_about_several_invoices_of_a_year(books: PaymentsBooks, desk: NotesDesk) -> None:
    first, second = await desk.billed(taxed_invoice(number="INV/1"), taxed_invoice(number="INV/2"))

    note = await desk.issued(a_request(part(first, 10_000), part(second, 20_000)))

    assert (note.total_minor, note.supply_year) == (35_400, "2627")


@pytest.mark.parametrize(
    "other",
    [
        {"issued_on": date(2026, 3, 31), "due_on": date(2026, 5, 1)},
        {"partner_code": "CP0002"},
        {"supplier": OURS_IN_GUJARAT, "place_of_supply": "24"},
    ],
)
async def test_invoices_of_another_year_partner_or_supplier_need_another_note(
    books: PaymentsBooks, other: dict[str, object]
) -> None:
    desk = NotesDesk(books)
    await desk.open(registration(), registration(OURS_IN_GUJARAT))
    first, second = await desk.billed(taxed_invoice(number="INV/1"), taxed_invoice(number="INV/2", **other))  # type: ignore[arg-type]

    with pytest.raises(InvoicesDoNotFit):
        await desk.request(a_request(part(first, 10_000), part(second, 10_000)))


async def test_an_invoice_without_lines_is_one_line_with_the_heads_of_its_states(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed(invoice(total_minor=118_000))

    await desk.issued(a_request(part(owed, 10_000)))

    assert await lines_of(books) == [(10_000, 900, 900, 0)]
    assert await books.value("SELECT is_derived FROM invoice_lines") is True


async def test_without_any_state_nobody_guesses_the_tax(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed(invoice(total_minor=118_000, partner_code="CP0002"))

    with pytest.raises(TaxUnknown):
        await desk.request(a_request(part(owed, 10_000), partner_code="CP0002"))


async def test_without_a_registration_of_ours_there_is_no_series(books: PaymentsBooks) -> None:
    with pytest.raises(SupplierUnknown):
        await NotesDesk(books).request(a_discount(part(None, 25_000)))


async def test_the_end_of_november_ends_the_time_for_gst_and_not_for_business(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed(taxed_invoice(issued_on=date(2025, 6, 1), due_on=date(2025, 7, 1)))
    command = a_request(part(owed, 10_000))
    approved = await desk.approved(command, date(2026, 11, 30))

    for attempt in (
        desk.request(command, posting(on=date(2026, 12, 1))),
        desk.issue(approved, posting(on=date(2026, 12, 1))),
    ):
        with pytest.raises(DeadlinePassed):
            await attempt

    await desk.issue(approved, posting(on=date(2026, 11, 30)))
    await desk.issued(a_discount(part(owed, 10_000, line_number=None)), date(2026, 12, 1))


async def test_the_annual_return_ends_the_time_earlier(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed(taxed_invoice(issued_on=date(2025, 6, 1), due_on=date(2025, 7, 1)))
    filed = {
        "gstin": OURS,
        "financial_year": "2526",
        "filed_on": date(2026, 10, 1),
        "source": "GSTR-9 of 2025-26",
    }
    async with UnitOfWork(books.database) as work:
        await add_credit_note_rule(work, "annual_return", filed, posting("admin"))
        await work.commit()

    await desk.request(a_request(part(owed, 10_000)), posting(on=date(2026, 10, 1)))
    with pytest.raises(DeadlinePassed):
        await desk.request(a_request(part(owed, 10_000)), posting(on=date(2026, 10, 2)))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reason_code": "mood"}, ReasonNotAllowed),
        ({"reason_code": "scheme"}, ReasonNotAllowed),
        ({"reason_code": "post_supply_discount"}, AgreementMissing),
        ({"is_itc_reversal_declared": False}, DeclarationMissing),
        ({"reason_code": "goods_returned"}, CreditNoteInvalid),
        ({"reason_code": "tax_too_high"}, CreditNoteInvalid),
        ({"note_type": NoteType.COMMERCIAL, "reason_code": "scheme"}, CreditNoteInvalid),
        ({"currency": "USD"}, InvoicesDoNotFit),
    ],
)
async def test_what_the_ground_asks_for_is_asked_for(
    desk: NotesDesk, changes: dict[str, object], refusal: type[Refusal]
) -> None:
    (owed,) = await desk.billed()

    with pytest.raises(refusal):
        await desk.request(a_request(part(owed, 10_000), **changes))


async def test_a_discount_needs_no_agreement_from_the_day_the_law_says_so(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed()
    newer = {
        "note_type": "gst", "code": "post_supply_discount", "valid_from": date(2026, 11, 1),
        "name": "Discount after the supply", "ground": "Section 34(1) as amended", "needs_agreement": False,
        "needs_invoices": True, "counts_goods": False, "is_tax_only": False, "is_allowed": True,
        "source": "Finance Act 2026, notified",
    }  # fmt: skip
    async with UnitOfWork(books.database) as work:
        await add_credit_note_rule(work, "reason", newer, posting("admin"))
        await work.commit()
    command = a_request(part(owed, 10_000), reason_code="post_supply_discount")

    with pytest.raises(AgreementMissing):
        await desk.request(command, posting(on=date(2026, 10, 31)))
    await desk.request(command, posting(on=date(2026, 11, 1)))


async def test_an_unregistered_recipient_has_nothing_to_declare(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    await books.add_partners(partner("CP0003", state_code="27", version=2))
    (owed,) = await desk.billed(invoice(total_minor=118_000, partner_code="CP0003"))

    await desk.request(a_request(part(owed, 10_000), partner_code="CP0003", is_itc_reversal_declared=False))


async def test_notes_never_credit_more_than_a_line_has(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 100_000), line(2, 50_000)))
    await desk.issued(a_request(part(owed, 60_000)))
    await desk.request(a_request(part(owed, 30_000)))

    with pytest.raises(CreditBeyondInvoice):
        await desk.request(a_request(part(owed, 10_001)))
    with pytest.raises(CreditBeyondInvoice):
        await desk.request(a_request(part(owed, 6_000), part(owed, 4_001)))
    await desk.request(a_request(part(owed, 10_000)))


async def test_what_is_refused_is_free_again(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed()
    whole = a_request(part(owed, 100_000))
    await desk.refuse(await desk.request(whole))

    note = await desk.issued(whole)

    assert note.total_minor == owed.total_minor


async def test_gst_and_commercial_notes_together_stay_within_the_invoice(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed()
    await desk.issued(a_request(part(owed, 50_000)))
    discount = part(owed, 59_001, line_number=None)

    with pytest.raises(CreditBeyondInvoice):
        await desk.request(a_discount(discount))
    await desk.request(a_discount(replace(discount, amount_minor=59_000)))


async def test_of_many_requests_at_once_as_many_count_as_the_line_has(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed(taxed_invoice(line(1, 100_000)))

    async def ask() -> str:
        try:
            await desk.request(a_request(part(owed, 30_000)))
        except CreditBeyondInvoice:
            return "refused"
        return "asked"

    told = Counter(await asyncio.gather(*(ask() for _ in range(20))))

    assert told == {"asked": 3, "refused": 17}


async def test_the_database_itself_refuses_what_is_beyond_the_line(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed()
    await desk.request(a_request(part(owed, 60_000)))
    note = await desk.request(a_request(part(owed, 10_000)))
    another_line = (
        "INSERT INTO credit_note_lines SELECT note_id, 2, invoice_id, line_number, '', '', '', 0, tax_rate, :value,"
        " 0, 0, 0 FROM credit_note_lines WHERE note_id = :id"
    )

    with pytest.raises(Exception, match="do not sum to it"):
        await books.write(another_line, id=note, value=1)
    await books.write("ALTER TABLE credit_note_lines DISABLE TRIGGER sum_up")
    try:
        with pytest.raises(Exception, match="exceed invoice"):
            await books.write(another_line, id=note, value=30_001)
    finally:
        await books.write("ALTER TABLE credit_note_lines ENABLE TRIGGER sum_up")


async def test_the_database_itself_refuses_a_note_that_goes_back_or_is_rewritten(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed()
    note = await desk.issued(a_request(part(owed, 60_000)))

    for change in (
        "standing = 'requested'",
        "total_minor = 1, taxable_minor = 1",
        "number = 'CN/2627/0000009'",
    ):
        with pytest.raises(Exception, match="cannot go from"):
            await books.write(
                f"UPDATE credit_notes SET {change}, revision = revision + 1 WHERE id = :id", id=note.id
            )
    for table in ("credit_note_lines", "credit_note_events", "credit_note_reasons", "credit_note_rules"):
        with pytest.raises(Exception, match="append-only"):
            await books.write(f"DELETE FROM {table}")
    with pytest.raises(Exception, match="append-only"):
        await books.write("DELETE FROM credit_notes")


async def test_a_cancelled_note_leaves_no_trace_in_the_balances_and_its_number_stays(
    books: PaymentsBooks, desk: NotesDesk
) -> None:
    (owed,) = await desk.billed()
    before = await balances(books)
    note = await desk.issued(a_request(part(owed, 60_000)))

    await desk.cancel(note.id)

    assert await balances(books) == before
    assert await books.open_minor(note.id) == 0
    again = await desk.issued(a_request(part(owed, 60_000)))
    assert again.number == "CN/2627/0000002"
    await assert_sound(books)


async def test_a_used_note_is_not_cancelled(books: PaymentsBooks, desk: NotesDesk) -> None:
    (owed,) = await desk.billed()
    note = await desk.issued(a_request(part(owed, 60_000)))
    await books.write("UPDATE open_items SET open_minor = open_minor - 1 WHERE id = :id", id=note.id)

    with pytest.raises(NoteUsed):
        await desk.cancel(note.id)
