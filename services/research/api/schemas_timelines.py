"""Bodies of timelines."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.research.adapters.dataset_rows import Row
from services.research.domain.timeline import TimelineKind, told
from shared.wire import WireModel


class TimelineEntryBody(WireModel):
    """Something that happened, and where it is read."""

    at: Annotated[
        datetime, Field(description="When it happened; of what was seen, the beginning of that day in India")
    ]
    kind: Annotated[TimelineKind, Field(description="What happened")]
    title: Annotated[str, Field(description="With what", examples=["Kaveri Power · K125 · Lead time"])]
    text: Annotated[
        str, Field(description="What is to say of it, in one line", examples=["9 weeks (B2, A mill)"])
    ]
    done_by: Annotated[
        str | None, Field(description="Whose act it was, or who recorded it; null where no one is known")
    ]
    path: Annotated[str, Field(description="Where it is read", examples=["/v1/competitors/kaveri"])]


def entry_body(row: Row) -> TimelineEntryBody:
    return TimelineEntryBody(
        at=row.at,
        kind=row.kind,
        title=row.title,
        text=told(TimelineKind(row.kind), row.facts),
        done_by=row.done_by,
        path=row.place,
    )
