"""The books and their proofs."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.payments.adapters.queries.ledger import ENTRY_SELECT, trial_balance
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading
from services.payments.api.schemas_ledger import (
    AuditVerificationBody,
    JournalEntryBody,
    TrialBalanceBody,
    journal_entry_body,
    trial_balance_body,
)
from services.payments.application.verify_ledger import verify_ledger
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1")


@listed(router, "/journal-entries", JournalEntryBody, tags=["Ledger"], summary="List journal entries")
async def list_journal_entries(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    source_id: Annotated[UUID | None, Query(description="The invoice or receipt it comes from")] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    account_code: Annotated[str | None, Query(max_length=20)] = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    effective_on_gte: date | None = None,
    effective_on_lte: date | None = None,
) -> Page[JournalEntryBody]:
    """In the order of the day they count for."""
    scope = f"journal-entries|{source_id}|{kind}|{account_code}|{partner_code}|{effective_on_gte}|{effective_on_lte}"
    listing = Listing(ENTRY_SELECT, order=("e.effective_on", "e.id"))
    listing.where("e.source_id = :source_id", source_id=source_id)
    listing.where("e.kind = :kind", kind=kind)
    has_line = "EXISTS (SELECT FROM journal_lines l WHERE l.entry_id = e.id AND l.{column})"
    listing.where(has_line.format(column="account_code = :account_code"), account_code=account_code)
    listing.where(has_line.format(column="partner_code = :partner_code"), partner_code=partner_code)
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
