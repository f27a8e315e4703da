"""Asks a partner to confirm its balance, as of a day, by a statement that is frozen."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.confirmation_facts import publish_confirmation_asked
from services.payments.adapters.repositories.balance_confirmations import (
    Step,
    add_confirmation,
    next_confirmation_number,
    statement_balances,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.publish_statement import PublishStatement, publish_statement
from services.payments.domain.account_statement import StatementWanted
from services.payments.domain.balance_confirmation import ConfirmationKind
from services.payments.domain.business_day import financial_year
from services.payments.domain.errors import DateImpossible
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class AskConfirmation:
    """Whose balance by which statement, how, and until when."""

    wanted: StatementWanted
    language: str
    kind: ConfirmationKind
    due_on: date


async def ask_confirmation(work: UnitOfWork, command: AskConfirmation, posting: Posting) -> list[UUID]:
    """One confirmation per currency of the statement; asking again about the same statement gives the same ones.

    Raises as publish_statement; DateImpossible for a due day that is past.
    """
    statement_id, _ = await publish_statement(
        work, PublishStatement(command.wanted, command.language), posting
    )
    assert statement_id is not None
    return await ask_about(work, statement_id, (command.kind, command.due_on), posting)


async def ask_about(
    work: UnitOfWork, statement_id: UUID, how: tuple[ConfirmationKind, date], posting: Posting
) -> list[UUID]:
    """Ask about each balance of a published statement that nobody asked about yet; the ids of all of them."""
    kind, due_on = how
    if due_on < posting.effective_on:
        raise DateImpossible(f"{due_on} is past; expected {posting.effective_on} or later")
    ids = []
    for balance in await statement_balances(work.connection, statement_id):
        if balance.confirmation_id is not None:
            ids.append(balance.confirmation_id)
            continue
        key = uuid7()
        values = {
            "id": key,
            "number": await next_confirmation_number(work.connection, financial_year(posting.effective_on)),
            "statement_id": statement_id,
            "partner_code": balance.partner_code,
            "currency": balance.currency,
            "balance_minor": balance.closing_minor,
            "kind": kind.value,
            "as_of": balance.to_on,
            "asked_on": posting.effective_on,
            "due_on": due_on,
            "at": posting.at,
            "by": posting.actor,
        }
        await add_confirmation(
            work.connection, values, Step("asked", f"Reply due on {due_on}", posting.actor, posting.at)
        )
        await publish_confirmation_asked(work, key)
        ids.append(key)
    return ids
