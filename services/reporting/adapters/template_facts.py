"""What templates take from facts: the values of lists, whom a zone has, and what was ordered or accepted before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.given_rows import Whose
from services.reporting.domain.template import ROWS_MAX, ListSource

LIST_VALUES_MAX: Final = 5_000
Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months; the last day is not in it."""

    from_on: date
    before_on: date

    def parameters(self) -> dict[str, date]:
        return {"from_on": self.from_on, "before_on": self.before_on}


async def list_entries(
    connection: AsyncConnection, source: ListSource, whose: Whose
) -> list[tuple[str, str]]:
    """Values with what they mean, in order."""
    found = await connection.execute(
        _LISTS[source], {"partner_code": whose.partner_code, "zone": whose.zone, "limit": LIST_VALUES_MAX}
    )
    return [(row.value, row.meaning or "") for row in found]


async def partners_named(connection: AsyncConnection, codes: Sequence[str]) -> Mapping[str, Row]:
    """Those of the codes that are known, with name and zone."""
    statement = sa.text(
        "SELECT code, name, zone FROM known_partners WHERE code = ANY(CAST(:codes AS text[]))"
    )
    return {row.code: row for row in await connection.execute(statement, {"codes": list(codes)})}


async def ordered_quantities(
    connection: AsyncConnection, whose: Sequence[Whose], span: Span
) -> dict[tuple[str, str], tuple[str, str]]:
    """(partner, product) → (quantity, zone of the partner), of what was ordered in the span and not cancelled."""
    narrow = all(one.partner_code or one.zone for one in whose)
    values = {
        **span.parameters(),
        "is_narrow": narrow,
        "codes": [one.partner_code for one in whose if one.partner_code],
        "zones": [one.zone for one in whose if one.zone],
        "limit": ROWS_MAX * 10,
    }
    found = await connection.execute(_ORDERED, values)
    return {(row.partner_code, row.product_code): (_plain(row.quantity), row.zone) for row in found}


async def accepted_before(
    connection: AsyncConnection, template_name: str, first_month: date
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """(kind, key) of a respondent → the cells that were accepted of it in the last collection of an earlier period."""
    values = {"template": template_name, "first_month": first_month, "limit": ROWS_MAX * 10}
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in await connection.execute(_ACCEPTED_BEFORE, values):
        found.setdefault((row.kind, row.key), []).append(row.cells)
    return found


def _plain(quantity: object) -> str:
    text = f"{quantity}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_LISTS: Final[Mapping[ListSource, sa.TextClause]] = {
    ListSource.PARTNERS: sa.text(
        """
        SELECT code AS value, name AS meaning FROM known_partners
        WHERE merged_into IS NULL AND (CAST(:partner_code AS text) IS NULL OR code = :partner_code)
            AND (CAST(:zone AS text) IS NULL OR zone = :zone)
        ORDER BY code LIMIT :limit
        """
    ),
    ListSource.PRODUCTS: sa.text(
        """
        SELECT DISTINCT product_code AS value, '' AS meaning FROM told_order_lines
        ORDER BY product_code LIMIT :limit
        """
    ),
    ListSource.ZONES: sa.text(
        """
        SELECT DISTINCT zone AS value, '' AS meaning FROM known_partners
        WHERE (CAST(:zone AS text) IS NULL OR zone = :zone)
            AND (CAST(:partner_code AS text) IS NULL OR code = :partner_code)
        ORDER BY zone LIMIT :limit
        """
    ),
}
_ORDERED: Final = sa.text(
    """
    SELECT o.partner_code, l.product_code, p.zone, sum(l.quantity - l.cancelled) AS quantity
    FROM known_orders o JOIN told_order_lines l USING (order_number, version)
    LEFT JOIN known_partners p ON p.code = o.partner_code
    WHERE o.ordered_on >= :from_on AND o.ordered_on < :before_on
        AND (NOT :is_narrow OR o.partner_code = ANY(CAST(:codes AS text[])) OR p.zone = ANY(CAST(:zones AS text[])))
    GROUP BY o.partner_code, l.product_code, p.zone HAVING sum(l.quantity - l.cancelled) > 0
    ORDER BY o.partner_code, l.product_code LIMIT :limit
    """
)
_ACCEPTED_BEFORE: Final = sa.text(
    """
    WITH last AS (
        SELECT c.id FROM template_collections c JOIN templates t ON t.id = c.template_id
        WHERE t.name = :template AND c.first_month < :first_month
        ORDER BY c.first_month DESC, c.opened_at DESC LIMIT 1
    ), accepted AS (
        SELECT DISTINCT ON (r.id) r.id AS respondent_id, r.kind, r.key, s.id
        FROM last JOIN collection_respondents r ON r.collection_id = last.id
        JOIN submissions s ON s.respondent_id = r.id
        JOIN submission_decisions d ON d.submission_id = s.id AND d.is_accepted
        ORDER BY r.id, s.version DESC
    )
    SELECT a.kind, a.key, w.cells FROM accepted a JOIN submission_rows w ON w.submission_id = a.id
    ORDER BY a.kind, a.key, w.position LIMIT :limit
    """
)
