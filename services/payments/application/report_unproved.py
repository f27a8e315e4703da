"""Puts an account that does not prove before a person, once however often somebody asks for it."""

from datetime import datetime

from services.payments.adapters.repositories.exceptions import raise_for_subject
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import StatementUnproved


def account_subject(partner_code: str, currency: str) -> str:
    """What an exception about an account is about; one is open at a time."""
    return f"account:{partner_code}:{currency}"


async def report_unproved(work: UnitOfWork, refusal: StatementUnproved, *, by: str, at: datetime) -> None:
    """Raise the account's exception unless it is open already."""
    subject = account_subject(str(refusal.facts["partner_code"]), str(refusal.facts["currency"]))
    values = {"code": refusal.code, "detail": refusal.detail, "bank_account_id": None, "by": by, "at": at}
    await raise_for_subject(work.connection, subject, values)
