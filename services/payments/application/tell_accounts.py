"""Tells what accounts of partners come to, so that whoever keeps a picture of them can prove it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.payments.adapters.queries.account_figures import account_figures, moved_accounts
from services.payments.adapters.repositories.told_accounts import note_told, untold_links
from services.payments.adapters.unit_of_work import UnitOfWork
from shared.events.accounts import AccountsToldV1
from shared.events.envelope import in_events

CODES_AT_ONCE: Final = 500


async def tell_moved_accounts(work: UnitOfWork, at: datetime) -> bool:
    """Accounts that moved since the last telling; False when there is nothing more to tell now."""
    links = await untold_links(work.connection)
    if links is None:
        return False
    after, last = links
    await tell_accounts(work, await moved_accounts(work.connection, after=after, last=last), at)
    await note_told(work.connection, last)
    return True


async def tell_accounts(work: UnitOfWork, codes: Sequence[str], at: datetime) -> None:
    """With the order of what moves them, so that it mostly arrives after the facts it counts."""
    for start in range(0, len(codes), CODES_AT_ONCE):
        told = await account_figures(work.connection, codes[start : start + CODES_AT_ONCE])
        for part in in_events(told.accounts):
            event = AccountsToldV1(position=told.position, as_of=at, accounts=part)
            work.publish(event, partition_key="receivables", subject=part[0].partner_code)
