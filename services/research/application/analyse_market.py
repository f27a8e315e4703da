"""Asks a market analysis of a dataset, or keeps it as a saved query that the clock asks."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import column_rows
from services.research.adapters.market_analyses import analysis_named, analysis_sql
from services.research.adapters.queries import dealers_by_zone
from services.research.adapters.query_parameters import with_values
from services.research.adapters.query_reading import NamedDataset
from services.research.adapters.query_runs import versions_named
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.ask_query import ask_query
from services.research.application.save_query import QueryToSave, save_query
from services.research.domain.assignment import day_in_india
from services.research.domain.market import MarketAnalysis, MarketQuestion, checked_columns
from services.research.domain.query_parameter import Parameter, literals, resolved_arguments
from shared.identity import Caller

ROWS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What a saved analysis is called, and when the clock asks it."""

    title: str
    cron: str | None
    time_zone: str


async def ask_analysis(
    work: UnitOfWork, name: str, question: MarketQuestion, caller: Caller, *, at: datetime
) -> UUID:
    """The run. MarketAnalysisUnknown; MarketAnalysisInvalid; SavedQueryInvalid for arguments; and those of asking."""
    analysis = analysis_named(name)
    sql = await _sql(work.connection, analysis, question, caller)
    resolved = resolved_arguments(analysis.parameters, question.arguments, day_in_india(at))
    return await ask_query(
        work, with_values(sql, literals(analysis.parameters, resolved)), ROWS_MAX, caller, at=at
    )


async def save_analysis(
    work: UnitOfWork, name: str, question: MarketQuestion, keeping: Keeping, who: tuple[Caller, datetime]
) -> UUID:
    """The saved query, whose defaults are the arguments; it counts the dealers of the day it was saved."""
    caller, at = who
    analysis = analysis_named(name)
    sql = await _sql(work.connection, analysis, question, caller)
    resolved_arguments(analysis.parameters, question.arguments, day_in_india(at))
    wanted = QueryToSave(
        title=keeping.title,
        sql=sql,
        parameters=tuple(_with_default(one, question) for one in analysis.parameters),
        rows_max=ROWS_MAX,
        cron=keeping.cron,
        time_zone=keeping.time_zone,
    )
    return await save_query(work, wanted, caller, at=at)


def _with_default(parameter: Parameter, question: MarketQuestion) -> Parameter:
    return replace(parameter, default=question.arguments.get(parameter.name, parameter.default))


async def _sql(
    connection: AsyncConnection, analysis: MarketAnalysis, question: MarketQuestion, caller: Caller
) -> str:
    wanted = [one for one in (question.dataset, question.zones_dataset) if one is not None]
    versions = await versions_named(connection, caller, [_named(one) for one in wanted])
    columns = [[row.name for row in await column_rows(connection, one.id, one.number)] for one in versions]
    zones = None if question.zones_dataset is None else columns[-1]
    by = checked_columns(analysis, question, columns[0], zones)
    dealers = await dealers_by_zone(connection, caller.row_scope()) if analysis.uses_zones else []
    return analysis_sql(analysis, question, by, dealers)


def _named(table: str) -> NamedDataset:
    name, _, version = table.partition("@")
    return NamedDataset(name, int(version) if version else None)
