"""Turns what became of a balance confirmation into the events other services read."""

from uuid import UUID

from services.payments.adapters.queries.balance_confirmations import CONFIRMATION_SELECT
from services.payments.adapters.queries.listing import one_row
from services.payments.adapters.repositories import Row
from services.payments.adapters.unit_of_work import UnitOfWork
from shared.events.account_statements import (
    BalanceConfirmationAskedV1,
    BalanceConfirmationRemindedV1,
    BalanceConfirmedV1,
    BalanceDisputedV1,
)
from shared.events.envelope import Event


async def publish_confirmation_asked(work: UnitOfWork, confirmation_id: UUID) -> None:
    one = await _confirmation(work, confirmation_id)
    event = BalanceConfirmationAskedV1(
        confirmation_id=one.id,
        number=one.number,
        statement_id=one.statement_id,
        partner_code=one.partner_code,
        zone=one.zone,
        kind=one.kind,
        as_of=one.as_of,
        due_on=one.due_on,
        currency=one.currency,
        balance_minor=one.balance_minor,
        letter_path=f"/v1/balance-confirmations/{one.id}/letter",
        language=one.language,
    )
    _publish(work, one, event)


async def publish_confirmation_reminder(work: UnitOfWork, confirmation_id: UUID, reminder: int) -> None:
    one = await _confirmation(work, confirmation_id)
    event = BalanceConfirmationRemindedV1(
        confirmation_id=one.id,
        number=one.number,
        partner_code=one.partner_code,
        zone=one.zone,
        reminder=reminder,
        due_on=one.due_on,
        letter_path=f"/v1/balance-confirmations/{one.id}/letter",
    )
    _publish(work, one, event)


async def publish_confirmed(work: UnitOfWork, confirmation_id: UUID) -> None:
    one = await _confirmation(work, confirmation_id)
    event = BalanceConfirmedV1(
        confirmation_id=one.id,
        number=one.number,
        partner_code=one.partner_code,
        zone=one.zone,
        as_of=one.as_of,
        currency=one.currency,
        balance_minor=one.balance_minor,
        partner_balance_minor=one.partner_balance_minor,
        is_reconciled=one.state == "reconciled",
    )
    _publish(work, one, event)


async def publish_disputed(work: UnitOfWork, confirmation_id: UUID) -> None:
    one = await _confirmation(work, confirmation_id)
    event = BalanceDisputedV1(
        confirmation_id=one.id,
        number=one.number,
        partner_code=one.partner_code,
        zone=one.zone,
        as_of=one.as_of,
        currency=one.currency,
        balance_minor=one.balance_minor,
        partner_balance_minor=one.partner_balance_minor,
        query_number=one.query_number,
    )
    _publish(work, one, event)


def _publish(work: UnitOfWork, one: Row, event: Event) -> None:
    work.publish(event, partition_key=str(one.id), subject=one.number)


async def _confirmation(work: UnitOfWork, confirmation_id: UUID) -> Row:
    row = await one_row(work.connection, CONFIRMATION_SELECT, "c.id = :id", id=confirmation_id)
    assert row is not None
    return row
