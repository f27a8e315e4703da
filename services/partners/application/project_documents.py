"""Keeps what other services published to partners, so that it can be found and delivered."""

from collections.abc import Sequence

import structlog

from services.partners.adapters.document_rows import NewDocument, add_version
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.queue_delivery import queue_delivery
from services.partners.domain.delivery import DeliveryWish
from services.partners.domain.document import DocumentKind, Period
from services.partners.domain.errors import NobodyToDeliverTo
from shared.events.account_statements import BalanceConfirmationAskedV1, StatementPublishedV1
from shared.events.credit_notes import CreditNoteIssuedV1
from shared.events.envelope import Envelope
from shared.events.reporting import ReportPublishedV1

PUBLISHER = "payments"
log = structlog.get_logger()


async def project_statements(work: UnitOfWork, told: Sequence[Envelope[StatementPublishedV1]]) -> None:
    """The event carries the hash; the bytes are fetched when they are wanted and compared with it."""
    for one in (envelope.data for envelope in told):
        new = NewDocument(
            id=one.statement_id,
            partner_code=one.partner_code,
            kind=DocumentKind.ACCOUNT_STATEMENT,
            period=Period(one.from_on, one.to_on),
            series=f"{one.title}|{one.language}",
            number=one.number,
            title=one.title,
            language=one.language,
            content_sha256=one.pdf_sha256,
            source_id=one.statement_id,
            source_path=one.content_path,
            supersedes_id=one.supersedes_id,
            published_by=PUBLISHER,
        )
        await add_version(work.connection, new, at=one.published_at)


async def project_issued_notes(work: UnitOfWork, told: Sequence[Envelope[CreditNoteIssuedV1]]) -> None:
    """A note is a document from its issue on, set in whatever language it is wanted."""
    for envelope in told:
        note = envelope.data.note
        if note.number is None or note.issued_on is None:
            continue
        new = NewDocument(
            id=note.note_id,
            partner_code=note.partner_code,
            kind=DocumentKind.CREDIT_NOTE,
            period=Period.cut_off(note.issued_on),
            series=note.number,
            number=note.number,
            title="Credit note",
            content_sha256=None,
            source_id=note.note_id,
            source_path=f"/v1/credit-notes/{note.note_id}/document",
            published_by=PUBLISHER,
        )
        await add_version(work.connection, new, at=envelope.time)


async def project_confirmations(
    work: UnitOfWork, told: Sequence[Envelope[BalanceConfirmationAskedV1]]
) -> None:
    """The letter that asks a partner to confirm its balance."""
    for envelope in told:
        asked = envelope.data
        new = NewDocument(
            id=asked.confirmation_id,
            partner_code=asked.partner_code,
            kind=DocumentKind.BALANCE_CONFIRMATION,
            period=Period.cut_off(asked.as_of),
            series=asked.number,
            number=asked.number,
            title="Confirmation of balance",
            language=asked.language,
            content_sha256=None,
            source_id=asked.confirmation_id,
            source_path=asked.letter_path,
            published_by=PUBLISHER,
        )
        await add_version(work.connection, new, at=envelope.time)


async def project_reports(work: UnitOfWork, told: Sequence[Envelope[ReportPublishedV1]]) -> None:
    """A report for a partner: kept as a document, and queued for its contacts in the roles once."""
    for report in (envelope.data for envelope in told):
        period = Period(report.from_on, report.to_on)
        new = NewDocument(
            id=report.report_run_id,
            partner_code=report.partner_code,
            kind=DocumentKind.REPORT,
            period=period,
            series=f"{report.title}|{report.subscription_id}",
            title=report.title,
            language="en",
            content_sha256=None,
            source_id=report.report_run_id,
            source_path=report.content_path,
            published_by="reporting",
        )
        added = await add_version(work.connection, new, at=report.published_at)
        wish = DeliveryWish(
            key=f"report/{report.report_run_id}",
            partner_code=report.partner_code,
            kind=DocumentKind.REPORT,
            period=period,
            roles=report.roles,
            formats=report.formats,
            document_id=added.id,
        )
        actor = f"report-subscription:{report.subscription_id}"
        try:
            await queue_delivery(work, wish, actor=actor, at=report.published_at)
        except NobodyToDeliverTo as refusal:
            log.warning(
                "report_not_delivered", report_run_id=str(report.report_run_id), reason=refusal.detail
            )
