"""Proves payment sheets: the facts here against the figures that payments tells; what differs is asked about, then told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from services.partners.adapters.account_figures import codes_with_accounts, compared_accounts, keep_figures
from services.partners.adapters.sheet_differences import (
    Row,
    codes_to_ask,
    count_alarms,
    differing_codes,
    note_agreement,
    note_differences,
    raise_alarms,
)
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.events.accounts import (
    AccountsToldV1,
    AccountsWantedV1,
    FigureDiffering,
    PaymentSheetAgreesV1,
    PaymentSheetDiffersV1,
)
from shared.events.envelope import Envelope, in_events

CODES_AT_ONCE: Final = 500


async def take_in_figures(work: UnitOfWork, told: Sequence[Envelope[AccountsToldV1]]) -> None:
    """Compared at once: mostly the facts have arrived before their figures."""
    codes: set[str] = set()
    for one in told:
        accounts = one.data.accounts
        await keep_figures(work.connection, accounts, position=one.data.position, told_at=one.data.as_of)
        codes |= {account.partner_code for account in accounts}
    await compare_sheets(work, sorted(codes), datetime.now(UTC))


async def compare_sheets(work: UnitOfWork, codes: Sequence[str], at: datetime) -> None:
    """Note what differs and what agrees again."""
    compared = await compared_accounts(work.connection, codes)
    await note_differences(work.connection, [one for one in compared if one.differences], at)
    for row in await note_agreement(work.connection, [one for one in compared if not one.differences], at):
        event = PaymentSheetAgreesV1(
            difference_id=row.id,
            partner_code=row.partner_code,
            zone=row.zone,
            currency=row.currency,
            noticed_at=row.noticed_at,
            agreed_at=row.agreed_at,
        )
        _publish(work, row, event)


async def watch_sheets(work: UnitOfWork, at: datetime) -> int:
    """Look again at what differs, ask payments for its figures, and tell what lasts; returns how many alarms there are."""
    await compare_sheets(work, await differing_codes(work.connection, CODES_AT_ONCE), at)
    for row in await raise_alarms(work.connection, at):
        event = PaymentSheetDiffersV1(
            difference_id=row.id,
            partner_code=row.partner_code,
            zone=row.zone,
            currency=row.currency,
            noticed_at=row.noticed_at,
            differences=tuple(FigureDiffering(**one) for one in row.differences),
        )
        _publish(work, row, event)
    for part in in_events(await codes_to_ask(work.connection, at, CODES_AT_ONCE)):
        work.publish(AccountsWantedV1(partner_codes=part), partition_key="accounts", subject=part[0])
    return await count_alarms(work.connection)


async def compare_every_sheet(work: UnitOfWork, at: datetime, after: str) -> str | None:
    """Some of them, by code; returns the last one, None after all. Finds accounts whose figures never came."""
    codes = await codes_with_accounts(work.connection, after=after, limit=CODES_AT_ONCE)
    if not codes:
        return None
    await compare_sheets(work, codes, at)
    return codes[-1]


def _publish(work: UnitOfWork, row: Row, event: PaymentSheetAgreesV1 | PaymentSheetDiffersV1) -> None:
    work.publish(event, partition_key=f"sheet-{row.partner_code}", subject=str(row.id))
