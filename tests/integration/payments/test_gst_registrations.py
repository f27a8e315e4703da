"""Who we are for the tax office, and invoices with the tax of each line."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from services.payments.application.add_gst_registration import add_gst_registration
from services.payments.domain.gst_registration import GstRegistration
from services.payments.domain.posting import Posting
from shared.database import UnitOfWork
from tests.factories.gst import OURS, OURS_IN_GUJARAT, line, registration, taxed_invoice
from tests.factories.payments import invoice, partner
from tests.factories.payments_books import AT, PaymentsBooks
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_register_invoices import told
from tests.integration.service_callers import a_caller


async def add(books: PaymentsBooks, *registrations: GstRegistration) -> None:
    async with UnitOfWork(books.database) as work:
        for one in registrations:
            await add_gst_registration(work, one, Posting("tests", AT, date(2026, 10, 14)))
        await work.commit()


def a_draft(**changes: object) -> dict[str, object]:
    return {
        "gstin": OURS,
        "legal_name": "Deccan Engines Limited",
        "address": "Plot 14, MIDC, Bhosari",
        "city": "Pune",
        "pin_code": "411026",
        "state_code": "27",
        "is_default": True,
        "valid_from": "2017-07-01",
        "source": "Certificate REG-06",
        **changes,
    }


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, role: str = "approver"
) -> httpx.Response:
    async with calling_payments(a_caller(role)) as client:
        return await client.request(method, path, json=body)


async def test_a_new_address_counts_from_its_day_and_leaves_earlier_documents_alone(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await call(calling_payments, "POST", "/v1/gst-registrations", a_draft())
    moved = a_draft(address="Survey 9, Chakan", valid_from="2026-11-01")

    reply = await call(calling_payments, "POST", "/v1/gst-registrations", moved)

    assert reply.status_code == 201, reply.text
    path = "/v1/gst-registrations/current?on="
    before = (await call(calling_payments, "GET", f"{path}2026-10-31")).json()["items"]
    after = (await call(calling_payments, "GET", f"{path}2026-11-01")).json()["items"]
    assert [one["address"] for one in (*before, *after)] == ["Plot 14, MIDC, Bhosari", "Survey 9, Chakan"]
    assert (after[0]["state"], after[0]["is_default"]) == ("Maharashtra", True)
    everything = (await call(calling_payments, "GET", f"/v1/gst-registrations?gstin={OURS}")).json()["items"]
    assert [one["valid_from"] for one in everything] == ["2017-07-01", "2026-11-01"]


async def test_the_same_registration_again_is_known_and_another_on_that_day_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await call(calling_payments, "POST", "/v1/gst-registrations", a_draft())

    again = await call(calling_payments, "POST", "/v1/gst-registrations", a_draft())
    other = await call(calling_payments, "POST", "/v1/gst-registrations", a_draft(city="Mumbai"))

    assert again.status_code == 200
    assert (other.status_code, other.json()["code"]) == (409, "gst_registration_taken")


async def test_a_wrong_check_character_is_refused(books: PaymentsBooks, calling_payments: CallAs) -> None:
    wrong = OURS[:14] + ("A" if OURS[14] != "A" else "B")

    reply = await call(calling_payments, "POST", "/v1/gst-registrations", a_draft(gstin=wrong))

    assert (reply.status_code, reply.json()["code"]) == (422, "gst_registration_invalid")


async def test_a_registration_given_up_is_not_current_after_its_last_day(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await add(books, registration(), registration(OURS_IN_GUJARAT, valid_to=date(2026, 9, 30)))

    on = (await call(calling_payments, "GET", "/v1/gst-registrations/current?on=2026-10-01")).json()["items"]

    assert [one["gstin"] for one in on] == [OURS]


async def test_only_approvers_say_who_we_are(books: PaymentsBooks, calling_payments: CallAs) -> None:
    reply = await call(calling_payments, "POST", "/v1/gst-registrations", a_draft(), role="coordinator")

    assert reply.status_code == 403


async def test_registrations_are_append_only(books: PaymentsBooks) -> None:
    await add(books, registration())

    with pytest.raises(Exception, match="append-only"):
        await books.write("UPDATE gst_registrations SET city = 'Mumbai'")


def an_invoice_body(**changes: object) -> dict[str, Any]:
    amounts = ("taxable_amount", "1000.00"), ("tax_amount", "180.00"), ("total_amount", "1180.00")
    body: dict[str, Any] = {name: {"amount": value, "currency": "INR"} for name, value in amounts}
    first = {
        "line_number": 1,
        "description": "Diesel engine 15 kVA",
        "hsn": "84089090",
        "quantity": "2",
        "unit": "NOS",
        "taxable_amount": {"amount": "1000.00", "currency": "INR"},
        "tax_rate": "0.18",
        "cgst": {"amount": "90.00", "currency": "INR"},
        "sgst": {"amount": "90.00", "currency": "INR"},
    }
    facts = {
        "number": "INV/26-27/009001",
        "partner_code": "CP0001",
        "issued_on": "2026-10-01",
        "due_on": "2026-11-15",
        "supplier_gstin": OURS,
        "place_of_supply": "27",
        "lines": [first],
    }
    return {**body, **facts, **changes}


async def post_invoices(calling_payments: CallAs, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    reply = await call(calling_payments, "POST", "/v1/invoices/batch", list(bodies), role="coordinator")
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_lines_are_kept_with_the_invoice_and_shown_with_it(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await add(books, registration())

    (item,) = await post_invoices(calling_payments, an_invoice_body())

    assert item["status"] == "accepted", item
    shown = (await call(calling_payments, "GET", f"/v1/invoices/{item['id']}")).json()["tax"]
    assert (shown["supplier_gstin"], shown["place_of_supply"], shown["is_derived"]) == (OURS, "27", False)
    (only,) = shown["lines"]
    assert (only["quantity"], only["tax_rate"], only["cgst"]["amount"]) == ("2", "0.18", "90.00")


async def test_a_supplier_that_is_not_ours_is_refused_and_the_others_are_not(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await add(books, registration())

    ours, theirs = await post_invoices(
        calling_payments,
        an_invoice_body(),
        an_invoice_body(number="INV/26-27/009002", supplier_gstin=OURS_IN_GUJARAT),
    )

    assert (ours["status"], theirs["problem"]["code"]) == ("accepted", "invoice_invalid")


async def test_an_unknown_registration_of_the_right_state_is_refused(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    (item,) = await post_invoices(calling_payments, an_invoice_body())

    assert item["problem"]["code"] == "supplier_unknown"
    assert await books.value("SELECT count(*) FROM invoices") == 0


async def test_an_invoice_that_came_without_lines_gets_them_later_and_once(books: PaymentsBooks) -> None:
    await add(books, registration())
    plain = invoice(total_minor=118_000)
    await books.register(plain)

    (later,) = await books.register(taxed_invoice())
    (again,) = await books.register(taxed_invoice())
    (other,) = await books.register(taxed_invoice(line(description="Another engine")))

    assert (told(later), later.invoice_id) == ("duplicate", plain.id)
    assert [told(again), told(other)] == ["duplicate", "invoice_taken"]
    assert await books.value("SELECT count(*) FROM invoice_lines") == 1


async def test_two_in_one_batch_with_other_lines_do_not_both_count(books: PaymentsBooks) -> None:
    await add(books, registration())

    verdicts = await books.register(taxed_invoice(), taxed_invoice(line(description="Another engine")))

    assert [told(one) for one in verdicts] == ["accepted", "invoice_taken"]


async def test_the_database_refuses_lines_that_do_not_sum_to_their_invoice(books: PaymentsBooks) -> None:
    await add(books, registration())
    await books.register(taxed_invoice())

    with pytest.raises(Exception, match="do not sum to it"):
        await books.write(
            "INSERT INTO invoice_lines SELECT invoice_id, 2, description, hsn, quantity, unit, 1, tax_rate, 0, 0, 0,"
            " false FROM invoice_lines"
        )


async def test_legal_names_and_addresses_of_partners_arrive(books: PaymentsBooks) -> None:
    await books.add_partners(
        partner(
            "CP0009", legal_name="श्री गणेश इलेक्ट्रिकल्स", address="12 MG Road", pin_code="411001", state_code="27"
        )
    )

    (row,) = await books.rows("SELECT * FROM partners WHERE code = 'CP0009'")

    assert (row.legal_name, row.address, row.pin_code, row.state_code) == (
        "श्री गणेश इलेक्ट्रिकल्स", "12 MG Road", "411001", "27",
    )  # fmt: skip
    assert datetime.now(UTC) > row.updated_at
