"""Registers a partner's virtual account number: from a day on, money paid into it is the partner's."""

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import bank_account_by_number
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.repositories.virtual_accounts import add_virtual_account, virtual_account_on
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import PartnerUnknown, VirtualAccountTaken
from services.payments.domain.posting import Posting
from services.payments.domain.virtual_account import VirtualAccount


async def register_virtual_account(
    work: UnitOfWork, account: VirtualAccount, bank_account: str, posting: Posting
) -> tuple[Row, bool]:
    """The registration and whether it is new. VirtualAccountTaken when another partner has the number from that day."""
    if not await known_partner_codes(work.connection, [account.partner_code]):
        raise PartnerUnknown(f"There is no partner {account.partner_code}")
    ours = await bank_account_by_number(work.connection, bank_account)
    is_new = await add_virtual_account(work.connection, account, ours.id, posting)
    if is_new:
        await request_redecision(work.connection, "virtual_account_registered")
    row = await virtual_account_on(work.connection, account.number, account.valid_from)
    if (row.partner_code, row.bank_account_id) != (account.partner_code, ours.id):
        raise VirtualAccountTaken(
            f"{account.number} is registered from {account.valid_from} on for another partner or bank account"
        )
    return row, is_new
