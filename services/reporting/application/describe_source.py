"""Source systems: described, described otherwise, and given files that the next snapshot takes."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.source_store import (
    SentFile,
    add_file,
    add_source,
    change_source,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.find_source import source_named as source_named
from services.reporting.application.follow_sources import follow_schedule
from services.reporting.domain.data_checks.errors import SourceChanged, SourceNameTaken
from services.reporting.domain.source_system import SourceSystem, check_source
from shared.errors import FieldProblem


async def describe_source(work: UnitOfWork, source: SourceSystem, *, by: str, at: datetime) -> UUID:
    """SourceInvalid for what contradicts itself, SourceNameTaken for a name of another."""
    check_source(source)
    source_id = uuid7()
    if not await add_source(work.connection, source_id, source, by=by, at=at):
        problem = FieldProblem("/name", "expected a name that no other source system has")
        raise SourceNameTaken(f"There is a source system {source.name} already", problems=[problem])
    await follow_schedule(work, (source_id, source.name), source.schedule, at)
    return source_id


async def redescribe_source(
    work: UnitOfWork, named: str, source: SourceSystem, *, revision: int, who: tuple[str, datetime]
) -> None:
    """A new version; snapshots keep the one they were taken by. Its name stays: rules name it."""
    kept = await source_named(work.connection, named, is_locked=True)
    if kept.revision != revision:
        raise SourceChanged(f"It is at revision {kept.revision} meanwhile", revision=kept.revision)
    if source.name != kept.source.name:
        problem = FieldProblem("/name", f"expected {kept.source.name}: the name of a source system stays")
        raise SourceNameTaken("A source system keeps its name", problems=[problem])
    check_source(source)
    await follow_schedule(work, (kept.id, source.name), source.schedule, who[1])
    await change_source(work.connection, kept, source, by=who[0], at=who[1])


async def send_file(
    work: UnitOfWork, named: str, sent: tuple[str, str, bytes], *, by: str, at: datetime
) -> UUID:
    """`sent` is the object, the media type and the bytes. SourceObjectUnknown for what the system does not hold."""
    kept = await source_named(work.connection, named)
    object_name, media_type, content = sent
    kept.source.object_named(object_name)
    file = SentFile(kept.id, object_name, media_type, content)
    return await add_file(work.connection, file, by=by, at=at)
