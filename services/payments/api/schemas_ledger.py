"""Bodies of journal entries, the trial balance and the audit trail."""

from datetime import date, datetime
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
    lines: list[TrialBalanceLine]
    totals: list[TrialBalanceTotal] = Field(description="One per currency")
    is_proved: bool


class AuditVerificationBody(WireModel):
    """The hash chain recomputed from the stored journal."""

    is_intact: bool
    batches: int
    entries: int
    first_broken_batch_id: UUID | None


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


def trial_balance_body(rows: list[Row], *, as_of: datetime) -> TrialBalanceBody:
    """Lines, totals per currency, and the proof."""
    debits: dict[str, int] = {}
    credits_: dict[str, int] = {}
    for row in rows:
        debits[row.currency] = debits.get(row.currency, 0) + int(row.debit_minor)
        credits_[row.currency] = credits_.get(row.currency, 0) + int(row.credit_minor)
    agrees = all(int(row.debit_minor) - int(row.credit_minor) == row.balance_minor for row in rows)
    return TrialBalanceBody(
        as_of=as_of,
        lines=[
            TrialBalanceLine(
                account_code=row.account_code,
                account_name=account_name(row.account_code),
                debit=money(int(row.debit_minor), row.currency),
                credit=money(int(row.credit_minor), row.currency),
                balance=money(row.balance_minor, row.currency),
                base_balance=money(int(row.worth_minor), BASE_CURRENCY),
            )
            for row in rows
        ],
        totals=[
            TrialBalanceTotal(
                debit=money(debits[currency], currency), credit=money(credits_[currency], currency)
            )
            for currency in sorted(debits)
        ],
        is_proved=agrees and debits == credits_ and sum(int(row.worth_minor) for row in rows) == 0,
    )
