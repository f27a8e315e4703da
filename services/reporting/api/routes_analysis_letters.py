"""Letters about saved analyses: who was written to, what became of it, and once more for one that failed."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.analysis_letter_store import Row, letter_of, letters_of
from services.reporting.adapters.letter_store import LetterTable
from services.reporting.adapters.saved_analysis_store import saved_shown
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_analysis_letters import (
    AnalysisLetterBody,
    AnalysisLetterState,
    analysis_letter_body,
)
from services.reporting.application.resend_letter import resend_letter
from services.reporting.domain.errors import LetterNotResendable, LetterUnknown, SavedAnalysisUnknown
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/saved-analyses/{saved_analysis_id}/letters", tags=["Analyses"])


@listed(
    router,
    "",
    AnalysisLetterBody,
    summary="List the letters of a saved analysis",
    refuses=(SavedAnalysisUnknown,),
)
async def list_analysis_letters(
    saved_analysis_id: UUID,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: Annotated[AnalysisLetterState | None, Query(description="Those that are there")] = None,
) -> Page[AnalysisLetterBody]:
    """The newest first: what went, what failed and why, what waits."""
    await _check_visible(connection, caller, saved_analysis_id)
    scope = f"analysis-letters|{saved_analysis_id}|{state}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await letters_of(connection, saved_analysis_id, state, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[analysis_letter_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{letter_id}/resend",
    response_model=AnalysisLetterBody,
    summary="Send a failed letter of a saved analysis once more",
    responses=refusals(SavedAnalysisUnknown, LetterUnknown, LetterNotResendable, KeyReused, StillRunning),
)
async def resend_analysis_letter(
    saved_analysis_id: UUID,
    letter_id: UUID,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """With all its attempts again, to the same address, with the analysis that it carried."""

    async def perform() -> Response:
        await _letter(work.connection, caller, saved_analysis_id, letter_id)
        await resend_letter(work, LetterTable.ANALYSES, letter_id, datetime.now(UTC))
        row = await _letter(work.connection, caller, saved_analysis_id, letter_id)
        return as_reply(analysis_letter_body(row))

    path = f"/v1/saved-analyses/{saved_analysis_id}/letters/{letter_id}/resend"
    return await done_once(work, (caller, key, path), None, perform)


async def _letter(connection: AsyncConnection, caller: Caller, saved_id: UUID, letter_id: UUID) -> Row:
    await _check_visible(connection, caller, saved_id)
    row = await letter_of(connection, saved_id, letter_id)
    if row is None:
        raise LetterUnknown(f"The saved analysis has no letter {letter_id}")
    return row


async def _check_visible(connection: AsyncConnection, caller: Caller, saved_id: UUID) -> None:
    if await saved_shown(connection, caller.row_scope(), saved_id) is None:
        raise SavedAnalysisUnknown(f"There is no saved analysis {saved_id}")
