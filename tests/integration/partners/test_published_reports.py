"""Reports that reporting publishes for a partner: a document each, queued once for the contacts in the roles."""

from datetime import UTC, date, datetime
from uuid import uuid4

import psycopg

from shared.events.reporting import ReportPublishedV1
from tests.factories.partners import a_registered_partner
from tests.factories.told_facts import told
from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller


def a_report(partner_code: str) -> ReportPublishedV1:
    report_run_id = uuid4()
    return ReportPublishedV1(
        report_run_id=report_run_id,
        subscription_id=uuid4(),
        partner_code=partner_code,
        title="Orders of the week",
        from_on=date(2026, 11, 16),
        to_on=date(2026, 11, 22),
        roles=("accounts",),
        formats=("pdf", "csv"),
        content_path=f"/v1/report-runs/{report_run_id}/content",
        published_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
    )


async def test_a_report_reaches_the_contacts_in_its_roles_once_however_often_it_is_told(
    service: PartnersService, database_url: str
) -> None:
    partner = await a_registered_partner(service)
    report = a_report(partner.code)
    contact = {
        "role": "accounts", "channel": "email",
        "address": "accounts@dealer.example", "name": "Accounts",
    }  # fmt: skip
    async with service[0](a_caller()) as client:
        added = await client.post(f"/v1/partners/{partner.code}/contacts", json=contact)

    await service[1]([told(report), told(report)])
    await service[1]([told(report)])

    async with service[0](a_caller()) as client:
        listed = (await client.get(f"/v1/documents?partner_code={partner.code}&kind=report")).json()["items"]
    assert added.status_code == 201, added.text
    assert [(one["id"], one["title"]) for one in listed] == [
        (str(report.report_run_id), "Orders of the week")
    ]
    assert wishes(database_url, report) == [("accounts@dealer.example", ["pdf", "csv"], report.report_run_id)]


async def test_a_report_that_nobody_can_get_is_kept_all_the_same(
    service: PartnersService, database_url: str
) -> None:
    partner = await a_registered_partner(service)
    report = a_report(partner.code)

    await service[1]([told(report)])

    async with service[0](a_caller()) as client:
        shown = await client.get(f"/v1/documents/{report.report_run_id}")
    assert shown.status_code == 200
    assert wishes(database_url, report) == []


def wishes(database_url: str, report: ReportPublishedV1) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "SELECT d.address, r.formats, r.document_id FROM delivery_requests r"
            " JOIN deliveries d ON d.request_id = r.id WHERE r.key = %s",
            (f"report/{report.report_run_id}",),
        ).fetchall()
