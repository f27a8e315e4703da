"""Payment sheets: what a partner owes, what it has paid, what is left."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from services.partners.adapters.payment_sheets import SheetWanted, payment_sheet
from services.partners.adapters.queries import owner_named
from services.partners.adapters.sheet_differences import DifferenceFilter, difference_rows
from services.partners.adapters.sheet_queries import projection_progress
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_payment_sheets import (
    PaymentSheetBody,
    credit_note_body,
    invoice_body,
    projection_body,
    receipt_body,
    sheet_partner,
    totals_body,
)
from services.partners.api.schemas_sheet_differences import SheetDifferenceBody, difference_body, proof_body
from services.partners.api.schemas_sheet_memos import cheque_body, pay_by_body, query_body, tax_awaited_body
from services.partners.domain.errors import PartnerUnknown
from services.partners.domain.sheet_proof import proof_of
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Payment sheets"])
BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")
RECEIPTS_DAYS: Final = 90


@router.get(
    "/payment-sheets/{partner}",
    response_model=PaymentSheetBody,
    summary="Show a partner's payment sheet",
    responses=refusals(PartnerUnknown),
)
async def show_payment_sheet(
    partner: str,
    connection: Reading,
    caller: CurrentCaller,
    status: Annotated[
        Literal["open", "all"], Query(description="`all` adds invoices paid or issued since `from`")
    ] = "all",
    since: Annotated[
        Day | None, Query(alias="from", description="First day of receipts; 90 days ago if left out")
    ] = None,
    overdue_on: Annotated[
        Day | None, Query(description="Day that overdue is counted on; today if left out")
    ] = None,
) -> PaymentSheetBody:
    """By the partner's code or id; all figures belong to one instant."""
    as_of = datetime.now(UTC)
    today = as_of.astimezone(BUSINESS_TIME_ZONE).date()
    receipts_since = since or today - timedelta(days=RECEIPTS_DAYS)
    counted_on = overdue_on or today
    found = await owner_named(connection, caller.row_scope(), partner)
    wanted = SheetWanted(
        as_of=as_of,
        overdue_on=counted_on,
        receipts_since=receipts_since,
        is_open_only=status == "open",
        is_for_partner=caller.partner_code is not None,
    )
    sheet = await payment_sheet(connection, found, wanted)
    return PaymentSheetBody(
        partner=sheet_partner(found),
        as_of=as_of,
        overdue_on=counted_on,
        receipts_since=receipts_since,
        projection=projection_body(await projection_progress(connection)),
        totals=[totals_body(one) for one in sheet.totals],
        invoices=[invoice_body(one, counted_on) for one in sheet.invoices],
        receipts=[receipt_body(one) for one in sheet.receipts],
        credit_notes=[credit_note_body(one) for one in sheet.credit_notes],
        is_complete=sheet.is_complete,
        plan=[pay_by_body(one) for one in sheet.plan],
        tax_awaited=[tax_awaited_body(one) for one in sheet.tax_awaited],
        cheques=[cheque_body(one, counted_on) for one in sheet.cheques],
        proof=proof_body(sheet.proof or proof_of([])),
        queries=[query_body(one, counted_on) for one in sheet.queries],
    )


@listed(
    router,
    "/payment-sheet-differences",
    SheetDifferenceBody,
    summary="List payment sheets that are not what the ledger says",
)
async def list_sheet_differences(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[
        str | None, Query(max_length=40, description="The code, or that of whom it was merged into")
    ] = None,
    is_agreed: Annotated[bool | None, Query(description="False: only those that differ now")] = None,
) -> Page[SheetDifferenceBody]:
    """The newest first, by account; what agrees again stays, with when it did."""
    scope = f"payment-sheet-differences|{partner_code}|{is_agreed}"
    key = page.after(scope)
    rows = await difference_rows(
        connection,
        caller.row_scope(),
        DifferenceFilter(is_agreed=is_agreed, partner_code=partner_code),
        after=UUID(str(key[0])) if key else None,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[difference_body(row) for row in kept], next_cursor=cursor)
