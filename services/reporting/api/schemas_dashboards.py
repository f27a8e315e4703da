"""Bodies of dashboards."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from services.reporting.adapters.queries import CollectionFigures, Progress, StatementSummary
from services.reporting.domain.collections import Collected, Grouping
from services.reporting.domain.period import Period
from shared.wire import MoneyBody, WireModel, money


class PeriodBody(WireModel):
    """The days shown, both included."""

    first_on: date
    last_on: date


class DashboardProjectionBody(WireModel):
    """How far the figures have heard from the ledger; null before the first fact."""

    newest_fact_at: Annotated[datetime | None, Field(description="When the newest fact in here was told")]
    lag_seconds: Annotated[float | None, Field(description="How long the last facts took to get here")]


class CollectedBody(WireModel):
    """What came in, in one currency. `on_time_share` is null without receipts."""

    amount: Annotated[MoneyBody, Field(description="Receipts by the day the bank credited them")]
    receipts_count: Annotated[int, Field(ge=0)]
    reversed_amount: Annotated[MoneyBody, Field(description="Receipts taken back, by the day of that")]
    reversed_count: Annotated[int, Field(ge=0)]
    net_amount: Annotated[MoneyBody, Field(description="`amount` less `reversed_amount`")]
    on_time_count: Annotated[int, Field(ge=0, description="Receipts booked within 24 hours")]
    on_time_share: Annotated[str | None, Field(description="0.0000 to 1.0000", examples=["0.9875"])]


class CollectedPartBody(CollectedBody):
    """One day, zone or bank account; the others are null. A zone of null has no partner with a zone."""

    day: date | None
    zone: str | None
    bank_account: str | None


class CollectionsBody(WireModel):
    """Money collected in a period. The figures change only when `as_of` does."""

    period: PeriodBody
    group_by: Grouping
    zone: Annotated[str | None, Field(description="The zone asked for; null for all you may see")]
    as_of: Annotated[datetime | None, Field(description="When the figures changed last; null without any")]
    projection: DashboardProjectionBody
    series: Annotated[list[CollectedPartBody], Field(description="In the order of the groups, by currency")]
    totals: Annotated[list[CollectedBody], Field(description="One per currency")]


class StatementSummaryBody(WireModel):
    """What became of the lines imported into one bank account."""

    bank_account: str
    statements_count: int
    lines_count: int
    new_count: Annotated[int, Field(description="Lines no earlier file had")]
    duplicate_count: Annotated[int, Field(description="Lines known from an earlier file")]
    rejected_count: Annotated[int, Field(description="Lines that could not be read")]
    booked_count: int
    suggested_count: Annotated[int, Field(description="Credits waiting for a person to confirm a match")]
    exception_count: Annotated[int, Field(description="Credits nobody could be found for")]
    last_imported_at: datetime


class StatementsBody(WireModel):
    """Bank statements imported in a period, per account."""

    period: PeriodBody
    as_of: datetime | None
    projection: DashboardProjectionBody
    bank_accounts: list[StatementSummaryBody]


def period_body(period: Period) -> PeriodBody:
    """The days shown."""
    return PeriodBody(first_on=period.first_on, last_on=period.last_on)


def projection_body(progress: Progress | None) -> DashboardProjectionBody:
    """How current the figures are."""
    if progress is None:
        return DashboardProjectionBody(newest_fact_at=None, lag_seconds=None)
    lag = (progress.applied_at - progress.newest_fact_at).total_seconds()
    return DashboardProjectionBody(
        newest_fact_at=progress.newest_fact_at, lag_seconds=max(0.0, round(lag, 3))
    )


def series_body(figures: CollectionFigures) -> list[CollectedPartBody]:
    """One body per group and currency."""
    return [
        CollectedPartBody(
            day=one.day, zone=one.zone, bank_account=one.bank_account, **dict(collected_body(one))
        )
        for one in figures.series
    ]


def totals_body(figures: CollectionFigures) -> list[CollectedBody]:
    """One body per currency."""
    return [collected_body(one) for one in figures.totals]


def collected_body(collected: Collected) -> CollectedBody:
    """The sums of one group."""
    currency = collected.currency
    return CollectedBody(
        amount=money(collected.amount_minor, currency),
        receipts_count=collected.receipts_count,
        reversed_amount=money(collected.reversed_minor, currency),
        reversed_count=collected.reversed_count,
        net_amount=money(collected.net_minor, currency),
        on_time_count=collected.on_time_count,
        on_time_share=None if collected.on_time_share is None else str(collected.on_time_share),
    )


def summary_body(summary: StatementSummary) -> StatementSummaryBody:
    """The figures of one bank account."""
    return StatementSummaryBody(**asdict(summary))
