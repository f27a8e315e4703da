"""Bodies of exceptions."""

from datetime import datetime
from uuid import UUID

from shared.wire import WireModel


class ExceptionBody(WireModel):
    """Something a person must look at."""

    id: UUID
    code: str
    detail: str
    statement_id: UUID | None
    bank_line_id: UUID | None
    raised_at: datetime
    resolved_at: datetime | None
