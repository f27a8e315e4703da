"""Keeps what a person puts in place of a projected figure, beside that figure."""

from datetime import datetime
from uuid import UUID

from services.reporting.adapters.analysis_store import Row, analysis_shown, frozen_result
from services.reporting.adapters.projection_overrides import NewOverride, add_override
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.analysis import AnalysisKind
from services.reporting.domain.errors import AnalysisUnknown, ProjectedFigureUnknown
from services.reporting.domain.forecasting_result import projected_value
from shared.identity import RowScope


async def override_projection(
    work: UnitOfWork,
    analysis_id: UUID,
    figure: tuple[dict[str, str], str],
    stated: tuple[str, str],
    who: tuple[RowScope, str, datetime],
) -> Row:
    """`figure` is series and period, `stated` value and reason. ProjectedFigureUnknown when there is no such figure."""
    scope, actor, at = who
    row = await analysis_shown(work.connection, scope, analysis_id)
    if row is None:
        raise AnalysisUnknown(f"There is no analysis {analysis_id}")
    series, period = figure
    projected = None
    if row.kind == AnalysisKind.PROJECTION:
        projected = projected_value(frozen_result(row.content), series, period)
    if projected is None:
        raise ProjectedFigureUnknown(f"The analysis projects nothing of {series} for {period}")
    value, reason = stated
    new = NewOverride(
        analysis_id=analysis_id, series=series, period=period, projected=projected, value=value, reason=reason
    )
    return await add_override(work.connection, new, at=at, by=actor)
