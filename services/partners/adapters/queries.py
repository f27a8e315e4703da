"""What the API shows: one read-only snapshot per reply, cut to the rows the caller may see."""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.repositories import partner_of
from services.partners.domain.errors import PartnerUnknown
from services.partners.domain.partner import Partner
from shared.identity import RowScope

Row = sa.Row[Any]

_VISIBLE: Final = "(:sees_all OR partners.zone = ANY(CAST(:zones AS text[])) OR partners.code = :own_code)"


def _scope_values(scope: RowScope) -> dict[str, object]:
    return {"sees_all": scope.sees_all, "zones": sorted(scope.zones), "own_code": scope.partner_code}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFilter:
    """None leaves a filter out; `name_prefix` ignores case."""

    zone: str | None
    name_prefix: str | None
    status: str | None


async def partner_rows(
    connection: AsyncConnection, scope: RowScope, chosen: PartnerFilter, *, after_code: str, limit: int
) -> list[Partner]:
    """Partners by code, after `after_code`."""
    rows = await connection.execute(
        sa.text(
            f"SELECT * FROM partners WHERE {_VISIBLE} AND code > :after_code"
            " AND (CAST(:zone AS text) IS NULL OR zone = :zone)"
            " AND (CAST(:status AS text) IS NULL OR status = :status)"
            " AND (CAST(:name_pattern AS text) IS NULL OR lower(name) LIKE :name_pattern)"
            " ORDER BY code LIMIT :limit"
        ),
        {
            "after_code": after_code,
            "zone": chosen.zone,
            "status": chosen.status,
            "name_pattern": _prefix_pattern(chosen.name_prefix),
            "limit": limit,
            **_scope_values(scope),
        },
    )
    return [partner_of(row) for row in rows]


async def partner_named(connection: AsyncConnection, scope: RowScope, name: str) -> Partner:
    """The partner with this code or id; PartnerUnknown when absent or outside the caller's rows."""
    row = (
        await connection.execute(
            sa.text(f"SELECT * FROM partners WHERE {_VISIBLE} AND (code = :name OR id = :id)"),
            {"name": name, "id": _uuid(name), **_scope_values(scope)},
        )
    ).one_or_none()
    if row is None:
        raise PartnerUnknown(f"There is no partner {name}")
    return partner_of(row)


def _prefix_pattern(prefix: str | None) -> str | None:
    if prefix is None:
        return None
    return re.sub(r"([\\%_])", r"\\\1", prefix.lower()) + "%"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
