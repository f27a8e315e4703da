"""Bodies of dashboards that are made of series."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from services.reporting.adapters.dashboard_queries import ProjectionStanding
from services.reporting.api.schemas_dashboards import DashboardProjectionBody
from services.reporting.domain.dashboard import (
    DASHBOARDS,
    DashboardName,
    FigureKind,
    Point,
    SeriesKind,
    share_text,
)
from shared.money import text_from_minor
from shared.wire import WireModel


class DashboardSummaryBody(WireModel):
    """A dashboard that can be asked for, and its series."""

    dashboard: Annotated[DashboardName, Field(description="Name in its path")]
    title: str
    series: Annotated[list[str], Field(description="Names of its series", examples=[["open", "overdue"]])]


class PointBody(WireModel):
    """A value of a series."""

    part: Annotated[
        str | None,
        Field(
            description="The day, month, zone, band, check or source system; null for what has none",
            examples=["2026-11-26"],
        ),
    ]
    currency: Annotated[str | None, Field(description="ISO 4217, of amounts", examples=["INR"])]
    value: Annotated[
        str | None,
        Field(
            description="A decimal text, as the series' kind says; null where there is nothing to divide by"
        ),
    ]


class SeriesBody(WireModel):
    """One figure of a dashboard by its parts."""

    name: str
    title: Annotated[str, Field(description="What people read")]
    kind: Annotated[FigureKind, Field(description="money: decimal text; count: whole number; share: 0 to 1")]
    unit: Annotated[str, Field(description="What is counted, or shared", examples=["receipts"])]
    parted_by: Annotated[str, Field(description="What its points are of", examples=["day"])]
    points: Annotated[list[PointBody], Field(description="In the order of their parts")]


class DashboardBody(WireModel):
    """Figures over the rows you see. They change only when `as_of` does, or the last day."""

    dashboard: Annotated[DashboardName, Field(description="Name in its path")]
    title: str
    first_on: date
    last_on: Annotated[date, Field(description="What stands open is that of this day")]
    zone: str | None
    partner_code: str | None
    as_of: Annotated[datetime | None, Field(description="When the facts it is made of changed last")]
    projection: DashboardProjectionBody
    series: list[SeriesBody]


def board_summary(name: DashboardName) -> DashboardSummaryBody:
    kind = DASHBOARDS[name]
    return DashboardSummaryBody(dashboard=name, title=kind.title, series=[one.name for one in kind.series])


def series_bodies(name: DashboardName, points: Sequence[Point]) -> list[SeriesBody]:
    """Every series of the board, those without points as well."""
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.series, []).append(point)
    return [
        SeriesBody(
            name=one.name,
            title=one.title,
            kind=one.kind,
            unit=one.unit,
            parted_by=one.parted_by,
            points=[_point(one, point) for point in found.get(one.name, ())],
        )
        for one in DASHBOARDS[name].series
    ]


def standing_body(standing: ProjectionStanding) -> DashboardProjectionBody:
    if standing.applied_at is None or standing.newest_fact_at is None:
        return DashboardProjectionBody(newest_fact_at=None, lag_seconds=None)
    lag = (standing.applied_at - standing.newest_fact_at).total_seconds()
    return DashboardProjectionBody(
        newest_fact_at=standing.newest_fact_at, lag_seconds=max(0.0, round(lag, 3))
    )


def _point(series: SeriesKind, point: Point) -> PointBody:
    value: str | None = None
    if series.kind is FigureKind.SHARE and point.number is not None:
        value = share_text(point.number, point.of)
    elif series.kind is FigureKind.MONEY and point.number is not None and point.currency is not None:
        value = text_from_minor(point.number, point.currency)
    elif point.number is not None:
        value = str(point.number)
    return PointBody(part=point.part or None, currency=point.currency, value=value)
