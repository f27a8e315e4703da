"""Bodies of documents."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.partners.adapters.document_queries import Row
from services.partners.domain.document import FORMATS_ELSEWHERE, SET_FORMATS, SET_HERE, DocumentKind, Language
from shared.wire import Day, WireModel

MadeKind = Literal["order_board", "payment_sheet"]
HandedInKind = Literal["report", "uploaded_file"]
FormatName = Literal["pdf", "xlsx", "docx", "csv", "txt", "png", "jpg"]


class DocumentFileBody(WireModel):
    """A file of the document; after its retention only its hash is left."""

    format: Annotated[FormatName, Field(description="What to ask the content for")]
    language: Language
    media_type: Annotated[str, Field(description="As it is sent", examples=["application/pdf"])]
    file_name: Annotated[str, Field(examples=["payment-sheet_CP0001_2026-11-25.pdf"])]
    sha256: Annotated[str, Field(description="SHA-256 of its bytes, in hexadecimal digits")]
    size_bytes: Annotated[int, Field(description="How many bytes it has")]
    stored_at: Annotated[datetime, Field(description="When it was made or taken in; UTC")]
    removed_at: Annotated[datetime | None, Field(description="When its retention was over; UTC")]


class DocumentBody(WireModel):
    """One version of a document. The newest version of its kind and period is the current one."""

    id: UUID
    kind: DocumentKind
    partner_code: str
    zone: str
    title: str
    number: Annotated[str, Field(description="Its business number; empty when it has none")]
    version: Annotated[int, Field(description="1 for the first of its kind and period", ge=1)]
    is_superseded: Annotated[bool, Field(description="True when there is a newer version")]
    supersedes_id: Annotated[UUID | None, Field(description="The version before")]
    from_on: Annotated[date, Field(description="First day it is about")]
    to_on: Annotated[date, Field(description="Last day it is about; of a board or sheet its cut-off")]
    language: Annotated[
        Language | None, Field(description="Null when it is set in whichever language is asked for")
    ]
    formats: Annotated[list[FormatName], Field(description="What its content can be asked for as")]
    content_sha256: Annotated[
        str | None,
        Field(description="SHA-256 of what it says, or of the bytes when they came from elsewhere"),
    ]
    content_url: Annotated[str, Field(description="Where its bytes are")]
    files: Annotated[list[DocumentFileBody], Field(description="Files made or taken in so far")]
    openings: Annotated[int, Field(description="How often somebody got its bytes")]
    keep_until_on: Annotated[date, Field(description="The last day of its retention")]
    published_at: datetime
    published_by: Annotated[str, Field(description="Who had it made or handed it in")]


class DocumentRenderingDraft(WireModel):
    """A document to be frozen as things stand now."""

    partner_code: Annotated[str, Field(max_length=40, examples=["CP0001"])]
    kind: Annotated[MadeKind, Field(description="What is to be made")]
    cut_off_on: Annotated[
        Day | None, Field(description="The day that days are counted to; today if left out")
    ] = None


class DocumentOpeningBody(WireModel):
    """Somebody got the bytes of a document."""

    id: Annotated[int, Field(description="Grows with each opening")]
    format: FormatName
    language: Language
    opened_by: Annotated[str, Field(description="Who, by the token's subject; a link by its recipient")]
    opened_at: Annotated[datetime, Field(description="When; UTC")]


class RetentionRuleBody(WireModel):
    """How long documents of a kind are kept, from a day on."""

    kind: DocumentKind
    valid_from: Annotated[date, Field(description="For documents whose last day is not before")]
    years: Annotated[int, Field(description="Financial years after the document's own", ge=1, le=50)]
    source: Annotated[str, Field(description="What asks for it", examples=["Companies Act 2013, s. 128(5)"])]
    added_at: datetime
    added_by: str


class RetentionRuleDraft(WireModel):
    """A rule from a day on; the rules before stay for older documents."""

    kind: DocumentKind
    valid_from: Annotated[Day, Field(description="For documents whose last day is not before")]
    years: Annotated[int, Field(ge=1, le=50, description="Financial years after the document's own")]
    source: Annotated[
        str,
        Field(
            min_length=3,
            max_length=200,
            description="What asks for it",
            examples=["Companies Act 2013, s. 128(5)"],
        ),
    ]


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


def document_body(row: Row) -> DocumentBody:
    """The reply for one document."""
    files = [DocumentFileBody.model_validate(file) for file in row.files or []]
    kind = DocumentKind(row.kind)
    usual = SET_FORMATS if kind in SET_HERE else FORMATS_ELSEWHERE.get(kind, ())
    return DocumentBody.model_validate(
        {
            name: getattr(row, name)
            for name in DocumentBody.model_fields
            if name not in ("files", "formats", "content_url")
        }
        | {
            "files": files,
            "formats": list(dict.fromkeys([*usual, *(file.format for file in files)])),
            "content_url": f"/v1/documents/{row.id}/content",
        }
    )


def published_body(row: Row) -> PublishedDocumentBody:
    """The reply for one account statement, as the route before `/v1/documents` gives it."""
    return PublishedDocumentBody(
        **{"from": row.from_on, "to": row.to_on},
        id=row.id,
        kind="account_statement",
        partner_code=row.partner_code,
        zone=row.zone,
        number=row.number,
        title=row.title,
        language=row.language,
        pdf_sha256=row.content_sha256,
        content_url=row.source_path,
        published_at=row.published_at,
        is_superseded=row.is_superseded,
    )
