"""Receipts: money received and booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.payments.adapters.queries.ledger import RECEIPT_SELECT
from services.payments.adapters.queries.listing import Listing
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.api.amount_range import AmountRange
from services.payments.api.dependencies import PageWanted, Pool, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.receipt_gathering import ReceiptGathering, Told, receipts_told
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_receipts import ReceiptBody, ReceiptDraft, ReceiptRow, receipt_body
from services.payments.application.record_receipts import PaymentVerdict, record_receipts
from services.payments.domain.errors import (
    BankAccountUnknown,
    DeductionUnknown,
    ItemNotPayable,
    ItemSettled,
    PartnerUnknown,
    RateUnknown,
    ReceiptTaken,
)
from services.payments.domain.posting import Posting
from services.payments.domain.received_payment import PaymentInvalid, ReceivedPayment
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
from shared.errors import NotFound
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day, Instant

router = APIRouter(prefix="/v1/receipts", tags=["Receipts"])
CSV_COLUMNS: Final = (
    "bank_account,partner_code,amount_in_rupees,received_on,channel,rail,reference,cheque_number"
)
CSV_EXAMPLE: Final = (
    CSV_COLUMNS + "\n50200012345678,CP0101,1180.00,2026-10-14,hand,NEFT,HDFCR52026101400000001,\n"
)


@dataclass(frozen=True, slots=True)
class ReceiptFilters:
    """What a list of receipts is narrowed to; each is a query parameter."""

    partner_code: Annotated[str | None, Query(max_length=40)] = None
    reference: Annotated[str | None, Query(max_length=40, description="UTR, RRN or cheque number")] = None
    bank_account: Annotated[str | None, Query(max_length=40)] = None
    channel: Literal["bank_statement", "hand", "virtual_account"] | None = None
    received_on_gte: Day | None = None
    received_on_lte: Day | None = None
    booked_at_gte: Instant | None = None
    booked_at_lte: Instant | None = None
    is_on_account: Annotated[bool | None, Query(description="Money of it is still on account")] = None
    is_reversed: bool | None = None

    def narrow(self, listing: Listing) -> Listing:
        listing.where("r.partner_code = :partner_code", partner_code=self.partner_code)
        listing.where("r.reference = :reference", reference=self.reference)
        listing.where("b.number = :bank_account", bank_account=self.bank_account)
        listing.where("r.channel = :channel", channel=self.channel)
        listing.where("r.received_on >= :received_on_gte", received_on_gte=self.received_on_gte)
        listing.where("r.received_on <= :received_on_lte", received_on_lte=self.received_on_lte)
        listing.where("r.booked_at >= :booked_at_gte", booked_at_gte=self.booked_at_gte)
        listing.where("r.booked_at <= :booked_at_lte", booked_at_lte=self.booked_at_lte)
        listing.where(
            "EXISTS (SELECT FROM open_items o WHERE o.id = r.id AND o.open_minor > 0) = :is_on_account",
            is_on_account=self.is_on_account,
        )
        return listing.where("(v.receipt_id IS NOT NULL) = :is_reversed", is_reversed=self.is_reversed)


@listed(router, "", ReceiptBody, summary="List receipts")
async def list_receipts(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[ReceiptFilters, Depends()],
    amounts: Annotated[AmountRange, Depends()],
) -> Page[ReceiptBody]:
    """The latest booked first."""
    scope = f"receipts|{filters}|{amounts}"
    listing = Listing(RECEIPT_SELECT, order=("r.booked_at", "r.id"), is_descending=True)
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    amounts.narrow(filters.narrow(listing), amount="r.amount_minor", currency="r.currency")
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.booked_at.isoformat(), str(row.id)))
    return Page(items=[receipt_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=ReceiptBody,
    summary="Book a payment told by hand or by a virtual account",
    responses={**known_before(ReceiptBody), **refusals(
        BankAccountUnknown, PartnerUnknown, ItemNotPayable, ItemSettled, DeductionUnknown, ReceiptTaken, PaymentInvalid,
        RateUnknown,
        KeyReused, StillRunning,
    )},
)  # fmt: skip
async def record_receipt(
    draft: ReceiptDraft, request: Request, pool: Pool, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The reference is its key for ever: told again it answers 200, and the bank's line with it only confirms it."""
    path = "/v1/receipts"
    if key is None:
        gathering: ReceiptGathering = request.app.state.receipt_gathering
        return _reply(await gathering.book(draft.payment(), caller.actor))
    async with UnitOfWork(pool) as work:

        async def perform() -> Response:
            (verdict,) = await record_receipts(work, [draft.payment()], posting_of(caller))
            rows = await receipts_told(work.connection, [verdict])
            return _reply(Told(verdict, rows.get(verdict.receipt_id)))

        reply = await done_once(work, (caller, key, path), draft, perform)
        await work.commit()
        return reply


def _reply(told: Told) -> Response:
    if told.verdict.refusal is not None:
        raise told.verdict.refusal
    assert told.receipt is not None, "what is not refused is booked"
    return as_reply(receipt_body(told.receipt), 200 if told.verdict.is_duplicate else 201)


@router.post(
    "/batch",
    response_model=BatchReply,
    summary="Book up to 10,000 payments told otherwise than by a statement",
    responses=refusals(BatchRefused, KeyReused, StillRunning),
    openapi_extra=batch_body(ReceiptDraft, csv_columns=CSV_COLUMNS, csv_example=CSV_EXAMPLE),
)
async def record_receipts_batch(
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
    atomic: Annotated[bool, Query(description="All or nothing: one refused item refuses the batch")] = False,  # noqa: FBT002
) -> Response:
    """One verdict per payment, in order. A CSV line is one payment, all of it on account."""
    records, content = await read_records(request)

    async def perform() -> Response:
        reply = await _record(work, records, posting_of(caller))
        if atomic and reply.refused:
            raise batch_refusal(reply)
        return as_reply(reply)

    attempt = Attempt(caller.subject, key, b"POST /v1/receipts/batch\n" + content) if key else None
    return await once(work.connection, attempt, perform)


async def _record(work: Work, records: Sequence[object], posting: Posting) -> BatchReply:
    drafts = [validated(record, _payment, index) for index, record in enumerate(records)]
    payments = [draft for draft in drafts if isinstance(draft, ReceivedPayment)]
    verdicts = iter(await record_receipts(work, payments, posting))
    return BatchReply.of(
        [
            _item_verdict(index, draft, next(verdicts)) if isinstance(draft, ReceivedPayment) else draft
            for index, draft in enumerate(drafts)
        ]
    )


def _payment(record: object) -> ReceivedPayment:
    kind = ReceiptRow if isinstance(record, dict) and "amount_in_rupees" in record else ReceiptDraft
    return kind.model_validate(record).payment()


def _item_verdict(index: int, payment: ReceivedPayment, verdict: PaymentVerdict) -> ItemVerdict:
    if verdict.refusal is not None:
        return refused(index, payment.reference_key, verdict.refusal)
    status = "duplicate" if verdict.is_duplicate else "accepted"
    return ItemVerdict(index=index, status=status, id=verdict.receipt_id, key=payment.reference_key)


@router.get("/{receipt_id}", response_model=ReceiptBody, summary="Show one receipt and what it settled")
async def show_receipt(receipt_id: UUID, connection: Reading, caller: CurrentCaller) -> ReceiptBody:
    """Its allocations, deductions, the rest on account and whether it was taken back."""
    listing = Listing(RECEIPT_SELECT, order=("r.id",)).where("r.id = :receipt_id", receipt_id=receipt_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no receipt {receipt_id}")
    return receipt_body(rows[0])
