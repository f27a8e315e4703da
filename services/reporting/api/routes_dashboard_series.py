"""Dashboards as typed series with units, over the rows of the caller; known again by their ETag."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response

from services.reporting.adapters.dashboard_queries import BoardRows, board_points, newest_review, standing_of
from services.reporting.api.dependencies import PageWanted, Reading
from services.reporting.api.routes_dashboards import FirstOn, LastOn
from services.reporting.api.schemas_dashboard_series import (
    DashboardBody,
    DashboardSummaryBody,
    board_summary,
    series_bodies,
    standing_body,
)
from services.reporting.domain.dashboard import DASHBOARDS, DashboardName
from services.reporting.domain.errors import PeriodInvalid
from services.reporting.domain.period import period_shown
from shared.conditional import UNCHANGED, IfNoneMatch, entity_reply, unchanged_reply
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals

router = APIRouter(prefix="/v1/dashboards", tags=["Dashboards"])
INDIA: Final = ZoneInfo("Asia/Kolkata")
Named = Annotated[DashboardName, Path(description="Name of the dashboard", examples=["ageing"])]


@listed(router, "", DashboardSummaryBody, summary="List dashboards")
async def list_dashboards(page: PageWanted, _caller: CurrentCaller) -> Page[DashboardSummaryBody]:
    """Those that are made of series, by their names; collections and statements have routes of their own."""
    (after,) = page.after("dashboards") or ("",)
    names = [name for name in sorted(DashboardName) if name > str(after)]
    kept, cursor = page.cut(names, "dashboards", lambda name: (str(name),))
    return Page(items=[board_summary(name) for name in kept], next_cursor=cursor)


@router.get(
    "/{dashboard}",
    response_model=DashboardBody,
    summary="Show a dashboard",
    responses={**UNCHANGED, **refusals(PeriodInvalid)},
)
async def show_dashboard(
    dashboard: Named,
    connection: Reading,
    caller: CurrentCaller,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    zone: Annotated[str | None, Query(max_length=200)] = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Of the last 31 days up to today, unless days are named. `dashboard.changed` at /v1/events says when to ask again."""
    kind = DASHBOARDS[dashboard]
    period = period_shown(first_on, last_on, newest_on=datetime.now(UTC).astimezone(INDIA).date())
    scope = caller.row_scope()
    standing = await standing_of(connection, kind.projections)
    review = await newest_review(connection, dashboard)
    state = (
        dashboard,
        standing,
        review,
        period,
        zone,
        partner_code,
        sorted(scope.parameters().items(), key=str),
    )
    if known := unchanged_reply(state, if_none_match):
        return known
    rows = BoardRows(
        scope=scope,
        zone=zone,
        partner_code=partner_code,
        period=period,
        first_at=datetime.combine(period.first_on, time.min, INDIA),
        before_at=datetime.combine(period.last_on + timedelta(days=1), time.min, INDIA),
    )
    body = DashboardBody(
        dashboard=dashboard,
        title=kind.title,
        first_on=period.first_on,
        last_on=period.last_on,
        zone=zone,
        partner_code=partner_code,
        as_of=standing.applied_at,
        projection=standing_body(standing),
        series=series_bodies(dashboard, await board_points(connection, dashboard, rows)),
    )
    return entity_reply(body, state=state, if_none_match=None)
