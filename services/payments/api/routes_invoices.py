"""Invoices taken over from billing, and what is open on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.payments.adapters.queries.exchange_rates import rates_of_day
from services.payments.adapters.queries.gst import has_derived_lines, taxes_of
from services.payments.adapters.queries.ledger import INVOICE_SELECT, OPEN_ITEM_SELECT
from services.payments.adapters.queries.listing import Listing, one_row
from services.payments.api.amount_range import AmountRange
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_invoices import (
    InvoiceBody,
    InvoiceDetailBody,
    InvoiceDraft,
    InvoiceRow,
    OpenItemBody,
    invoice_body,
    invoice_detail_body,
    open_item_body,
)
from services.payments.application.register_invoices import InvoiceVerdict, register_invoices
from services.payments.domain.booking_clock import BANK_TIME_ZONE
from services.payments.domain.invoice import Invoice
from shared.bulk import (
    BatchRefused,
    BatchReply,
    ItemVerdict,
    batch_body,
    batch_refusal,
    read_records,
    refused,
    validated,
)
from shared.errors import FieldProblem, NotFound
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.wire import Day

router = APIRouter(tags=["Invoices"])
CSV_COLUMNS: Final = "number,partner_code,issue_date,due_date,currency,taxable_amount,tax_amount,total_amount"
CSV_EXAMPLE: Final = (
    CSV_COLUMNS + "\nINV/26-27/004000,CP0101,2026-08-01,2026-09-15,INR,153198.65,27575.76,180774.41\n"
)


@router.post(
    "/v1/invoices/batch",
    response_model=BatchReply,
    responses=refusals(BatchRefused, KeyReused, StillRunning),
    summary="Register up to 10,000 invoices",
    openapi_extra=batch_body(InvoiceDraft, csv_columns=CSV_COLUMNS, csv_example=CSV_EXAMPLE),
)
async def register_invoices_route(
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
    atomic: Annotated[bool, Query(description="All or nothing: one refused item refuses the batch")] = False,  # noqa: FBT002
) -> Response:
    """One verdict per invoice, in order. A bad one never stops the others unless `atomic` is asked for.

    A CSV may have a column `exchange_rate` more: rupees for one unit of a foreign currency, empty for the day's rate.
    """
    records, content = await read_records(request)

    async def perform() -> Response:
        reply = await _register(work, records, actor=caller.actor)
        if atomic and reply.refused:
            raise batch_refusal(reply)
        return Response(reply.model_dump_json(), media_type="application/json")

    attempt = Attempt(caller.subject, key, b"POST /v1/invoices/batch\n" + content) if key else None
    return await once(work.connection, attempt, perform)


async def _register(work: Work, records: Sequence[object], *, actor: str) -> BatchReply:
    drafts = [validated(record, _invoice, index) for index, record in enumerate(records)]
    invoices = [draft for draft in drafts if isinstance(draft, Invoice)]
    verdicts = iter(await register_invoices(work, invoices, actor=actor, at=datetime.now(UTC)))
    return BatchReply.of(
        [
            _item_verdict(index, draft.number, next(verdicts)) if isinstance(draft, Invoice) else draft
            for index, draft in enumerate(drafts)
        ]
    )


def _invoice(record: object) -> Invoice:
    kind = InvoiceRow if isinstance(record, dict) and "issue_date" in record else InvoiceDraft
    return kind.model_validate(record).invoice()


def _item_verdict(index: int, number: str, verdict: InvoiceVerdict) -> ItemVerdict:
    if verdict.refusal is not None:
        return refused(index, number, verdict.refusal)
    status = "duplicate" if verdict.is_duplicate else "accepted"
    return ItemVerdict(index=index, status=status, id=verdict.invoice_id, key=number)


@dataclass(frozen=True, slots=True)
class InvoiceFilters:
    """What a list of invoices is narrowed to; each is a query parameter."""

    partner_code: Annotated[str | None, Query(max_length=40)] = None
    number: Annotated[str | None, Query(max_length=40)] = None
    issued_on_gte: Day | None = None
    issued_on_lte: Day | None = None
    due_on_gte: Day | None = None
    due_on_lte: Day | None = None
    is_open: Annotated[bool | None, Query(description="Only those with something left to pay")] = None

    def narrow(self, listing: Listing) -> Listing:
        listing.where("i.partner_code = :partner_code", partner_code=self.partner_code)
        listing.where("i.number = :number", number=self.number)
        listing.where("i.issued_on >= :issued_on_gte", issued_on_gte=self.issued_on_gte)
        listing.where("i.issued_on <= :issued_on_lte", issued_on_lte=self.issued_on_lte)
        listing.where("i.due_on >= :due_on_gte", due_on_gte=self.due_on_gte)
        listing.where("i.due_on <= :due_on_lte", due_on_lte=self.due_on_lte)
        return listing.where("(o.open_minor > 0) = :is_open", is_open=self.is_open)


@listed(router, "/v1/invoices", InvoiceBody, summary="List invoices")
async def list_invoices(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[InvoiceFilters, Depends()],
    amounts: Annotated[AmountRange, Depends()],
) -> Page[InvoiceBody]:
    """In the order of their due dates."""
    listing = Listing(INVOICE_SELECT, order=("i.due_on", "i.id"))
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    amounts.narrow(filters.narrow(listing), amount="i.total_minor", currency="i.currency")
    scope = f"invoices|{filters}|{amounts}"
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_on.isoformat(), str(row.id)))
    return Page(items=[invoice_body(row) for row in kept], next_cursor=cursor)


@router.get("/v1/invoices/{invoice_id}", response_model=InvoiceDetailBody, summary="Show one invoice")
async def show_invoice(invoice_id: UUID, connection: Reading, caller: CurrentCaller) -> InvoiceDetailBody:
    """Its figures, its tax by line, and what is still open."""
    listing = Listing(INVOICE_SELECT, order=("i.id",)).where("i.id = :invoice_id", invoice_id=invoice_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no invoice {invoice_id}")
    taxes = await taxes_of(connection, [invoice_id])
    is_derived = await has_derived_lines(connection, invoice_id)
    return invoice_detail_body(rows[0], taxes.get(invoice_id), is_derived=is_derived)


@listed(
    router,
    "/v1/accounts/{partner}/open-items",
    OpenItemBody,
    summary="What a partner has open: unpaid invoices and charges, unused advances and credit notes",
)
async def list_open_items(
    partner: str,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    kind: Literal["invoice", "charge", "advance", "credit_note"] | None = None,
    due_on_gte: Day | None = None,
    due_on_lte: Day | None = None,
    valued_on: Annotated[
        Day | None, Query(description="Value what is foreign at the rate of this day")
    ] = None,
) -> Page[OpenItemBody]:
    """In the order of their due dates, oldest first."""
    found = await one_row(connection, "SELECT code, zone FROM partners", "code = :code", code=partner)
    if found is None or not caller.sees_partner(found.code, found.zone):
        raise NotFound(
            f"There is no partner {partner}", problems=[FieldProblem("/partner", "expected a partner code")]
        )
    scope = f"open-items|{partner}|{kind}|{due_on_gte}|{due_on_lte}"
    listing = Listing(OPEN_ITEM_SELECT, order=("o.due_on", "o.id"))
    listing.where("o.partner_code = :partner", partner=partner).where("o.open_minor > :zero", zero=0)
    listing.where("o.kind = :kind", kind=kind).where("o.due_on >= :due_on_gte", due_on_gte=due_on_gte)
    listing.where("o.due_on <= :due_on_lte", due_on_lte=due_on_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_on.isoformat(), str(row.id)))
    today = datetime.now(BANK_TIME_ZONE).date()
    rates = await rates_of_day(connection, {row.currency for row in kept}, valued_on)
    return Page(items=[open_item_body(row, today=today, rates=rates) for row in kept], next_cursor=cursor)
