"""What the routes of all kinds of letters answer: a page of them, and one that is sent again."""

from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.letter_list import LetterList, Row
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.resend_letter import resend_letter
from services.reporting.domain.errors import LetterNotResendable, LetterUnknown
from shared.dependencies import PageRequest
from shared.errors import Refusal
from shared.idempotency import KeyReused, StillRunning
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply

Body = TypeVar("Body", bound=BaseModel)


def resend_refusals(owner_unknown: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """What the document says of sending a letter again."""
    return refusals(owner_unknown, LetterUnknown, LetterNotResendable, KeyReused, StillRunning)


async def letter_page(
    connection: AsyncConnection,
    page: PageRequest,
    *,
    letters: LetterList,
    state: str | None,
    body: type[Body],
) -> Page[Body]:
    scope = letters.scope(state)
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await letters.newest(connection, state, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[_told(row, body) for row in kept], next_cursor=cursor)


async def letter_sent_again(
    work: UnitOfWork, letter_id: UUID, *, letters: LetterList, body: type[Body]
) -> Response:
    """The letter as it is now; LetterUnknown, LetterNotResendable."""
    await letters.letter(work.connection, letter_id)
    await resend_letter(work, letters.table, letter_id, datetime.now(UTC))
    return as_reply(_told(await letters.letter(work.connection, letter_id), body))


def _told(row: Row, body: type[Body]) -> Body:
    return body(**{name: getattr(row, name) for name in body.model_fields})
