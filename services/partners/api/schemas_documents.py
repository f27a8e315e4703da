"""Bodies of documents published to partners."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.partners.adapters.document_store import Row
from shared.wire import WireModel


class PublishedDocumentBody(WireModel):
    """A document and where its bytes are; its hash tells whether what somebody holds is what was published."""

    id: UUID
    kind: Literal["account_statement"]
    partner_code: str
    zone: str
    number: str
    title: str
    language: str
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    pdf_sha256: str
    content_url: str
    published_at: datetime
    is_superseded: bool


def document_body(row: Row) -> PublishedDocumentBody:
    """The reply for one document."""
    return PublishedDocumentBody(
        **{"from": row.from_on, "to": row.to_on},
        id=row.id,
        kind=row.kind,
        partner_code=row.partner_code,
        zone=row.zone,
        number=row.number,
        title=row.title,
        language=row.language,
        pdf_sha256=row.pdf_sha256,
        content_url=row.content_path,
        published_at=row.published_at,
        is_superseded=row.is_superseded,
    )
