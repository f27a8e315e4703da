"""Freezes what is known of a partner now as a document: its payment sheet or its order board."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from services.partners.adapters.account_figures import sheet_proofs
from services.partners.adapters.board_store import PublishedBoard
from services.partners.adapters.document_rows import AddedVersion, NewDocument, add_version
from services.partners.adapters.partner_documents.rendering import frozen_content, title_of
from services.partners.adapters.payment_sheets import SheetWanted, payment_sheets
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.publish_board import ReadBoard, read_boards, standing_board
from services.partners.application.tell_documents import tell_published
from services.partners.domain.document import SET_HERE, DocumentKind, Language, Period
from services.partners.domain.errors import DocumentInvalid, SheetUnproved
from services.partners.domain.order_board import BoardPartner
from services.partners.domain.partner import Partner
from services.partners.domain.payment_sheet import PaymentSheet
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


ReadSheet = _Said | SheetUnproved


async def freeze_document(work: UnitOfWork, wanted: FreezeDocument) -> AddedVersion:
    """The version that says this. When nothing differs from the newest one of the day but the instant, that one holds.

    DocumentInvalid for a kind that is not set here, or a cut-off that is still to come. SheetUnproved for a payment sheet
    that is not what the ledger says.
    """
    _refuse(wanted)
    return await _keep(work, wanted, await _SAID[wanted.kind](work, wanted))


async def read_sheets(work: UnitOfWork, wanted: Sequence[FreezeDocument]) -> dict[FreezeDocument, ReadSheet]:
    """Payment sheets of several partners at once, by a fixed number of statements for each day; still to be kept."""
    read: dict[FreezeDocument, ReadSheet] = {}
    for day in sorted({one.cut_off_on for one in wanted}):
        of_day = [one for one in wanted if one.cut_off_on == day]
        read |= zip(of_day, await _sheets_said(work, of_day), strict=True)
    return read


async def read_order_boards(
    work: UnitOfWork, wanted: Sequence[FreezeDocument]
) -> dict[FreezeDocument, ReadBoard]:
    """Order boards of several partners at once, one of each, by a fixed number of statements for each day."""
    read: dict[FreezeDocument, ReadBoard] = {}
    for day in sorted({one.cut_off_on for one in wanted}):
        of_day = [one for one in wanted if one.cut_off_on == day]
        partners = [BoardPartner.of(one.partner.details) for one in of_day]
        read |= zip(of_day, await read_boards(work, partners, at=of_day[0].as_of, day=day), strict=True)
    return read


async def keep_read(work: UnitOfWork, wanted: FreezeDocument, read: ReadSheet | ReadBoard) -> AddedVersion:
    """What was just read, as `freeze_document` would have kept it."""
    _refuse(wanted)
    if isinstance(read, SheetUnproved):
        raise read
    if isinstance(read, ReadBoard):
        read = _said_of(await standing_board(work, read, actor=wanted.actor))
    return await _keep(work, wanted, read)


def _refuse(wanted: FreezeDocument) -> None:
    if wanted.kind not in SET_HERE:
        raise DocumentInvalid(f"A document of the kind {wanted.kind} is not made here")
    if wanted.cut_off_on > wanted.as_of.astimezone(BUSINESS_TIME_ZONE).date():
        raise DocumentInvalid(f"{wanted.cut_off_on} is still to come")


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
    (read,) = await _sheets_said(work, [wanted])
    if isinstance(read, SheetUnproved):
        raise read
    return read


async def _sheets_said(work: UnitOfWork, wanted: Sequence[FreezeDocument]) -> list[ReadSheet]:
    """Of one day and instant. Proved before and after they are read: what arrived between would show in the second proof."""
    of_all = wanted[0]
    before = await sheet_proofs(work.connection, [one.partner.code for one in wanted])
    sheets = await payment_sheets(
        work.connection,
        [one.partner for one in wanted],
        SheetWanted(
            as_of=of_all.as_of,
            overdue_on=of_all.cut_off_on,
            receipts_since=of_all.cut_off_on - timedelta(days=RECEIPTS_DAYS),
            is_open_only=False,
            is_for_partner=True,
        ),
    )
    return [_sheet_said(sheet, before[sheet.partner_code]) for sheet in sheets]


def _sheet_said(sheet: PaymentSheet, before: SheetProof) -> ReadSheet:
    code = sheet.partner_code
    if sheet.proof != before:
        return SheetUnproved(f"Facts about {code} arrive at this moment; try again")
    if not before.is_equal:
        return _unproved(before, code)
    content = frozen_content(sheet)
    return _Said(content, content_hash(content))


def _unproved(proof: SheetProof, code: str) -> SheetUnproved:
    """Says which figures differ."""
    said = "; ".join(f"{one.figure}: sheet {one.sheet}, ledger {one.ledger}" for one in proof.differences[:6])
    return SheetUnproved(f"The sheet of {code} is {proof.state.value.replace('_', ' ')}: {said}")


async def _order_board(work: UnitOfWork, wanted: FreezeDocument) -> _Said:
    """The published board itself, under its number and hash: promises are compared with what the partner was told."""
    partner = BoardPartner.of(wanted.partner.details)
    (read,) = await read_boards(work, [partner], at=wanted.as_of, day=wanted.cut_off_on)
    return _said_of(await standing_board(work, read, actor=wanted.actor))


def _said_of(published: PublishedBoard) -> _Said:
    return _Said(frozen_content(published.board), published.content_sha256, f"{published.number}")


_SAID: Final[Mapping[DocumentKind, Callable[[UnitOfWork, FreezeDocument], Awaitable[_Said]]]] = {
    DocumentKind.ORDER_BOARD: _order_board,
    DocumentKind.PAYMENT_SHEET: _payment_sheet,
}
