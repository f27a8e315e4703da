"""Documents published to partners arrive once and are shown to whoever may see the partner."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from shared.events.account_statements import StatementBalance, StatementPublishedV1
from shared.events.envelope import envelope_of
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller


def a_statement(partner_code: str, number: str, supersedes_id: UUID | None = None) -> StatementPublishedV1:
    key = uuid7()
    return StatementPublishedV1(
        statement_id=key,
        number=number,
        partner_code=partner_code,
        zone="West",
        kind="activity",
        title="Statement of account",
        language="en",
        from_on=date(2026, 10, 1),
        to_on=date(2026, 10, 31),
        pdf_sha256="ab" * 32,
        content_path=f"/v1/account-statements/{key}/content",
        balances=(StatementBalance("INR", 118_000),),
        supersedes_id=supersedes_id,
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


@pytest.fixture
async def codes(service: PartnersService) -> tuple[str, str]:
    """Two partners of different zones."""
    call, _ = service
    mine, other = (f"DOC{uuid7().hex[-8:].upper()}" for _ in range(2))
    drafts = [
        {"code": mine, "name": "Sahyadri Diesel Works", "zone": "West"},
        {"code": other, "name": "Narmada Power Systems", "zone": "North"},
    ]
    async with call(a_caller()) as client:
        reply = await client.post("/v1/partners/batch", json=drafts)
    assert reply.status_code == 200, reply.text
    assert reply.json()["accepted"] == 2, reply.text
    return mine, other


async def test_a_published_statement_is_listed_once_however_often_it_is_told(
    service: PartnersService, codes: tuple[str, str]
) -> None:
    call, apply = service
    old = a_statement(codes[0], "AS/2627/1")
    new = a_statement(codes[0], "AS/2627/2", old.statement_id)
    told = [envelope_of(one, subject=one.number, partition_key=codes[0]) for one in (old, new)]

    await apply(told)
    await apply([envelope_of(old, subject=old.number, partition_key=codes[0])])

    async with call(a_caller()) as client:
        listed = (await client.get(f"/v1/partner-documents?partner_code={codes[0]}")).json()["items"]
        first = (await client.get(f"/v1/partner-documents?partner_code={codes[0]}&limit=1")).json()
        rest = (
            await client.get(
                f"/v1/partner-documents?partner_code={codes[0]}&limit=1&cursor={first['next_cursor']}"
            )
        ).json()
    assert [(one["number"], one["is_superseded"]) for one in listed] == [
        ("AS/2627/2", False), ("AS/2627/1", True),
    ]  # fmt: skip
    assert first["items"] + rest["items"] == listed


async def test_a_partner_sees_its_own_documents_and_a_zone_those_of_the_zone(
    service: PartnersService, codes: tuple[str, str]
) -> None:
    call, apply = service
    told = [a_statement(code, f"AS/{code}") for code in codes]
    await apply([envelope_of(one, subject=one.number, partition_key=one.partner_code) for one in told])

    seen = {}
    for name, caller in {
        "partner": a_caller("partner", partner_code=codes[0]),
        "zone": a_caller("zonal_sales", zones=("North",)),
    }.items():
        async with call(caller) as client:
            listed = (await client.get("/v1/partner-documents")).json()["items"]
        seen[name] = {one["partner_code"] for one in listed} & set(codes)

    assert seen == {"partner": {codes[0]}, "zone": {codes[1]}}
