"""Exchange rates: what foreign currencies are worth in rupees, day by day, as dated data."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.exchange_rates import RATE_SELECT, counting_rate
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.schemas_exchange_rates import (
    CountingRateBody,
    ExchangeRateBody,
    ExchangeRateDraft,
    exchange_rate_body,
    rate_text,
)
from services.payments.application.enter_rates import RateVerdict, enter_rates
from services.payments.domain.errors import RateUnknown
from services.payments.domain.exchange_rate import ExchangeRate, RateInvalid, RatePublisher
from shared.bulk import BatchReply, ItemVerdict, batch_body, read_records, validated
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once, known_before
from shared.wire import Day

router = APIRouter(prefix="/v1/exchange-rates", tags=["Exchange rates"])
CSV_COLUMNS: Final = "currency,rate_on,publisher,rate,units,source"
CSV_EXAMPLE: Final = (
    CSV_COLUMNS + "\nUSD,2026-10-14,reference,83.4567,1,FBIL of 14 October 2026\n"
    "JPY,2026-10-14,reference,55.12,100,FBIL of 14 October 2026\n"
)


@listed(router, "", ExchangeRateBody, summary="List exchange rates")
async def list_exchange_rates(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    publisher: RatePublisher | None = None,
    rate_on_gte: Day | None = None,
    rate_on_lte: Day | None = None,
) -> Page[ExchangeRateBody]:
    """The latest day first. Of several rows of a publisher for one day the first is the one that counts."""
    scope = f"exchange-rates|{currency}|{publisher}|{rate_on_gte}|{rate_on_lte}"
    listing = Listing(RATE_SELECT, order=("r.rate_on", "r.id"), is_descending=True)
    listing.where("r.currency = :currency", currency=currency)
    listing.where("r.publisher = :publisher", publisher=publisher.value if publisher else None)
    listing.where("r.rate_on >= :rate_on_gte", rate_on_gte=rate_on_gte)
    listing.where("r.rate_on <= :rate_on_lte", rate_on_lte=rate_on_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.rate_on.isoformat(), str(row.id)))
    return Page(items=[exchange_rate_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{currency}/{day}",
    response_model=CountingRateBody,
    summary="Show the rate that counts on a day",
    responses=refusals(RateUnknown),
)
async def show_counting_rate(
    currency: str, day: Day, connection: Reading, _caller: CurrentCaller
) -> CountingRateBody:
    """The reference rate of the day or of the last days before it, else that of customs, else a bank's."""
    rate = await counting_rate(connection, currency, day)
    return CountingRateBody(currency=currency, day=day, rate=rate_text(rate) or "")


@router.post(
    "",
    status_code=201,
    response_model=ExchangeRateBody,
    summary="Enter an exchange rate",
    responses={**known_before(ExchangeRateBody), **refusals(RateInvalid, KeyReused, StillRunning)},
)
async def enter_exchange_rate(
    draft: ExchangeRateDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Replaces what the publisher said about the day before; what is booked stays. Said again it answers 200."""

    async def perform() -> Response:
        rates = [draft.exchange_rate()]
        (verdict,) = await enter_rates(work, rates, actor=caller.actor, at=datetime.now(UTC))
        body = await _rate(work.connection, verdict.rate_id)
        return as_reply(body, 200 if verdict.is_duplicate else 201)

    return await done_once(work, (caller, key, "/v1/exchange-rates"), draft, perform)


async def _rate(connection: AsyncConnection, rate_id: UUID) -> ExchangeRateBody:
    listing = Listing(RATE_SELECT, order=("r.id",)).where("r.id = :id", id=rate_id)
    (row,) = await listing.rows(connection, limit=1)
    return exchange_rate_body(row)


@router.post(
    "/batch",
    response_model=BatchReply,
    summary="Enter up to 10,000 exchange rates",
    responses=refusals(KeyReused, StillRunning),
    openapi_extra=batch_body(ExchangeRateDraft, csv_columns=CSV_COLUMNS, csv_example=CSV_EXAMPLE),
)
async def enter_exchange_rates(
    request: Request, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """One verdict per rate, in order; a bad one never stops the others."""
    records, content = await read_records(request)

    async def perform() -> Response:
        return as_reply(await _enter(work, records, actor=caller.actor))

    attempt = Attempt(caller.subject, key, b"POST /v1/exchange-rates/batch\n" + content) if key else None
    return await once(work.connection, attempt, perform)


async def _enter(work: Work, records: Sequence[object], *, actor: str) -> BatchReply:
    drafts = [validated(record, _draft, index) for index, record in enumerate(records)]
    rates = [draft for draft in drafts if isinstance(draft, ExchangeRate)]
    verdicts = iter(await enter_rates(work, rates, actor=actor, at=datetime.now(UTC)))
    return BatchReply.of(
        [
            _item_verdict(index, draft, next(verdicts)) if isinstance(draft, ExchangeRate) else draft
            for index, draft in enumerate(drafts)
        ]
    )


def _draft(record: object) -> ExchangeRate:
    return ExchangeRateDraft.model_validate(record).exchange_rate()


def _item_verdict(index: int, rate: ExchangeRate, verdict: RateVerdict) -> ItemVerdict:
    status = "duplicate" if verdict.is_duplicate else "accepted"
    return ItemVerdict(
        index=index, status=status, id=verdict.rate_id, key=f"{rate.currency} {rate.rate_on} {rate.publisher}"
    )
