"""The collections dashboard: sums over receipts that arrive in any order and more than once."""

import random
from datetime import date

import httpx
import psycopg
import pytest
from uuid_utils.compat import uuid7

from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.consumers import SUBSCRIPTIONS
from shared.database import Database
from shared.events.envelope import Envelope, Event
from shared.identity import Caller
from shared.inbox import apply_once
from tests.factories.payment_facts import a_receipt, booked, reversed_receipt, statement_imported
from tests.integration.reporting.conftest import ReportingService
from tests.integration.service_callers import a_caller
from tests.provisions import DatabaseFactory

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


def a_zone() -> str:
    """Tests share a database; each looks at its own zone."""
    return f"Zone {uuid7().hex[-12:]}"


async def dashboard(
    service: ReportingService,
    query: dict[str, str],
    *,
    caller: Caller | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    async with service[0](caller or a_caller("analyst")) as client:
        return await client.get("/v1/dashboards/collections", params=query, headers=headers)


async def test_days_show_receipts_reversals_net_and_the_share_booked_on_time(
    service: ReportingService,
) -> None:
    zone = a_zone()
    first = [
        a_receipt(zone=zone, received_on=date(2026, 10, 5), amount_minor=amount, is_on_time=is_on_time)
        for amount, is_on_time in [(100_00, True), (50_00, True), (50_00, False)]
    ]
    later = a_receipt(zone=zone, received_on=date(2026, 10, 7), amount_minor=10_00)
    await service[1]([booked(*first, later), reversed_receipt(first[0], date(2026, 10, 7))])

    reply = (await dashboard(service, {"zone": zone, **OCTOBER})).json()

    shown = [
        (
            row["day"],
            row["amount"]["amount"],
            row["receipts_count"],
            row["reversed_amount"]["amount"],
            row["net_amount"]["amount"],
            row["on_time_share"],
        )
        for row in reply["series"]
    ]
    assert shown == [
        ("2026-10-05", "200.00", 3, "0.00", "200.00", "0.6667"),
        ("2026-10-07", "10.00", 1, "100.00", "-90.00", "1.0000"),
    ]
    assert reply["totals"][0]["net_amount"] == {"amount": "110.00", "currency": "INR"}
    assert reply["period"] == {"first_on": "2026-10-01", "last_on": "2026-10-31"}


async def test_groups_by_zone_and_by_bank_account_add_up_to_the_same_total(service: ReportingService) -> None:
    zones = [a_zone(), a_zone()]
    receipts = [
        a_receipt(zone=zone, bank_account=account, amount_minor=10_00)
        for zone in zones
        for account in ("1", "2")
    ]
    await service[1]([booked(*receipts)])
    caller = a_caller("zonal_sales", zones=tuple(zones))

    by_zone = (await dashboard(service, {"group_by": "zone", **OCTOBER}, caller=caller)).json()
    by_account = (await dashboard(service, {"group_by": "bank_account", **OCTOBER}, caller=caller)).json()

    assert [row["zone"] for row in by_zone["series"]] == sorted(zones)
    assert [(row["bank_account"], row["amount"]["amount"]) for row in by_account["series"]] == [
        ("1", "20.00"),
        ("2", "20.00"),
    ]
    assert by_zone["totals"] == by_account["totals"]


async def test_zonal_sales_sees_its_zones_and_a_partner_sees_no_dashboard(service: ReportingService) -> None:
    own, other = a_zone(), a_zone()
    await service[1]([booked(a_receipt(zone=own), a_receipt(zone=other), a_receipt(zone=None))])
    caller = a_caller("zonal_sales", zones=(own,))

    own_reply = (await dashboard(service, OCTOBER, caller=caller)).json()
    other_reply = (await dashboard(service, {"zone": other, **OCTOBER}, caller=caller)).json()
    refused = await dashboard(service, {}, caller=a_caller("partner", partner_code="CP1"))

    assert [total["receipts_count"] for total in own_reply["totals"]] == [1]
    assert other_reply["series"] == []
    assert refused.status_code == 403


async def test_period_left_out_is_the_31_days_up_to_the_newest_receipt(service: ReportingService) -> None:
    zone = a_zone()
    days = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 10, 1)]
    await service[1]([booked(*(a_receipt(zone=zone, received_on=day) for day in days))])

    reply = (await dashboard(service, {"zone": zone})).json()

    assert reply["period"] == {"first_on": "2026-09-01", "last_on": "2026-10-01"}
    assert [row["day"] for row in reply["series"]] == ["2026-09-01", "2026-10-01"]


@pytest.mark.parametrize(
    "period", [{"from": "2026-10-02", "to": "2026-10-01"}, {"from": "2020-01-01", "to": "2026-10-01"}]
)
async def test_period_that_is_nothing_or_too_much_is_refused(
    service: ReportingService, period: dict[str, str]
) -> None:
    reply = await dashboard(service, period)

    assert (reply.status_code, reply.json()["code"]) == (422, "period_invalid")


async def test_unchanged_figures_are_answered_without_a_body(service: ReportingService) -> None:
    zone = a_zone()
    receipt = a_receipt(zone=zone)
    await service[1]([booked(receipt)])
    etag = (await dashboard(service, {"zone": zone, **OCTOBER})).headers["ETag"]
    known = {"If-None-Match": etag}

    unchanged = await dashboard(service, {"zone": zone, **OCTOBER}, headers=known)
    other_view = await dashboard(service, {"zone": zone, "group_by": "zone", **OCTOBER}, headers=known)
    await service[1]([reversed_receipt(receipt)])
    changed = await dashboard(service, {"zone": zone, **OCTOBER}, headers=known)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (other_view.status_code, changed.status_code) == (200, 200)


async def test_statements_are_summed_per_bank_account(service: ReportingService) -> None:
    account, repeated = uuid7().hex, uuid7()
    facts = [
        statement_imported(account, repeated, (8, 1, 1, 0, 0)),
        statement_imported(account, repeated, (8, 1, 1, 0, 0)),
        statement_imported(account, uuid7(), (0, 0, 0, 10, 2)),
    ]
    await service[1](facts)

    async with service[0](a_caller("analyst")) as client:
        reply = (await client.get("/v1/dashboards/statements")).json()

    (own,) = [one for one in reply["bank_accounts"] if one["bank_account"] == account]
    assert (own["statements_count"], own["lines_count"], own["booked_count"]) == (2, 22, 8)
    assert (own["duplicate_count"], own["rejected_count"]) == (10, 2)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_facts_in_any_order_and_told_again_end_in_the_same_figures(
    seed: int, fresh_database: DatabaseFactory
) -> None:
    receipts = [a_receipt(zone=f"Z{number % 3}", amount_minor=100 + number) for number in range(30)]
    facts = [
        *(booked(*receipts[start : start + 5]) for start in range(0, 30, 5)),
        *(reversed_receipt(receipt) for receipt in receipts[::4]),
    ]
    shuffled = random.Random(seed).sample([*facts, *facts[::2]], k=len(facts) + len(facts[::2]))

    in_order = await facts_kept(await fresh_database("reporting"), [facts])
    out_of_order = await facts_kept(await fresh_database("reporting"), [[fact] for fact in shuffled])

    assert out_of_order == in_order
    assert [len(rows) for rows in in_order] == [30, 8]


async def facts_kept(url: str, batches: list[list[Envelope[Event]]]) -> list[list[tuple[object, ...]]]:
    database = Database(url, application_name="test")
    apply = apply_once("reporting", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    for batch in batches:
        await apply(batch)
    await database.close()
    with psycopg.connect(url) as connection:
        tables = ("collected_receipts", "reversed_receipts")
        rows = [connection.execute(f"TABLE {table} ORDER BY 1").fetchall() for table in tables]
        return [[row[:-1] for row in kept] for kept in rows]  # the last column names the transaction
