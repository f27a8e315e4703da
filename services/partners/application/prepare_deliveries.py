"""Makes or finds the document of each wish that is due, so that its deliveries can leave."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from services.partners.adapters.account_figures import codes_of
from services.partners.adapters.delivery_claims import (
    SENDER,
    Row,
    due_requests,
    fail_request,
    give_document,
    hold_request,
    postpone_request,
)
from services.partners.adapters.delivery_rows import Step, add_step
from services.partners.adapters.document_rows import newest_document
from services.partners.adapters.repositories import partners_to_change
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.freeze_document import (
    FreezeDocument,
    ReadSheet,
    freeze_document,
    keep_read,
    read_order_boards,
    read_sheets,
)
from services.partners.application.prove_sheets import compare_sheets
from services.partners.application.publish_board import ReadBoard
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
TOGETHER_MAX: Final = 25  # what they read and write is one transaction
log = structlog.get_logger()
HELD_FOR: Final = timedelta(seconds=15)
HELD_MAX: Final = timedelta(days=2)
Reads = dict[FreezeDocument, ReadSheet | ReadBoard]


async def prepare_deliveries(database: Database, now: datetime) -> int:
    """Several wishes in each transaction, none of which holds up another; returns how many were looked at."""
    done = 0
    while done < AT_ONCE_MAX:
        async with UnitOfWork(database) as work:
            requests = await due_requests(work.connection, now, limit=min(TOGETHER_MAX, AT_ONCE_MAX - done))
            if not requests:
                break
            wishes = await _wishes(work, requests, now)
            reads = await _sheets(work, wishes) | await _boards(work, wishes)
            for request in requests:
                await _settle(work, request, wishes.get(request.id), reads, now=now)
            await work.commit()
        done += len(requests)
    return done


async def _settle(
    work: UnitOfWork, request: Row, wish: FreezeDocument | None, reads: Reads, *, now: datetime
) -> None:
    """The document is given to the wish, or the wish says why not."""
    try:
        async with work.connection.begin_nested():
            await _prepare(work, request, wish, reads, now=now)
    except SheetUnproved as refusal:
        await _hold(work, request, refusal.detail, now)
    except Refusal as refusal:
        await _give_up(work, request, refusal.detail, now)
    except Exception as error:
        if isinstance(error, DATABASE_ERRORS) and meaning_of(error) is not None:
            raise
        log.exception("delivery_request_broken", request_id=str(request.id))
        await _try_later(work, request, now)


async def _prepare(
    work: UnitOfWork, request: Row, wish: FreezeDocument | None, reads: Reads, *, now: datetime
) -> None:
    kind, period = DocumentKind(request.kind), Period(request.from_on, request.to_on)
    if kind in SET_HERE:
        if wish is None:
            await _give_up(work, request, f"There is no partner {request.partner_code}", now)
            return
        # A board that was published changes the next one of its partner, also of an equal wish: that one is read anew.
        read = reads.pop(wish, None) if kind is DocumentKind.ORDER_BOARD else reads.get(wish)
        frozen = await (freeze_document(work, wish) if read is None else keep_read(work, wish, read))
        document_id = frozen.id
    else:
        found = await newest_document(work.connection, request.partner_code, kind, period)
        if found is None:
            await _wait(work, request, now)
            return
        document_id = found
    await give_document(work.connection, request.id, document_id)


async def _wishes(work: UnitOfWork, requests: Sequence[Row], now: datetime) -> dict[UUID, FreezeDocument]:
    """By request, those for a document that is made here of a partner that exists."""
    ours = [one for one in requests if DocumentKind(one.kind) in SET_HERE]
    owners = await _owners(work, {one.partner_code for one in ours}) if ours else {}
    return {
        one.id: FreezeDocument(
            partner=owners[one.partner_code],
            kind=DocumentKind(one.kind),
            cut_off_on=one.to_on,
            as_of=now,
            actor=one.requested_by,
        )
        for one in ours
        if one.partner_code in owners
    }


async def _sheets(work: UnitOfWork, wishes: Mapping[UUID, FreezeDocument]) -> Reads:
    wanted = [one for one in wishes.values() if one.kind is DocumentKind.PAYMENT_SHEET]
    return await _together(work, wanted, read_sheets)


async def _boards(work: UnitOfWork, wishes: Mapping[UUID, FreezeDocument]) -> Reads:
    """One per partner: publishing a board changes what the partner's next one is compared with."""
    boards = [one for one in wishes.values() if one.kind is DocumentKind.ORDER_BOARD]
    first = {one.partner.code: one for one in reversed(boards)}
    return await _together(work, list(first.values()), read_order_boards)


async def _together(
    work: UnitOfWork,
    wanted: Sequence[FreezeDocument],
    read: Callable[
        [UnitOfWork, Sequence[FreezeDocument]], Awaitable[Mapping[FreezeDocument, ReadSheet | ReadBoard]]
    ],
) -> Reads:
    """Read together; when that fails each is read alone, so that one that cannot be made holds up no other."""
    if len(wanted) < 2:
        return {}
    try:
        async with work.connection.begin_nested():
            return dict(await read(work, wanted))
    except Exception:
        log.exception("documents_not_read_together", kind=wanted[0].kind, wishes=len(wanted))
        return {}


async def _owners(work: UnitOfWork, codes: Iterable[str]) -> dict[str, Partner]:
    """By the code they were wished for: of one that was merged since, whom it was merged into. Held for changing."""
    wished = await partners_to_change(work.connection, codes)
    merged = [one.merged_into for one in wished.values() if one.merged_into is not None]
    owners = wished | (await partners_to_change(work.connection, merged) if merged else {})
    found = {code: owners.get(one.merged_into or code) for code, one in wished.items()}
    return {code: one for code, one in found.items() if one is not None}


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
