"""Figures of accepted submissions, month by month, and how they compare with those before and with what happened."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.collection_store import VISIBLE, whose
from services.reporting.adapters.template_store import template_of
from services.reporting.domain.template import FEED_COLUMNS, MONEY_DECIMALS, Feed, months_from
from shared.identity import Caller

Row = sa.Row[Any]
GROUPS_MAX: Final = 2_000
GROUPINGS: Final = ("zone", "partner_code", "product_code", "segment", "month")
_ADD: Final = sa.text(
    f"""
    INSERT INTO planned_figures (submission_id, position, month, feed, template, collection_id, collection_first_month,
        respondent_id, version, partner_code, zone, product_code, segment, currency, quantity, amount_minor, accepted_at)
    SELECT w.submission_id, w.position, m.month, :feed, :template, :collection_id, :first_month, :respondent_id, :version,
        w.cells ->> 'partner_code', w.cells ->> 'zone', w.cells ->> 'product_code', w.cells ->> 'segment', :currency,
        CASE WHEN :feed = 'forecast' THEN CAST(w.cells ->> m.name AS numeric) END,
        CASE WHEN :feed = 'plan' THEN CAST(CAST(w.cells ->> m.name AS numeric) * {10**MONEY_DECIMALS} AS bigint) END,
        :at
    FROM submission_rows w
    CROSS JOIN unnest(CAST(:names AS text[]), CAST(:months AS date[])) AS m (name, month)
    WHERE w.submission_id = :submission_id AND w.cells ->> m.name IS NOT NULL
    ON CONFLICT DO NOTHING
    """
)


async def add_figures(connection: AsyncConnection, collection: Row, submission: Row, *, at: datetime) -> None:
    """Of a template that feeds nothing there are none; its rows are what was gathered."""
    template = template_of(collection.content)
    if template.feeds is Feed.NONE:
        return
    months = months_from(collection.first_month, collection.months)
    values = {
        "feed": template.feeds,
        "template": template.name,
        "collection_id": collection.id,
        "first_month": collection.first_month,
        "respondent_id": submission.respondent_id,
        "version": submission.version,
        "currency": template.currency,
        "at": at,
        "names": [f"{FEED_COLUMNS[template.feeds]}_{month:%Y_%m}" for month in months],
        "months": months,
        "submission_id": submission.id,
    }
    await connection.execute(_ADD, values)


async def compared_figures(
    connection: AsyncConnection, caller: Caller, collection: Row, grouping: str, today: date
) -> Sequence[Row]:
    """By the grouping, of the rows that count: the figure, that of the collection before for the same months, what really
    happened, and what would have been said without thinking (what happened in the month before the period, each month).

    Errors are of the months that are over, absolute and by partner, product and month before they are added up.
    """
    assert grouping in GROUPINGS, "the route takes no other"
    template = template_of(collection.content)
    statement = _COMPARED[template.feeds].replace(":grouping", grouping)
    values = {
        "collection_id": collection.id,
        "template": template.name,
        "first_month": collection.first_month,
        "this_month": today.replace(day=1),
        "limit": GROUPS_MAX,
        **whose(caller),
    }
    return (await connection.execute(sa.text(statement), values)).all()


# Figures of the last accepted version of each respondent that the caller sees.
_COUNTING: Final = f"""
    SELECT f.* FROM planned_figures f JOIN collection_respondents r ON r.id = f.respondent_id
    WHERE {{chosen}} AND {VISIBLE} AND NOT EXISTS (
        SELECT FROM planned_figures later
        WHERE later.collection_id = f.collection_id AND later.respondent_id = f.respondent_id AND later.version > f.version)
"""
_NOW: Final = _COUNTING.format(chosen="f.collection_id = :collection_id")
_BEFORE: Final = _COUNTING.format(
    chosen="""f.collection_id = (
        SELECT c.id FROM template_collections c JOIN templates t ON t.id = c.template_id
        WHERE t.name = :template AND c.first_month < :first_month
            AND EXISTS (SELECT FROM planned_figures g WHERE g.collection_id = c.id)
        ORDER BY c.first_month DESC, c.opened_at DESC LIMIT 1)"""
)
_FORECAST: Final = f"""
    WITH now AS ({_NOW}), before AS ({_BEFORE}), figures AS (
        SELECT partner_code, product_code, month, sum(quantity) AS figure FROM now GROUP BY 1, 2, 3
    ), earlier AS (
        SELECT partner_code, product_code, month, sum(quantity) AS figure FROM before GROUP BY 1, 2, 3
    ), ordered AS (
        SELECT o.partner_code, l.product_code, CAST(date_trunc('month', o.ordered_on) AS date) AS month,
            sum(l.quantity - l.cancelled) AS quantity
        FROM known_orders o JOIN told_order_lines l USING (order_number, version)
        WHERE o.ordered_on >= CAST(:first_month AS date) - INTERVAL '1 month'
            AND o.partner_code IN (SELECT partner_code FROM figures)
        GROUP BY 1, 2, 3
    ), facts AS (
        SELECT f.partner_code, f.product_code, p.zone, CAST(NULL AS text) AS segment, f.month, f.figure,
            e.figure AS before, f.month < :this_month AS is_over, coalesce(a.quantity, 0) AS actual,
            coalesce(n.quantity, 0) AS naive
        FROM figures f LEFT JOIN earlier e USING (partner_code, product_code, month)
        LEFT JOIN ordered a USING (partner_code, product_code, month)
        LEFT JOIN ordered n ON n.partner_code = f.partner_code AND n.product_code = f.product_code
            AND n.month = CAST(CAST(:first_month AS date) - INTERVAL '1 month' AS date)
        LEFT JOIN known_partners p ON p.code = f.partner_code
    )
"""
_PLAN: Final = f"""
    WITH now AS ({_NOW}), before AS ({_BEFORE}), figures AS (
        SELECT zone, segment, month, sum(amount_minor) AS figure FROM now GROUP BY 1, 2, 3
    ), earlier AS (
        SELECT zone, segment, CAST(month + INTERVAL '1 year' AS date) AS month, sum(amount_minor) AS figure
        FROM before GROUP BY 1, 2, 3
    ), sold AS (
        SELECT p.zone, s.month, sum(s.amount_minor) AS amount_minor FROM (
            SELECT partner_code, CAST(date_trunc('month', issued_on) AS date) AS month, taxable_minor AS amount_minor,
                currency FROM registered_invoices
            UNION ALL
            SELECT partner_code, CAST(date_trunc('month', issued_on) AS date), -taxable_minor, currency
            FROM known_credit_notes WHERE standing = 'issued'
        ) s JOIN known_partners p ON p.code = s.partner_code
        WHERE s.month >= :first_month AND s.currency = (SELECT min(currency) FROM now)
        GROUP BY 1, 2
    ), shares AS (
        SELECT *, row_number() OVER (PARTITION BY zone, month ORDER BY segment) AS place FROM figures
    ), facts AS (
        SELECT CAST(NULL AS text) AS partner_code, CAST(NULL AS text) AS product_code, f.zone, f.segment, f.month, f.figure,
            e.figure AS before, f.month < :this_month AS is_over,
            CASE WHEN f.place = 1 THEN coalesce(a.amount_minor, 0) ELSE 0 END AS actual, CAST(NULL AS numeric) AS naive
        FROM shares f LEFT JOIN earlier e USING (zone, segment, month) LEFT JOIN sold a USING (zone, month)
    )
"""
_SUMS: Final = """
    SELECT CAST(:grouping AS text) AS name, sum(figure) AS figure, sum(before) AS before,
        sum(actual) FILTER (WHERE is_over) AS actual, sum(figure) FILTER (WHERE is_over) AS figure_over,
        {errors}
    FROM facts GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT :limit
"""
_ERRORS: Final = """sum(abs(figure - actual)) FILTER (WHERE is_over) AS error,
        sum(abs(naive - actual)) FILTER (WHERE is_over) AS naive_error"""
_NO_ERRORS: Final = "CAST(NULL AS numeric) AS error, CAST(NULL AS numeric) AS naive_error"
_COMPARED: Final = {
    Feed.FORECAST: _FORECAST + _SUMS.format(errors=_ERRORS),
    Feed.PLAN: _PLAN + _SUMS.format(errors=_NO_ERRORS),
}
