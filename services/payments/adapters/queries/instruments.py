"""Reads about cheques in hand and cheques that came back."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.instruments import bounces_since as bounces_since

INSTRUMENT_SELECT = (
    "SELECT i.*, b.number AS bank_account, (SELECT jsonb_agg(jsonb_build_object('standing', e.standing, 'detail',"
    " e.detail, 'at', e.at, 'actor', e.actor) ORDER BY e.revision) FROM instrument_events e"
    " WHERE e.instrument_id = i.id) AS events FROM instruments i JOIN partners p ON p.code = i.partner_code"
    " LEFT JOIN bank_accounts b ON b.id = i.bank_account_id"
)
BOUNCE_SELECT = (
    "SELECT b.*, c.number AS charge_number, c.net_minor + c.gst_minor AS charge_minor, o.open_minor AS charge_open_minor,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('step', s.step, 'on', s.happened_on, 'note', s.note,"
    "  'actor', s.actor) ORDER BY s.happened_on, s.at), '[]') FROM bounce_steps s WHERE s.bounce_id = b.id) AS steps,"
    " (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object('number', t.document_number, 'open', t.open_minor)), '[]')"
    "  FROM allocations a JOIN open_items t ON t.id = a.open_item_id"
    "  WHERE a.receipt_id = b.receipt_id AND a.is_reversal AND a.kind = 'receipt') AS reopened"
    " FROM bounces b JOIN partners p ON p.code = b.partner_code"
    " LEFT JOIN charges c ON c.bounce_id = b.id LEFT JOIN open_items o ON o.id = c.id"
)
CHARGE_RULE_SELECT = "SELECT r.* FROM bounce_charge_rules r"


async def cheques_in_hand(connection: AsyncConnection, partner_code: str, as_of: date) -> Sequence[Row]:
    """Cheques received by the day that the bank had not credited by then, the earliest dated first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT i.* FROM instruments i LEFT JOIN receipts r ON r.id = i.receipt_id"
                " WHERE i.partner_code = :code AND i.received_on <= :day"
                " AND (i.standing IN ('held', 'deposited') OR (i.standing = 'cleared' AND r.received_on > :day)"
                "  OR (i.standing IN ('withdrawn', 'bounced') AND (SELECT max(e.at) FROM instrument_events e"
                "   WHERE e.instrument_id = i.id) >= CAST(:day AS date) + 1))"
                " ORDER BY i.cheque_on, i.cheque_number"
            ),
            {"code": partner_code, "day": as_of},
        )
    ).all()
