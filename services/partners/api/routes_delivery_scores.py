"""Scores of deliveries: who gets documents on time, who answers, and which addresses fail."""

from datetime import datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from services.partners.adapters.score_queries import ScoreQuestion, score_rows
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_delivery_scores import DeliveryScoreBody, ScoreGroup, score_body
from services.partners.domain.errors import DayRangeTooLong
from shared.errors import FieldProblem
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.wire import Day

router = APIRouter(prefix="/v1/delivery-scores", tags=["Deliveries"])
DAYS_MAX: Final = 366
INDIA: Final = ZoneInfo("Asia/Kolkata")


@listed(
    router,
    "",
    DeliveryScoreBody,
    summary="List how well documents reach partners",
    refuses=(DayRangeTooLong,),
)
async def list_delivery_scores(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    first: Annotated[
        Day, Query(alias="from", description="First day in India, at most a year before the last")
    ],
    last: Annotated[Day, Query(alias="to", description="Last day in India, included")],
    group: Annotated[
        ScoreGroup, Query(description="Whose scores: each partner's or each zone's")
    ] = "partner",
    within_minutes: Annotated[
        int, Query(ge=1, le=1440, description="Sent so soon after it was due counts as on time")
    ] = 60,
) -> Page[DeliveryScoreBody]:
    """By partner code or zone; without deliveries or scheduled documents in the days there is no row."""
    if not 0 <= (last - first).days < DAYS_MAX:
        problems = [FieldProblem("?to", f"expected a day within {DAYS_MAX} days from `from`")]
        raise DayRangeTooLong("The range of days cannot be shown", problems=problems)
    scope = f"delivery-scores|{group}|{first}|{last}|{within_minutes}"
    (after,) = page.after(scope) or ("",)
    asked = ScoreQuestion(
        by=group,
        since=datetime.combine(first, time(), tzinfo=INDIA),
        until=datetime.combine(last + timedelta(days=1), time(), tzinfo=INDIA),
        tolerance_seconds=within_minutes * 60,
    )
    rows = await score_rows(connection, caller.row_scope(), asked, after=str(after), limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.name,))
    return Page(items=[score_body(row) for row in kept], next_cursor=cursor)
