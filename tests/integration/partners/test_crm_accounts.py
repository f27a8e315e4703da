"""Accounts of the CRM become partners once, as they were told last, and none is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from shared.events.crm import AccountChangedV1
from shared.events.envelope import Envelope, envelope_of
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller

ORGANIZATION = "00D000000000001"
AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
TOLD = ("partner_code", "name", "zone", "city", "gstin")


def a_code() -> str:
    return f"CRM{uuid7().hex[-9:].upper()}"


def an_account(
    code: str | None, *, record: str = "", at: datetime = AT, sequence: int = 1, **facts: Any
) -> Envelope:
    record_id = record or f"001{uuid7().hex[-15:]}"
    values = {"name": "Sahyadri Diesel Works", "zone": "West", "city": "Pune", "told": TOLD} | facts
    event = AccountChangedV1(
        record_id=record_id, organization_id=ORGANIZATION, system_modstamp=at, partner_code=code, **values
    )
    return envelope_of(event, subject=record_id, partition_key=record_id, sequence=sequence)


async def partner(service: PartnersService, code: str) -> dict[str, Any]:
    call, _ = service
    async with call(a_caller()) as client:
        return (await client.get(f"/v1/partners/{code}")).json()


async def unresolved(service: PartnersService) -> dict[str, str]:
    """Why each waits, by its record."""
    call, _ = service
    async with call(a_caller()) as client:
        items = (await client.get("/v1/crm-accounts?standing=unresolved&limit=200")).json()["items"]
    return {item["record_id"]: item["problem"] for item in items}


async def test_an_account_told_twice_is_one_partner_of_one_version(service: PartnersService) -> None:
    _, apply = service
    code = a_code()
    told = an_account(code)

    await apply([told])
    await apply([an_account(code, record=told.data.record_id), told])

    assert (await partner(service, code))["version"] == 1


async def test_the_later_telling_holds_whatever_order_they_arrive_in(service: PartnersService) -> None:
    _, apply = service
    code, record = a_code(), f"001{uuid7().hex[-15:]}"
    tellings = [
        an_account(code, record=record, at=AT + timedelta(minutes=minute), city=city)
        for minute, city in [(2, "Nagpur"), (0, "Pune"), (1, "Nashik")]
    ]

    for one in tellings:
        await apply([one])

    assert (await partner(service, code))["city"] == "Nagpur"


async def test_of_one_instant_the_later_sequence_holds(service: PartnersService) -> None:
    _, apply = service
    code, record = a_code(), f"001{uuid7().hex[-15:]}"

    await apply([an_account(code, record=record, sequence=4, city="Nagpur")])
    await apply([an_account(code, record=record, sequence=3, city="Pune")])

    assert (await partner(service, code))["city"] == "Nagpur"


async def test_what_the_crm_does_not_speak_of_stays_and_what_it_clears_goes(service: PartnersService) -> None:
    call, apply = service
    code = a_code()
    draft = {"code": code, "name": "Sahyadri", "zone": "West", "city": "Pune", "ifsc": "HDFC0001111"}
    async with call(a_caller()) as client:
        assert (await client.post("/v1/partners/batch", json=[draft])).json()["accepted"] == 1

    await apply([an_account(code, city=None)])

    shown = await partner(service, code)
    assert (shown["city"], shown["ifsc"], shown["name"]) == (None, "HDFC0001111", "Sahyadri Diesel Works")


async def test_an_account_without_a_code_waits_with_the_reason_until_it_has_one(
    service: PartnersService,
) -> None:
    _, apply = service
    code, record = a_code(), f"001{uuid7().hex[-15:]}"

    await apply([an_account(None, record=record)])
    waiting = await unresolved(service)
    await apply([an_account(code, record=record, at=AT + timedelta(hours=1))])

    assert waiting[record] == "The account names no partner code"
    assert record not in await unresolved(service)
    assert (await partner(service, code))["code"] == code


async def test_values_that_cannot_be_used_hold_back_their_account_alone(service: PartnersService) -> None:
    _, apply = service
    code = a_code()
    bad = an_account("no code at all!")

    await apply([bad, an_account(code)])

    assert "/code" in (await unresolved(service))[bad.data.record_id]
    assert (await partner(service, code))["code"] == code


async def test_an_account_deleted_in_the_crm_leaves_its_partner(service: PartnersService) -> None:
    _, apply = service
    code, record = a_code(), f"001{uuid7().hex[-15:]}"
    await apply([an_account(code, record=record)])

    await apply([an_account(code, record=record, at=AT + timedelta(hours=1), is_deleted=True)])

    assert (await partner(service, code))["status"] == "active"
