"""What reports can be made of: sources, their columns, and what each column measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.reporting.domain.projection import Projection


class ValueKind(StrEnum):
    """What the values of a column are. Money is minor units beside the row's currency."""

    TEXT = "text"
    TRUTH = "truth"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    INSTANT = "instant"
    MONEY = "money"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column that definitions may name; `unit` is what a figure counts, empty for what is no figure."""

    name: str
    kind: ValueKind
    title: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows made from projections. A source with a `period_column` has the rows of the period, any other all rows as of
    the period's last day. Every source has `partner_code` and `zone`, by which rows are shown."""

    name: str
    title: str
    columns: Sequence[SourceColumn]
    period_column: str | None
    projections: Sequence[Projection]

    @property
    def by_name(self) -> Mapping[str, SourceColumn]:
        return {column.name: column for column in self.columns}


def _column(name: str, kind: ValueKind, unit: str = "") -> SourceColumn:
    return SourceColumn(name, kind, name.replace("_", " ").capitalize(), unit)


_WHOSE: Final = (
    _column("partner_code", ValueKind.TEXT),
    _column("partner_name", ValueKind.TEXT),
    _column("zone", ValueKind.TEXT),
)
_CURRENCY: Final = _column("currency", ValueKind.TEXT)

COLLECTIONS: Final = Source(
    name="collections",
    title="Receipts, and reversals as negative amounts on the day they happened",
    columns=(
        _column("day", ValueKind.DATE),
        _column("movement", ValueKind.TEXT),
        *_WHOSE,
        _column("bank_account", ValueKind.TEXT),
        _CURRENCY,
        _column("amount", ValueKind.MONEY, "currency"),
        _column("is_on_time", ValueKind.TRUTH, "receipts booked within 24 hours"),
        _column("booked_at", ValueKind.INSTANT),
        _column("receipt_id", ValueKind.TEXT),
    ),
    period_column="day",
    projections=(Projection.COLLECTIONS, Projection.PARTNERS),
)
RECEIVABLES: Final = Source(
    name="receivables",
    title="What is open of invoices, and of receipts and credit notes that nothing uses (negative), as of a day",
    columns=(
        _column("item", ValueKind.TEXT),
        _column("number", ValueKind.TEXT),
        *_WHOSE,
        _column("issued_on", ValueKind.DATE),
        _column("due_on", ValueKind.DATE),
        _column("age_band", ValueKind.TEXT),
        _column("overdue_days", ValueKind.INTEGER, "days"),
        _CURRENCY,
        _column("total", ValueKind.MONEY, "currency"),
        _column("open", ValueKind.MONEY, "currency"),
        _column("overdue", ValueKind.MONEY, "currency"),
    ),
    period_column=None,
    projections=(
        Projection.RECEIVABLES,
        Projection.COLLECTIONS,
        Projection.CREDIT_NOTES,
        Projection.PARTNERS,
    ),
)
ORDER_LINES: Final = Source(
    name="order-lines",
    title="Lines of orders as they are",
    columns=(
        _column("order_number", ValueKind.TEXT),
        _column("line_number", ValueKind.INTEGER),
        *_WHOSE,
        _column("product_code", ValueKind.TEXT),
        _column("state", ValueKind.TEXT),
        _column("is_open", ValueKind.TRUTH),
        _column("is_held", ValueKind.TRUTH, "lines of held orders"),
        _column("is_late", ValueKind.TRUTH, "open lines past their promised day"),
        _column("ordered_on", ValueKind.DATE),
        _column("requested_on", ValueKind.DATE),
        _column("promised_on", ValueKind.DATE),
        _column("days_late", ValueKind.INTEGER, "days"),
        _column("quantity", ValueKind.DECIMAL, "pieces"),
        _column("open_quantity", ValueKind.DECIMAL, "pieces"),
        _CURRENCY,
        _column("value", ValueKind.MONEY, "currency"),
        _column("open", ValueKind.MONEY, "currency"),
    ),
    period_column=None,
    projections=(Projection.ORDERS, Projection.PARTNERS),
)
CREDIT_NOTES: Final = Source(
    name="credit-notes",
    title="Credit notes as they are, and what of issued ones nothing uses as of a day",
    columns=(
        _column("number", ValueKind.TEXT),
        _column("note_type", ValueKind.TEXT),
        _column("standing", ValueKind.TEXT),
        _column("reason_code", ValueKind.TEXT),
        *_WHOSE,
        _column("issued_on", ValueKind.DATE),
        _column("age_days", ValueKind.INTEGER, "days"),
        _column("is_outstanding", ValueKind.TRUTH, "issued notes with something unused, and notes in work"),
        _CURRENCY,
        _column("total", ValueKind.MONEY, "currency"),
        _column("unused", ValueKind.MONEY, "currency"),
    ),
    period_column=None,
    projections=(Projection.CREDIT_NOTES, Projection.RECEIVABLES, Projection.PARTNERS),
)
PAYMENT_QUERIES: Final = Source(
    name="payment-queries",
    title="Questions about payments by the day they were opened",
    columns=(
        _column("opened_on", ValueKind.DATE),
        _column("number", ValueKind.TEXT),
        _column("category", ValueKind.TEXT),
        _column("owner", ValueKind.TEXT),
        *_WHOSE,
        _column("due_at", ValueKind.INSTANT),
        _column("answered_at", ValueKind.INSTANT),
        _column("is_answered", ValueKind.TRUTH, "answered questions"),
        _column("is_on_time", ValueKind.TRUTH, "answered within their time; empty while there is time"),
        _column("answer_hours", ValueKind.DECIMAL, "hours"),
    ),
    period_column="opened_on",
    projections=(Projection.PAYMENT_QUERIES, Projection.PARTNERS),
)
DELIVERIES: Final = Source(
    name="deliveries",
    title="Deliveries of documents that arrived or failed, by the day they ended",
    columns=(
        _column("ended_on", ValueKind.DATE),
        _column("kind", ValueKind.TEXT),
        _column("channel", ValueKind.TEXT),
        *_WHOSE,
        _column("is_delivered", ValueKind.TRUTH, "deliveries that arrived"),
        _column("is_acknowledged", ValueKind.TRUTH, "documents agreed to"),
        _column("is_objected", ValueKind.TRUTH, "documents objected to"),
        _column("delivery_hours", ValueKind.DECIMAL, "hours"),
        _column("reason", ValueKind.TEXT),
        _column("document_number", ValueKind.TEXT),
    ),
    period_column="ended_on",
    projections=(Projection.DOCUMENTS, Projection.PARTNERS),
)
PIPELINE: Final = Source(
    name="pipeline",
    title="Open and closed opportunities of the CRM by the day they close",
    columns=(
        _column("close_on", ValueKind.DATE),
        _column("name", ValueKind.TEXT),
        _column("stage", ValueKind.TEXT),
        _column("owner", ValueKind.TEXT),
        *_WHOSE,
        _column("is_closed", ValueKind.TRUTH),
        _column("is_won", ValueKind.TRUTH),
        _column("probability_percent", ValueKind.INTEGER, "percent"),
        _CURRENCY,
        _column("amount", ValueKind.MONEY, "currency"),
    ),
    period_column="close_on",
    projections=(Projection.PIPELINE, Projection.PARTNERS),
)
FORECASTS: Final = Source(
    name="forecasts",
    title="The latest accepted forecast of each month, and of months that are over what was ordered",
    columns=(
        _column("month", ValueKind.DATE),
        *_WHOSE,
        _column("product_code", ValueKind.TEXT),
        _column("forecast", ValueKind.DECIMAL, "pieces"),
        _column("ordered", ValueKind.DECIMAL, "pieces, less what was cancelled"),
        _column("gap", ValueKind.DECIMAL, "pieces ordered less forecast"),
        _column("error", ValueKind.DECIMAL, "pieces, absolute"),
        _column(
            "naive_error", ValueKind.DECIMAL, "pieces, had the month been said to be as before the forecast"
        ),
        _column("value_added", ValueKind.DECIMAL, "pieces less of error than naive"),
    ),
    period_column="month",
    projections=(Projection.ORDERS, Projection.PARTNERS),
)
PLAN_AND_SALES: Final = Source(
    name="plan-and-sales",
    title="The latest accepted plan by its months; invoices, and issued credit notes as negative sales, before tax",
    columns=(
        _column("day", ValueKind.DATE),
        _column("movement", ValueKind.TEXT),
        *_WHOSE,
        _column("segment", ValueKind.TEXT),
        _CURRENCY,
        _column("plan", ValueKind.MONEY, "currency"),
        _column("sales", ValueKind.MONEY, "currency"),
        _column("gap", ValueKind.MONEY, "currency, sales less plan"),
    ),
    period_column="day",
    projections=(Projection.RECEIVABLES, Projection.CREDIT_NOTES, Projection.PARTNERS),
)
DATA_QUALITY: Final = Source(
    name="data-quality",
    title="What each rule found in the newest review of each source system as of a day, beside the review before",
    columns=(
        _column("system", ValueKind.TEXT),
        _column("object", ValueKind.TEXT),
        _column("rule", ValueKind.TEXT),
        _column("zone", ValueKind.TEXT),
        _column("owner", ValueKind.TEXT),
        _column("partner_code", ValueKind.TEXT),
        _column("reviewed_on", ValueKind.DATE),
        _column("reviewed_before_on", ValueKind.DATE),
        _column("rows_checked", ValueKind.INTEGER, "rows"),
        _column("faulty", ValueKind.INTEGER, "rows with an issue that nobody waived"),
        _column("faulty_before", ValueKind.INTEGER, "rows, in the review before"),
        _column("faulty_change", ValueKind.INTEGER, "rows, since the review before"),
        _column("score", ValueKind.SHARE, "rows without one"),
        _column("score_before", ValueKind.SHARE, "rows without one, in the review before"),
        _column("score_change", ValueKind.SHARE, "score less that of the review before"),
    ),
    period_column=None,
    projections=(),
)
SOURCES: Final[Mapping[str, Source]] = {
    source.name: source
    for source in (
        COLLECTIONS,
        RECEIVABLES,
        ORDER_LINES,
        CREDIT_NOTES,
        PAYMENT_QUERIES,
        DELIVERIES,
        PIPELINE,
        FORECASTS,
        PLAN_AND_SALES,
        DATA_QUALITY,
    )
}
