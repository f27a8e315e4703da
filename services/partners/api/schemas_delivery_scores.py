"""Bodies of delivery scores."""

from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Literal

from pydantic import Field

from services.partners.adapters.score_queries import Row
from shared.wire import WireModel

ScoreGroup = Literal["partner", "zone"]


class DeliveryScoreBody(WireModel):
    """How well documents reached one partner, or the partners of one zone."""

    name: Annotated[str, Field(description="The partner's code, or the zone", examples=["CP0001"])]
    scheduled: Annotated[int, Field(description="Documents that runs of schedules wanted to send")]
    on_time: Annotated[int, Field(description="Of these, sent to somebody within the minutes asked for")]
    on_time_share: Annotated[
        str | None,
        Field(
            description="From 0 to 1, never rounded up; null when nothing was scheduled", examples=["0.98"]
        ),
    ]
    deliveries: Annotated[int, Field(description="Deliveries that were queued, by schedule or by hand")]
    acknowledged: Annotated[int, Field(description="Of these, acknowledged by the partner")]
    acknowledgement_median_seconds: Annotated[
        int | None, Field(description="From sent to acknowledged, half of them took no longer")
    ]
    acknowledgement_p90_seconds: Annotated[
        int | None, Field(description="From sent to acknowledged, nine of ten took no longer")
    ]
    failing_addresses: Annotated[
        list[str],
        Field(
            description="Channel and address of deliveries that bounced or failed",
            examples=[["email:accounts@dealer.example"]],
        ),
    ]


def score_body(row: Row) -> DeliveryScoreBody:
    return DeliveryScoreBody(
        name=row.name,
        scheduled=row.scheduled,
        on_time=row.on_time,
        on_time_share=_share(row.on_time, row.scheduled),
        deliveries=row.deliveries,
        acknowledged=row.acknowledged,
        acknowledgement_median_seconds=row.median_seconds,
        acknowledgement_p90_seconds=row.p90_seconds,
        failing_addresses=row.failing,
    )


def _share(part: int, whole: int) -> str | None:
    if whole == 0:
        return None
    return str((Decimal(part) / whole).quantize(Decimal("0.0001"), rounding=ROUND_DOWN))
