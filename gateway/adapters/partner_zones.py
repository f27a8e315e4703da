"""The zone of each partner, as the partners service tells it."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.adapters.orm import partner_zones

_REMEMBER = sa.text(
    """
    INSERT INTO partner_zones (partner_code, zone, version)
    SELECT code, zone, version
    FROM unnest(CAST(:codes AS text[]), CAST(:zones AS text[]), CAST(:versions AS integer[]))
        AS told (code, zone, version)
    ORDER BY code
    ON CONFLICT (partner_code) DO UPDATE SET zone = excluded.zone, version = excluded.version
    WHERE partner_zones.version < excluded.version
    """
)


async def remember_zones(connection: AsyncConnection, zones: Mapping[str, tuple[str, int]]) -> None:
    """Keep code → (zone, version of the partner); an older version changes nothing."""
    facts = sorted(zones.items())
    await connection.execute(
        _REMEMBER,
        {
            "codes": [code for code, _ in facts],
            "zones": [zone for _, (zone, _) in facts],
            "versions": [version for _, (_, version) in facts],
        },
    )


async def zones_of(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, str]:
    """Return the zones of those that are known."""
    wanted = sorted(codes)
    if not wanted:
        return {}
    table = partner_zones
    found = sa.select(table.c.partner_code, table.c.zone).where(table.c.partner_code.in_(wanted))
    return {row.partner_code: row.zone for row in await connection.execute(found)}
