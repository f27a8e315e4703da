"""Keeps what became of bank statements, as payments tells it: in any order, any number of times."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.reporting.adapters.repositories import add_statements, note_progress
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.projection import Projection
from shared.events.envelope import Envelope
from shared.events.payments import StatementImportedV1


async def project_statements(work: UnitOfWork, told: Sequence[Envelope[StatementImportedV1]]) -> None:
    await add_statements(work.connection, told)
    newest = max(one.time for one in told)
    await note_progress(work.connection, Projection.STATEMENTS, newest_fact_at=newest, at=datetime.now(UTC))
