"""Takes the balance of a bank account before its first statement into the books, once."""

from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_writer import post_entries
from services.payments.adapters.queries.bank_reconciliation import bank_reconciliation, statement_spans
from services.payments.adapters.repositories.bank_accounts import bank_account_for_update
from services.payments.adapters.repositories.periods import first_open_day
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.post_bank_line import worth_of
from services.payments.domain.bank_line_posting import BankLinePosting, entry_for_opening_balance
from services.payments.domain.bank_reconciliation import ItemKind
from services.payments.domain.errors import OpeningTaken
from services.payments.domain.period import in_open_month
from services.payments.domain.posting import Posting


async def take_over_opening(work: UnitOfWork, number: str, posting: Posting) -> UUID:
    """The difference that the books still lack; BankAccountUnknown; OpeningTaken when they lack none."""
    account = await bank_account_for_update(work.connection, number)
    spans = await statement_spans(work.connection, account)
    if not spans:
        raise OpeningTaken(f"No proved statement of {number} tells with what it begins; import one first")
    first_on = min(span.first_on for span in spans)
    statement = await bank_reconciliation(work.connection, account, posting.effective_on)
    lacking = [item for item in statement.items if item.kind is ItemKind.OPENING_DIFFERENCE]
    if not lacking:
        raise OpeningTaken(f"The books have what {number} held before its first statement")
    amount = lacking[0].amount_minor, account.currency
    facts = BankLinePosting(
        id=account.id,
        account_code="",
        amount_minor=amount[0],
        currency=account.currency,
        bank_account_number=account.number,
        effective_on=first_on,
        note=f"Balance of {account.number} before its first statement",
        base_minor=await worth_of(work, amount, first_on),
    )
    entry = entry_for_opening_balance(facts, entry_id=uuid7())
    opens_on = await first_open_day(work.connection)
    await post_entries(work.connection, [in_open_month(entry, opens_on)], actor=posting.actor, at=posting.at)
    return entry.id
