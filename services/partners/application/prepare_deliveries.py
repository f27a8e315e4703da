"""Makes or finds the document of each wish that is due, so that its deliveries can leave."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from services.partners.adapters.account_figures import codes_of
from services.partners.adapters.delivery_claims import (
    SENDER,
    Row,
    due_request,
    fail_request,
    give_document,
    hold_request,
    postpone_request,
)
from services.partners.adapters.delivery_rows import Step, add_step
from services.partners.adapters.document_rows import newest_document
from services.partners.adapters.repositories import partners_to_change
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.freeze_document import FreezeDocument, freeze_document
from services.partners.application.prove_sheets import compare_sheets
from services.partners.domain.document import SET_HERE, DocumentKind, Period
from services.partners.domain.errors import SheetUnproved
from services.partners.domain.partner import Partner
from shared.database import Database
from shared.database_errors import meaning_of
from shared.errors import Refusal
from shared.events.documents import DocumentDeliveryFailedV1
from shared.inbox import DATABASE_ERRORS

# What payments publishes may come a while after the wish for it; two days later somebody has to look.
NOT_THERE_YET: Final = timedelta(minutes=10)
WAITS_MAX: Final = 288
BROKEN_MAX: Final = 5
OUR_FAULT: Final = "Something went wrong on our side"
AT_ONCE_MAX: Final = 100
log = structlog.get_logger()
HELD_FOR: Final = timedelta(seconds=15)
HELD_MAX: Final = timedelta(days=2)


async def prepare_deliveries(database: Database, now: datetime) -> int:
    """One wish after the other, each in a transaction of its own; returns how many were looked at."""
    for done in range(AT_ONCE_MAX):
        async with UnitOfWork(database) as work:
            request = await due_request(work.connection, now)
            if request is None:
                return done
            try:
                async with work.connection.begin_nested():
                    await _prepare(work, request, now)
            except SheetUnproved as refusal:
                await _hold(work, request, refusal.detail, now)
            except Refusal as refusal:
                await _give_up(work, request, refusal.detail, now)
            except Exception as error:
                if isinstance(error, DATABASE_ERRORS) and meaning_of(error) is not None:
                    raise
                log.exception("delivery_request_broken", request_id=str(request.id))
                await _try_later(work, request, now)
            await work.commit()
    return AT_ONCE_MAX


async def _prepare(work: UnitOfWork, request: Row, now: datetime) -> None:
    kind, period = DocumentKind(request.kind), Period(request.from_on, request.to_on)
    if kind in SET_HERE:
        partner = await _owner(work, request.partner_code)
        if partner is None:
            await _give_up(work, request, f"There is no partner {request.partner_code}", now)
            return
        wanted = FreezeDocument(
            partner=partner, kind=kind, cut_off_on=period.last, as_of=now, actor=request.requested_by
        )
        document_id = (await freeze_document(work, wanted)).id
    else:
        found = await newest_document(work.connection, request.partner_code, kind, period)
        if found is None:
            await _wait(work, request, now)
            return
        document_id = found
    await give_document(work.connection, request.id, document_id)


async def _owner(work: UnitOfWork, code: str) -> Partner | None:
    """Of a partner that was merged since it was wished for, the one that it was merged into; held for changing."""
    partner = (await partners_to_change(work.connection, [code])).get(code)
    if partner is None or partner.merged_into is None:
        return partner
    return (await partners_to_change(work.connection, [partner.merged_into])).get(partner.merged_into)


async def _wait(work: UnitOfWork, request: Row, now: datetime) -> None:
    if request.attempts + 1 >= WAITS_MAX:
        await _give_up(work, request, "The document was not published within two days", now)
        return
    await postpone_request(work.connection, request.id, now + NOT_THERE_YET)


async def _try_later(work: UnitOfWork, request: Row, now: datetime) -> None:
    """What we cannot make holds up no other wish, and is not tried for ever."""
    if request.attempts + 1 >= BROKEN_MAX:
        await _give_up(work, request, OUR_FAULT, now)
        return
    await postpone_request(work.connection, request.id, now + NOT_THERE_YET)


async def _hold(work: UnitOfWork, request: Row, reason: str, now: datetime) -> None:
    """A sheet that is not what the ledger says waits, visibly, until it is; noting why has payments asked."""
    if now - request.requested_at >= HELD_MAX:
        await _give_up(work, request, reason, now)
        return
    await hold_request(work.connection, request.id, now + HELD_FOR, reason)
    owned = await codes_of(work.connection, request.partner_code)
    await compare_sheets(work, owned, now)


async def _give_up(work: UnitOfWork, request: Row, reason: str, now: datetime) -> None:
    """Visible as failed deliveries; resending one tries again."""
    for delivery in await fail_request(work.connection, request.id, reason):
        await add_step(work.connection, delivery.id, Step("failed", reason, SENDER), at=now)
        event = DocumentDeliveryFailedV1(
            delivery_id=delivery.id,
            document_id=None,
            kind=request.kind,
            partner_code=request.partner_code,
            zone=None,
            channel=delivery.channel,
            state="failed",
            reason=reason,
            failed_at=now,
        )
        work.publish(event, partition_key=f"documents-{request.partner_code}", subject=str(delivery.id))
