"""Writes profiles of competitors; what a profile said before stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from uuid_utils.compat import uuid7

from services.research.adapters.competitors import (
    add_competitor,
    change_profile,
    competitor_row,
    note_profile,
)
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.competitor import Product, checked_products
from shared.errors import Stale


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """Facts by their columns, and the revision they were decided on; `products` once more as what they are."""

    facts: Mapping[str, Any]
    products: list[Product] | None
    revision: int


async def add_profile(
    work: UnitOfWork, facts: Mapping[str, Any], products: list[Product], *, by: str, at: datetime
) -> None:
    """CompetitorCodeTaken; CompetitorInvalid."""
    checked_products(products)
    competitor_id = uuid7()
    ours = {"id": competitor_id, "created_by": by, "created_at": at}
    await add_competitor(work.connection, {**facts, **ours})
    await note_profile(work.connection, competitor_id, by=by, at=at)


async def change_competitor(
    work: UnitOfWork, code: str, change: ProfileChange, *, by: str, at: datetime
) -> None:
    """CompetitorUnknown; Stale when it changed since it was read; CompetitorInvalid. What changes nothing is not noted.
    A product that leaves the profile takes nothing with it: its observations stay."""
    row = await competitor_row(work.connection, code, for_update=True)
    if row.revision != change.revision:
        raise Stale("The profile changed since you read it; read it again")
    if change.products is not None:
        checked_products(change.products)
    facts = {name: value for name, value in change.facts.items() if value != getattr(row, name)}
    if not facts:
        return
    await change_profile(work.connection, row.id, facts)
    await note_profile(work.connection, row.id, by=by, at=at)
