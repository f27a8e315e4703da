"""Payment sheets: what partners owe and have paid, from facts that arrive in any order and more than once."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import httpx
import psycopg
import pytest
from uuid_utils.compat import uuid7

from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.consumers import SUBSCRIPTIONS
from shared.database import Database
from shared.events.envelope import Envelope, Event
from shared.identity import Caller
from shared.inbox import apply_once
from tests.factories.payment_facts import (
    NOON,
    a_bounce,
    a_certificate,
    a_cheque,
    a_credit_note,
    a_query,
    a_receipt,
    an_invoice,
    booked,
    keeping_back,
    noted,
    paying,
    registered,
    reversed_receipt,
    sent_back,
    told,
    used_later,
)
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller
from tests.provisions import DatabaseFactory

PLAN_NAMES = ("open", "covered", "to_pay", "running", "cheques_by_then", "left_after_cheques")
SHOWN = {"from": "2026-09-01", "overdue_on": "2026-11-10"}
FACT_TABLES = (
    "sheet_invoices",
    "sheet_receipts",
    "sheet_settlements",
    "sheet_reversals",
    "sheet_changes",
    "sheet_refunds",
    "sheet_credit_notes",
    "sheet_cheques",
    "sheet_tax_certificates",
    "sheet_queries",
)


@dataclass(frozen=True)
class APartner:
    zone: str = "South"
    code: str = field(default_factory=lambda: f"CP-{uuid7().hex[-12:]}")


async def registered_partner(service: PartnersService, zone: str = "South") -> APartner:
    partner = APartner(zone)
    async with service[0](a_caller()) as client:
        item = {"code": partner.code, "name": "Om Sai Agencies", "zone": zone}
        reply = await client.post("/v1/partners/batch", json=[item])
    assert reply.json()["accepted"] == 1, reply.text
    return partner


async def sheet_reply(
    service: PartnersService, partner: APartner, caller: Caller | None = None, **query: str
) -> httpx.Response:
    async with service[0](caller or a_caller()) as client:
        return await client.get(f"/v1/payment-sheets/{partner.code}", params={**SHOWN, **query})


async def test_part_payment_with_deduction_and_advance_is_shown_to_the_paisa(
    service: PartnersService,
) -> None:
    partner = await registered_partner(service)
    invoice = an_invoice(partner_code=partner.code, total_minor=1000_00, due_on=date(2026, 10, 31))
    receipt = a_receipt(
        partner_code=partner.code,
        amount_minor=700_50,
        on_account_minor=100_50,
        allocations=(paying(invoice, 600_00),),
        deductions=(keeping_back(invoice, "tds", 1_00),),
    )

    await service[1]([registered(invoice), booked(receipt)])

    sheet = (await sheet_reply(service, partner)).json()
    assert sheet["totals"] == [
        {
            "open": {"amount": "399.00", "currency": "INR"},
            "overdue": {"amount": "399.00", "currency": "INR"},
            "advances": {"amount": "100.50", "currency": "INR"},
            "credit_notes": {"amount": "0.00", "currency": "INR"},
            "net_to_pay": {"amount": "298.50", "currency": "INR"},
        }
    ]
    (line,) = sheet["invoices"]
    assert (line["status"], line["overdue_days"], line["received"]["amount"]) == ("partly_paid", 10, "600.00")
    (paid,) = sheet["receipts"]
    assert [part["amount"]["amount"] for part in paid["applied"]] == ["600.00"]
    assert [(part["kind"], part["amount"]["amount"]) for part in paid["deductions"]] == [("tds", "1.00")]
    assert sheet["is_complete"] is True


async def test_reversed_receipt_opens_its_invoice_again_and_stays_on_the_sheet(
    service: PartnersService,
) -> None:
    partner = await registered_partner(service)
    invoice = an_invoice(partner_code=partner.code, total_minor=118_00)
    receipt = a_receipt(partner_code=partner.code, allocations=(paying(invoice, 118_00),))
    await service[1]([registered(invoice), booked(receipt)])
    assert (await sheet_reply(service, partner)).json()["totals"][0]["open"]["amount"] == "0.00"

    await service[1]([reversed_receipt(receipt, date(2026, 10, 9))])

    sheet = (await sheet_reply(service, partner)).json()
    assert sheet["invoices"][0]["status"] == "open"
    assert sheet["totals"][0]["open"]["amount"] == "118.00"
    assert (sheet["receipts"][0]["is_reversed"], sheet["receipts"][0]["reversed_on"]) == (True, "2026-10-09")


async def test_an_advance_used_later_and_partly_sent_back_is_shown_as_it_stands(
    service: PartnersService,
) -> None:
    partner = await registered_partner(service)
    invoice = an_invoice(partner_code=partner.code, total_minor=118_00)
    receipt = a_receipt(partner_code=partner.code, amount_minor=200_00, on_account_minor=200_00)

    await service[1](
        [
            sent_back(receipt, 30_00),
            used_later(receipt, invoice, 117_00),
            used_later(receipt, invoice, 1_00, kind="TDS194Q"),
            registered(invoice),
            booked(receipt),
        ]
    )

    sheet = (await sheet_reply(service, partner)).json()
    (totals,) = sheet["totals"]
    assert (totals["open"]["amount"], totals["advances"]["amount"]) == ("0.00", "53.00")
    (paid,) = sheet["receipts"]
    assert [(one["invoice_number"], one["amount"]["amount"]) for one in paid["applied"]] == [
        ("INV/1", "117.00")
    ]
    assert [one["amount"]["amount"] for one in paid["deductions"]] == ["1.00"]
    assert paid["on_account"]["amount"] == "53.00"


async def test_an_allocation_taken_back_opens_the_invoice_and_gives_the_advance_back(
    service: PartnersService,
) -> None:
    partner = await registered_partner(service)
    invoice = an_invoice(partner_code=partner.code, total_minor=118_00)
    receipt = a_receipt(partner_code=partner.code, allocations=(paying(invoice, 118_00),))

    await service[1]([registered(invoice), booked(receipt), used_later(receipt, invoice, -118_00)])

    sheet = (await sheet_reply(service, partner)).json()
    assert sheet["invoices"][0]["status"] == "open"
    assert sheet["totals"][0]["net_to_pay"]["amount"] == "0.00"
    assert sheet["receipts"][0]["applied"] == []


async def test_invoice_paid_by_another_partner_is_settled_on_its_owners_sheet(
    service: PartnersService,
) -> None:
    owner, payer = await registered_partner(service), await registered_partner(service)
    invoice = an_invoice(partner_code=owner.code, total_minor=118_00)
    receipt = a_receipt(partner_code=payer.code, allocations=(paying(invoice, 118_00),))

    await service[1]([booked(receipt), registered(invoice)])

    assert (await sheet_reply(service, owner)).json()["invoices"][0]["status"] == "paid"
    assert [one["reference"] for one in (await sheet_reply(service, payer)).json()["receipts"]] == [
        receipt.reference
    ]


async def test_open_sheet_leaves_paid_invoices_out_and_keeps_its_totals(service: PartnersService) -> None:
    partner = await registered_partner(service)
    paid, unpaid = (an_invoice(partner_code=partner.code, number=number) for number in ("INV/1", "INV/2"))
    receipt = a_receipt(partner_code=partner.code, allocations=(paying(paid, 118_00),))
    await service[1]([registered(paid, unpaid), booked(receipt)])

    everything = (await sheet_reply(service, partner)).json()
    open_only = (await sheet_reply(service, partner, status="open")).json()

    assert [line["number"] for line in everything["invoices"]] == ["INV/1", "INV/2"]
    assert [line["number"] for line in open_only["invoices"]] == ["INV/2"]
    assert everything["totals"] == open_only["totals"]


async def test_currencies_are_never_added(service: PartnersService) -> None:
    partner = await registered_partner(service)
    rupees = an_invoice(partner_code=partner.code)
    dollars = an_invoice(partner_code=partner.code, number="EXP/1", currency="USD", total_minor=50_00)

    await service[1]([registered(rupees, dollars)])

    totals = (await sheet_reply(service, partner)).json()["totals"]
    assert [(one["open"]["currency"], one["open"]["amount"]) for one in totals] == [
        ("INR", "118.00"),
        ("USD", "50.00"),
    ]


async def test_partner_sees_its_own_sheet_and_no_other(service: PartnersService) -> None:
    own, other = await registered_partner(service), await registered_partner(service)
    caller = a_caller("partner", partner_code=own.code)

    assert (await sheet_reply(service, own, caller)).status_code == 200
    assert (await sheet_reply(service, other, caller)).status_code == 404


async def test_zonal_sales_sees_the_sheets_of_its_zones_only(service: PartnersService) -> None:
    zone = uuid7().hex
    own, other = await registered_partner(service, zone), await registered_partner(service)
    caller = a_caller("zonal_sales", zones=(zone,))

    assert (await sheet_reply(service, own, caller)).status_code == 200
    assert (await sheet_reply(service, other, caller)).status_code == 404


async def test_sheet_shows_cheques_awaited_certificates_questions_and_what_to_pay_by_when(
    service: PartnersService,
) -> None:
    partner = await registered_partner(service)
    code = {"partner_code": partner.code}
    late = an_invoice(**code, number="INV/LATE", due_on=date(2026, 10, 31))
    soon = an_invoice(**code, number="INV/SOON", due_on=date(2026, 11, 20), total_minor=200_00)
    paid = a_receipt(
        **code,
        amount_minor=30_00,
        on_account_minor=20_00,
        allocations=(paying(late, 10_00),),
        deductions=(keeping_back(late, "TDS194Q", 1_00),),
    )
    cheque, gone = a_cheque(**code), a_cheque(**code, cheque_number="000001", revision=2, standing="cleared")
    query = a_query(**code, links=({"kind": "invoice", "target_id": "INV/LATE"},), due_at=NOON)
    closed = a_query(**code, state="closed", revision=3)
    certificate = a_certificate(**code, amount_minor=40)

    await service[1](
        [
            told(gone),
            told(gone.model_copy(update={"standing": "held", "revision": 1})),
            told(closed),
            told(closed.model_copy(update={"state": "open", "revision": 1})),
            *map(told, (query, certificate, cheque)),
            booked(paid),
            registered(late, soon),
            used_later(paid, late, 60, kind="TDS194Q"),
            used_later(paid, late, -60, kind="TDS194Q", settled_on=date(2026, 10, 7)),
            told(a_bounce(**code, charged_on=date(2026, 11, 5))),
        ]
    )

    sheet = (await sheet_reply(service, partner)).json()
    assert [
        (one["due_on"], one["invoices"], *(one[name]["amount"] for name in PLAN_NAMES))
        for one in sheet["plan"]
    ] == [
        (None, 2, "697.00", "20.00", "677.00", "677.00", "0.00", "677.00"),
        ("2026-11-20", 1, "200.00", "0.00", "200.00", "877.00", "50.00", "827.00"),
    ]
    assert sheet["totals"][0]["net_to_pay"]["amount"] == "877.00"
    assert [one["number"] for one in sheet["invoices"]] == ["INV/LATE", "BC/2026-27/000001", "INV/SOON"]
    (held,) = sheet["cheques"]
    assert (held["standing"], held["is_post_dated"], held["items"]) == ("held", True, ["INV/1"])
    (awaited,) = sheet["tax_awaited"]
    assert (awaited["financial_year"], awaited["quarter"], awaited["quarter_ends_on"]) == (
        "2026-27", 3, "2026-12-31",
    )  # fmt: skip
    assert [awaited[name]["amount"] for name in ("deducted", "certified", "awaited")] == [
        "1.00",
        "0.40",
        "0.60",
    ]
    (asked,) = sheet["queries"]
    assert (asked["age_days"], asked["waits_for"], asked["about"]) == (36, "our_answer", ["INV/LATE"])
    assert asked["amount"]["amount"] == "107.00"


async def test_unknown_partner_has_no_sheet(service: PartnersService) -> None:
    reply = await sheet_reply(service, APartner())

    assert (reply.status_code, reply.json()["code"]) == (404, "partner_unknown")


async def test_sheet_says_when_its_newest_fact_was_told(service: PartnersService) -> None:
    partner = await registered_partner(service)
    fact = registered(an_invoice(partner_code=partner.code))
    await service[1]([fact])

    projection = (await sheet_reply(service, partner)).json()["projection"]

    assert projection["newest_fact_at"] == fact.time.isoformat().replace("+00:00", "Z")
    assert projection["lag_seconds"] >= 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_facts_in_any_order_and_told_again_end_in_the_same_state(
    seed: int, fresh_database: DatabaseFactory
) -> None:
    facts = a_month_of_facts()
    shuffled = random.Random(seed).sample([*facts, *facts[::3]], k=len(facts) + len(facts[::3]))

    in_order = await state_after(await fresh_database("partners"), [facts])
    out_of_order = await state_after(await fresh_database("partners"), in_random_batches(shuffled, seed))

    assert out_of_order == in_order
    assert all(in_order[table] for table in FACT_TABLES)


CHEQUE, QUERY = a_cheque(), a_query()
NOTES = [a_credit_note(partner_code=f"CP{number}") for number in range(3)]


def a_month_of_facts() -> list[Envelope[Event]]:
    """Invoices, a receipt for each, every fourth receipt reversed, every fourth used later; some facts share an event."""
    invoices = [an_invoice(number=f"INV/{number}", partner_code=f"CP{number % 3}") for number in range(24)]
    receipts = [
        a_receipt(
            partner_code=invoice.partner_code,
            allocations=(paying(invoice, 100_00),),
            deductions=(keeping_back(invoice, "tds", 10),),
            on_account_minor=18_00,
        )
        for invoice in invoices
    ]
    return [
        *(registered(*invoices[start : start + 2]) for start in range(0, 24, 2)),
        *(booked(*receipts[start : start + 3]) for start in range(0, 24, 3)),
        *(reversed_receipt(receipt) for receipt in receipts[::4]),
        *(used_later(receipts[place], invoices[place], 17_00) for place in range(1, 24, 4)),
        *(sent_back(receipts[place], 1_00) for place in range(1, 24, 4)),
        *(noted(replace(note, revision=step)) for note in NOTES for step in (1, 2, 3)),
        *(told(CHEQUE.model_copy(update={"revision": step})) for step in (1, 2, 3)),
        *(told(QUERY.model_copy(update={"revision": step})) for step in (1, 2, 3)),
        told(a_certificate()),
        told(a_bounce()),
    ]


def in_random_batches(facts: Sequence[Envelope[Event]], seed: int) -> list[Sequence[Envelope[Event]]]:
    cuts = sorted(random.Random(seed).sample(range(1, len(facts)), k=6))
    return [facts[start:end] for start, end in zip([0, *cuts], [*cuts, len(facts)], strict=True)]


async def state_after(
    url: str, batches: Sequence[Sequence[Envelope[Event]]]
) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url, application_name="test")
    apply = apply_once("partners", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    for batch in batches:
        await apply(batch)
    await database.close()
    with psycopg.connect(url) as connection:
        state = {
            table: connection.execute(f"TABLE {table} ORDER BY 1, 2").fetchall() for table in FACT_TABLES
        }
        newest = "SELECT projection, newest_fact_at FROM projection_progress"
        return {**state, "newest": connection.execute(newest).fetchall()}
