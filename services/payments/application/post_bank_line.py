"""Takes lines of the bank into the books that are no customers' payments, and out again when that was wrong."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import post_entries
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.bank_lines import (
    add_posting,
    end_posting,
    line_for_posting,
    link_lines,
    standing_posting,
    unlinked_source,
)
from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_of_lines
from services.payments.adapters.repositories.exchange_rates import rates_on
from services.payments.adapters.repositories.journal import standing_entries
from services.payments.adapters.repositories.periods import first_open_day
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.bank_line_posting import (
    BankLinePosting,
    entry_for_bank_line,
    refuse_unsuitable_account,
)
from services.payments.domain.chart_of_accounts import code_in_force
from services.payments.domain.errors import LineInBooks, LinkUnfit, RateUnknown
from services.payments.domain.exchange_rate import BASE_CURRENCY, base_minor
from services.payments.domain.journal import reversal_of
from services.payments.domain.period import in_open_month
from services.payments.domain.posting import Posting
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class PostBankLine:
    """`rule_id` names the rule that says so; without one it is the caller's own judgement."""

    bank_line_id: UUID
    account_code: str
    note: str
    rule_id: UUID | None = None


async def post_bank_line(work: UnitOfWork, command: PostBankLine, posting: Posting) -> UUID:
    """On the line's own day. NotFound; LineInBooks when something stands on it; AccountNotForLines; RateUnknown."""
    account_code = code_in_force(command.account_code)
    refuse_unsuitable_account(account_code)
    line = await _line(work, command.bank_line_id)
    opens_on = await first_open_day(work.connection)
    facts = BankLinePosting(
        base_minor=await worth_of(work, (line.amount_minor, line.currency), line.booked_on),
        id=uuid7(),
        account_code=account_code,
        amount_minor=line.amount_minor,
        currency=line.currency,
        bank_account_number=line.bank_account,
        effective_on=line.booked_on,
        note=command.note,
    )
    row = {
        "id": facts.id,
        "bank_line_id": line.id,
        "account_code": account_code,
        "note": command.note,
        "rule_id": command.rule_id,
        "effective_on": max(line.booked_on, opens_on),
        "by": posting.actor,
        "at": posting.at,
    }
    await add_posting(work.connection, row)
    entry = in_open_month(entry_for_bank_line(facts, entry_id=uuid7()), opens_on)
    await post_entries(work.connection, [entry], actor=posting.actor, at=posting.at)
    await _nobody_needs_to_look(work, line.id, f"Posted to {account_code}", posting)
    return facts.id


async def worth_of(work: UnitOfWork, amount: tuple[int, str], day: date) -> int | None:
    """What foreign money (minor units, currency) is worth in paise on the day; None for rupees. RateUnknown."""
    amount_minor, currency = amount
    if currency == BASE_CURRENCY:
        return None
    rate = (await rates_on(work.connection, [(currency, day)])).get((currency, day))
    if rate is None:
        raise RateUnknown(f"There is no rate of {currency} for {day}; enter it with POST /v1/exchange-rates")
    return base_minor(amount_minor, currency, rate)


async def take_back_posting(work: UnitOfWork, bank_line_id: UUID, reason: str, posting: Posting) -> None:
    """The line waits again from the day it counts for; NotFound when nothing is posted for it.

    EntriesArchived when its entry may have left.
    """
    await line_for_posting(work.connection, bank_line_id)
    standing = await standing_posting(work.connection, bank_line_id)
    if standing is None:
        raise NotFound(f"No posting of bank line {bank_line_id} stands")
    ended = {"by": posting.actor, "at": posting.at, "reason": reason}
    await end_posting(work.connection, standing.id, ended)
    mirrors = [
        reversal_of(
            entry,
            id=uuid7(),
            effective_on=max(posting.effective_on, entry.effective_on),
            description=f"{entry.description} taken back: {reason}",
        )
        for entry in await standing_entries(work.connection, standing.id)
    ]
    await post_entries(work.connection, mirrors, actor=posting.actor, at=posting.at)


async def link_bank_line(
    work: UnitOfWork, bank_line_id: UUID, source: tuple[str, UUID], posting: Posting
) -> None:
    """Say that the line shows a refund (`refund`, its id) or a return (`returned_cheque`, the receipt's id).

    NotFound; LineInBooks; LinkUnfit for another account or amount, and for what another line shows already.
    """
    kind, source_id = source
    line = await _line(work, bank_line_id)
    found = await unlinked_source(work.connection, kind, source_id)
    if found is None:
        raise LinkUnfit(f"There is no {kind} {source_id} that still waits for the bank")
    if (found.bank_account_id, found.amount_minor) != (line.bank_account_id, line.amount_minor):
        raise LinkUnfit("The line is of another account or over another amount")
    await link_lines(work.connection, [(kind, source_id, line.id)], posting.actor, posting.at)
    await _nobody_needs_to_look(work, line.id, f"Shows {kind} {source_id}", posting)


async def _line(work: UnitOfWork, bank_line_id: UUID) -> Row:
    line = await line_for_posting(work.connection, bank_line_id)
    if line is None:
        raise NotFound(f"There is no bank line {bank_line_id}")
    if line.is_in_books:
        raise LineInBooks(f"Bank line {bank_line_id} is in the books; take that back first")
    return line


async def _nobody_needs_to_look(work: UnitOfWork, line_id: UUID, note: str, posting: Posting) -> None:
    step = ExceptionStep("resolved", posting.actor, posting.at, "booked", note)
    await resolve_exceptions_of_lines(work.connection, [line_id], step)
