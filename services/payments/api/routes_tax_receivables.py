"""Tax that partners kept back: what is booked, what is certified, and what has to be chased."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.deductions import TAX_CERTIFICATE_SELECT, TAX_RECEIVABLE_SELECT
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_deductions import (
    TaxCertificateBody,
    TaxCertificateDraft,
    TaxReceivableBody,
    tax_certificate_body,
    tax_receivable_body,
)
from services.payments.application.record_tax_certificate import RecordTaxCertificate, record_tax_certificate
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import CertificateTaken, PartnerUnknown
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Deductions"])
OfPartner = Annotated[str | None, Query(max_length=40)]
OfYear = Annotated[str | None, Query(max_length=7, examples=["2026-27"])]
OfQuarter = Annotated[int | None, Query(ge=1, le=4)]


@listed(router, "/tax-receivables", TaxReceivableBody, summary="List tax that partners kept back, by quarter")
async def list_tax_receivables(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    *,
    partner_code: OfPartner = None,
    financial_year: OfYear = None,
    quarter: OfQuarter = None,
    is_open: Annotated[bool | None, Query(description="True: less is certified than booked")] = None,
    quarter_ends_on_lte: Annotated[Day | None, Query(description="For what is overdue by now")] = None,
) -> Page[TaxReceivableBody]:
    """The oldest first. A deduction belongs to the quarter in which its money came."""
    scope = f"tax-receivables|{partner_code}|{financial_year}|{quarter}|{is_open}|{quarter_ends_on_lte}"
    order = ("t.financial_year", "t.quarter", "t.partner_code", "t.currency")
    listing = Listing(TAX_RECEIVABLE_SELECT, order=order)
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("t.partner_code = :partner_code", partner_code=partner_code)
    listing.where("t.financial_year = :financial_year", financial_year=financial_year)
    listing.where("t.quarter = :quarter", quarter=quarter)
    listing.where("(t.booked_minor > t.certified_minor) = :is_open", is_open=is_open)
    listing.where("t.quarter_ends_on <= :ends_on", ends_on=quarter_ends_on_lte)
    rows = await listing.after(page.after(scope), ["text", "bigint", "text", "text"]).rows(
        connection, limit=page.limit
    )
    kept, cursor = page.cut(
        rows, scope, lambda row: (row.financial_year, row.quarter, row.partner_code, row.currency)
    )
    today = business_day(datetime.now(UTC))
    return Page(items=[tax_receivable_body(row, today) for row in kept], next_cursor=cursor)


@router.post(
    "/tax-certificates",
    status_code=201,
    response_model=TaxCertificateBody,
    summary="Record a certificate of tax kept back",
    responses={
        **known_before(TaxCertificateBody),
        **refusals(PartnerUnknown, CertificateTaken, KeyReused, StillRunning),
    },
)
async def record_tax_certificate_route(
    draft: TaxCertificateDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It makes the receivable claimable; the ledger does not move. The same certificate again answers 200."""

    async def perform() -> Response:
        facts = {name: getattr(draft, name) for name in TaxCertificateDraft.model_fields if name != "amount"}
        command = RecordTaxCertificate(
            **facts, amount_minor=draft.amount.minor(), currency=draft.amount.currency
        )
        certificate_id, is_new = await record_tax_certificate(work, command, posting_of(caller))
        return await _reply(work.connection, certificate_id, 201 if is_new else 200)

    return await done_once(work, (caller, key, "/v1/tax-certificates"), draft, perform)


@listed(router, "/tax-certificates", TaxCertificateBody, summary="List certificates of tax kept back")
async def list_tax_certificates(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: OfPartner = None,
    financial_year: OfYear = None,
    quarter: OfQuarter = None,
) -> Page[TaxCertificateBody]:
    """In the order recorded."""
    scope = f"tax-certificates|{partner_code}|{financial_year}|{quarter}"
    listing = Listing(TAX_CERTIFICATE_SELECT, order=("c.recorded_at", "c.id"))
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("c.partner_code = :partner_code", partner_code=partner_code)
    listing.where("c.financial_year = :financial_year", financial_year=financial_year)
    listing.where("c.quarter = :quarter", quarter=quarter)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.recorded_at.isoformat(), str(row.id)))
    return Page(items=[tax_certificate_body(row) for row in kept], next_cursor=cursor)


async def _reply(connection: AsyncConnection, certificate_id: UUID, status_code: int) -> Response:
    listing = Listing(TAX_CERTIFICATE_SELECT, order=("c.id",)).where("c.id = :id", id=certificate_id)
    (row,) = await listing.rows(connection, limit=1)
    return as_reply(tax_certificate_body(row), status_code)
