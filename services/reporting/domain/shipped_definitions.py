"""The reports that come with the system; people may change them, and then keep what they made of them."""

from typing import Final

from services.reporting.domain.report_definition import (
    Chart,
    Comparison,
    Filter,
    Function,
    Layout,
    Measure,
    Operator,
    Parameters,
    ReportChartKind,
    ReportDefinition,
    Sort,
)

_HOUSE: Final = ("coordinator", "approver", "zonal_sales", "analyst", "auditor", "admin", "integration")
_RECEIPTS: Final = Filter(column="movement", operator=Operator.IN, values=("receipt",))
_OPEN: Final = Filter(column="is_open", operator=Operator.IN, values=("true",))


def _sum(name: str, column: str, title: str, only: Filter | None = None) -> Measure:
    return Measure(name=name, function=Function.SUM, column=column, title=title, only=only)


def _share(name: str, column: str, title: str) -> Measure:
    return Measure(name=name, function=Function.SHARE, column=column, title=title)


def _count(name: str, title: str, only: Filter | None = None) -> Measure:
    return Measure(name=name, function=Function.COUNT, title=title, only=only)


DAILY_COLLECTIONS: Final = ReportDefinition(
    name="daily-collections",
    title="Daily collections and on-time booking",
    description="What came in each day less what was taken back, and the share booked within 24 hours.",
    source="collections",
    groups=("day",),
    measures=(
        _count("receipts", "Receipts", _RECEIPTS),
        _sum("collected", "amount", "Collected", _RECEIPTS),
        _sum(
            "reversed",
            "amount",
            "Reversed",
            Filter(column="movement", operator=Operator.IN, values=("reversal",)),
        ),
        _sum("net", "amount", "Net"),
        _share("on_time", "is_on_time", "Booked on time"),
    ),
    sort=(Sort(by="day"),),
    layout=Layout.CHART,
    chart=Chart(kind=ReportChartKind.BAR, category="day", measure="net"),
    parameters=Parameters(period="month to date"),
    audience=_HOUSE,
)
AGEING: Final = ReportDefinition(
    name="receivables-ageing",
    title="Receivables ageing by zone and partner",
    description="What is open on the last day of the period by how long it is overdue; what nothing uses is negative.",
    source="receivables",
    groups=("zone", "partner_code", "partner_name", "age_band"),
    measures=(_sum("open", "open", "Open"), _sum("overdue", "overdue", "Overdue"), _count("items", "Items")),
    layout=Layout.PIVOT,
    pivot_by="age_band",
    parameters=Parameters(period="today"),
    audience=_HOUSE,
)
ORDER_BOARD: Final = ReportDefinition(
    name="order-board-summary",
    title="Order board summary",
    description="Open lines of orders by zone and partner, how many are held or late, and what they are worth.",
    source="order-lines",
    groups=("zone", "partner_code", "partner_name"),
    measures=(
        Measure(name="orders", function=Function.COUNT_DISTINCT, column="order_number", title="Orders"),
        _count("lines", "Lines"),
        _count("held_lines", "Held", Filter(column="is_held", operator=Operator.IN, values=("true",))),
        _count("late_lines", "Late", Filter(column="is_late", operator=Operator.IN, values=("true",))),
        _sum("quantity", "open_quantity", "Open quantity"),
        _sum("open", "open", "Open value"),
    ),
    filters=(_OPEN,),
    sort=(Sort(by="open", is_descending=True),),
    layout=Layout.CHART,
    chart=Chart(kind=ReportChartKind.BAR, category="partner_code", measure="open"),
    parameters=Parameters(period="today"),
    audience=_HOUSE,
)
OUTSTANDING_NOTES: Final = ReportDefinition(
    name="outstanding-credit-notes",
    title="Outstanding credit notes",
    description="Notes in work, and issued ones with something that nothing uses, the oldest first.",
    source="credit-notes",
    columns=(
        "number", "note_type", "standing", "reason_code", "partner_code", "partner_name", "zone", "issued_on",
        "age_days", "total", "unused",
    ),
    filters=(Filter(column="is_outstanding", operator=Operator.IN, values=("true",)),),
    sort=(Sort(by="age_days", is_descending=True),),
    parameters=Parameters(period="today"),
    audience=_HOUSE,
)  # fmt: skip
QUERY_SERVICE: Final = ReportDefinition(
    name="query-service-level",
    title="Service level of payment queries",
    description="Questions by zone and category: how many, how many answered, the share in time, how long it took.",
    source="payment-queries",
    groups=("zone", "category"),
    measures=(
        _count("queries", "Queries"),
        _count("answered", "Answered", Filter(column="is_answered", operator=Operator.IN, values=("true",))),
        _share("on_time", "is_on_time", "Answered in time"),
        Measure(name="hours", function=Function.MEAN, column="answer_hours", title="Hours to the answer"),
    ),
    comparison=Comparison.PERIOD_BEFORE,
    parameters=Parameters(period="previous month"),
    audience=_HOUSE,
)
DELIVERY_SCORE: Final = ReportDefinition(
    name="partner-delivery-score",
    title="Partner delivery score",
    description="Documents by partner: the share that arrived, the share agreed to, objections, hours to delivery.",
    source="deliveries",
    groups=("zone", "partner_code", "partner_name"),
    measures=(
        _count("deliveries", "Deliveries"),
        _share("delivered", "is_delivered", "Arrived"),
        _share("acknowledged", "is_acknowledged", "Agreed to"),
        _count(
            "objections", "Objections", Filter(column="is_objected", operator=Operator.IN, values=("true",))
        ),
        Measure(name="hours", function=Function.MEAN, column="delivery_hours", title="Hours to delivery"),
    ),
    parameters=Parameters(period="previous month"),
    audience=_HOUSE,
)
SALES_AGAINST_PLAN: Final = ReportDefinition(
    name="sales-against-plan",
    title="Sales against plan",
    description="Sales before tax of each zone beside the latest accepted plan of the same months.",
    source="plan-and-sales",
    groups=("zone",),
    measures=(
        _sum("plan", "plan", "Plan"),
        _sum("sales", "sales", "Sales"),
        _sum("gap", "gap", "Sales less plan"),
    ),
    sort=(Sort(by="gap"),),
    layout=Layout.CHART,
    chart=Chart(kind=ReportChartKind.BAR, category="zone", measure="gap"),
    parameters=Parameters(period="previous month"),
    audience=_HOUSE,
)
FORECAST_ROLL_UP: Final = ReportDefinition(
    name="forecast-roll-up",
    title="Forecast roll-up",
    description="The latest accepted forecast by zone, product and month; of months that are over what was ordered.",
    source="forecasts",
    groups=("zone", "product_code", "month"),
    measures=(_sum("forecast", "forecast", "Forecast"), _sum("ordered", "ordered", "Ordered")),
    parameters=Parameters(period="this quarter"),
    audience=_HOUSE,
)
FORECAST_VALUE: Final = ReportDefinition(
    name="forecast-value-added",
    title="Forecast accuracy and what it adds",
    description=(
        "By partner, of months that are over: pieces forecast and ordered, absolute errors, those of saying that each"
        " month is as the one before the forecast, and how much less the forecast errs. Accuracy is one less the error"
        " by what was ordered."
    ),
    source="forecasts",
    groups=("zone", "partner_code", "partner_name"),
    measures=(
        _sum("forecast", "forecast", "Forecast"),
        _sum("ordered", "ordered", "Ordered"),
        _sum("error", "error", "Error"),
        _sum("naive_error", "naive_error", "Error of the naive forecast"),
        _sum("value_added", "value_added", "Value added"),
    ),
    filters=(Filter(column="ordered", operator=Operator.IS_NOT_EMPTY),),
    sort=(Sort(by="value_added"),),
    parameters=Parameters(period="previous quarter"),
    audience=_HOUSE,
)
DATA_QUALITY: Final = ReportDefinition(
    name="data-quality-score",
    title="Score of data quality",
    description=(
        "Of the newest review of each source system: rows by rule, zone and owner, how many of them break it, and how that"
        " moved since the review before. A score is the share of rows that are right; “all rules” counts a row once."
    ),
    source="data-quality",
    columns=(
        "system", "object", "rule", "zone", "owner", "reviewed_on", "rows_checked", "faulty", "faulty_change", "score",
        "score_change",
    ),
    sort=(Sort(by="system"), Sort(by="object"), Sort(by="score"), Sort(by="rule")),
    parameters=Parameters(period="today"),
    audience=_HOUSE,
)  # fmt: skip
SHIPPED: Final = (
    DAILY_COLLECTIONS,
    AGEING,
    ORDER_BOARD,
    OUTSTANDING_NOTES,
    QUERY_SERVICE,
    DELIVERY_SCORE,
    SALES_AGAINST_PLAN,
    FORECAST_ROLL_UP,
    FORECAST_VALUE,
    DATA_QUALITY,
)
