"""Bodies of entities."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.research.adapters.queries import Row
from shared.wire import WireModel


class EntityBody(WireModel):
    """A company we know."""

    id: Annotated[UUID, Field(description="Id of the entity")]
    company_id: Annotated[UUID | None, Field(description="Its company; null until it was resolved")]
    source: Annotated[str, Field(description="Who knows it", examples=["partners"])]
    source_key: Annotated[str, Field(description="Its key there, e.g. the partner code", examples=["CP0001"])]
    name: str
    city: str | None
    zone: str | None
    gstin: str | None
    status: str
    version: Annotated[int, Field(description="Grows with every change at the source")]
    changed_at: Annotated[datetime, Field(description="When the change arrived here")]


def entity_body(row: Row) -> EntityBody:
    """The reply for one entity."""
    return EntityBody(
        id=row.id,
        company_id=row.company_id,
        source=row.source,
        source_key=row.source_key,
        name=row.name,
        city=row.city,
        zone=row.zone,
        gstin=row.gstin,
        status=row.status,
        version=row.version,
        changed_at=row.changed_at,
    )
