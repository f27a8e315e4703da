"""Asks to send money of a receipt or credit note back; another person decides."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import lock_open_items
from services.payments.adapters.repositories.bank_accounts import bank_account_by_number
from services.payments.adapters.repositories.refunds import add_refund, asked_back
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import CreditUsedUp, ItemNotPayable
from services.payments.domain.settlement import Credit


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """Amount in minor units of the credit's currency, from one of our bank accounts."""

    credit: Credit
    amount_minor: int
    bank_account: str
    reason: str
    requested_by: str


async def request_refund(work: UnitOfWork, command: RequestRefund, *, at: datetime) -> UUID:
    """CreditUsedUp when less is open of the credit, or already asked back by others; BankAccountUnknown.

    ItemNotPayable when the account that pays is kept in another currency than the credit.
    """
    credit = command.credit
    account = await bank_account_by_number(work.connection, command.bank_account)
    if account.currency != credit.currency:
        raise ItemNotPayable(
            f"Account {account.number} is kept in {account.currency}, the credit in {credit.currency}"
        )
    items = await lock_open_items(work.connection, [credit.id])
    still_open = items[credit.id].open_minor if credit.id in items else 0
    free = still_open - await asked_back(work.connection, credit.id)
    if command.amount_minor > free:
        raise CreditUsedUp(
            f"{free} minor units of {credit.currency} are free to be sent back, {command.amount_minor} were asked for"
        )
    refund_id = uuid7()
    await add_refund(
        work.connection,
        {
            "id": refund_id,
            "receipt_id": credit.receipt_id,
            "credit_note_id": credit.credit_note_id,
            "partner_code": credit.partner_code,
            "bank_account_id": account.id,
            "currency": credit.currency,
            "amount_minor": command.amount_minor,
            "reason": command.reason,
            "by": command.requested_by,
            "at": at,
        },
    )
    return refund_id
