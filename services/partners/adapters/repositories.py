"""Reads and writes what use cases decide on; a read that decides a write is done in its unit of work."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.partner import Partner, PartnerDetails, PartnerStatus

_MASTER_LOCK: Final = 727310


async def partners_to_change(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, Partner]:
    """The partners of these codes that exist. Changes of the master follow each other until the commit."""
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MASTER_LOCK})
    rows = await connection.execute(
        sa.text("SELECT * FROM partners WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return {row.code: partner_of(row) for row in rows}


async def write_versions(
    connection: AsyncConnection, versions: Sequence[Partner], *, told_by: str, at: datetime
) -> None:
    """Append every version to the history and leave the newest of each partner in the master."""
    rows = msgspec.json.encode([_version(partner) for partner in versions]).decode()
    await connection.execute(sa.text(_APPEND_HISTORY), {"rows": rows, "at": at, "told_by": told_by})
    await connection.execute(sa.text(_WRITE_MASTER), {"rows": rows, "at": at})


_COLUMNS: Final = (
    "version, code, name, city, zone, gstin, ifsc, bank_account, status,"
    " legal_name, address, pin_code, state_code"
)
_VERSIONS: Final = """
    json_to_recordset(CAST(:rows AS json)) AS told (
        partner_id uuid, version bigint, code text, name text, city text, zone text, gstin text, ifsc text,
        bank_account text, status text, legal_name text, address text, pin_code text, state_code text)
"""
_APPEND_HISTORY: Final = f"""
    INSERT INTO partner_versions (partner_id, told_at, told_by, {_COLUMNS})
    SELECT partner_id, :at, :told_by, {_COLUMNS} FROM {_VERSIONS}
"""
_WRITE_MASTER: Final = f"""
    INSERT INTO partners (id, changed_at, {_COLUMNS})
    SELECT DISTINCT ON (partner_id) partner_id, CAST(:at AS timestamptz), {_COLUMNS} FROM {_VERSIONS}
    ORDER BY partner_id, version DESC
    ON CONFLICT (id) DO UPDATE SET
        version = excluded.version, name = excluded.name, city = excluded.city, zone = excluded.zone,
        gstin = excluded.gstin, ifsc = excluded.ifsc, bank_account = excluded.bank_account,
        status = excluded.status, legal_name = excluded.legal_name, address = excluded.address,
        pin_code = excluded.pin_code, state_code = excluded.state_code, changed_at = excluded.changed_at
"""


def _version(partner: Partner) -> dict[str, object]:
    details = partner.details
    return {
        "partner_id": partner.id,
        "version": partner.version,
        "status": partner.status,
        "code": details.code,
        "name": details.name,
        "city": details.city,
        "zone": details.zone,
        "gstin": details.gstin,
        "ifsc": details.ifsc,
        "bank_account": details.bank_account,
        "legal_name": details.legal_name,
        "address": details.address,
        "pin_code": details.pin_code,
        "state_code": details.state_code,
    }


def partner_of(row: sa.Row[Any]) -> Partner:
    """The partner in a row with the columns of `partners`."""
    return Partner(
        id=row.id,
        details=PartnerDetails(
            code=row.code,
            name=row.name,
            zone=row.zone,
            city=row.city,
            gstin=row.gstin,
            ifsc=row.ifsc,
            bank_account=row.bank_account,
            legal_name=row.legal_name,
            address=row.address,
            pin_code=row.pin_code,
            state_code=row.state_code,
        ),
        status=PartnerStatus(row.status),
        version=row.version,
    )
