"""A sheet that is not what the ledger says is held, asked about, told as an alarm, and released when it agrees."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from services.partners.adapters.payment_sheets import SheetWanted, payment_sheet, payment_sheets
from services.partners.adapters.repositories import partners_to_change
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.prepare_deliveries import prepare_deliveries
from services.partners.application.prove_sheets import compare_every_sheet, watch_sheets
from services.partners.application.queue_delivery import queue_delivery
from services.partners.domain.delivery import Channel, DeliveryWish, Recipient
from services.partners.domain.document import DocumentKind, Language, Period
from services.partners.domain.sheet_proof import AccountSums
from shared.database import Database
from tests.factories.partners import APartner, a_registered_partner
from tests.factories.payment_facts import a_receipt, an_invoice, booked, paying, registered
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.told_ledger import ledger_told, sums_of, the_ledger_agrees
from tests.integration.service_callers import a_caller

MEERA = Recipient(
    channel=Channel.PORTAL, address="meera@dealer.example", name="Meera Joshi", language=Language.ENGLISH
)


async def shown(service: PartnersService, path: str) -> Any:
    async with service[0](a_caller()) as client:
        return (await client.get(path)).json()


async def wished(database: Database, partner: APartner, at: datetime) -> None:
    wish = DeliveryWish(
        key=f"proof/{partner.code}",
        partner_code=partner.code,
        kind=DocumentKind.PAYMENT_SHEET,
        period=Period.cut_off(date(2026, 11, 25)),
        recipients=(MEERA,),
    )
    async with UnitOfWork(database) as work:
        await queue_delivery(work, wish, actor="test", at=at)
        await work.commit()


async def watched(database: Database, at: datetime) -> int:
    async with UnitOfWork(database) as work:
        alarms = await watch_sheets(work, at)
        await work.commit()
    return alarms


def told_of(database_url: str, code: str) -> list[str]:
    """What was told about the sheets of a partner, in its order."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT type, body FROM outbox WHERE type LIKE '%%sheet%%' OR type LIKE '%%accounts_wanted%%' ORDER BY position"
        ).fetchall()
    return [name.split(".")[2] for name, body in rows if code in str(msgspec.json.decode(body)["data"])]


@pytest.fixture
async def partner(service: PartnersService) -> APartner:
    return await a_registered_partner(service)


async def test_a_lost_event_holds_the_sheet_raises_an_alarm_and_its_arrival_releases_it(
    service: PartnersService, database: Database, database_url: str, partner: APartner
) -> None:
    now = datetime.now(UTC)
    invoice = an_invoice(partner_code=partner.code, total_minor=1000_00)
    receipt = a_receipt(
        partner_code=partner.code, amount_minor=600_00, allocations=(paying(invoice, 600_00),)
    )
    await service[1]([registered(invoice)])
    before = await sums_of(database, partner.code)
    await service[1]([booked(receipt)])
    whole = await sums_of(database, partner.code)
    with psycopg.connect(database_url) as connection:
        for table in ("sheet_settlements", "sheet_receipts"):
            connection.execute(f"DELETE FROM {table} WHERE receipt_id = %s", (receipt.receipt_id,))
    assert await sums_of(database, partner.code) == before

    position = await ledger_told(service, partner.code, whole)
    await wished(database, partner, now)
    await prepare_deliveries(database, now)
    (held,) = (await shown(service, f"/v1/deliveries?partner_code={partner.code}"))["items"]
    fresh = (await shown(service, f"/v1/payment-sheets/{partner.code}"))["proof"]
    await watched(database, now)
    alarms = await watched(database, now + timedelta(minutes=4))
    late = (await shown(service, f"/v1/payment-sheets/{partner.code}"))["proof"]
    (listed,) = (await shown(service, f"/v1/payment-sheet-differences?partner_code={partner.code}"))["items"]
    async with service[0](a_caller()) as client:
        draft = {"partner_code": partner.code, "kind": "payment_sheet"}
        refused = await client.post("/v1/document-renderings", json=draft)
    await service[1]([booked(receipt)])
    await watched(database, now + timedelta(minutes=5))
    await prepare_deliveries(database, now + timedelta(minutes=5))
    (released,) = (await shown(service, f"/v1/deliveries?partner_code={partner.code}"))["items"]
    sheet = await shown(service, f"/v1/payment-sheets/{partner.code}")
    agreed = f"/v1/payment-sheet-differences?partner_code={partner.code}&is_agreed=true"

    assert (held["state"], held["document_id"]) == ("queued", None)
    assert "invoices_minor: sheet 100000, ledger 40000" in held["held_because"]
    assert (fresh["state"], fresh["ledger_position"], late["state"]) == ("catching_up", position, "differs")
    assert alarms >= 1
    assert (listed["state"], listed["held_deliveries"]) == ("differs", 1)
    assert {one["figure"] for one in listed["differences"]} == {
        "ledger_minor",
        "invoices_minor",
        "items_sha256",
    }
    assert (refused.status_code, refused.json()["code"]) == (409, "sheet_unproved")
    assert released["document_id"] is not None
    assert released["held_because"] is None
    assert (sheet["proof"]["state"], sheet["totals"][0]["open"]["amount"]) == ("equal", "400.00")
    assert [one["state"] for one in (await shown(service, agreed))["items"]] == ["agreed"]
    assert told_of(database_url, partner.code) == [
        "accounts_wanted", "payment_sheet_differs", "accounts_wanted", "payment_sheet_agrees",
    ]  # fmt: skip


async def test_sheets_that_are_read_together_are_those_of_each_and_an_unproved_one_holds_up_no_other(
    service: PartnersService, database: Database
) -> None:
    now = datetime.now(UTC)
    partners = [await a_registered_partner(service) for _ in range(3)]
    for place, partner in enumerate(partners):
        invoice = an_invoice(partner_code=partner.code, total_minor=1000_00 + place)
        receipt = a_receipt(
            partner_code=partner.code, amount_minor=600_00, allocations=(paying(invoice, 500_00 + place),)
        )
        await service[1]([registered(invoice), booked(receipt)])
        await wished(database, partner, now)
    for partner in partners[:2]:
        await the_ledger_agrees(service, database, partner.code)
    wanted = SheetWanted(
        as_of=now,
        overdue_on=date(2026, 11, 25),
        receipts_since=date(2026, 1, 1),
        is_open_only=False,
        is_for_partner=True,
    )

    async with UnitOfWork(database) as work:
        known = await partners_to_change(work.connection, [one.code for one in partners])
        in_order = [known[one.code] for one in partners]
        together = await payment_sheets(work.connection, in_order, wanted)
        alone = [await payment_sheet(work.connection, one, wanted) for one in in_order]
    await prepare_deliveries(database, now)
    made = [
        (await shown(service, f"/v1/deliveries?partner_code={one.code}"))["items"][0]["document_id"]
        for one in partners
    ]

    assert together == alone
    assert [one.totals[0].open_minor for one in together] == [500_00, 500_00, 500_00]
    assert [one is not None for one in made] == [True, True, False]


async def test_an_amount_that_two_errors_leave_right_is_seen_by_its_items(
    service: PartnersService, database: Database, partner: APartner
) -> None:
    await service[1]([registered(an_invoice(partner_code=partner.code))])
    sums = await sums_of(database, partner.code)

    await ledger_told(service, partner.code, sums, items_sha256="0" * 64)

    proof = (await shown(service, f"/v1/payment-sheets/{partner.code}"))["proof"]
    assert [one["figure"] for one in proof["differences"]] == [f"{partner.code} INR items_sha256"]


async def test_older_figures_that_come_late_change_nothing(
    service: PartnersService, database: Database, partner: APartner
) -> None:
    await service[1]([registered(an_invoice(partner_code=partner.code))])
    sums = await sums_of(database, partner.code)
    position = await ledger_told(service, partner.code, sums)

    await ledger_told(service, partner.code, sums, position=position - 1, invoices_minor=1)

    proof = (await shown(service, f"/v1/payment-sheets/{partner.code}"))["proof"]
    assert (proof["state"], proof["ledger_position"]) == ("equal", position)


async def test_facts_of_which_the_ledger_never_told_are_found_at_night_and_are_no_sheet_to_send(
    service: PartnersService, database: Database, partner: APartner
) -> None:
    await service[1]([registered(an_invoice(partner_code=partner.code))])
    sheet = await shown(service, f"/v1/payment-sheets/{partner.code}")

    async with UnitOfWork(database) as work:
        after: str | None = ""
        while after is not None:
            after = await compare_every_sheet(work, datetime.now(UTC), after)
        await work.commit()
    (noticed,) = (await shown(service, f"/v1/payment-sheet-differences?partner_code={partner.code}"))["items"]
    await the_ledger_agrees(service, database, partner.code)

    assert (sheet["proof"]["state"], noticed["state"], noticed["ledger_position"]) == (
        "unchecked", "catching_up", None,
    )  # fmt: skip
    assert (await shown(service, f"/v1/payment-sheets/{partner.code}"))["proof"]["state"] == "equal"


async def test_differences_are_cut_to_the_zones_of_who_looks(
    service: PartnersService, database: Database
) -> None:
    own, other = await a_registered_partner(service), await a_registered_partner(service)
    empty = AccountSums(
        ledger_minor=5,
        invoices_count=1,
        invoices_minor=5,
        advances_count=0,
        advances_minor=0,
        credit_notes_count=0,
        credit_notes_minor=0,
        items_sha256="",
    )
    for partner in (own, other):
        await ledger_told(service, partner.code, empty)

    async with service[0](a_caller("zonal_sales", zones=("nowhere",))) as client:
        nothing = (await client.get("/v1/payment-sheet-differences")).json()["items"]
    listed = (await shown(service, "/v1/payment-sheet-differences?limit=200"))["items"]

    assert nothing == []
    assert {own.code, other.code} <= {one["partner_code"] for one in listed}
