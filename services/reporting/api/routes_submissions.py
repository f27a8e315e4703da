"""Filled templates: sent, checked cell by cell, given back marked, accepted or returned."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_store import Row, hold_collection
from services.reporting.adapters.submission_store import (
    findings_of,
    submission_for_check,
    visible_submission,
    visible_submissions,
)
from services.reporting.api.dependencies import PageWanted, Pool, Reading, Work
from services.reporting.api.routes_collections import CollectionId, asked, visible
from services.reporting.api.schemas_submissions import (
    FindingBody,
    SubmissionBody,
    SubmissionDecisionDraft,
    SubmissionReturnDraft,
    finding_body,
    submission_body,
)
from services.reporting.api.workbook_reply import WORKBOOK_REPLY, workbook_reply
from services.reporting.application.make_workbook import marked_sheet, respondent_sheet
from services.reporting.application.submit_filled import (
    SentFile,
    Verdict,
    check_whose,
    decide_submission,
    submit_filled,
)
from services.reporting.domain.errors import (
    CollectionClosed,
    CollectionUnknown,
    RespondentUnknown,
    SubmissionNotDecidable,
    SubmissionUnknown,
    WorkbookNotOfCollection,
)
from shared.bulk import limited_body
from shared.bulk_tables import CSV, WORKBOOK
from shared.errors import TooLarge, UnsupportedFormat
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.workbook_reading import WorkbookUnreadable

router = APIRouter(prefix="/v1", tags=["Templates and collections"])
SubmissionId = Annotated[UUID, Path(description="`id` of the submission")]
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The respondent's workbook, filled, or its rows as CSV, columns by name or title; at most 32 MiB",
        "content": {
            WORKBOOK: {"schema": {"type": "string", "format": "binary"}},
            CSV: {"schema": {"type": "string"}, "example": "partner_code,product_code,quantity_2026_12\nCP-1001,GEN-62,4\n"},
        },
    }
}  # fmt: skip


@router.post(
    "/collections/{collection_id}/submissions",
    status_code=202,
    response_model=SubmissionBody,
    summary="Send a filled template",
    responses=refusals(
        CollectionUnknown,
        RespondentUnknown,
        CollectionClosed,
        WorkbookNotOfCollection,
        WorkbookUnreadable,
        TooLarge,
        UnsupportedFormat,
        KeyReused,
        StillRunning,
    ),
    openapi_extra=_BODY,
)
async def submit_filled_route(
    collection_id: CollectionId,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    respondent: Annotated[
        UUID,
        Query(
            description="For whom: `id` of one of the collection's respondents",
            examples=["01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d30"],
        ),
    ],
    key: IdempotencyKey = None,
) -> Response:
    """Kept as it is and checked by a job. A workbook says whose it is: one of another respondent is refused at once."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    sent = SentFile(media_type, await limited_body(request))

    async def perform() -> Response:
        await hold_collection(work.connection, collection_id, is_closing=False)
        collection = await visible(work.connection, caller, collection_id)
        row = await asked(work.connection, caller, collection_id, respondent)
        if media_type not in (WORKBOOK, CSV):
            raise UnsupportedFormat(f"'{media_type}' is not read here; expected {WORKBOOK} or {CSV}")
        await asyncio.to_thread(check_whose, collection, row, sent)
        by = (caller.actor, datetime.now(UTC))
        submission_id, job_id = await submit_filled(work, collection, row, sent, by)
        body = submission_body(await _visible(work.connection, caller, submission_id))
        return as_reply(body, 202, {"Location": f"/v1/jobs/{job_id}"})

    path = f"POST /v1/collections/{collection_id}/submissions?{respondent}\n".encode()
    attempt = Attempt(caller.subject, key, path + sent.content) if key else None
    return await once(work.connection, attempt, perform)


@listed(
    router,
    "/collections/{collection_id}/submissions",
    SubmissionBody,
    summary="List submissions of a collection",
    refuses=(CollectionUnknown,),
)
async def list_submissions(
    collection_id: CollectionId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[SubmissionBody]:
    """All versions of all respondents you see, the newest first."""
    await visible(connection, caller, collection_id)
    scope = f"submissions|{collection_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await visible_submissions(connection, caller, collection_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[submission_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/submissions/{submission_id}",
    response_model=SubmissionBody,
    summary="Show a submission",
    responses=refusals(SubmissionUnknown),
)
async def show_submission(
    submission_id: SubmissionId, connection: Reading, caller: CurrentCaller
) -> SubmissionBody:
    """What became of it; what was found is beneath it."""
    return submission_body(await _visible(connection, caller, submission_id))


@listed(
    router,
    "/submissions/{submission_id}/findings",
    FindingBody,
    summary="List what was found in a submission",
    refuses=(SubmissionUnknown,),
)
async def list_findings(
    submission_id: SubmissionId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[FindingBody]:
    """Row by row, with the cell of each; of more than 5,000 the first."""
    await _visible(connection, caller, submission_id)
    scope = f"findings|{submission_id}"
    key = page.after(scope)
    after = int(key[0]) if key else 0
    found = list(enumerate(await findings_of(connection, submission_id), 1))[after : after + page.limit + 1]
    kept, cursor = page.cut(found, scope, lambda one: (one[0],))
    return Page(items=[finding_body(*one) for one in kept], next_cursor=cursor)


@router.get(
    "/submissions/{submission_id}/marked-copy",
    summary="Download a submission's marked copy",
    response_class=Response,
    responses={**WORKBOOK_REPLY, **refusals(SubmissionUnknown, SubmissionNotDecidable)},
)
async def download_marked_copy(submission_id: SubmissionId, pool: Pool, caller: CurrentCaller) -> Response:
    """The workbook with what was sent in it: wrong cells red with notes, all findings on a sheet with links. It is
    corrected and sent again as it is."""
    async with pool.reading() as connection:
        submission = await _visible(connection, caller, submission_id)
        if submission.state == "received":
            raise SubmissionNotDecidable(
                "The submission is not checked yet", submission_id=str(submission_id)
            )
        collection = await visible(connection, caller, submission.collection_id)
        respondent = await asked(connection, caller, submission.collection_id, submission.respondent_id)
        sheet = await respondent_sheet(connection, collection, respondent)
        sent = await submission_for_check(connection, submission_id)
        found = await findings_of(connection, submission_id)
        assert sent is not None, "it was just seen"
    marked = await marked_sheet(sheet, (sent.media_type, sent.content), found, submission.findings_count)
    name = f"{collection.template}-{collection.first_month:%Y-%m}-{respondent.key}-v{submission.version}-marked.xlsx"
    return await workbook_reply(marked, name)


@router.post(
    "/submissions/{submission_id}/acceptance",
    response_model=SubmissionBody,
    summary="Accept a submission",
    responses=refusals(SubmissionUnknown, SubmissionNotDecidable, CollectionClosed, KeyReused, StillRunning),
)
async def accept_submission(
    submission_id: SubmissionId,
    draft: SubmissionDecisionDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Its rows count from now on in place of those of the respondent's versions before."""

    async def perform() -> Response:
        at = datetime.now(UTC)
        await decide_submission(work, caller, submission_id, Verdict(is_accepted=True, note=draft.note), at)
        return as_reply(submission_body(await _visible(work.connection, caller, submission_id)))

    return await done_once(work, (caller, key, f"/v1/submissions/{submission_id}/acceptance"), draft, perform)


@router.post(
    "/submissions/{submission_id}/return",
    response_model=SubmissionBody,
    summary="Return a submission",
    responses=refusals(SubmissionUnknown, SubmissionNotDecidable, CollectionClosed, KeyReused, StillRunning),
)
async def return_submission(
    submission_id: SubmissionId,
    draft: SubmissionReturnDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """For reasons that no check finds; the respondent hears of it and sends another version."""

    async def perform() -> Response:
        at = datetime.now(UTC)
        await decide_submission(work, caller, submission_id, Verdict(is_accepted=False, note=draft.note), at)
        return as_reply(submission_body(await _visible(work.connection, caller, submission_id)))

    return await done_once(work, (caller, key, f"/v1/submissions/{submission_id}/return"), draft, perform)


async def _visible(connection: AsyncConnection, caller: Caller, submission_id: UUID) -> Row:
    found = await visible_submission(connection, caller, submission_id)
    if found is None:
        raise SubmissionUnknown(
            "There is no such submission, or you may not see it", submission_id=str(submission_id)
        )
    return found
