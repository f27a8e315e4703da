"""Zones and partners learn nothing of each other's payments, on any route that takes an id."""

from datetime import UTC, date, datetime, timedelta

from uuid_utils.compat import uuid7

from services.payments.domain.business_day import business_day
from tests.factories.credit_notes import NotesDesk, a_request, part
from tests.factories.gst import taxed_invoice
from tests.factories.payments import pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_booking_clock_api import credits_that_began
from tests.integration.payments.test_instruments import registered as cheque_registered
from tests.integration.payments.test_payment_queries import asked
from tests.integration.payments.test_published_statements import published
from tests.integration.payments.test_remittance_advices import told as advice_told
from tests.integration.payments.test_settlements_api import post
from tests.integration.service_callers import a_caller
from tests.integration.strangers import Place, World, told_to_strangers

REFERENCE = "HDFCN52026101400000077"


def today() -> date:
    """In India, as late as it is wanted: a day may begin while the tests run."""
    return business_day(datetime.now(UTC))


async def things_of_cp0001(books: PaymentsBooks, calling_payments: CallAs) -> dict[str, Place | None]:
    """One of everything that a partner or a zone may have, of the partner CP0001 in the zone west."""
    desk = NotesDesk(books)
    await desk.open()
    (owed,) = await desk.billed(taxed_invoice())
    note = await desk.issued(a_request(part(owed, 10_000)))
    paid, returned = (
        receipt([pays(owed, 50_000)], reference=REFERENCE),
        receipt(on_account_minor=1_000, rail="CHEQUE", cheque_number="000077", reference=""),
    )
    await books.book(paid, returned)
    bounce_id = await books.bounce(returned.id, "01")
    (credit,) = await credits_that_began(books, 1)
    await books.write("UPDATE booking_clocks SET zone = 'west'")
    cheque = await cheque_registered(calling_payments, items=[])
    advice = (await advice_told(calling_payments, items=[])).json()
    query = await asked(calling_payments)
    statement = await published(calling_payments)
    wanted = {"partner_code": "CP0001", "kind": "positive", "as_of": "2026-10-31"}
    due_on = (today() + timedelta(days=14)).isoformat()
    confirmed = await post(calling_payments, "/v1/balance-confirmations", {**wanted, "due_on": due_on})
    ids = {
        "advice_id": advice["id"],
        "bank_line_id": credit,
        "bounce_id": bounce_id,
        "confirmation_id": confirmed.json()[0]["id"],
        "instrument_id": cheque["id"],
        "invoice_id": owed.id,
        "note_id": note.id,
        "query_id": query["id"],
        "receipt_id": paid.id,
        "statement_id": statement["id"],
    }
    return {
        **{name: Place(of_others=str(value), of_nobody=str(uuid7())) for name, value in ids.items()},
        "partner": Place(of_others="CP0001", of_nobody="CP0404"),
        "reference": Place(of_others=REFERENCE, of_nobody="HDFCN52026101400000404"),
        "code": None,  # calendars are the bank's, and anybody may know them
    }


async def test_what_is_others_is_answered_as_what_is_not_there(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    world = World(
        places=await things_of_cp0001(books, calling_payments),
        strangers=[
            a_caller("zonal_sales", zones=("south", "central")),
            a_caller("partner", partner_code="CP0002"),
            a_caller("partner", partner_code="CP0404"),
        ],
        owner=a_caller(),
        answered_anyhow=frozenset({"GET /v1/payment-traces/{reference}"}),
    )

    assert await told_to_strangers("payments", world, calling_payments) == []
