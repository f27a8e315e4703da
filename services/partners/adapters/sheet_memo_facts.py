"""Writes what payment sheets show for memory: cheques in hand, certificates of tax, questions; in any order, each once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.sheet_facts import insert_facts
from shared.events.instruments import ChequeBouncedV1, ChequeStandingChangedV1
from shared.events.payment_queries import QueryChangedV1
from shared.events.payments import TaxCertificateRecordedV1


async def add_cheques(connection: AsyncConnection, told: Sequence[ChequeStandingChangedV1]) -> None:
    """The later revision wins."""
    latest = {one.instrument_id: one for one in sorted(told, key=lambda one: one.revision)}
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_cheques AS known (instrument_id, partner_code, cheque_number, drawee_bank, currency,
            amount_minor, cheque_on, received_on, stale_on, standing, items, revision)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            instrument_id uuid, partner_code text, cheque_number text, drawee_bank text, currency text,
            amount_minor bigint, cheque_on date, received_on date, stale_on date, standing text, items jsonb,
            revision bigint)
        ORDER BY instrument_id ON CONFLICT (instrument_id) DO UPDATE SET standing = excluded.standing,
            revision = excluded.revision
        WHERE known.revision < excluded.revision
        """,
        [one.model_dump() for one in latest.values()],
    )


async def add_charges(connection: AsyncConnection, told: Sequence[ChequeBouncedV1]) -> None:
    """What a returned cheque costs is an item like an invoice, due at once."""
    facts = [
        {
            "invoice_id": one.charge_id,
            "number": one.charge_number,
            "partner_code": one.partner_code,
            "charged_on": one.charged_on,
            "currency": one.currency,
            "total_minor": one.charge_minor,
        }
        for one in told
        if one.charge_id is not None
    ]
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_invoices (invoice_id, number, partner_code, issued_on, due_on, currency, total_minor)
        SELECT invoice_id, number, partner_code, charged_on, charged_on, currency, total_minor
        FROM json_to_recordset(CAST(:facts AS json)) AS told (
            invoice_id uuid, number text, partner_code text, charged_on date, currency text, total_minor bigint)
        ORDER BY invoice_id ON CONFLICT DO NOTHING
        """,
        facts,
    )


async def add_certificates(connection: AsyncConnection, told: Sequence[TaxCertificateRecordedV1]) -> None:
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_tax_certificates (certificate_id, partner_code, financial_year, quarter, certificate_number,
            evidence, currency, amount_minor)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            certificate_id uuid, partner_code text, financial_year text, quarter bigint, certificate_number text,
            evidence text, currency text, amount_minor bigint)
        ORDER BY certificate_id ON CONFLICT DO NOTHING
        """,
        [one.model_dump() for one in told],
    )


async def add_queries(connection: AsyncConnection, told: Sequence[QueryChangedV1]) -> None:
    """The later revision wins."""
    latest = {one.query_id: one for one in sorted(told, key=lambda one: one.revision)}
    await insert_facts(
        connection,
        """
        INSERT INTO sheet_queries AS known (query_id, number, partner_code, category, subject, state, opened_at, due_at,
            answered_at, links, revision)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            query_id uuid, number text, partner_code text, category text, subject text, state text,
            opened_at timestamptz, due_at timestamptz, answered_at timestamptz, links jsonb, revision bigint)
        ORDER BY query_id ON CONFLICT (query_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at,
            answered_at = excluded.answered_at, links = excluded.links, revision = excluded.revision
        WHERE known.revision < excluded.revision
        """,
        [one.model_dump() for one in latest.values()],
    )
