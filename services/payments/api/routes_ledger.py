"""The books and their proofs."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.payments.adapters.queries.ledger import (
    ENTRY_SELECT,
    ENTRY_TRACE_SELECT,
    refuse_archived_entry,
    trial_balance,
)
from services.payments.adapters.queries.listing import Listing, one_row
from services.payments.api.dependencies import PageWanted, Reading
from services.payments.api.schemas_ledger import (
    AuditVerificationBody,
    EntryTraceBody,
    JournalEntryBody,
    TrialBalanceBody,
    TrialBalanceLine,
    entry_trace_body,
    journal_entry_body,
    trial_balance_body,
    trial_balance_line,
)
from services.payments.application.verify_ledger import verify_ledger
from services.payments.domain.errors import EntryArchived
from shared.errors import NotFound
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.wire import Day

router = APIRouter(prefix="/v1")
AsOf = Annotated[Day | None, Query(description="Only what counts until the end of this day")]


@listed(router, "/journal-entries", JournalEntryBody, tags=["Ledger"], summary="List journal entries")
async def list_journal_entries(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    source_id: Annotated[UUID | None, Query(description="The invoice or receipt it comes from")] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    account_code: Annotated[str | None, Query(max_length=80)] = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    effective_on_gte: Day | None = None,
    effective_on_lte: Day | None = None,
) -> Page[JournalEntryBody]:
    """In the order of the day they count for. Entries of months that left the books for the archive are not listed."""
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
    "/journal-entries/{entry_id}",
    response_model=EntryTraceBody,
    tags=["Ledger"],
    summary="Trace one journal entry to its source and to the bank",
    responses=refusals(NotFound, EntryArchived),
)
async def show_journal_entry(entry_id: UUID, connection: Reading, _caller: CurrentCaller) -> EntryTraceBody:
    """From an account to its entries, from an entry to its source, from there to the line of the bank's file."""
    row = await one_row(connection, ENTRY_TRACE_SELECT, "e.id = :id", id=entry_id)
    if row is None:
        await refuse_archived_entry(connection, entry_id)
        raise NotFound(f"There is no journal entry {entry_id}")
    return entry_trace_body(row)


@router.get(
    "/trial-balance",
    response_model=TrialBalanceBody,
    tags=["Ledger"],
    summary="Show the trial balance and its proof",
)
async def show_trial_balance(
    connection: Reading, _caller: CurrentCaller, as_of: AsOf = None
) -> TrialBalanceBody:
    """Summed from the journal at one instant."""
    rows = list(await trial_balance(connection, as_of))
    return trial_balance_body(rows, as_of=datetime.now(UTC), day=as_of)


@listed(
    router, "/trial-balance/accounts", TrialBalanceLine, tags=["Ledger"], summary="List the trial balance"
)
async def list_trial_balance(
    page: PageWanted, connection: Reading, _caller: CurrentCaller, as_of: AsOf = None
) -> Page[TrialBalanceLine]:
    """The same figures, one account after the other; also as a file."""
    scope = f"trial-balance|{as_of}"
    key = page.after(scope)
    rows = [
        row
        for row in await trial_balance(connection, as_of)
        if key is None or (row.currency, row.account_code) > tuple(key)
    ]
    kept, cursor = page.cut(rows[: page.limit + 1], scope, lambda row: (row.currency, row.account_code))
    return Page(items=[trial_balance_line(row) for row in kept], next_cursor=cursor)


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
        carried_entries=verification.carried_entries,
        first_broken_batch_id=verification.first_broken_batch_id,
        first_broken_position=verification.first_broken_position,
        last_hash=verification.last_hash.hex(),
    )
