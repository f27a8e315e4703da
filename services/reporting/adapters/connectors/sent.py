"""Files that somebody sent us: the newest of each object."""

import asyncio
from uuid import UUID

from services.reporting.adapters.connectors.port import Found
from services.reporting.adapters.sent_records import records_of
from services.reporting.adapters.source_store import newest_file
from services.reporting.domain.data_checks.errors import SourceUnreadable
from services.reporting.domain.source_system import SourceObject
from shared.database import Database


class SentFiles:
    """Of one source system."""

    def __init__(self, database: Database, system_id: UUID, name: str) -> None:
        self._database, self._system_id, self._name = database, system_id, name

    async def found(self, one: SourceObject) -> Found:
        async with self._database.reading() as connection:
            file = await newest_file(connection, self._system_id, one.name)
        if file is None:
            raise SourceUnreadable(f"No file of {one.name} was sent for {self._name} yet", object=one.name)
        records = await asyncio.to_thread(records_of, file.media_type, file.content)
        return Found(records, f"file {file.id}, sent at {file.sent_at:%Y-%m-%dT%H:%M:%SZ}")
