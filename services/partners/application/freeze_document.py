"""Freezes what is known of a partner now as a document: its payment sheet."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.document_rows import AddedVersion, NewDocument, add_version
from services.partners.adapters.partner_documents.rendering import frozen_content, title_of
from services.partners.adapters.payment_sheets import SheetWanted, payment_sheet
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.tell_documents import tell_published
from services.partners.domain.document import SET_HERE, DocumentKind, Language, Period
from services.partners.domain.errors import DocumentInvalid
from services.partners.domain.partner import Partner

BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")
RECEIPTS_DAYS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeDocument:
    """Which document, as of when. `cut_off_on` is the day that days are counted to: today unless a schedule ran late."""

    partner: Partner
    kind: DocumentKind
    cut_off_on: date
    as_of: datetime
    actor: str


async def freeze_document(work: UnitOfWork, wanted: FreezeDocument) -> AddedVersion:
    """The version that says this. When nothing differs from the newest one of the day but the instant, that one holds.

    DocumentInvalid for a kind that is not set here, or a cut-off that is still to come.
    """
    if wanted.kind not in SET_HERE:
        raise DocumentInvalid(f"A document of the kind {wanted.kind} is not made here")
    if wanted.cut_off_on > wanted.as_of.astimezone(BUSINESS_TIME_ZONE).date():
        raise DocumentInvalid(f"{wanted.cut_off_on} is still to come")
    content = await _CONTENTS[wanted.kind](work.connection, wanted)
    new = NewDocument(
        partner_code=wanted.partner.code,
        kind=wanted.kind,
        period=Period.cut_off(wanted.cut_off_on),
        title=title_of(wanted.kind, Language.ENGLISH),
        content=content,
        content_sha256=content_hash(content),
        published_by=wanted.actor,
    )
    added = await add_version(work.connection, new, at=wanted.as_of)
    if added.is_new:
        tell_published(work, new, added, zone=wanted.partner.details.zone, at=wanted.as_of)
    return added


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 over what a document says; the instant it was asked at is no part of that."""
    said = {name: value for name, value in content.items() if name != "as_of"}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


async def _payment_sheet(connection: AsyncConnection, wanted: FreezeDocument) -> dict[str, Any]:
    sheet = await payment_sheet(
        connection,
        wanted.partner,
        SheetWanted(
            as_of=wanted.as_of,
            overdue_on=wanted.cut_off_on,
            receipts_since=wanted.cut_off_on - timedelta(days=RECEIPTS_DAYS),
            is_open_only=False,
            is_for_partner=True,
        ),
    )
    return frozen_content(sheet)


_CONTENTS: Final[
    Mapping[DocumentKind, Callable[[AsyncConnection, FreezeDocument], Awaitable[dict[str, Any]]]]
] = {DocumentKind.PAYMENT_SHEET: _payment_sheet}
