"""Tells, once each, that a day the law sets for a returned cheque is near."""

from datetime import date, datetime, timedelta
from typing import Final

from services.payments.adapters.line_store import RaisedException, raise_exceptions
from services.payments.adapters.published_facts import publish_bounce_deadline
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.instruments import add_alert, pursued_bounces
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.business_day import business_day
from services.payments.domain.cheque_return import statutory_clock

WARNED_BEFORE: Final = timedelta(days=7)


async def watch_bounces(work: UnitOfWork, at: datetime) -> int:
    """How many days were told of now; a day that was missed while nobody watched is told of late."""
    today, told = business_day(at), 0
    for bounce in await pursued_bounces(work.connection):
        deadline = _next_deadline(bounce)
        if deadline is None:
            continue
        name, due_on = deadline
        if today < due_on - WARNED_BEFORE or not await add_alert(
            work.connection, bounce.id, name, due_on, at
        ):
            continue
        told += 1
        detail = (
            f"Cheque {bounce.cheque_number} of {bounce.partner_code}, returned on {bounce.bounced_on}:"
            f" {name.replace('_', ' ')} by {due_on}"
        )
        await raise_exceptions(work.connection, None, [RaisedException("statutory_deadline", detail)], at)
        await publish_bounce_deadline(work, bounce, name, due_on)
    return told


def _next_deadline(bounce: Row) -> tuple[str, date] | None:
    clock = statutory_clock(bounce.bounced_on, notice_received_on=bounce.notice_received_on)
    if bounce.notice_sent_on is None:
        return "notice_to_be_sent", clock.notice_until
    if clock.complaint_until is not None:
        return "complaint_to_be_filed", clock.complaint_until
    return None
