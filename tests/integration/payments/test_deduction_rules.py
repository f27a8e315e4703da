"""What payers keep back is judged by dated rules that are data, and posted to accounts of its own."""

from datetime import date
from typing import Any

import httpx
import pytest

from services.payments.domain.invoice import Invoice
from tests.factories.payments import invoice, pays, receipt
from tests.factories.payments_books import PaymentsBooks
from tests.factories.statement_files import Entry, csv_file
from tests.integration.payments.conftest import CallAs
from tests.integration.payments.test_allocations import assert_sound
from tests.integration.payments.test_matching_policies import SHREE
from tests.integration.payments.test_settlements_api import rupees
from tests.integration.service_callers import a_caller

LAKH = 1_00_000_00


async def call(
    calling_payments: CallAs, method: str, path: str, body: object = None, role: str = "approver"
) -> httpx.Response:
    async with calling_payments(a_caller(role)) as client:
        return await client.request(method, path, json=body)


async def items_of(calling_payments: CallAs, path: str, role: str = "coordinator") -> list[dict[str, Any]]:
    reply = await call(calling_payments, "GET", path, role=role)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


def bill(number: int, taxable_minor: int, **changes: object) -> Invoice:
    """With 18 % tax."""
    facts: dict[str, object] = {
        "taxable_minor": taxable_minor,
        "tax_minor": taxable_minor * 18 // 100,
        "total_minor": taxable_minor * 118 // 100,
        **changes,
    }
    return invoice(f"INV/26-27/{number:06d}", **facts)  # type: ignore[arg-type] # the changes are the caller's


async def decided(books: PaymentsBooks, amount_minor: int, note: str = "PAYMENT") -> Any:
    """The decision about a payment of CP0001, with the kinds of deduction and the text of the reason for the amount."""
    await books.import_file(csv_file(Entry(amount_minor, SHREE.format(note))))
    (row,) = await books.rows(
        "SELECT d.decision, d.deductions, d.reasons, d.on_account_minor FROM line_decisions d"
        " ORDER BY d.decided_at DESC LIMIT 1"
    )
    return row


def a_tax_rule(**given: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "kind": "TDS194Q",
        "valid_from": "2026-10-01",
        "section": "Income-tax Act 2025, s.393",
        "payment_code": "1012",
        "rate": "0.002",
        "rate_without_pan": "0.05",
        "threshold": rupees("5000000.00"),
        "source": "An invented notification",
    }
    return {**facts, **given}


async def test_the_law_is_there_from_the_start_section_by_section(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    rules = await items_of(calling_payments, "/v1/tax-rules")

    assert [(rule["valid_from"], rule["valid_to"], rule["rate"]) for rule in rules] == [
        ("2026-04-01", None, "0.001"),
        ("2021-07-01", "2026-03-31", "0.001"),
    ]
    assert {rule["threshold"]["amount"] for rule in rules} == {"5000000.00"}
    assert [rule["payment_code"] for rule in rules] == [None, None]


async def test_short_by_tax_on_what_lies_beyond_the_threshold_is_booked_and_told(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    """49,50,000 bought before; an invoice of 1,00,000 reaches 50,50,000; 50,000 bear 0.1 %: 50."""
    before, now = bill(1, 49_50_000_00), bill(2, LAKH, issued_on=date(2026, 10, 2))
    await books.register(before, now)

    line = await decided(books, now.total_minor - 50_00)

    assert line.decision == "auto"
    assert [(cut["number"], cut["kind"], cut["minor"]) for cut in line.deductions] == [
        (now.number, "TDS194Q", 50_00)
    ]
    (reason,) = [reason for reason in line.reasons if reason["code"] == "tds_beyond_threshold"]
    assert reason["text"].endswith("beyond the year's threshold: 50.00 expected, 50.00 kept back")
    assert (
        await books.value("SELECT balance_minor FROM account_balances WHERE account_code LIKE '1310%'")
        == 50_00
    )
    assert await books.open_minor(now.id) == 0
    await assert_sound(books)


async def test_purchases_of_the_year_before_do_not_count(books: PaymentsBooks) -> None:
    last_year = bill(1, 49_50_000_00, issued_on=date(2026, 3, 31))
    now = bill(2, LAKH, issued_on=date(2026, 10, 2))
    await books.register(last_year, now)

    line = await decided(books, now.total_minor - 100_00)

    assert [reason["code"] for reason in line.reasons if reason["code"].startswith("tds")] == [
        "tds_on_taxable"
    ]


async def test_a_new_law_counts_from_its_day_without_a_release(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = bill(1, 60 * LAKH)
    await books.register(owed)
    added = await call(calling_payments, "POST", "/v1/tax-rules", a_tax_rule())
    assert added.status_code == 201, added.text

    line = await decided(books, owed.total_minor - 12_000_00)

    assert [cut["minor"] for cut in line.deductions] == [12_000_00]
    assert (await items_of(calling_payments, "/v1/tax-rules"))[0]["payment_code"] == "1012"


@pytest.mark.parametrize(
    ("change", "role", "status", "code"),
    [
        ({"valid_from": "2026-04-01"}, "approver", 409, "rule_taken"),
        ({"valid_from": "2025-01-01"}, "approver", 409, "rule_taken"),
        ({"valid_to": "2026-09-30"}, "approver", 422, "date_impossible"),
        ({"kind": "BANK_CHARGE"}, "approver", 422, "deduction_unknown"),
        ({"rate": "1"}, "approver", 422, "invalid"),
        ({}, "coordinator", 403, "forbidden"),
    ],
)
async def test_a_law_that_cannot_be_is_refused(
    books: PaymentsBooks,
    calling_payments: CallAs,
    change: dict[str, object],
    role: str,
    status: int,
    code: str,
) -> None:
    reply = await call(calling_payments, "POST", "/v1/tax-rules", a_tax_rule(**change), role)

    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_whether_a_partner_deducts_is_kept_with_its_tan(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    deductor = {
        "partner_code": "CP0001",
        "valid_from": "2026-04-01",
        "tan": "pnes12345a",
        "is_deductor": True,
        "source": "Its letter of 3 April 2026",
    }

    first = await call(calling_payments, "POST", "/v1/tax-deductors", deductor, "coordinator")
    again = await call(calling_payments, "POST", "/v1/tax-deductors", deductor, "coordinator")
    shaped = await call(
        calling_payments, "POST", "/v1/tax-deductors", {**deductor, "tan": "PNE"}, "coordinator"
    )
    tanless = await call(
        calling_payments, "POST", "/v1/tax-deductors", {**deductor, "tan": None}, "coordinator"
    )
    nobody = await call(
        calling_payments, "POST", "/v1/tax-deductors", {**deductor, "partner_code": "CP9"}, "coordinator"
    )

    assert (first.status_code, first.json()["tan"]) == (201, "PNES12345A")
    assert (again.status_code, again.json()["code"]) == (409, "rule_taken")
    assert (shaped.status_code, shaped.json()["code"]) == (422, "tan_invalid")
    assert (tanless.status_code, nobody.json()["code"]) == (422, "partner_unknown")
    listed = await items_of(calling_payments, "/v1/tax-deductors?partner_code=CP0001")
    assert [one["has_pan"] for one in listed] == [True]


async def test_a_discount_freight_and_a_rounding_have_accounts_of_their_own(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    discount = {"percent": "2.00", "within_days": 30, "valid_from": "2026-04-01", "source": "Price list 2026"}
    freight = {"amount": rupees("750.00"), "valid_from": "2026-04-01", "source": "Freight table 2026"}
    assert (await call(calling_payments, "POST", "/v1/discount-terms", discount)).status_code == 201
    assert (await call(calling_payments, "POST", "/v1/freight-terms", freight)).status_code == 201
    owed = [bill(1, LAKH), bill(2, 2 * LAKH), bill(3, 3 * LAKH, total_minor=354_000_45, tax_minor=54_000_45)]
    await books.register(*owed)

    kept = [
        await decided(books, owed[0].total_minor - 2_360_00),
        await decided(books, owed[1].total_minor - 750_00),
        await decided(books, 354_000_00, "INV/26-27/000003"),
    ]

    assert [(line.decision, [cut["kind"] for cut in line.deductions]) for line in kept] == [
        ("auto", ["DISCOUNT"]),
        ("auto", ["FREIGHT"]),
        ("auto", ["ROUNDING"]),
    ]
    balances = await books.rows(
        "SELECT account_code, balance_minor FROM account_balances WHERE account_code ~ '^5' ORDER BY 1"
    )
    assert [tuple(row) for row in balances] == [
        ("5200-early-payment-discounts", 2_360_00),
        ("5300-freight-borne", 750_00),
        ("5900-rounding-differences", 45),
    ]
    await assert_sound(books)


async def test_a_discount_taken_too_late_is_not_booked_by_itself(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    discount = {"percent": "2.00", "within_days": 5, "valid_from": "2026-04-01", "source": "Price list 2026"}
    await call(calling_payments, "POST", "/v1/discount-terms", discount)
    owed = bill(1, LAKH)
    await books.register(owed)

    line = await decided(books, owed.total_minor - 2_360_00)

    assert line.deductions == []
    assert await books.open_minor(owed.id) == owed.total_minor


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (
            "discount-terms",
            {"percent": "2.00", "within_days": 5, "partner_code": "CP9"},
            422,
            "partner_unknown",
        ),
        ("discount-terms", {"percent": "21.00", "within_days": 5}, 422, "invalid"),
        (
            "discount-terms",
            {"percent": "2.00", "within_days": 5, "valid_to": "2026-01-01"},
            422,
            "date_impossible",
        ),
        ("freight-terms", {}, 422, "invalid"),
        ("freight-terms", {"amount": rupees("1.00"), "cap": rupees("2.00")}, 422, "invalid"),
        ("freight-terms", {"cap": rupees("-2.00")}, 422, "invalid"),
    ],
)
async def test_an_agreement_that_cannot_be_is_refused(
    books: PaymentsBooks, calling_payments: CallAs, path: str, body: dict[str, object], status: int, code: str
) -> None:
    whole = {"valid_from": "2026-04-01", "source": "Price list", **body}

    reply = await call(calling_payments, "POST", f"/v1/{path}", whole)

    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_the_same_agreement_is_made_once(books: PaymentsBooks, calling_payments: CallAs) -> None:
    freight = {"cap": rupees("750.00"), "valid_from": "2026-04-01", "source": "Freight table"}
    await call(calling_payments, "POST", "/v1/freight-terms", freight)

    again = await call(calling_payments, "POST", "/v1/freight-terms", freight)

    assert (again.status_code, again.json()["code"]) == (409, "rule_taken")
    assert len(await items_of(calling_payments, "/v1/freight-terms?valid_on=2026-10-01")) == 1
    assert await items_of(calling_payments, "/v1/freight-terms?valid_on=2026-03-31") == []


@pytest.mark.parametrize(
    "table", ["tax_rules", "tax_deductors", "discount_terms", "freight_terms", "tax_certificates"]
)
async def test_rules_are_added_and_never_changed(books: PaymentsBooks, table: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        await books.write(f"DELETE FROM {table}")


async def with_tax(books: PaymentsBooks, number: int, tax_minor: int, on: date, **facts: object) -> None:
    owed = bill(number, 10 * LAKH, issued_on=date(2026, 4, 2), due_on=date(2026, 5, 2), **facts)
    await books.register(owed)
    paid = receipt(
        [pays(owed, owed.total_minor - tax_minor), pays(owed, tax_minor, kind="TDS194Q")],
        received_on=on,
        reference=f"UTR{number}",
        **({"partner_code": facts["partner_code"]} if "partner_code" in facts else {}),
    )
    await books.book(paid)


def a_certificate(**given: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "partner_code": "CP0001",
        "financial_year": "2026-27",
        "quarter": 2,
        "certificate_number": "ABCDEF",
        "evidence": "form_16a",
        "amount": rupees("1000.00"),
    }
    return {**facts, **given}


async def test_tax_kept_back_is_receivable_by_quarter_until_it_is_certified(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    await with_tax(books, 1, 1000_00, date(2026, 6, 30))
    await with_tax(books, 2, 1000_00, date(2026, 7, 1))
    await with_tax(books, 3, 500_00, date(2026, 9, 30))
    await with_tax(books, 4, 400_00, date(2026, 7, 31), partner_code="CP0002")

    recorded = await call(calling_payments, "POST", "/v1/tax-certificates", a_certificate(), "coordinator")

    assert recorded.status_code == 201, recorded.text
    rows = await items_of(calling_payments, "/v1/tax-receivables")
    shown = [
        (
            row["quarter"],
            row["partner_code"],
            row["booked"]["amount"],
            row["certified"]["amount"],
            row["open"]["amount"],
        )
        for row in rows
    ]
    assert shown == [
        (1, "CP0001", "1000.00", "0.00", "1000.00"),
        (2, "CP0001", "1500.00", "1000.00", "500.00"),
        (2, "CP0002", "400.00", "0.00", "400.00"),
    ]
    assert rows[0]["quarter_ends_on"] == "2026-06-30"
    assert rows[0]["age_days"] > rows[1]["age_days"]
    assert len(await items_of(calling_payments, "/v1/tax-receivables?quarter_ends_on_lte=2026-06-30")) == 1
    await call(
        calling_payments, "POST", "/v1/tax-certificates",
        a_certificate(certificate_number="B", amount=rupees("500.00")), "coordinator",
    )  # fmt: skip
    chased = await items_of(calling_payments, "/v1/tax-receivables?is_open=true&quarter=2")
    assert [row["partner_code"] for row in chased] == ["CP0002"]


async def test_a_deduction_taken_back_leaves_the_quarter_it_was_made_in(
    books: PaymentsBooks, calling_payments: CallAs
) -> None:
    owed = bill(1, 10 * LAKH)
    await books.register(owed)
    paid = receipt([pays(owed, owed.total_minor - 1000_00), pays(owed, 1000_00, kind="TDS194Q")])
    await books.book(paid)

    await books.reverse(paid)

    assert [row["booked"]["amount"] for row in await items_of(calling_payments, "/v1/tax-receivables")] == [
        "0.00"
    ]


async def test_a_certificate_is_recorded_once(books: PaymentsBooks, calling_payments: CallAs) -> None:
    first = await call(calling_payments, "POST", "/v1/tax-certificates", a_certificate(), "coordinator")

    again = await call(calling_payments, "POST", "/v1/tax-certificates", a_certificate(), "coordinator")
    other = await call(
        calling_payments, "POST", "/v1/tax-certificates", a_certificate(amount=rupees("1.00")), "coordinator"
    )
    nobody = await call(
        calling_payments, "POST", "/v1/tax-certificates", a_certificate(partner_code="CP9"), "coordinator"
    )

    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert len(await books.events("salesops.payments.tax_certificate_recorded.v1")) == 1
    assert (other.status_code, other.json()["code"]) == (409, "certificate_taken")
    assert (nobody.status_code, nobody.json()["code"]) == (422, "partner_unknown")
    assert len(await items_of(calling_payments, "/v1/tax-certificates?financial_year=2026-27")) == 1


async def test_a_partner_sees_its_own_tax_only(books: PaymentsBooks, calling_payments: CallAs) -> None:
    await with_tax(books, 1, 1000_00, date(2026, 7, 1))
    await with_tax(books, 2, 400_00, date(2026, 7, 1), partner_code="CP0002")

    async with calling_payments(a_caller("partner", partner_code="CP0002")) as client:
        mine = (await client.get("/v1/tax-receivables")).json()["items"]
        certificates = (await client.get("/v1/tax-certificates")).json()["items"]

    assert [row["partner_code"] for row in mine] == ["CP0002"]
    assert certificates == []
