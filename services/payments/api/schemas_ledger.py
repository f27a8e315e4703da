"""Bodies of journal entries, the trial balance and the audit trail."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.domain.chart_of_accounts import account_name
from services.payments.domain.exchange_rate import BASE_CURRENCY
from shared.wire import MoneyBody, WireModel, money


class JournalLineBody(WireModel):
    account_code: str
    account_name: str
    partner_code: str | None
    debit: MoneyBody | None
    credit: MoneyBody | None
    base_amount: MoneyBody = Field(description="What it is worth in rupees; positive is a debit")


class JournalEntryBody(WireModel):
    """A balanced entry; `reverses_entry_id` names the entry it takes back."""

    id: UUID
    kind: str
    source_id: UUID = Field(description="The invoice or receipt it comes from")
    effective_on: date
    occurred_on: date | None = Field(
        description="The fact's own day where its month was closed before it came"
    )
    posted_at: datetime
    description: str
    reverses_entry_id: UUID | None
    lines: list[JournalLineBody]


class EntryTraceBody(JournalEntryBody):
    """An entry with what vouches for it, and the line of the bank where its story ends."""

    posted_by: str | None
    audit_position: int | None = Field(description="Of its batch in the audit chain")
    source_url: str | None = Field(description="Where its source is shown")
    bank_line_id: UUID | None
    bank_line_url: str | None
    statement_id: UUID | None = Field(description="The file that brought the line first")
    statement_line_number: int | None


class TrialBalanceLine(WireModel):
    account_code: str
    account_name: str
    debit: MoneyBody
    credit: MoneyBody
    balance: MoneyBody = Field(description="Positive is a debit balance")
    base_balance: MoneyBody = Field(description="The same in rupees, each entry at its own rate")


class TrialBalanceTotal(WireModel):
    debit: MoneyBody
    credit: MoneyBody


class TrialBalanceBody(WireModel):
    """Summed from the journal; `is_proved` says that debits are credits, also in rupees, and running balances
    agree."""

    as_of: datetime
    day: date | None = Field(description="The last day it counts; null for everything that was posted")
    lines: list[TrialBalanceLine]
    totals: list[TrialBalanceTotal] = Field(description="One per currency")
    is_proved: bool


class AuditVerificationBody(WireModel):
    """The hash chain recomputed from the stored journal."""

    is_intact: bool
    batches: int
    entries: int
    carried_entries: int = Field(
        default=0,
        description="Of those, how many left for the archive with their months: their links were compared",
    )
    first_broken_batch_id: UUID | None
    first_broken_position: int | None = Field(
        description="Null for intact books and for what no link vouches for"
    )
    last_hash: str = Field(description="Of the last link that agrees; write it down elsewhere")


def journal_entry_body(row: Row) -> JournalEntryBody:
    """The reply for one entry with its lines."""
    return JournalEntryBody(
        id=row.id,
        kind=row.kind,
        source_id=row.source_id,
        effective_on=row.effective_on,
        occurred_on=row.occurred_on,
        posted_at=row.posted_at,
        description=row.description,
        reverses_entry_id=row.reverses_entry_id,
        lines=[
            JournalLineBody(
                account_code=line["account"],
                account_name=account_name(line["account"]),
                partner_code=line["partner"],
                debit=money(line["minor"], row.currency) if line["minor"] > 0 else None,
                credit=money(-line["minor"], row.currency) if line["minor"] < 0 else None,
                base_amount=money(line["worth"], BASE_CURRENCY),
            )
            for line in row.lines
        ],
    )


_SOURCE_URLS: Final = {
    "invoice": "/v1/invoices/{}",
    "receipt": "/v1/receipts/{}",
    "allocation": "/v1/receipts/{}",
    "allocation_undone": "/v1/receipts/{}",
}


def entry_trace_body(row: Row) -> EntryTraceBody:
    """The reply for one entry, traced."""
    source = _SOURCE_URLS.get(row.kind.removesuffix("_reversal"))
    is_at_bank = row.bank_line_id is not None
    return EntryTraceBody(
        **journal_entry_body(row).model_dump(),
        posted_by=row.posted_by,
        audit_position=row.audit_position,
        source_url=source.format(row.source_id) if source else None,
        bank_line_id=row.bank_line_id,
        bank_line_url=f"/v1/bank-lines/{row.bank_line_id}" if is_at_bank else None,
        statement_id=row.statement_id,
        statement_line_number=row.line_number,
    )


def trial_balance_line(row: Row) -> TrialBalanceLine:
    """The reply for one account."""
    return TrialBalanceLine(
        account_code=row.account_code,
        account_name=account_name(row.account_code),
        debit=money(int(row.debit_minor), row.currency),
        credit=money(int(row.credit_minor), row.currency),
        balance=money(int(row.balance_minor), row.currency),
        base_balance=money(int(row.worth_minor), BASE_CURRENCY),
    )


def trial_balance_body(rows: list[Row], *, as_of: datetime, day: date | None) -> TrialBalanceBody:
    """Lines, totals per currency, and the proof; running balances take part in it where no day cuts off."""
    debits: dict[str, int] = {}
    credits_: dict[str, int] = {}
    for row in rows:
        debits[row.currency] = debits.get(row.currency, 0) + int(row.debit_minor)
        credits_[row.currency] = credits_.get(row.currency, 0) + int(row.credit_minor)
    agrees = day is not None or all(int(row.balance_minor) == row.running_minor for row in rows)
    return TrialBalanceBody(
        as_of=as_of,
        day=day,
        lines=[trial_balance_line(row) for row in rows],
        totals=[
            TrialBalanceTotal(
                debit=money(debits[currency], currency), credit=money(credits_[currency], currency)
            )
            for currency in sorted(debits)
        ],
        is_proved=agrees and debits == credits_ and sum(int(row.worth_minor) for row in rows) == 0,
    )
