"""Finds a source system by name or id, or refuses."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.source_store import KeptSource, kept_source
from services.reporting.domain.data_checks.errors import SourceUnknown


async def source_named(connection: AsyncConnection, named: str, *, is_locked: bool = False) -> KeptSource:
    """SourceUnknown for none."""
    kept = await kept_source(connection, named, is_locked=is_locked)
    if kept is None:
        raise SourceUnknown("There is no such source system", named=named)
    return kept
