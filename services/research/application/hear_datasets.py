"""Has the companies of a dataset resolved when it has a new version."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.research.adapters.entity_sources import is_source
from services.research.adapters.resolutions import is_queued
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.resolve_entities import ask_resolution
from shared.events.envelope import Envelope
from shared.events.research import DatasetLoadedV1


async def hear_datasets(work: UnitOfWork, told: Sequence[Envelope[DatasetLoadedV1]]) -> None:
    """One resolution reads all that is new; datasets that name no companies start none."""
    if not await is_source(work.connection, [one.data.dataset_id for one in told]):
        return
    if not await is_queued(work.connection):
        await ask_resolution(work, "changed", "system:resolution", at=datetime.now(UTC))
