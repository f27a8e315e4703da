"""Freezes why bank and book differ on a day, and raises an exception when something is left unexplained."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.queries.bank_reconciliation import bank_reconciliation
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_accounts import (
    bank_account_by_number,
    bank_account_for_update,
)
from services.payments.adapters.repositories.exceptions import (
    ExceptionStep,
    raise_for_subject,
    resolve_exceptions_of_subject,
)
from services.payments.adapters.repositories.reconciliation_rules import tolerance_on
from services.payments.adapters.repositories.reconciliations import add_reconciliation, next_revision
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.explain_bank_lines import explain_bank_lines
from services.payments.domain.bank_reconciliation import BankReconciliation, ReconciliationState
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class JudgedReconciliation:
    """A reconciliation with its verdict: which tolerance admits its residual, if one is needed and does."""

    id: UUID
    account: Row
    revision: int
    statement: BankReconciliation
    state: ReconciliationState
    tolerance: Row | None


async def judged(connection: AsyncConnection, account: Row, day: date) -> JudgedReconciliation:
    """Recomputed, and not kept."""
    statement = await bank_reconciliation(connection, account, day)
    tolerance = await tolerance_on(connection, account, day)
    state = statement.state_within(tolerance.amount_minor if tolerance else 0)
    used = tolerance if state is ReconciliationState.TOLERATED else None
    return JudgedReconciliation(uuid7(), account, 0, statement, state, used)


async def judged_today(connection: AsyncConnection, number: str, day: date) -> JudgedReconciliation:
    """By the account's number; BankAccountUnknown."""
    return await judged(connection, await bank_account_by_number(connection, number), day)


Freeze = Callable[[JudgedReconciliation], bytes]


async def reconcile_account(
    work: UnitOfWork, number: str, day: date, posting: Posting, freeze: Freeze
) -> UUID:
    """Books what rules explain first, then keeps what `freeze` makes of the result, with its hash.

    BankAccountUnknown. An unexplained day raises one exception, which is over once the day is proved.
    """
    account = await bank_account_for_update(work.connection, number)
    await explain_bank_lines(work, account, posting.at)
    revision = await next_revision(work.connection, account.id, day)
    found = await judged(work.connection, account, day)
    kept = JudgedReconciliation(found.id, account, revision, found.statement, found.state, found.tolerance)
    await add_reconciliation(
        work.connection,
        {
            "id": kept.id,
            "bank_account_id": account.id,
            "day": day,
            "revision": revision,
            "state": kept.state.value,
            "currency": account.currency,
            "bank_minor": kept.statement.bank.amount_minor,
            "book_minor": kept.statement.book_minor,
            "items_count": len(kept.statement.items),
            "residual_minor": kept.statement.residual_minor,
            "tolerance_id": kept.tolerance.id if kept.tolerance else None,
            "content": freeze(kept),
            "by": posting.actor,
            "at": posting.at,
        },
    )
    await _tell(work, kept, posting)
    return kept.id


async def _tell(work: UnitOfWork, kept: JudgedReconciliation, posting: Posting) -> None:
    subject = f"reconciliation:{kept.account.number}:{kept.statement.day}"
    if kept.state is not ReconciliationState.UNEXPLAINED:
        step = ExceptionStep("resolved", posting.actor, posting.at, "cause_gone", f"The day is {kept.state}")
        await resolve_exceptions_of_subject(work.connection, subject, step)
        return
    residual = kept.statement.residual_minor
    told = (
        "no statement tells the balance of the bank"
        if residual is None
        else f"{residual} minor units of {kept.statement.currency} between bank and book are explained by nothing"
    )
    await raise_for_subject(
        work.connection,
        subject,
        {
            "code": "bank_difference_unexplained",
            "detail": f"{kept.account.number} on {kept.statement.day}: {told}",
            "bank_account_id": kept.account.id,
            "by": posting.actor,
            "at": posting.at,
        },
    )
