"""Projections: whatever order facts arrive in and however often, the same is kept; and everybody sees how far it is."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.consumers import SUBSCRIPTIONS
from shared.database import Database
from shared.events.envelope import Envelope, Event
from shared.inbox import apply_once
from tests.factories.payment_facts import (
    a_credit_note,
    a_receipt,
    an_invoice,
    booked,
    noted,
    paying,
    registered,
    reversed_receipt,
    used_later,
)
from tests.factories.told_facts import (
    document_told,
    opportunity_told,
    order_told,
    partner_told,
    query_told,
)
from tests.integration.reporting.conftest import ReportingService
from tests.integration.service_callers import a_caller
from tests.provisions import DatabaseFactory

TABLES = (
    "registered_invoices",
    "settlements",
    "known_credit_notes",
    "query_openings",
    "query_answers",
    "known_partners",
    "known_orders",
    "told_order_lines",
    "delivery_outcomes",
    "known_opportunities",
)


def a_history() -> list[Envelope[Event]]:
    """What the services told, in the order it happened."""
    invoice = an_invoice(total_minor=1_000_00)
    receipt = a_receipt(amount_minor=400_00, allocations=(paying(invoice, 300_00),))
    note = a_credit_note()
    return [
        partner_told("CP1", zone="West"),
        registered(invoice),
        booked(receipt),
        order_told("SO-1"),
        noted(replace(note, standing="requested", number=None, revision=1)),
        *query_told(answered_after=timedelta(hours=3)),
        used_later(receipt, invoice, 100_00),
        noted(note),
        order_told("SO-1", version=2, open_minor=200_00),
        partner_told("CP1", version=2, zone="North"),
        opportunity_told("006000000000001AAA", "Proposal", sequence=1),
        opportunity_told("006000000000001AAA", "Won", sequence=2),
        *document_told(),
        reversed_receipt(receipt),
    ]


@pytest.mark.parametrize("seed", [1, 2])
async def test_facts_in_any_order_and_told_again_end_in_the_same_rows(
    seed: int, fresh_database: DatabaseFactory
) -> None:
    facts = a_history()
    shuffled = random.Random(seed).sample([*facts, *facts[::2]], k=len(facts) + len(facts[::2]))

    in_order = await kept(await fresh_database("reporting"), [facts])
    out_of_order = await kept(await fresh_database("reporting"), [[fact] for fact in shuffled])

    assert out_of_order == in_order
    assert {table: len(rows) for table, rows in in_order.items()} == {
        **dict.fromkeys(TABLES, 1),
        "settlements": 2,
        "told_order_lines": 2,
    }
    (partner,), (order,) = in_order["known_partners"], in_order["known_orders"]
    assert (partner["zone"], order["version"], order["open_minor"]) == ("North", 2, 200_00)
    assert in_order["known_credit_notes"][0]["standing"] == "issued"
    assert in_order["known_opportunities"][0]["is_won"] is True
    assert in_order["told_order_lines"][0]["quantity"] == Decimal("2.500")


async def test_projections_show_how_far_they_are_and_what_they_hold(fresh_database: DatabaseFactory) -> None:
    url = await fresh_database("reporting")
    told_at = datetime.now(UTC) - timedelta(minutes=5)

    await kept(url, [[partner_told("CP1", at=told_at)]])

    with psycopg.connect(url, row_factory=dict_row) as connection:
        row = connection.execute("SELECT * FROM projection_progress WHERE projection = 'partners'").fetchone()
    assert row is not None
    assert (row["revision"], row["newest_fact_at"]) == (1, told_at)
    assert row["applied_at"] - told_at >= timedelta(minutes=5)


async def test_the_list_names_every_projection_with_its_lag(service: ReportingService) -> None:
    await service[1]([registered(an_invoice(issued_on=date(2026, 10, 1)))])

    async with service[0](a_caller("analyst")) as client:
        reply = (await client.get("/v1/projections", params={"limit": 200})).json()
    async with service[0](a_caller("partner", partner_code="CP1")) as client:
        refused = await client.get("/v1/projections")

    names = [item["name"] for item in reply["items"]]
    receivables = reply["items"][names.index("receivables")]
    assert names == sorted(names)
    assert len(names) == 10
    assert receivables["rows_count"] >= 1
    assert receivables["lag_seconds"] is not None
    assert receivables["silent_seconds"] < 60
    assert refused.status_code == 403


async def kept(url: str, batches: Sequence[Sequence[Envelope[Event]]]) -> dict[str, list[dict[str, Any]]]:
    database = Database(url, application_name="test")
    apply = apply_once("reporting", SUBSCRIPTIONS, lambda: UnitOfWork(database))
    for batch in batches:
        await apply(batch)
    await database.close()
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return {
            table: [
                {name: value for name, value in row.items() if name != "written_in"}
                for row in connection.execute(f"TABLE {table} ORDER BY 1, 2").fetchall()
            ]
            for table in TABLES
        }
