"""What came of a subscription's due instants: each run, its reports, and the letters that carried them."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from services.reporting.adapters.subscription_runs import report_rows, run_rows
from services.reporting.api.dependencies import PageWanted, Reading
from services.reporting.api.routes_report_subscriptions import subscription_shown
from services.reporting.api.schemas_subscription_runs import (
    SubscribedReportBody,
    SubscriptionRunBody,
    report_body,
    run_body,
)
from services.reporting.domain.errors import SubscriptionUnknown
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1/report-subscriptions/{subscription_id}/runs", tags=["Report subscriptions"])


@listed(router, "", SubscriptionRunBody, summary="List a subscription's runs", refuses=(SubscriptionUnknown,))
async def list_subscription_runs(
    subscription_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[SubscriptionRunBody]:
    """Every instant that was due, the newest first, those that were left out as well."""
    await subscription_shown(connection, caller, subscription_id)
    scope = f"subscription-runs|{subscription_id}"
    key = page.after(scope)
    before = datetime.fromisoformat(str(key[0])) if key else None
    rows = await run_rows(connection, subscription_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_at.isoformat(),))
    return Page(items=[run_body(row) for row in kept], next_cursor=cursor)


@listed(
    router,
    "/{run_id}/reports",
    SubscribedReportBody,
    summary="List the reports of a subscription's run",
    refuses=(SubscriptionUnknown,),
)
async def list_subscribed_reports(
    subscription_id: UUID,
    run_id: UUID,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
) -> Page[SubscribedReportBody]:
    """What was sent, what was not and why, and how far each letter is."""
    await subscription_shown(connection, caller, subscription_id)
    scope = f"subscribed-reports|{run_id}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    keys = (subscription_id, run_id)
    rows = await report_rows(connection, keys, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.report_run_id),))
    return Page(items=[report_body(row) for row in kept], next_cursor=cursor)
