"""Profiles of competitors and the attributes that can be observed of them: written with every version, read by code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.domain.competitor import Channel, Plant, Product
from services.research.domain.errors import CompetitorCodeTaken, CompetitorInvalid, CompetitorUnknown
from services.research.domain.observation import Attribute, Better, ValueKind
from shared.errors import FieldProblem

Row = sa.Row[Any]
PROFILE: Final = ("name", "maker", "country", "website", "about", "is_ours", "products", "plants", "channels")
_LISTS: Final = frozenset({"products", "plants", "channels"})


async def add_competitor(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """CompetitorCodeTaken; CompetitorInvalid for a second one that is ours."""
    names = ", ".join(facts)
    values = ", ".join(_bound(name) for name in facts)
    statement = sa.text(f"INSERT INTO competitors ({names}, revision) VALUES ({values}, 1)")
    await _written(connection, statement, facts)


async def change_profile(connection: AsyncConnection, competitor_id: UUID, facts: Mapping[str, Any]) -> None:
    """Set what is given and count the revision."""
    columns = ", ".join(f"{name} = {_bound(name)}" for name in facts)
    statement = sa.text(f"UPDATE competitors SET {columns}, revision = revision + 1 WHERE id = :id")
    await _written(connection, statement, {**facts, "id": competitor_id})


async def note_profile(connection: AsyncConnection, competitor_id: UUID, *, by: str, at: datetime) -> None:
    """Keep what the profile says now."""
    await connection.execute(_NOTE, {"id": competitor_id, "by": by, "at": at})


async def competitor_row(connection: AsyncConnection, code: str, *, for_update: bool = False) -> Row:
    """CompetitorUnknown."""
    lock = "FOR UPDATE" if for_update else ""
    found = await connection.execute(
        sa.text(f"SELECT * FROM competitors WHERE code = :code {lock}"), {"code": code}
    )
    row = found.one_or_none()
    if row is None:
        raise CompetitorUnknown(f"There is no competitor {code}")
    return row


async def competitor_rows(
    connection: AsyncConnection, *, after: str = "", limit: int, codes: Sequence[str] | None = None
) -> Sequence[Row]:
    """By code."""
    values = {"after": after, "limit": limit, "codes": None if codes is None else list(codes)}
    return (await connection.execute(_LIST, values)).all()


async def our_row(connection: AsyncConnection) -> Row | None:
    """The profile that is ours, if somebody wrote it."""
    return (await connection.execute(sa.text("SELECT * FROM competitors WHERE is_ours"))).one_or_none()


async def attributes(connection: AsyncConnection) -> dict[str, Attribute]:
    """Each as it was set last, by code."""
    return {row.code: attribute_of(row) for row in await attribute_rows(connection)}


async def attribute_rows(connection: AsyncConnection, after: str = "", limit: int = 1_000) -> Sequence[Row]:
    """Each as it was set last, by code."""
    return (await connection.execute(_ATTRIBUTES, {"after": after, "limit": limit})).all()


async def set_attribute(connection: AsyncConnection, attribute: Attribute, *, by: str, at: datetime) -> None:
    """It holds from now on; what it was before stays."""
    values = {
        "code": attribute.code, "title": attribute.title, "kind": attribute.kind.value, "unit": attribute.unit,
        "is_single": attribute.is_single, "shelf_life_days": attribute.shelf_life_days,
        "tolerance_percent": attribute.tolerance_percent, "better": attribute.better.value, "by": by, "at": at,
    }  # fmt: skip
    await connection.execute(_LOCK_ATTRIBUTES)
    await connection.execute(_SET_ATTRIBUTE, values)


def attribute_of(row: Row) -> Attribute:
    return Attribute(
        code=row.code,
        title=row.title,
        kind=ValueKind(row.kind),
        unit=row.unit,
        is_single=row.is_single,
        shelf_life_days=row.shelf_life_days,
        tolerance_percent=row.tolerance_percent,
        better=Better(row.better),
    )


def products_of(row: Row) -> list[Product]:
    """What a stored profile says it makes."""
    return [
        Product(**{**one, "range_from": Decimal(one["range_from"]), "range_to": Decimal(one["range_to"])})
        for one in row.products
    ]


def plants_of(row: Row) -> list[Plant]:
    return [Plant(**one) for one in row.plants]


def channels_of(row: Row) -> list[Channel]:
    return [Channel(**one) for one in row.channels]


def _bound(name: str) -> str:
    return f"CAST(:{name} AS jsonb)" if name in _LISTS else f":{name}"


async def _written(connection: AsyncConnection, statement: sa.TextClause, facts: Mapping[str, Any]) -> None:
    values = {
        name: msgspec.json.encode(value).decode() if name in _LISTS else value
        for name, value in facts.items()
    }
    try:
        async with connection.begin_nested():
            await connection.execute(statement, values)
    except IntegrityError as error:
        if "uq_competitors_ours" in str(error.orig):
            problem = FieldProblem("/is_ours", "another profile is ours; only one can be")
            raise CompetitorInvalid("Another profile is ours", problems=[problem]) from error
        raise CompetitorCodeTaken(f"{facts.get('code')} is the code of another competitor") from error


_NOTE = sa.text(
    f"""
    INSERT INTO competitor_changes (competitor_id, revision, facts, changed_by, changed_at)
    SELECT id, revision, (SELECT to_jsonb(set) FROM (SELECT {", ".join(f"c.{name}" for name in PROFILE)}) AS set),
        :by, :at
    FROM competitors AS c WHERE id = :id
    """
)
_LIST = sa.text(
    """
    SELECT * FROM competitors
    WHERE code > :after AND (CAST(:codes AS text[]) IS NULL OR code = ANY(:codes))
    ORDER BY code LIMIT :limit
    """
)
_ATTRIBUTES = sa.text(
    """
    SELECT DISTINCT ON (code) * FROM competitor_attributes WHERE code > :after ORDER BY code, revision DESC LIMIT :limit
    """
)
_LOCK_ATTRIBUTES = sa.text("SELECT pg_advisory_xact_lock(hashtext('competitor_attributes'))")
_SET_ATTRIBUTE = sa.text(
    """
    INSERT INTO competitor_attributes (
        code, revision, title, kind, unit, is_single, shelf_life_days, tolerance_percent, better, set_by, set_at
    )
    SELECT :code, COALESCE(max(revision), 0) + 1, :title, :kind, :unit, :is_single, :shelf_life_days,
        :tolerance_percent, :better, :by, :at
    FROM competitor_attributes WHERE code = :code
    """
)
