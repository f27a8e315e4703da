"""Dashboards as typed series: what each figure is, in which unit, by what it is parted, and which facts it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.reporting.domain.projection import Projection


class DashboardName(StrEnum):
    """The boards that are made of series."""

    ON_TIME_BOOKING = "on-time-booking"
    AGEING = "ageing"
    ORDER_BOOK = "order-book"
    SERVICE_LEVELS = "service-levels"
    DATA_QUALITY = "data-quality"


class FigureKind(StrEnum):
    """How a value is written: a decimal text of a currency, a whole number, a share from 0 to 1."""

    MONEY = "money"
    COUNT = "count"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class SeriesKind:
    """A figure of a board; `parted_by` names what its points are of, `unit` what is counted."""

    name: str
    title: str
    kind: FigureKind
    unit: str
    parted_by: str


@dataclass(frozen=True, slots=True)
class DashboardKind:
    """A board, and the facts that it is made of: it changes only when they do, or when the day does."""

    title: str
    projections: tuple[Projection, ...]
    series: tuple[SeriesKind, ...]


def _count(name: str, title: str, unit: str, parted_by: str) -> SeriesKind:
    return SeriesKind(name, title, FigureKind.COUNT, unit, parted_by)


def _money(name: str, title: str, parted_by: str) -> SeriesKind:
    return SeriesKind(name, title, FigureKind.MONEY, "currency", parted_by)


def _share(name: str, title: str, unit: str, parted_by: str) -> SeriesKind:
    return SeriesKind(name, title, FigureKind.SHARE, unit, parted_by)


DASHBOARDS: Final[Mapping[DashboardName, DashboardKind]] = {
    DashboardName.ON_TIME_BOOKING: DashboardKind(
        "On-time booking",
        (Projection.COLLECTIONS, Projection.PARTNERS),
        (
            _count("receipts", "Receipts", "receipts", "day"),
            _count("on_time", "Booked within 24 hours", "receipts", "day"),
            _share("on_time_share", "Share booked within 24 hours", "of receipts", "day"),
            _share("zone_share", "Share booked within 24 hours by zone", "of receipts", "zone"),
        ),
    ),
    DashboardName.AGEING: DashboardKind(
        "Receivables ageing",
        (Projection.RECEIVABLES, Projection.COLLECTIONS, Projection.PARTNERS),
        (
            _money("open", "Open by days overdue", "age band"),
            _count("invoices", "Open invoices by days overdue", "invoices", "age band"),
            _money("overdue", "Overdue by zone", "zone"),
        ),
    ),
    DashboardName.ORDER_BOOK: DashboardKind(
        "Order book",
        (Projection.ORDERS, Projection.PARTNERS),
        (
            _money("open", "Open value by month promised", "month"),
            _count("lines", "Open lines by month promised", "lines", "month"),
            _count("late_lines", "Late lines by zone", "lines", "zone"),
            _money("zone_open", "Open value by zone", "zone"),
        ),
    ),
    DashboardName.SERVICE_LEVELS: DashboardKind(
        "Service levels",
        (Projection.PAYMENT_QUERIES, Projection.DOCUMENTS, Projection.PARTNERS),
        (
            _count("queries", "Questions by the day they were asked", "questions", "day"),
            _share(
                "answered_in_time",
                "Questions answered in time",
                "of questions that are answered or due",
                "day",
            ),
            _count("deliveries", "Deliveries by the day they ended", "deliveries", "day"),
            _share("delivered", "Deliveries that arrived", "of deliveries", "day"),
        ),
    ),
    DashboardName.DATA_QUALITY: DashboardKind(
        "Data quality",
        (Projection.ORDERS, Projection.RECEIVABLES, Projection.PARTNERS, Projection.PIPELINE),
        (
            _count("records", "Records looked at", "records", "check"),
            _count("faulty", "Records that lack something", "records", "check"),
            _share("sound", "Share without fault", "of records", "check"),
            _count("reviewed", "Rows of source systems that were reviewed last", "rows", "system"),
            _count("with_issues", "Of those, rows that an issue stands against", "rows", "system"),
            _share("score", "Share of rows that no issue stands against", "of rows", "system"),
        ),
    ),
}
# Boards with routes of their own, told by the same live event.
OTHER_BOARDS: Final[Mapping[str, tuple[Projection, ...]]] = {
    "collections": (Projection.COLLECTIONS,),
    "statements": (Projection.STATEMENTS,),
}


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a series: of one part, in a currency where it is money; None where there is nothing to divide by."""

    series: str
    part: str
    currency: str | None
    number: int | None
    of: int | None


def changed_boards(changed: Sequence[Projection]) -> list[str]:
    """The boards that show other figures once these projections do, in the order of their names."""
    boards = {**OTHER_BOARDS, **{str(name): kind.projections for name, kind in DASHBOARDS.items()}}
    return sorted(name for name, made_of in boards.items() if set(made_of) & set(changed))


def share_text(number: int, of: int | None) -> str | None:
    """Four digits, half up; None of nothing. 2 of 3 are 0.6667."""
    if not of:
        return None
    ten_thousandths = (number * 20_000 + of) // (2 * of)
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04d}"
