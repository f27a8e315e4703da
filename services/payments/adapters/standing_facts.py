"""Tells again, as they stand now, cheques, charges, certificates and questions, of which events may never have been told.

Whoever heard of one already keeps it as it is: each is told with the revision or under the id that it has always had.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.payments.adapters.published_instruments import publish_standings
from services.payments.adapters.query_facts import publish_queries_changed
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.cheque_return import return_reason
from shared.events.instruments import ChequeBouncedV1
from shared.events.payments import TaxCertificateRecordedV1


class StandingFact(StrEnum):
    """By the tables that hold them."""

    CHEQUES = "instruments"
    CHARGES = "charges"
    CERTIFICATES = "tax_certificates"
    QUERIES = "payment_queries"


async def publish_some(work: UnitOfWork, fact: StandingFact, after: UUID, *, limit: int) -> Sequence[UUID]:
    """Tell the next ones by their ids; returns these."""
    rows = await work.connection.execute(
        sa.text(f"SELECT id FROM {fact.value} WHERE id > :after ORDER BY id LIMIT :limit"),
        {"after": after, "limit": limit},
    )
    ids = rows.scalars().all()
    if ids:
        await _PUBLISH[fact](work, ids)
    return ids


async def _publish_charges(work: UnitOfWork, ids: Sequence[UUID]) -> None:
    """A charge is told with the bounce that it was raised for."""
    for row in await work.connection.execute(_CHARGES, {"ids": list(ids)}):
        event = ChequeBouncedV1(
            bounce_id=row.bounce_id,
            receipt_id=row.receipt_id,
            partner_code=row.partner_code,
            zone=row.zone,
            cheque_number=row.cheque_number,
            currency=row.currency,
            amount_minor=row.amount_minor,
            return_code=row.return_code,
            return_reason=return_reason(row.return_code),
            bounced_on=row.bounced_on,
            charge_number=row.charge_number,
            charge_minor=row.charge_minor,
            bounces_in_a_year=row.bounces_in_a_year,
            charge_id=row.charge_id,
            charged_on=row.charged_on,
            is_news=False,
        )
        work.publish(event, partition_key="receivables", subject=str(row.bounce_id))


async def _publish_certificates(work: UnitOfWork, ids: Sequence[UUID]) -> None:
    for row in await work.connection.execute(_CERTIFICATES, {"ids": list(ids)}):
        event = TaxCertificateRecordedV1(
            certificate_id=row.id,
            partner_code=row.partner_code,
            financial_year=row.financial_year,
            quarter=row.quarter,
            certificate_number=row.certificate_number,
            evidence=row.evidence,
            currency=row.currency,
            amount_minor=row.amount_minor,
            recorded_at=row.recorded_at,
        )
        work.publish(event, partition_key="receivables", subject=str(row.id))


_CHARGES: Final = sa.text(
    """
    SELECT b.*, b.id AS bounce_id, p.zone, c.id AS charge_id, c.number AS charge_number, c.charged_on,
        c.net_minor + c.gst_minor AS charge_minor, (
            SELECT count(*) FROM bounces o WHERE o.partner_code = b.partner_code AND o.return_class <> 'technical'
                AND o.bounced_on BETWEEN b.bounced_on - 365 AND b.bounced_on) AS bounces_in_a_year
    FROM charges c JOIN bounces b ON b.id = c.bounce_id LEFT JOIN partners p ON p.code = b.partner_code
    WHERE c.id = ANY(CAST(:ids AS uuid[])) ORDER BY c.id
    """
)
_CERTIFICATES: Final = sa.text(
    "SELECT * FROM tax_certificates WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id"
)
_PUBLISH: Final[Mapping[StandingFact, Callable[[UnitOfWork, Sequence[UUID]], Awaitable[None]]]] = {
    StandingFact.CHEQUES: publish_standings,
    StandingFact.CHARGES: _publish_charges,
    StandingFact.CERTIFICATES: _publish_certificates,
    StandingFact.QUERIES: publish_queries_changed,
}
