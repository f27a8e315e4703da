"""Dashboards: sums over facts, for a period that is always named in the reply."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from services.reporting.adapters.queries import (
    Chosen,
    collection_figures,
    newest_receipt_on,
    projection_progress,
    statement_summaries,
)
from services.reporting.api.dependencies import Reading
from services.reporting.api.schemas_dashboards import (
    CollectionsBody,
    StatementsBody,
    period_body,
    projection_body,
    series_body,
    summary_body,
    totals_body,
)
from services.reporting.domain.collections import Grouping
from services.reporting.domain.errors import PeriodInvalid
from services.reporting.domain.period import period_shown
from services.reporting.domain.projection import Projection
from shared.conditional import UNCHANGED, IfNoneMatch, entity_reply
from shared.identity import CurrentCaller
from shared.problem_details import refusals
from shared.wire import Day

router = APIRouter(prefix="/v1/dashboards", tags=["Dashboards"])
BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")
FirstOn = Annotated[Day | None, Query(alias="from", description="First day; 31 days up to `to` if left out")]
LastOn = Annotated[Day | None, Query(alias="to", description="Last day; the newest with data if left out")]


@router.get(
    "/collections",
    response_model=CollectionsBody,
    summary="Show what was collected",
    responses={**UNCHANGED, **refusals(PeriodInvalid)},
)
async def show_collections(
    connection: Reading,
    caller: CurrentCaller,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    zone: Annotated[str | None, Query(max_length=200)] = None,
    group_by: Annotated[Grouping, Query(description="One row per")] = Grouping.DAY,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """By day, zone or bank account, in the zones you may see. A period may have at most 731 days."""
    chosen = Chosen(caller.row_scope(), zone)
    newest = await newest_receipt_on(connection, chosen) or _today()
    period = period_shown(first_on, last_on, newest_on=newest)
    progress = await projection_progress(connection, Projection.COLLECTIONS)
    figures = await collection_figures(connection, chosen, period, group_by)
    body = CollectionsBody(
        period=period_body(period),
        group_by=group_by,
        zone=zone,
        as_of=progress and progress.applied_at,
        projection=projection_body(progress),
        series=series_body(figures),
        totals=totals_body(figures),
    )
    state = (progress, period, group_by, sorted(chosen.values().items(), key=str))
    return entity_reply(body, state=state, if_none_match=if_none_match)


@router.get(
    "/statements",
    response_model=StatementsBody,
    summary="Show what became of bank statements",
    responses={**UNCHANGED, **refusals(PeriodInvalid)},
)
async def show_statements(
    connection: Reading,
    _caller: CurrentCaller,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Per bank account, by the day the statements were imported (Asia/Kolkata)."""
    progress = await projection_progress(connection, Projection.STATEMENTS)
    newest = progress.newest_fact_at.astimezone(BUSINESS_TIME_ZONE).date() if progress else _today()
    period = period_shown(first_on, last_on, newest_on=newest)
    summaries = await statement_summaries(
        connection, _start_of(period.first_on), _start_of(period.last_on + timedelta(days=1))
    )
    body = StatementsBody(
        period=period_body(period),
        as_of=progress and progress.applied_at,
        projection=projection_body(progress),
        bank_accounts=[summary_body(summary) for summary in summaries],
    )
    return entity_reply(body, state=(progress, period), if_none_match=if_none_match)


def _today() -> date:
    return datetime.now(UTC).astimezone(BUSINESS_TIME_ZONE).date()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, BUSINESS_TIME_ZONE)
