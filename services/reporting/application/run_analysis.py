"""Makes an analysis of rows that came with it or were told before, and freezes what came out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from services.reporting.adapters.analysis_store import (
    NewAnalysis,
    NewTable,
    add_analysis,
    add_table,
    table_rows,
    table_shown,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.analysis import AnalysisKind, AnalysisResult
from services.reporting.domain.analysis_rows import SourceRow
from services.reporting.domain.errors import AnalysisInvalid, AnalysisTableUnknown
from services.reporting.domain.variance_result import variance_analysis
from services.reporting.domain.variance_rows import VarianceOptions
from shared.identity import RowScope

Analyse = Callable[[Sequence[SourceRow], Any], AnalysisResult]
KINDS: Final[Mapping[AnalysisKind, tuple[type[Any], Analyse]]] = {
    AnalysisKind.VARIANCE: (VarianceOptions, variance_analysis),
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


async def run_analysis(
    work: UnitOfWork, wanted: WantedAnalysis, scope: RowScope, *, at: datetime, actor: str
) -> UUID:
    """The id of the frozen analysis. The refusals of its kind; AnalysisTableUnknown for rows that are not there."""
    wanted, table_id, rows = await _source(work, wanted, scope)
    options_type, analyse = KINDS[wanted.kind]
    options = msgspec.convert(wanted.options, options_type)
    result = await asyncio.to_thread(analyse, rows, options)
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
    )
    return await add_analysis(work.connection, analysis, at=at, by=actor)


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
