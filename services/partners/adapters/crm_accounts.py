"""Accounts of the CRM as they were told last: which telling counts, and which partner each is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.crm_account import AccountStanding

Row = sa.Row[Any]
AccountKey = tuple[str, str]
_ACCOUNTS_LOCK: Final = 727311


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLink:
    """What became of an account as it was told at `system_modstamp`, of the same instant by the later `sequence`."""

    organization_id: str
    record_id: str
    system_modstamp: datetime
    sequence: int
    standing: AccountStanding
    partner_code: str | None
    name: str
    zone: str
    problem: str | None


async def tellings_held(
    connection: AsyncConnection, keys: Sequence[AccountKey]
) -> dict[AccountKey, tuple[datetime, int]]:
    """The newest telling of each account that is known. Others who take accounts in wait for the commit."""
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ACCOUNTS_LOCK})
    rows = await connection.execute(
        sa.text(
            "SELECT organization_id, record_id, system_modstamp, sequence FROM crm_accounts"
            " JOIN unnest(CAST(:organizations AS text[]), CAST(:records AS text[])) AS asked (organization, record)"
            " ON organization_id = organization AND record_id = record"
        ),
        {"organizations": [key[0] for key in keys], "records": [key[1] for key in keys]},
    )
    return {(row.organization_id, row.record_id): (row.system_modstamp, row.sequence) for row in rows}


async def write_links(connection: AsyncConnection, links: Sequence[AccountLink], *, at: datetime) -> None:
    """Write one link per account."""
    await connection.execute(
        sa.text(
            "INSERT INTO crm_accounts (organization_id, record_id, system_modstamp, sequence, standing, partner_code,"
            " name, zone, problem, taken_in_at) VALUES (:organization_id, :record_id, :system_modstamp, :sequence,"
            " :standing, :partner_code, :name, :zone, :problem, :at)"
            " ON CONFLICT (organization_id, record_id) DO UPDATE SET system_modstamp = excluded.system_modstamp,"
            " sequence = excluded.sequence, standing = excluded.standing, partner_code = excluded.partner_code,"
            " name = excluded.name, zone = excluded.zone, problem = excluded.problem, taken_in_at = excluded.taken_in_at"
        ),
        [asdict(link) | {"at": at} for link in links],
    )


async def account_rows(
    connection: AsyncConnection, standing: str | None, *, after: AccountKey | None, limit: int
) -> Sequence[Row]:
    """In the order of their record ids, after the last of the page before."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM crm_accounts WHERE (CAST(:standing AS text) IS NULL OR standing = :standing)"
                " AND (CAST(:after_record AS text) IS NULL OR (record_id, organization_id)"
                " > (CAST(:after_record AS text), CAST(:after_organization AS text)))"
                " ORDER BY record_id, organization_id LIMIT :limit"
            ),
            {
                "standing": standing,
                "after_record": after[0] if after else None,
                "after_organization": after[1] if after else None,
                "limit": limit,
            },
        )
    ).all()
