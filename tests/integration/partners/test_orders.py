"""Orders told by JSON, table and CRM; boards of partners and zones; what is frozen when a board is published."""

import hashlib
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from uuid_utils.compat import uuid7

from shared.events.crm import OrderChangedV1, OrderLine
from shared.events.envelope import envelope_of
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.test_partners_api import a_partner, register, told_about
from tests.integration.service_callers import a_caller

Reply = dict[str, Any]
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
OVER_ALLOCATED = (
    "INSERT INTO order_lines SELECT order_id, version, 99, product_code, description, 1, NULL, NULL, 1, 0, 2, 0, 0, 0,"
    " 'open' FROM order_lines LIMIT 1"
)
EARLIER = "2026-11-19T09:30:00Z"


def an_order(partner: str, **facts: Any) -> Reply:
    line = {
        "line_number": 10,
        "product_code": "GEN-62",
        "description": "Diesel generator",
        "quantity": "4",
        "unit_value": "100000.00",
        "tax_percent": "18",
        "promised_on": "2026-11-25",
        "allocated": "2",
    } | facts.pop("line", {})
    order = {
        "order_number": f"SO/{uuid7().hex[-10:]}",
        "partner_code": partner,
        "ordered_on": "2026-11-02",
        "source": "sap",
        "modified_at": AT.isoformat(),
        "lines": [line],
    }
    return order | facts


async def a_known_partner(service: PartnersService, **facts: object) -> str:
    partner = a_partner(**facts)
    await register(service, partner)
    return str(partner["code"])


async def told(service: PartnersService, *orders: Reply) -> Reply:
    async with service[0](a_caller()) as client:
        reply = await client.post("/v1/orders/batch", json=list(orders))
    assert reply.status_code == 200, reply.text
    body: Reply = reply.json()
    return body


async def get(service: PartnersService, path: str, role: str = "coordinator", **facts: Any) -> Reply:
    async with service[0](a_caller(role, **facts)) as client:
        reply = await client.get(path)
    assert reply.status_code == 200, reply.text
    body: Reply = reply.json()
    return body


def outcomes(reply: Reply) -> list[tuple[str, str | None, int | None]]:
    return [(item["status"], item["outcome"], item["version"]) for item in reply["items"]]


async def test_the_later_telling_counts_and_a_late_one_is_kept_and_changes_nothing(
    service: PartnersService, database_url: str
) -> None:
    partner = await a_known_partner(service)
    order = an_order(partner)
    moved = order | {"lines": [order["lines"][0] | {"promised_on": "2026-12-05"}]}

    reply = await told(
        service,
        order,
        order,
        moved | {"modified_at": EARLIER},
        moved | {"source_version": 1, "source": "tally"},
    )

    assert outcomes(reply) == [
        ("accepted", "recorded", 1),
        ("duplicate", "unchanged", 1),
        ("duplicate", "late", 1),
        ("accepted", "changed", 2),
    ]
    path = f"/v1/orders/{reply['items'][0]['id']}"
    shown = await get(service, path)
    versions = (await get(service, f"{path}/versions"))["items"]
    assert (shown["lines"][0]["promised_on"], shown["source"]) == ("2026-12-05", "tally")
    assert [one["version"] for one in versions] == [2, None, 1]
    assert told_about(database_url, order["order_number"]) == [
        "salesops.partners.orders_recorded.v1",
        "salesops.partners.orders_changed.v1",
    ]


async def test_single_order_is_new_once_and_known_afterwards(service: PartnersService) -> None:
    order = an_order(await a_known_partner(service))

    async with service[0](a_caller()) as client:
        replies = [await client.post("/v1/orders", json=order) for _ in range(2)]
        unknown = await client.post("/v1/orders", json=an_order("CP-NOBODY"))

    assert [reply.status_code for reply in replies] == [201, 200]
    first = replies[0].json()
    assert (first["state"], first["value"]["amount"], first["open"]["amount"]) == (
        "partly_allocated",
        "400000.00",
        "400000.00",
    )
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/partner_code")


async def test_rows_of_a_table_are_gathered_and_bad_orders_never_stop_the_others(
    service: PartnersService,
) -> None:
    partner = await a_known_partner(service)
    good, bad = f"SO-{uuid7().hex[-9:]}", f"SO-{uuid7().hex[-9:]}"
    table = (
        "order_number,partner_code,ordered_on,modified_at,line_number,product_code,quantity,unit_value,allocated,"
        "dispatched,dispatched_on,lr_number,holds\n"
        f"{good},{partner},2026-11-02,2026-11-20T09:30:00Z,10,GEN-62,4,100000.00,3,1,2026-11-10,LR-1,engineering\n"
        f"{bad},{partner},2026-11-02,2026-11-20T09:30:00Z,10,GEN-62,4,100000.00,5,,,,\n"
        f"{good},{partner},2026-11-02,2026-11-20T09:30:00Z,10,GEN-62,4,100000.00,3,2,2026-11-12,LR-2,\n"
        f"{good},{partner},2026-11-02,2026-11-20T09:30:00Z,20,AMF-1,4,2500.00,,,,,\n"
    )

    async with service[0](a_caller()) as client:
        headers = {"Content-Type": "text/csv"}
        reply = (await client.post("/v1/orders/batch", content=table, headers=headers)).json()
    shown = await get(service, f"/v1/orders/{reply['items'][0]['id']}")

    assert [(item["status"], item["rows"]) for item in reply["items"]] == [
        ("accepted", [2, 4, 5]),
        ("refused", [3]),
    ]
    assert reply["items"][1]["problem"]["errors"][0]["pointer"] == "/allocated"
    assert [(line["state"], line["dispatched"], len(line["dispatches"])) for line in shown["lines"]] == [
        ("partly_dispatched", "3", 2),
        ("open", "0", 0),
    ]
    assert (shown["state"], [hold["kind"] for hold in shown["holds"]]) == (
        "partly_dispatched",
        ["engineering"],
    )


async def test_crm_adds_its_status_and_orders_without_lines(service: PartnersService) -> None:
    _, apply = service
    partner = await a_known_partner(service)
    order = an_order(partner)
    reply = await told(service, order)

    def telling(number: str, hours: int, status: str) -> Any:
        event = OrderChangedV1(
            record_id=f"801{number[-10:]:0>15}",
            organization_id="00D000000000001",
            system_modstamp=AT + timedelta(hours=hours),
            order_number=number,
            status=status,
            partner_code=partner,
            currency="INR",
            amount_minor=40_000_00,
            ordered_on=date(2026, 11, 2),
        )
        return envelope_of(event, subject=number, partition_key=number, sequence=1)

    only_crm = f"SO/{uuid7().hex[-10:]}"
    await apply([telling(order["order_number"], 2, "Activated"), telling(order["order_number"], 1, "Draft")])
    await apply([telling(only_crm, 1, "Draft")])

    shown = await get(service, f"/v1/orders/{reply['items'][0]['id']}")
    board = await get(service, f"/v1/order-boards/{partner}")
    assert (shown["crm"]["status"], shown["crm"]["stated"]["amount"]) == ("Activated", "40000.00")
    assert [one["order_number"] for one in board["unlined"]] == [only_crm]


async def test_lines_of_the_crm_count_until_a_system_with_stock_tells_the_order(
    service: PartnersService,
) -> None:
    _, apply = service
    partner = await a_known_partner(service)
    order = an_order(partner)

    def telling(hours: int, quantity: str) -> Any:
        line = OrderLine(product_code="GEN-62", quantity=quantity, unit_price_minor=100_000_00)
        event = OrderChangedV1(
            record_id=f"801{uuid7().hex[-15:]}",
            organization_id="00D000000000001",
            system_modstamp=AT + timedelta(hours=hours),
            order_number=order["order_number"],
            status="Activated",
            partner_code=partner,
            currency="INR",
            ordered_on=date(2026, 11, 2),
            lines=(line,),
        )
        return envelope_of(event, subject=partner, partition_key=partner, sequence=1)

    await apply([telling(-3, "3")])
    by_crm = (await get(service, f"/v1/orders?partner_code={partner}"))["items"]
    await told(service, order)
    await apply([telling(5, "-1"), telling(6, "9")])
    by_sap = (await get(service, f"/v1/orders?partner_code={partner}"))["items"]

    assert [(one["source"], one["open"]["amount"]) for one in by_crm] == [("crm", "300000.00")]
    assert [(one["source"], one["open"]["amount"], one["version"]) for one in by_sap] == [
        ("sap", "400000.00", 2)
    ]


async def test_board_says_what_must_be_paid_and_publication_freezes_it(
    service: PartnersService, database_url: str
) -> None:
    partner = await a_known_partner(service)
    order = an_order(partner)
    await told(service, order)
    async with service[0](a_caller("approver")) as client:
        terms = f"/v1/partners/{partner}/terms"
        limit = {"credit_limit": {"amount": "0", "currency": "INR"}}
        etag = (await client.get(terms)).headers["ETag"]
        made = await client.put(terms, json=limit, headers={"If-Match": etag})
        stale = await client.put(terms, json={"payment_days": 30}, headers={"If-Match": etag})
    assert (made.json()["revision"], stale.status_code) == (1, 412)

    async with service[0](a_caller()) as client:
        first = (await client.post(f"/v1/order-boards/{partner}/publication")).json()
        later = order | {"lines": [order["lines"][0] | {"promised_on": "2026-12-05"}], "source_version": 1}
        await client.post("/v1/orders", json=later)
        second = (await client.post(f"/v1/order-boards/{partner}/publication")).json()
    frozen = await get(service, f"/v1/order-boards/{partner}/publications/1")

    assert first["board"]["payments"][0]["needed"]["amount"] == "236000.00"
    assert first["board"]["holds"][0]["action"] == "Pay before dispatch"
    assert (second["number"], second["board"]["compared_with"]) == (2, 1)
    assert [(one["was_on"], one["now_on"], one["days"]) for one in second["board"]["promise_changes"]] == [
        ("2026-11-25", "2026-12-05", 10)
    ]
    assert frozen == first
    assert hash_of(database_url, first["id"]) == first["content_sha256"]


async def test_zone_is_shown_in_one_line_per_partner_and_its_lines_are_a_file(
    service: PartnersService,
) -> None:
    zone = uuid7().hex
    partners = [await a_known_partner(service, zone=zone) for _ in range(3)]
    await told(service, *(an_order(partner) for partner in partners[:2] for _ in range(2)))
    own = partners[0]

    boards = await get(service, f"/v1/order-boards?zone={zone}", "zonal_sales", zones=(zone,))
    elsewhere = await get(service, f"/v1/order-boards?zone={zone}", "zonal_sales", zones=("other",))
    lines = await get(service, "/v1/order-board-lines", "partner", partner_code=own)
    async with service[0](a_caller()) as client:
        as_csv = (await client.get(f"/v1/order-board-lines?zone={zone}&format=csv")).text

    assert [(one["partner_code"], one["lines"], one["open"]["amount"]) for one in boards["items"]] == [
        (code, 2, "800000.00") for code in sorted(partners[:2])
    ]
    assert elsewhere["items"] == []
    assert {one["partner_code"] for one in lines["items"]} == {own}
    assert len(io.StringIO(as_csv).readlines()) == 5


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE order_lines SET allocated = 1", errors.RestrictViolation),
        ("DELETE FROM order_tellings", errors.RestrictViolation),
        (OVER_ALLOCATED, errors.CheckViolation),
    ],
)
async def test_database_refuses_what_the_rules_forbid(
    service: PartnersService, database_url: str, statement: str, error: type[Exception]
) -> None:
    await told(service, an_order(await a_known_partner(service)))

    with psycopg.connect(database_url) as connection, pytest.raises(error):
        connection.execute(statement)


def hash_of(database_url: str, board_id: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT content FROM published_boards WHERE id = %s", (UUID(board_id),)
        ).fetchone()
    assert row is not None
    return hashlib.sha256(row[0]).hexdigest()
