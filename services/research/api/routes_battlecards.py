"""Battlecards: compiled from what holds, frozen as versions, read as PDF."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.battlecards import battlecard_row, battlecard_rows
from services.research.adapters.competitors import competitor_row
from services.research.adapters.research_documents.battlecard import battlecard_pdf
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.routes_competitors import CompetitorCode
from services.research.api.schemas_observations import (
    BattlecardBody,
    BattlecardDetailBody,
    BattlecardDraft,
    battlecard_facts,
    point_of,
)
from services.research.application.freeze_battlecard import FreezeBattlecard, freeze_battlecard
from services.research.domain.errors import BattlecardUnknown, CitationInvalid, CompetitorUnknown
from shared.documents.attachment import attachment_headers
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Competitors"])
BattlecardId = Annotated[UUID, Path(description="`id` of the battlecard")]
_PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@listed(
    router,
    "/competitors/{competitor}/battlecards",
    BattlecardBody,
    summary="List battlecards of a competitor",
    refuses=[CompetitorUnknown],
)
async def list_battlecards(
    competitor: CompetitorCode, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[BattlecardBody]:
    """The last version first; people of a zone see theirs and those for everybody."""
    await competitor_row(connection, competitor)
    scope = f"battlecards|{competitor}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await battlecard_rows(
        connection, caller.row_scope(), {"competitor": competitor}, before, page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[BattlecardBody(**battlecard_facts(row)) for row in kept], next_cursor=cursor)


@router.post(
    "/competitors/{competitor}/battlecards",
    status_code=201,
    summary="Freeze a battlecard",
    response_model=BattlecardDetailBody,
    responses=refusals(CompetitorUnknown, CitationInvalid, KeyReused, StillRunning),
)
async def freeze_battlecard_route(
    competitor: CompetitorCode,
    draft: BattlecardDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """The points are yours and cite observations; products beside ours, what was seen lately and what is disputed or too old
    are compiled from what holds today."""
    command = FreezeBattlecard(
        zone=draft.zone, positioning=draft.positioning, points=[point_of(one) for one in draft.points]
    )

    async def perform() -> Response:
        card = await freeze_battlecard(work, competitor, command, by=caller.actor, at=datetime.now(UTC))
        return await _shown(work.connection, caller, card, 201)

    return await done_once(work, (caller, key, f"/v1/competitors/{competitor}/battlecards"), draft, perform)


@router.get(
    "/battlecards/{battlecard_id}",
    summary="Show a battlecard",
    response_model=BattlecardDetailBody,
    responses=refusals(BattlecardUnknown),
)
async def show_battlecard(
    battlecard_id: BattlecardId, connection: Reading, caller: CurrentCaller
) -> Response:
    """What was frozen."""
    return await _shown(connection, caller, battlecard_id)


@router.get(
    "/battlecards/{battlecard_id}/content",
    summary="Download a battlecard",
    response_class=Response,
    responses={**_PDF, **refusals(BattlecardUnknown)},
)
async def download_battlecard(
    battlecard_id: BattlecardId, connection: Reading, caller: CurrentCaller
) -> Response:
    """As PDF, the same bytes each time."""
    row = await battlecard_row(connection, caller.row_scope(), battlecard_id)
    pdf = await asyncio.to_thread(
        battlecard_pdf, row.content, version=row.version, zone=row.zone, made_at=row.made_at
    )
    headers = attachment_headers(f"battlecard-{row.competitor}-{row.version}.pdf")
    return Response(pdf, media_type="application/pdf", headers=headers)


async def _shown(
    connection: AsyncConnection, caller: Caller, battlecard_id: UUID, status_code: int = 200
) -> Response:
    row = await battlecard_row(connection, caller.row_scope(), battlecard_id)
    return as_reply(BattlecardDetailBody(**battlecard_facts(row), content=row.content), status_code)
