"""What the API shows: one read-only snapshot per reply, cut to the rows the caller may see."""

import re
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFilter:
    """None leaves a filter out; `words` are beginnings of words, all of which are there, in any case."""

    zone: str | None
    words: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class PartnerTold:
    """A partner as it was told once, when and by whom."""

    partner: Partner
    told_at: datetime
    told_by: str


async def partner_rows(
    connection: AsyncConnection, scope: RowScope, chosen: PartnerFilter, *, after_code: str, limit: int
) -> list[Partner]:
    """Partners by code, after `after_code`."""
    rows = await connection.execute(
        sa.text(
            f"SELECT * FROM partners WHERE {_VISIBLE} AND code > :after_code"
            " AND (CAST(:zone AS text) IS NULL OR zone = :zone)"
            " AND (CAST(:status AS text) IS NULL OR status = :status)"
            " AND (CAST(:asked AS text) IS NULL OR search_words @@ to_tsquery('simple', CAST(:words AS text))"
            "  OR starts_with(lower(code), lower(:asked)))"
            " ORDER BY code LIMIT :limit"
        ),
        {
            "after_code": after_code,
            "zone": chosen.zone,
            "status": chosen.status,
            "words": _query_of(chosen.words),
            "asked": chosen.words,
            "limit": limit,
            **scope.parameters(),
        },
    )
    return [partner_of(row) for row in rows]


async def partner_named(connection: AsyncConnection, scope: RowScope, name: str) -> Partner:
    """The partner with this code or id; PartnerUnknown when absent or outside the caller's rows."""
    row = (
        await connection.execute(
            sa.text(f"SELECT * FROM partners WHERE {_VISIBLE} AND (code = :name OR id = :id)"),
            {"name": name, "id": _uuid(name), **scope.parameters()},
        )
    ).one_or_none()
    if row is None:
        raise PartnerUnknown(f"There is no partner {name}")
    return partner_of(row)


async def version_rows(
    connection: AsyncConnection, partner_id: UUID, *, before: int | None, limit: int
) -> list[PartnerTold]:
    """Versions of a partner, newest first, before the one that the page before ended with."""
    rows = await connection.execute(
        sa.text(
            "SELECT *, partner_id AS id FROM partner_versions WHERE partner_id = :id"
            " AND (CAST(:before AS bigint) IS NULL OR version < :before) ORDER BY version DESC LIMIT :limit"
        ),
        {"id": partner_id, "before": before, "limit": limit},
    )
    return [PartnerTold(partner_of(row), row.told_at, row.told_by) for row in rows]


async def owner_named(connection: AsyncConnection, scope: RowScope, name: str) -> Partner:
    """As `partner_named`, and for a partner that was merged the one that it was merged into."""
    found = await partner_named(connection, scope, name)
    return found if found.merged_into is None else await partner_named(connection, scope, found.merged_into)


def _query_of(words: str | None) -> str | None:
    """Every word as a beginning; None, which matches nothing, when there is no word in it."""
    found = re.findall(r"[^\W_]+", words or "")
    return " & ".join(f"{word}:*" for word in found) or None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
