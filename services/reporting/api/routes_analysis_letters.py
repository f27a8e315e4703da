"""Letters about saved analyses: who was written to, what became of it, and once more for one that failed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.analysis_letter_store import letters_of_analysis
from services.reporting.adapters.letter_list import LetterList
from services.reporting.adapters.saved_analysis_store import saved_shown
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.letter_replies import letter_page, letter_sent_again, resend_refusals
from services.reporting.api.schemas_analysis_letters import AnalysisLetterBody, AnalysisLetterState
from services.reporting.domain.errors import SavedAnalysisUnknown
from shared.idempotency import IdempotencyKey
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.replies import done_once

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
    letters = await _letters(connection, caller, saved_analysis_id)
    return await letter_page(connection, page, letters=letters, state=state, body=AnalysisLetterBody)


@router.post(
    "/{letter_id}/resend",
    response_model=AnalysisLetterBody,
    summary="Send a failed letter of a saved analysis once more",
    responses=resend_refusals(SavedAnalysisUnknown),
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
        letters = await _letters(work.connection, caller, saved_analysis_id)
        return await letter_sent_again(work, letter_id, letters=letters, body=AnalysisLetterBody)

    path = f"/v1/saved-analyses/{saved_analysis_id}/letters/{letter_id}/resend"
    return await done_once(work, (caller, key, path), None, perform)


async def _letters(connection: AsyncConnection, caller: Caller, saved_id: UUID) -> LetterList:
    if await saved_shown(connection, caller.row_scope(), saved_id) is None:
        raise SavedAnalysisUnknown(f"There is no saved analysis {saved_id}")
    return letters_of_analysis(saved_id)
