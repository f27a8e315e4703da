"""Keeps this service's copy of the partner master, fed by events."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from services.payments.adapters.repositories.redecisions import request_redecision
from services.payments.adapters.unit_of_work import UnitOfWork
from shared.events.partners import PartnerState


async def project_partners(work: UnitOfWork, states: Sequence[PartnerState]) -> None:
    """The later version wins, in whatever order events arrive; repeating one changes nothing."""
    latest: dict[str, PartnerState] = {}
    for state in states:
        if state.code not in latest or latest[state.code].version < state.version:
            latest[state.code] = state
    ordered = [latest[code] for code in sorted(latest)]
    await work.connection.execute(
        sa.text(
            "INSERT INTO partners (code, name, city, zone, gstin, ifsc, bank_account, status, sequence, legal_name,"
            " address, pin_code, state_code, updated_at)"
            " SELECT t.*, :at FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:cities AS text[]),"
            "  CAST(:zones AS text[]), CAST(:gstins AS text[]), CAST(:ifscs AS text[]), CAST(:accounts AS text[]),"
            "  CAST(:statuses AS text[]), CAST(:versions AS bigint[]), CAST(:legal_names AS text[]),"
            "  CAST(:addresses AS text[]), CAST(:pin_codes AS text[]), CAST(:state_codes AS text[])) AS t"
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name, city = excluded.city, zone = excluded.zone,"
            "  gstin = excluded.gstin, ifsc = excluded.ifsc, bank_account = excluded.bank_account,"
            "  status = excluded.status, sequence = excluded.sequence, legal_name = excluded.legal_name,"
            "  address = excluded.address, pin_code = excluded.pin_code, state_code = excluded.state_code,"
            "  updated_at = excluded.updated_at"
            " WHERE partners.sequence < excluded.sequence"
        ),
        {
            "at": datetime.now(UTC),
            "codes": [state.code for state in ordered],
            "names": [state.name for state in ordered],
            "cities": [state.city or "" for state in ordered],
            "zones": [state.zone for state in ordered],
            "gstins": [state.gstin or "" for state in ordered],
            "ifscs": [state.ifsc or "" for state in ordered],
            "accounts": [state.bank_account or "" for state in ordered],
            "statuses": [state.status.value for state in ordered],
            "versions": [state.version for state in ordered],
            "legal_names": [state.legal_name or "" for state in ordered],
            "addresses": [state.address or "" for state in ordered],
            "pin_codes": [state.pin_code or "" for state in ordered],
            "state_codes": [state.state_code or "" for state in ordered],
        },
    )
    await request_redecision(work.connection, "partners_changed")
