"""Data issues and scores, within the zones a caller sees: listed, given to somebody, accepted for a while."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.reporting.adapters.issue_queries import (
    IssueFilters,
    ScoreFilters,
    events_shown,
    issue_shown,
    issues_shown,
    scores_shown,
)
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_data_issues import (
    DataIssueBody,
    DataIssueEventBody,
    IssueAssignmentDraft,
    IssueWaiverDraft,
    QualityScoreBody,
)
from services.reporting.application.settle_issue import assign_issue, waive_issue
from services.reporting.domain.data_checks.errors import (
    IssueChanged,
    IssueSettled,
    IssueUnknown,
    WaiverInvalid,
)
from services.reporting.domain.data_issue import IssueState, today_of
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Data quality"])
_SETTLED = (IssueUnknown, IssueChanged, IssueSettled, PreconditionMissing, KeyReused, StillRunning)


class ScoredBy(StrEnum):
    """What scores are summed by, beside run and system."""

    SYSTEM = "system"
    OBJECT = "object"
    ZONE = "zone"
    OWNER = "owner"


class Whose:
    """Filters that issues and scores have in common."""

    def __init__(
        self,
        system: Annotated[str | None, Query(max_length=60, description="Name of the source system")] = None,
        object_name: Annotated[
            str | None, Query(alias="object", max_length=60, description="The kind of rows")
        ] = None,
        zone: Annotated[str | None, Query(max_length=200, description="Their zone")] = None,
        owner: Annotated[str | None, Query(max_length=200, description="Who answers for them")] = None,
    ) -> None:
        self.system, self.object_name, self.zone, self.owner = system, object_name, zone, owner

    @property
    def scope(self) -> str:
        return f"{self.system}|{self.object_name}|{self.zone}|{self.owner}"


@listed(router, "/data-issues", DataIssueBody, summary="List data issues")
async def list_data_issues(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    whose: Annotated[Whose, Depends()],
    state: Annotated[IssueState | None, Query(description="Where they stand")] = None,
    rule: Annotated[str | None, Query(max_length=60, description="Name of the rule they break")] = None,
    due_on_lte: Annotated[date | None, Query(description="Due by that day")] = None,
) -> Page[DataIssueBody]:
    """Those raised last first."""
    filters = IssueFilters(
        state=state,
        system=whose.system,
        object=whose.object_name,
        rule=rule,
        owner=whose.owner,
        zone=whose.zone,
        due_on_lte=due_on_lte,
    )
    scope = f"data-issues|{whose.scope}|{state}|{rule}|{due_on_lte}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await issues_shown(
        connection, caller.row_scope(), filters, today_of(datetime.now(UTC)), page=(before, page.limit + 1)
    )
    cut, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[DataIssueBody.of(row) for row in cut], next_cursor=cursor)


@router.get(
    "/data-issues/{issue_id}",
    response_model=DataIssueBody,
    summary="Show a data issue",
    responses=refusals(IssueUnknown),
)
async def show_data_issue(issue_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Its ETag is what an assignment or a waiver sends as If-Match."""
    return await _reply(connection, caller, issue_id)


@listed(
    router,
    "/data-issues/{issue_id}/events",
    DataIssueEventBody,
    summary="List what happened to a data issue",
    refuses=(IssueUnknown,),
)
async def list_data_issue_events(
    issue_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[DataIssueEventBody]:
    """In the order in which it happened."""
    await _reply(connection, caller, issue_id)
    scope = f"data-issue-events|{issue_id}"
    key = page.after(scope)
    after = (datetime.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
    rows = await events_shown(connection, issue_id, after=after, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (row.told_at.isoformat(), str(row.id)))
    return Page(items=[DataIssueEventBody.of(row) for row in cut], next_cursor=cursor)


@router.post(
    "/data-issues/{issue_id}/assignment",
    response_model=DataIssueBody,
    summary="Give a data issue to somebody",
    responses=refusals(*_SETTLED),
)
async def assign_data_issue(
    issue_id: UUID,
    draft: IssueAssignmentDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """It stays with them over further snapshots, until it is gone."""
    revision = wanted_revision(if_match)

    async def perform() -> Response:
        who = (caller, datetime.now(UTC))
        await assign_issue(work, issue_id, revision, (draft.owner, draft.due_on), who=who)
        return await _reply(work.connection, caller, issue_id)

    return await done_once(work, (caller, key, f"/v1/data-issues/{issue_id}/assignment"), draft, perform)


@router.post(
    "/data-issues/{issue_id}/waiver",
    response_model=DataIssueBody,
    summary="Accept a data issue for a while",
    responses=refusals(*_SETTLED, WaiverInvalid),
)
async def waive_data_issue(
    issue_id: UUID,
    draft: IssueWaiverDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """With a reason and a last day; behind it, it is open again. It takes nothing from the score meanwhile."""
    revision = wanted_revision(if_match)

    async def perform() -> Response:
        who = (caller, datetime.now(UTC))
        await waive_issue(work, issue_id, revision, (draft.reason, draft.expires_on), who=who)
        return await _reply(work.connection, caller, issue_id)

    return await done_once(work, (caller, key, f"/v1/data-issues/{issue_id}/waiver"), draft, perform)


@listed(router, "/data-quality-scores", QualityScoreBody, summary="List data quality scores")
async def list_data_quality_scores(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    whose: Annotated[Whose, Depends()],
    by: Annotated[
        ScoredBy, Query(description="What they are summed by, beside run and system")
    ] = ScoredBy.SYSTEM,
) -> Page[QualityScoreBody]:
    """The newest run of the rules first: rows, those an issue stands against, and the share of the others."""
    filters = ScoreFilters(
        system=whose.system,
        object=whose.object_name,
        zone=whose.zone,
        owner=whose.owner,
        by=[] if by is ScoredBy.SYSTEM else [by.value],
    )
    scope = f"data-quality-scores|{whose.scope}|{by}"
    (before,) = page.after(scope) or ("",)
    rows = await scores_shown(connection, caller.row_scope(), filters, page=(str(before), page.limit + 1))
    cut, cursor = page.cut(rows, scope, lambda row: (row.place,))
    return Page(items=[QualityScoreBody.of(row) for row in cut], next_cursor=cursor)


async def _reply(connection: Reading, caller: Caller, issue_id: UUID) -> Response:
    row = await issue_shown(connection, caller.row_scope(), issue_id, today_of(datetime.now(UTC)))
    if row is None:
        raise IssueUnknown(f"There is no issue {issue_id}")
    return as_reply(DataIssueBody.of(row), headers=revision_etag(row.revision))
