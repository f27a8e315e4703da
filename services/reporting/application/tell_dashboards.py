"""Tells, a few seconds after facts arrived, which dashboards show other figures: once for however many batches."""

from datetime import datetime

from services.reporting.adapters.dashboard_queries import changed_projections
from services.reporting.adapters.published_reports import publish_dashboards
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.dashboard import changed_boards


async def tell_dashboards(work: UnitOfWork, at: datetime) -> list[str]:
    """The names that were told."""
    names = changed_boards(await changed_projections(work.connection))
    publish_dashboards(work, names, at)
    return names
