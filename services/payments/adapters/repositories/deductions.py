"""The dated rules by which payers keep something back, and evidence of the tax they kept."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.deduction_terms import (
    ANY_PARTNER,
    DeductionTerms,
    DeductorStanding,
    DiscountTerm,
    FreightTerm,
    TdsRule,
)


async def tds_rules(connection: AsyncConnection) -> tuple[TdsRule, ...]:
    """The law as it stands; a rule ends on its last day or the day before the next one of its kind begins."""
    rows = (
        await connection.execute(
            sa.text(
                "SELECT r.*, lead(valid_from) OVER (PARTITION BY kind ORDER BY valid_from) AS replaced_on"
                " FROM tax_rules r ORDER BY kind, valid_from"
            )
        )
    ).all()
    return tuple(
        TdsRule(
            kind=row.kind,
            rate=row.rate,
            valid_from=row.valid_from,
            valid_to=_last_day(row),
            source=row.source,
            rate_without_pan=row.rate_without_pan,
            threshold_minor=row.threshold_minor,
            section=row.section,
        )
        for row in rows
    )


def _last_day(rule: Row) -> date | None:
    ends = [rule.valid_to, rule.replaced_on and rule.replaced_on - timedelta(days=1)]
    return min((day for day in ends if day is not None), default=None)


async def deduction_terms(connection: AsyncConnection) -> DeductionTerms:
    """All agreements and standings, in a fixed order."""

    async def rows(table: str, order: str) -> Sequence[Row]:
        return (await connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY {order}"))).all()

    return DeductionTerms(
        discounts=tuple(
            DiscountTerm(
                row.partner_code or ANY_PARTNER, row.percent, row.within_days, row.valid_from, row.valid_to
            )
            for row in await rows("discount_terms", "valid_from, id")
        ),
        freights=tuple(
            FreightTerm(
                row.partner_code or ANY_PARTNER, row.amount_minor, row.cap_minor, row.valid_from, row.valid_to
            )
            for row in await rows("freight_terms", "valid_from, id")
        ),
        deductors=tuple(
            DeductorStanding(row.partner_code, row.valid_from, row.is_deductor, row.has_pan)
            for row in await rows("tax_deductors", "partner_code, valid_from")
        ),
    )


async def purchases_before(
    connection: AsyncConnection, partner_codes: Sequence[str], since: date
) -> dict[UUID, int]:
    """For each invoice of the partners from a financial year that `since` lies in or a later one: their taxable
    purchases of its year before it, by date and number."""
    rows = await connection.execute(
        sa.text(
            "SELECT id, sum(taxable_minor) OVER (PARTITION BY partner_code, currency,"
            "  date_trunc('year', issued_on - interval '3 months') ORDER BY issued_on, number"
            "  ROWS UNBOUNDED PRECEDING) - taxable_minor AS before FROM invoices"
            " WHERE partner_code = ANY(CAST(:codes AS text[]))"
            " AND issued_on >= date_trunc('year', CAST(:since AS date) - interval '3 months') + interval '3 months'"
        ),
        {"codes": list(partner_codes), "since": since},
    )
    return {row.id: int(row.before) for row in rows}


async def add_tax_rule(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False unless it begins after all others of its kind."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO tax_rules SELECT CAST(:kind AS text), CAST(:valid_from AS date), CAST(:valid_to AS date),"
            " CAST(:section AS text),"
            " CAST(:payment_code AS text), CAST(:rate AS numeric), CAST(:rate_without_pan AS numeric),"
            " CAST(:threshold_minor AS bigint), CAST(:base AS text), CAST(:source AS text), CAST(:at AS timestamptz),"
            " CAST(:by AS text)"
            " WHERE NOT EXISTS (SELECT FROM tax_rules r WHERE r.kind = CAST(:kind AS text)"
            "  AND r.valid_from >= CAST(:valid_from AS date))"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def add_tax_deductor(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when the partner's standing from that day on is known already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO tax_deductors VALUES (:partner_code, :valid_from, :tan, :is_deductor, :has_pan, :source,"
            " :at, :by) ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def add_discount_term(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when it is agreed already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO discount_terms VALUES (:id, :partner_code, :percent, :within_days, :valid_from, :valid_to,"
            " :source, :at, :by) ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def add_freight_term(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when it is agreed already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO freight_terms VALUES (:id, :partner_code, :amount_minor, :cap_minor, :valid_from, :valid_to,"
            " :source, :at, :by) ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def add_certificate(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when the certificate is recorded already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO tax_certificates VALUES (:id, :partner_code, :financial_year, :quarter, :certificate_number,"
            " :evidence, :amount_minor, :currency, :note, :at, :by) ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def certificate_of_number(connection: AsyncConnection, values: Mapping[str, object]) -> Row:
    """The certificate of the partner, year and quarter with that number."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM tax_certificates WHERE partner_code = :partner_code AND quarter = :quarter"
                " AND financial_year = :financial_year AND certificate_number = :certificate_number"
            ),
            {
                name: values[name]
                for name in ("partner_code", "quarter", "financial_year", "certificate_number")
            },
        )
    ).one()
