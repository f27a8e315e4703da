"""What every route that posts needs: who, when, for which day, and once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

from fastapi import Response
from pydantic import BaseModel

from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import DateImpossible
from services.payments.domain.posting import Posting
from shared.idempotency import Attempt, once
from shared.identity import Caller


def posting_of(caller: Caller, wanted_on: date | None = None) -> Posting:
    """For today in India unless a day is given; DateImpossible for one that has not come."""
    at = datetime.now(UTC)
    today = business_day(at)
    if wanted_on is not None and wanted_on > today:
        raise DateImpossible(f"{wanted_on} has not come; expected {today} or before")
    return Posting(caller.actor, at, wanted_on or today)


async def done_once(
    work: UnitOfWork,
    attempt: tuple[Caller, str | None, str],
    draft: BaseModel,
    perform: Callable[[], Awaitable[Response]],
) -> Response:
    """Perform, or replay the stored reply; `attempt` is who asks, with which key, on which path."""
    caller, key, path = attempt
    content = f"POST {path}\n{draft.model_dump_json()}".encode()
    return await once(work.connection, Attempt(caller.subject, key, content) if key else None, perform)


def as_reply(body: BaseModel, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The body as JSON, its fields by the names that the API documents."""
    return Response(
        body.model_dump_json(by_alias=True),
        status_code=status_code,
        media_type="application/json",
        headers=headers,
    )
