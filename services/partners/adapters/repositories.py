"""Reads and writes what use cases decide on; a read that decides a write is done in its unit of work."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
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


# Every field of the details is a column of the same name, in the master and in its history.
_DETAILS: Final = tuple(field.name for field in fields(PartnerDetails))
_COLUMNS: Final = ", ".join(("version", "status", "merged_into", *_DETAILS))
_VERSIONS: Final = f"""
    json_to_recordset(CAST(:rows AS json)) AS told (
        partner_id uuid, version bigint, status text, merged_into text, {", ".join(f"{name} text" for name in _DETAILS)})
"""
_APPEND_HISTORY: Final = f"""
    INSERT INTO partner_versions (partner_id, told_at, told_by, {_COLUMNS})
    SELECT partner_id, :at, :told_by, {_COLUMNS} FROM {_VERSIONS}
"""
_CHANGED: Final = ("version", "status", "merged_into", *(name for name in _DETAILS if name != "code"))
_WRITE_MASTER: Final = f"""
    INSERT INTO partners (id, changed_at, {_COLUMNS})
    SELECT DISTINCT ON (partner_id) partner_id, CAST(:at AS timestamptz), {_COLUMNS} FROM {_VERSIONS}
    ORDER BY partner_id, version DESC
    ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at,
        {", ".join(f"{name} = excluded.{name}" for name in _CHANGED)}
"""


def _version(partner: Partner) -> dict[str, object]:
    return {
        "partner_id": partner.id,
        "version": partner.version,
        "status": partner.status,
        "merged_into": partner.merged_into,
        **asdict(partner.details),
    }


def partner_of(row: sa.Row[Any]) -> Partner:
    """The partner in a row with the columns of `partners`."""
    return Partner(
        id=row.id,
        details=PartnerDetails(**{name: getattr(row, name) for name in _DETAILS}),
        status=PartnerStatus(row.status),
        version=row.version,
        merged_into=row.merged_into,
    )
