"""Bodies of files of assignments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.research.adapters.assignments import Row
from shared.wire import WireModel


class ResearchFileBody(WireModel):
    """A file as it was handed in; it is never changed."""

    id: Annotated[UUID, Field(description="Its id; evidence names it as `file_id`")]
    assignment_id: Annotated[UUID, Field(description="The assignment it is for")]
    file_name: Annotated[
        str, Field(description="What its sender called it first", examples=["Visit-note.pdf"])
    ]
    format: Annotated[str, Field(description="What it is by its bytes", examples=["pdf"])]
    sha256: Annotated[str, Field(description="SHA-256 of its bytes")]
    size_bytes: Annotated[int, Field(description="How many bytes it has", examples=[48213])]
    received_by: Annotated[str, Field(description="By the token's subject")]
    received_at: Annotated[datetime, Field(description="UTC")]


def file_body(row: Row) -> ResearchFileBody:
    return ResearchFileBody(**{name: getattr(row, name) for name in ResearchFileBody.model_fields})
