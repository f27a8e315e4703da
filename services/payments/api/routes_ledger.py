"""The ledger, the booking clock and what waits for a person."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from services.payments.adapters.queries import (
    ENTRY_SELECT,
    EXCEPTION_SELECT,
    Listing,
    Row,
    booking_clock_summary,
    trial_balance,
    waiting_clocks,
)
from services.payments.api.dependencies import PageWanted, Reading
from services.payments.api.row_scope import visible_zones
from services.payments.api.schemas_ledger import (
    AuditVerificationBody,
    BookingClockBody,
    ExceptionBody,
    JournalEntryBody,
    TrialBalanceBody,
    journal_entry_body,
    trial_balance_body,
    waiting_credit,
)
from services.payments.application.verify_ledger import verify_ledger
from shared.identity import CurrentCaller
from shared.pagination import Page

router = APIRouter(prefix="/v1")
WAITING_MAX: Final = 200


@router.get(
    "/journal-entries", response_model=Page[JournalEntryBody], tags=["Ledger"], summary="List journal entries"
)
async def list_journal_entries(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    source_id: Annotated[UUID | None, Query(description="The invoice or receipt it comes from")] = None,
    effective_on_gte: date | None = None,
    effective_on_lte: date | None = None,
) -> Page[JournalEntryBody]:
    """In the order of the day they count for."""
    scope = f"journal-entries|{source_id}|{effective_on_gte}|{effective_on_lte}"
    listing = Listing(ENTRY_SELECT, order=("e.effective_on", "e.id"))
    listing.where("e.source_id = :source_id", source_id=source_id)
    listing.where("e.effective_on >= :effective_on_gte", effective_on_gte=effective_on_gte)
    listing.where("e.effective_on <= :effective_on_lte", effective_on_lte=effective_on_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.effective_on.isoformat(), str(row.id)))
    return Page(items=[journal_entry_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/trial-balance",
    response_model=TrialBalanceBody,
    tags=["Ledger"],
    summary="Show the trial balance and its proof",
)
async def show_trial_balance(connection: Reading, _caller: CurrentCaller) -> TrialBalanceBody:
    """Summed from the journal at one instant."""
    return trial_balance_body(list(await trial_balance(connection)), as_of=datetime.now(UTC))


@router.get(
    "/audit-trail/verification",
    response_model=AuditVerificationBody,
    tags=["Ledger"],
    summary="Recompute the audit chain",
)
async def verify_audit_trail(connection: Reading, _caller: CurrentCaller) -> AuditVerificationBody:
    """Any journal row changed or removed behind the system's back shows here."""
    verification = await verify_ledger(connection)
    return AuditVerificationBody(
        is_intact=verification.is_intact,
        batches=verification.batches,
        entries=verification.entries,
        first_broken_batch_id=verification.first_broken_batch_id,
    )


@router.get(
    "/booking-clock",
    response_model=BookingClockBody,
    tags=["Booking clock"],
    summary="Who is late and who will be",
)
async def show_booking_clock(connection: Reading, caller: CurrentCaller) -> BookingClockBody:
    """Credits seen, booked on time, due and late, with the most urgent ones."""
    at, zones = datetime.now(UTC), visible_zones(caller)
    row = await booking_clock_summary(connection, at, zones)
    waiting = await waiting_clocks(connection, zones, limit=WAITING_MAX)
    return BookingClockBody(
        as_of=at,
        seen=row.seen,
        excused=row.excused,
        booked=row.booked,
        booked_on_time=row.on_time,
        booked_late=row.booked_late,
        due=row.due,
        late=row.late,
        on_time_share=_share(row.on_time, row.booked + row.late),
        waiting=[waiting_credit(one, at=at) for one in waiting],
    )


@router.get(
    "/exceptions",
    response_model=Page[ExceptionBody],
    tags=["Exceptions"],
    summary="List what waits for a person",
)
async def list_exceptions(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    statement_id: UUID | None = None,
    code: Annotated[str | None, Query(max_length=60)] = None,
) -> Page[ExceptionBody]:
    """Open ones, the oldest first."""
    scope = f"exceptions|{statement_id}|{code}"
    listing = Listing(EXCEPTION_SELECT, order=("x.raised_at", "x.id"), conditions=["x.resolved_at IS NULL"])
    listing.where("x.statement_id = :statement_id", statement_id=statement_id).where(
        "x.code = :code", code=code
    )
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.raised_at.isoformat(), str(row.id)))
    return Page(items=[_exception(row) for row in kept], next_cursor=cursor)


def _exception(row: Row) -> ExceptionBody:
    return ExceptionBody(
        id=row.id,
        code=row.code,
        detail=row.detail,
        statement_id=row.statement_id,
        bank_line_id=row.bank_line_id,
        raised_at=row.raised_at,
        resolved_at=row.resolved_at,
    )


def _share(part: int, whole: int) -> str | None:
    return None if whole == 0 else str((Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001")))
