"""Makes an analysis of rows that came with it or were told before, and freezes what came out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from services.reporting.adapters.analysis_store import (
    NewAnalysis,
    NewTable,
    add_analysis,
    add_table,
    frozen_result,
    table_rows,
    table_shown,
)
from services.reporting.adapters.saved_analysis_store import last_run
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.analysis import AnalysisKind, AnalysisResult
from services.reporting.domain.analysis_rows import SourceRow
from services.reporting.domain.bill_of_materials import BillOfMaterialsOptions, bill_of_materials_analysis
from services.reporting.domain.bundling import BundlingOptions
from services.reporting.domain.bundling_result import bundling_analysis
from services.reporting.domain.errors import AnalysisInvalid, AnalysisTableUnknown
from services.reporting.domain.forecasting_result import projection_analysis
from services.reporting.domain.forecasting_rows import ProjectionOptions
from services.reporting.domain.landed_cost import LandedCostOptions, landed_cost_analysis
from services.reporting.domain.margin_waterfall import MarginWaterfallOptions, margin_waterfall_analysis
from services.reporting.domain.variance_result import variance_analysis
from services.reporting.domain.variance_rows import VarianceOptions
from services.reporting.domain.what_if import WhatIf, changed_rows, compared, since_before
from shared.identity import RowScope

Analyse = Callable[[Sequence[SourceRow], Any], AnalysisResult]
KINDS: Final[Mapping[AnalysisKind, tuple[type[Any], Analyse]]] = {
    AnalysisKind.VARIANCE: (VarianceOptions, variance_analysis),
    AnalysisKind.BILL_OF_MATERIALS: (BillOfMaterialsOptions, bill_of_materials_analysis),
    AnalysisKind.LANDED_COST: (LandedCostOptions, landed_cost_analysis),
    AnalysisKind.BUNDLING: (BundlingOptions, bundling_analysis),
    AnalysisKind.PROJECTION: (ProjectionOptions, projection_analysis),
    AnalysisKind.MARGIN_WATERFALL: (MarginWaterfallOptions, margin_waterfall_analysis),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAnalysis:
    """What is asked: rows of its own, or those of a table. A zone or partner narrows rows that name theirs."""

    kind: AnalysisKind
    title: str
    options: Mapping[str, Any]
    zone: str | None = None
    partner_code: str | None = None
    rows: Sequence[SourceRow] | None = None
    table_id: UUID | None = None
    saved: tuple[UUID, int] | None = None  # the saved analysis that is made, and its revision


async def run_analysis(
    work: UnitOfWork, wanted: WantedAnalysis, scope: RowScope, *, at: datetime, actor: str
) -> UUID:
    """The id of the frozen analysis. The refusals of its kind; AnalysisTableUnknown for rows that are not there."""
    wanted, table_id, rows = await _source(work, wanted, scope)
    result = await asyncio.to_thread(analysed, wanted.kind, rows, wanted.options)
    if wanted.saved is not None:
        before = await last_run(work.connection, wanted.saved[0])
        if before is not None:
            result = since_before(frozen_result(before.content).figures, result)
    if table_id is None:
        new = NewTable(rows=rows, name=None, zone=wanted.zone, partner_code=wanted.partner_code)
        table_id = await add_table(work.connection, new, at=at, by=actor)
    analysis = NewAnalysis(
        kind=wanted.kind,
        title=wanted.title,
        zone=wanted.zone,
        partner_code=wanted.partner_code,
        options=wanted.options,
        table_id=table_id,
        rows=rows,
        result=result,
        saved=wanted.saved,
    )
    return await add_analysis(work.connection, analysis, at=at, by=actor)


def analysed(kind: AnalysisKind, rows: Sequence[SourceRow], options: Mapping[str, Any]) -> AnalysisResult:
    """What comes out of rows and options; with `what_if` among these also what would come out."""
    told = {name: value for name, value in options.items() if name != "what_if"}
    options_type, analyse = KINDS[kind]
    result = analyse(rows, msgspec.convert(told, options_type))
    if not options.get("what_if"):
        return result
    change = msgspec.convert(options["what_if"], WhatIf)
    unknown = sorted(set(change.options) - {field.name for field in fields(options_type)})
    if unknown:
        raise AnalysisInvalid(
            f"what_if changes {', '.join(unknown)}, which this kind of analysis does not have"
        )
    try:
        changed = msgspec.convert({**told, **change.options}, options_type)
    except msgspec.ValidationError as error:
        raise AnalysisInvalid(f"what_if has an option that cannot be: {error}") from error
    return compared(result, analyse(changed_rows(rows, change.rows), changed))


async def _source(
    work: UnitOfWork, wanted: WantedAnalysis, scope: RowScope
) -> tuple[WantedAnalysis, UUID | None, list[SourceRow]]:
    """The rows that count, and whose the analysis is: never a wider circle's than that of its table."""
    if (wanted.rows is None) == (wanted.table_id is None):
        raise AnalysisInvalid("Expected either rows or table_id")
    if wanted.table_id is None:
        return wanted, None, _narrowed(wanted.rows or (), wanted)
    table = await table_shown(work.connection, scope, wanted.table_id)
    if table is None:
        raise AnalysisTableUnknown(f"There is no table {wanted.table_id}")
    for name in ("zone", "partner_code"):
        if getattr(table, name) not in (None, getattr(wanted, name) or getattr(table, name)):
            raise AnalysisInvalid(
                f"The table is of {name} {getattr(table, name)}, not of {getattr(wanted, name)}"
            )
    wanted = replace(
        wanted, zone=wanted.zone or table.zone, partner_code=wanted.partner_code or table.partner_code
    )
    return wanted, table.id, _narrowed(await table_rows(work.connection, table.id), wanted)


def _narrowed(rows: Sequence[SourceRow], wanted: WantedAnalysis) -> list[SourceRow]:
    """Rows that name a zone or partner are kept only if it is the one that is asked for."""
    kept = list(rows)
    for name, asked in (("zone", wanted.zone), ("partner_code", wanted.partner_code)):
        if asked is not None and any(name in row for row in kept):
            kept = [row for row in kept if row.get(name) == asked]
    if not kept:
        raise AnalysisInvalid("There are no rows to analyse")
    return kept
