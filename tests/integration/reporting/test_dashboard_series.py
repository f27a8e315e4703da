"""Dashboards as series: figures worked by hand, over the caller's rows, merged partners at their survivor, told live."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from uuid_utils.compat import uuid7

from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.tell_dashboards import tell_dashboards
from services.reporting.domain.dashboard import DASHBOARDS, DashboardName, changed_boards, share_text
from services.reporting.domain.projection import Projection
from shared.database import Database
from shared.identity import Caller
from tests.factories.payment_facts import a_receipt, an_invoice, booked, paying, registered
from tests.factories.told_facts import document_told, order_told, partner_told, query_told
from tests.integration.reporting.conftest import ReportingService
from tests.integration.service_callers import a_caller

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
ANALYST = a_caller("analyst")


def a_code() -> str:
    return f"DB-{uuid7().hex[-10:]}"


async def board(
    service: ReportingService, name: str, caller: Caller = ANALYST, **params: Any
) -> dict[str, dict[tuple[str | None, str | None], str | None]]:
    """Values by series, part and currency."""
    async with service[0](caller) as client:
        reply = await client.get(f"/v1/dashboards/{name}", params=OCTOBER | params)
    assert reply.status_code == 200, reply.text
    return {
        one["name"]: {(point["part"], point["currency"]): point["value"] for point in one["points"]}
        for one in reply.json()["series"]
    }


async def test_on_time_booking_counts_by_day_and_zone(service: ReportingService) -> None:
    code, zone = a_code(), a_code()
    receipts = [a_receipt(partner_code=code, zone=zone, is_on_time=one) for one in (True, True, False)]
    await service[1]([partner_told(code, zone=zone), booked(*receipts)])

    found = await board(service, "on-time-booking", zone=zone)

    assert found == {
        "receipts": {("2026-10-05", None): "3"},
        "on_time": {("2026-10-05", None): "2"},
        "on_time_share": {("2026-10-05", None): "0.6667"},
        "zone_share": {(zone, None): "0.6667"},
    }


async def test_what_is_open_ages_by_the_last_day_and_a_merged_code_counts_to_its_survivor(
    service: ReportingService,
) -> None:
    merged, survivor, zone = a_code(), a_code(), a_code()
    late = an_invoice(
        partner_code=merged, issued_on=date(2026, 8, 1), due_on=date(2026, 9, 15), total_minor=900_00
    )
    due_later = an_invoice(partner_code=survivor, due_on=date(2026, 11, 30), total_minor=250_00)
    receipt = a_receipt(
        partner_code=merged, amount_minor=300_00, allocations=(paying(late, 300_00),), on_account_minor=0
    )
    await service[1]([registered(late, due_later), booked(receipt)])
    await service[1](
        [
            partner_told(survivor, zone=zone),
            partner_told(merged, zone="Elsewhere", version=2, merged_into=survivor),
        ]
    )

    found = await board(service, "ageing", partner_code=survivor)

    assert found["open"] == {("31-60 days", "INR"): "600.00", ("not due", "INR"): "250.00"}
    assert found["invoices"] == {("31-60 days", None): "1", ("not due", None): "1"}
    assert found["overdue"] == {(zone, "INR"): "600.00"}


async def test_order_book_and_service_levels_and_quality(service: ReportingService) -> None:
    code, zone = a_code(), a_code()
    await service[1](
        [
            partner_told(code, zone=zone, city=None),
            order_told(a_code(), partner_code=code),
            *query_told(partner_code=code, answered_after=timedelta(hours=3)),
            *query_told(partner_code=code),
            *document_told(partner_code=code),
        ]
    )

    book = await board(service, "order-book", zone=zone)
    levels = await board(service, "service-levels", zone=zone)
    quality = await board(service, "data-quality", zone=zone)

    assert book["open"] == {("2026-10", "INR"): "500.00"}
    assert book["late_lines"] == {(zone, None): "1"}
    assert levels["queries"] == {("2026-10-05", None): "2"}
    assert levels["answered_in_time"] == {("2026-10-05", None): "0.5000"}
    assert levels["delivered"] == {("2026-10-05", None): "1.0000"}
    assert quality["faulty"][("partner has a city", None)] == "1"
    assert quality["sound"][("order line has a promised day", None)] == "1.0000"
    assert quality["sound"][("opportunity has partner and amount", None)] is None


@pytest.mark.parametrize("name", DashboardName)
async def test_a_zone_sees_its_rows_alone_and_nothing_when_it_has_none(
    service: ReportingService, name: DashboardName
) -> None:
    await service[1]([booked(a_receipt(zone="Others")), partner_told(a_code(), zone="Others")])

    found = await board(service, name, a_caller("zonal_sales", zones=(a_code(),)))

    assert list(found) == [one.name for one in DASHBOARDS[name].series]
    assert {value for points in found.values() for value in points.values()} <= {"0", None}


async def test_a_board_is_known_again_until_facts_arrive(service: ReportingService) -> None:
    async with service[0](ANALYST) as client:
        first = await client.get("/v1/dashboards/on-time-booking", params=OCTOBER)
        etag = {"If-None-Match": first.headers["ETag"]}
        again = await client.get("/v1/dashboards/on-time-booking", params=OCTOBER, headers=etag)
        await service[1]([booked(a_receipt())])
        later = await client.get("/v1/dashboards/on-time-booking", params=OCTOBER, headers=etag)
        listed = (await client.get("/v1/dashboards")).json()["items"]
        unknown = await client.get("/v1/dashboards/weather")

    assert (again.status_code, later.status_code, unknown.status_code) == (304, 200, 422)
    assert [one["dashboard"] for one in listed] == sorted(DashboardName)


async def test_boards_are_told_once_after_facts_arrived(service: ReportingService, database_url: str) -> None:
    database = Database(database_url, application_name="test")
    await service[1]([booked(a_receipt())])
    told = []
    for _ in range(2):
        async with UnitOfWork(database) as work:
            told.append(await tell_dashboards(work, datetime.now(UTC)))
            await work.commit()
    await database.close()

    with psycopg.connect(database_url) as connection:
        body = connection.execute(
            "SELECT body FROM outbox WHERE type = 'salesops.reporting.dashboards_changed.v1' ORDER BY position DESC"
        ).fetchone()
    assert {"collections", "on-time-booking", "ageing"} <= set(told[0])
    assert told[1] == []
    assert body is not None
    assert json.loads(bytes(body[0]))["data"]["dashboards"] == told[0]


def test_a_board_changes_with_the_facts_it_is_made_of() -> None:
    assert changed_boards([Projection.ORDERS]) == ["data-quality", "order-book"]
    assert changed_boards([Projection.STATEMENTS]) == ["statements"]
    assert changed_boards([]) == []


@pytest.mark.parametrize(
    ("number", "of", "text"), [(2, 3, "0.6667"), (1, 1, "1.0000"), (0, 4, "0.0000"), (0, 0, None)]
)
def test_a_share_has_four_digits_and_none_of_nothing(number: int, of: int, text: str | None) -> None:
    assert share_text(number, of) == text
