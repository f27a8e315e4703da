"""Snapshots of source systems by the clock: where a schedule stands, and what came of its due instants."""

from datetime import datetime

from fastapi import APIRouter

from services.reporting.adapters.source_schedules import run_rows, standing_of
from services.reporting.api.dependencies import PageWanted, Reading
from services.reporting.api.routes_source_systems import SystemNamed
from services.reporting.api.schemas_source_schedules import SourceScheduleRunBody, SourceScheduleStandingBody
from services.reporting.application.describe_source import source_named
from services.reporting.domain.data_checks.errors import SourceUnknown
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals

router = APIRouter(prefix="/v1/source-systems", tags=["Data quality"])


@router.get(
    "/{system}/schedule",
    response_model=SourceScheduleStandingBody,
    summary="Show where the schedule of a source system stands",
    responses=refusals(SourceUnknown),
)
async def show_source_schedule(
    system: SystemNamed, connection: Reading, _caller: CurrentCaller
) -> SourceScheduleStandingBody:
    """When the next snapshot is due, and why the last one could not be taken. The schedule is set with the description."""
    kept = await source_named(connection, system)
    return SourceScheduleStandingBody.of(await standing_of(connection, kept.id), kept.source.schedule)


@listed(
    router,
    "/{system}/schedule-runs",
    SourceScheduleRunBody,
    summary="List due instants of a source system",
    refuses=(SourceUnknown,),
)
async def list_source_schedule_runs(
    system: SystemNamed, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[SourceScheduleRunBody]:
    """The newest first: each has its snapshot, or was left out."""
    kept = await source_named(connection, system)
    scope = f"source-schedule-runs|{kept.id}"
    key = page.after(scope)
    before = datetime.fromisoformat(str(key[0])) if key else None
    rows = await run_rows(connection, kept.id, before=before, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (row.due_at.isoformat(),))
    return Page(items=[SourceScheduleRunBody.of(row) for row in cut], next_cursor=cursor)
