"""Bank details: proposed by one person, approved or refused by another; the approved ones are the master's."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.partners.adapters.bank_store import (
    Row,
    add_bank_decision,
    add_bank_details,
    bank_detail_row,
    lock_bank_detail,
)
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.register_partners import register_partners
from services.partners.domain.bank_details import BankDetails, BankDetailsStanding, check_decision
from services.partners.domain.partner import Partner, Registration


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDecision:
    """What somebody decides, and when."""

    is_approved: bool
    note: str | None
    actor: str
    at: datetime


async def propose_bank_details(
    work: UnitOfWork, partner: Partner, details: BankDetails, reason: str, *, by: tuple[str, datetime]
) -> Row:
    """They count for nothing until somebody else approves them. `by` is who, when."""
    detail_id = uuid7()
    await add_bank_details(work.connection, (detail_id, partner.id), details, reason, by)
    return await bank_detail_row(work.connection, partner.id, detail_id)


async def decide_bank_details(
    work: UnitOfWork, partner: Partner, detail_id: UUID, decision: BankDecision
) -> Row:
    """Approved ones replace the account in the master, which tells the others. BankDetailsDecided, MakerIsChecker."""
    row = await lock_bank_detail(work.connection, partner.id, detail_id)
    check_decision(detail_id, BankDetailsStanding(row.standing), row.proposed_by, decision.actor)
    await add_bank_decision(
        work.connection,
        row,
        is_approved=decision.is_approved,
        note=decision.note,
        by=(decision.actor, decision.at),
    )
    if decision.is_approved:
        details = replace(partner.details, ifsc=row.ifsc, bank_account=row.account_number)
        registration = Registration(details=details)
        await register_partners(work, [registration], actor=decision.actor, at=decision.at)
    return await bank_detail_row(work.connection, partner.id, detail_id)
