"""What payments would tell of accounts: the same as the sheets come to, or something else."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from uuid_utils.compat import uuid7

from services.partners.adapters.account_figures import compared_accounts
from services.partners.domain.sheet_proof import AccountSums
from shared.database import Database
from shared.events.accounts import AccountFigures, AccountsToldV1
from tests.factories.payment_facts import told
from tests.integration.partners.conftest import PartnersService


async def sums_of(database: Database, code: str) -> AccountSums:
    """What the sheet of a partner with one account comes to."""
    async with database.reading() as connection:
        (compared,) = await compared_accounts(connection, [code])
    return compared.here


async def ledger_told(
    service: PartnersService, code: str, sums: AccountSums, *, position: int | None = None, **changes: Any
) -> int:
    """Figures of an account in rupees, later than all before; returns their position."""
    position = position or uuid7().int >> 80  # milliseconds
    figures = AccountFigures(partner_code=code, currency="INR", **asdict(replace(sums, **changes)))
    event = AccountsToldV1(position=position, as_of=datetime.now(UTC), accounts=(figures,))
    await service[1]([told(event)])
    return position


async def the_ledger_agrees_on_all(
    service: PartnersService, database: Database, codes: Sequence[str]
) -> None:
    """The same of many partners."""
    async with database.reading() as connection:
        compared = await compared_accounts(connection, codes)
    figures = [
        AccountFigures(partner_code=one.partner_code, currency=one.currency, **asdict(one.here))
        for one in compared
    ]
    for start in range(0, len(figures), 200):
        accounts = tuple(figures[start : start + 200])
        event = AccountsToldV1(position=uuid7().int >> 80, as_of=datetime.now(UTC), accounts=accounts)
        await service[1]([told(event)])


async def the_ledger_agrees(service: PartnersService, database: Database, code: str) -> None:
    """Payments tells what the sheet comes to now."""
    await ledger_told(service, code, await sums_of(database, code))
