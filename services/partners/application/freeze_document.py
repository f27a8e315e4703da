"""Freezes what is known of a partner now as a document: its payment sheet or its order board."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from services.partners.adapters.account_figures import sheet_proof
from services.partners.adapters.board_store import PublishedBoard
from services.partners.adapters.document_rows import AddedVersion, NewDocument, add_version
from services.partners.adapters.partner_documents.rendering import frozen_content, title_of
from services.partners.adapters.payment_sheets import SheetWanted, payment_sheet
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.publish_board import standing_board
from services.partners.application.tell_documents import tell_published
from services.partners.domain.document import SET_HERE, DocumentKind, Language, Period
from services.partners.domain.errors import DocumentInvalid, SheetUnproved
from services.partners.domain.order_board import BoardPartner
from services.partners.domain.partner import Partner
from services.partners.domain.sheet_proof import SheetProof

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


@dataclass(frozen=True, slots=True)
class _Said:
    """What a document says, the hash of that, and the number that it has of its own."""

    content: dict[str, Any]
    content_sha256: str
    number: str = ""


async def freeze_document(work: UnitOfWork, wanted: FreezeDocument) -> AddedVersion:
    """The version that says this. When nothing differs from the newest one of the day but the instant, that one holds.

    DocumentInvalid for a kind that is not set here, or a cut-off that is still to come. SheetUnproved for a payment sheet
    that is not what the ledger says.
    """
    if wanted.kind not in SET_HERE:
        raise DocumentInvalid(f"A document of the kind {wanted.kind} is not made here")
    if wanted.cut_off_on > wanted.as_of.astimezone(BUSINESS_TIME_ZONE).date():
        raise DocumentInvalid(f"{wanted.cut_off_on} is still to come")
    return await _keep(work, wanted, await _SAID[wanted.kind](work, wanted))


async def freeze_board(work: UnitOfWork, wanted: FreezeDocument, published: PublishedBoard) -> AddedVersion:
    """A board that was just published, as a document: it is found, sent and told like every other."""
    return await _keep(work, wanted, _said_of(published))


async def _keep(work: UnitOfWork, wanted: FreezeDocument, said: _Said) -> AddedVersion:
    new = NewDocument(
        partner_code=wanted.partner.code,
        kind=wanted.kind,
        period=Period.cut_off(wanted.cut_off_on),
        title=title_of(wanted.kind, Language.ENGLISH),
        number=said.number,
        content=said.content,
        content_sha256=said.content_sha256,
        published_by=wanted.actor,
    )
    added = await add_version(work.connection, new, at=wanted.as_of)
    if added.is_new:
        tell_published(work, new, added, zone=wanted.partner.details.zone, at=wanted.as_of)
    return added


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 over what a document says; when it was asked and what proves it is no part of that."""
    said = {name: value for name, value in content.items() if name not in ("as_of", "proof")}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


async def _payment_sheet(work: UnitOfWork, wanted: FreezeDocument) -> _Said:
    """Proved before and after it is read: what arrived between would show in the second proof."""
    before = await sheet_proof(work.connection, wanted.partner.code)
    sheet = await payment_sheet(
        work.connection,
        wanted.partner,
        SheetWanted(
            as_of=wanted.as_of,
            overdue_on=wanted.cut_off_on,
            receipts_since=wanted.cut_off_on - timedelta(days=RECEIPTS_DAYS),
            is_open_only=False,
            is_for_partner=True,
        ),
    )
    if sheet.proof != before:
        raise SheetUnproved(f"Facts about {wanted.partner.code} arrive at this moment; try again")
    _refuse_unproved(before, wanted.partner.code)
    content = frozen_content(sheet)
    return _Said(content, content_hash(content))


def _refuse_unproved(proof: SheetProof, code: str) -> None:
    """SheetUnproved, saying which figures differ."""
    if proof.is_equal:
        return
    said = "; ".join(f"{one.figure}: sheet {one.sheet}, ledger {one.ledger}" for one in proof.differences[:6])
    raise SheetUnproved(f"The sheet of {code} is {proof.state.value.replace('_', ' ')}: {said}")


async def _order_board(work: UnitOfWork, wanted: FreezeDocument) -> _Said:
    """The published board itself, under its number and hash: promises are compared with what the partner was told."""
    published = await standing_board(
        work,
        BoardPartner.of(wanted.partner.details),
        at=wanted.as_of,
        day=wanted.cut_off_on,
        actor=wanted.actor,
    )
    return _said_of(published)


def _said_of(published: PublishedBoard) -> _Said:
    return _Said(frozen_content(published.board), published.content_sha256, f"{published.number}")


_SAID: Final[Mapping[DocumentKind, Callable[[UnitOfWork, FreezeDocument], Awaitable[_Said]]]] = {
    DocumentKind.ORDER_BOARD: _order_board,
    DocumentKind.PAYMENT_SHEET: _payment_sheet,
}
