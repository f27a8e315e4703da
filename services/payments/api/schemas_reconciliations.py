"""Bodies of bank reconciliation statements, of bank lines posted without a receipt, of rules and tolerances."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_bank_accounts import AccountNumber
from services.payments.application.reconcile_account import JudgedReconciliation
from services.payments.domain.bank_reconciliation import BankBalance, ReconcilingItem
from services.payments.domain.chart_of_accounts import bank_ledger_account
from shared.wire import Day, MoneyBody, WireModel, money

StateName = Literal["proved", "tolerated", "unexplained"]
AccountCode = Annotated[
    str, Field(max_length=60, examples=["5100-bank-charges"], description="Of GET /v1/ledger-accounts")
]
Note = Annotated[str, Field(min_length=3, max_length=500, examples=["SMS charges of October"])]
RuleName = Annotated[str, Field(min_length=3, max_length=100, examples=["SMS charges"])]


class BankBalanceBody(WireModel):
    """What the bank says, and the file that proves it."""

    amount: MoneyBody | None
    basis: Annotated[
        Literal["stated", "continued", "carried", "not_stated"],
        Field(
            description="`stated`: a statement covers the day. `continued`: the next statement opens with it."
            " `carried`: the last statement ends before the day. `not_stated`: no statement tells a balance"
        ),
    ]
    statement_id: UUID | None
    file_name: str | None
    sha256: str | None
    part_number: int | None
    covers_from: date | None
    covers_to: date | None


class ReconcilingItemBody(WireModel):
    """One reason for the difference."""

    kind: Literal[
        "credit_not_booked", "debit_not_booked", "receipt_not_at_bank", "refund_not_at_bank",
        "entry_not_at_bank", "amount_differs", "opening_difference",
    ]  # fmt: skip
    amount: Annotated[
        MoneyBody, Field(description="What the bank has more than the book because of it; may be negative")
    ]
    occurred_on: date
    age_days: int
    reference: str
    narration: str
    bank_line_id: UUID | None
    journal_entry_id: UUID | None
    source_id: UUID | None
    decision: Annotated[str, Field(description="What the matching decided about the line; empty for none")]
    reason: str
    exception_id: UUID | None
    owner: str


class ItemTotalBody(WireModel):
    kind: str
    count: int
    amount: MoneyBody


class ReconciliationSummary(WireModel):
    """Balance per bank − balance per book − reconciling items = residual."""

    id: Annotated[UUID | None, Field(description="Null in a preview, which is not kept")]
    bank_account: str
    ledger_account: str
    day: date
    revision: Annotated[int, Field(description="Which statement of the day this is; 0 in a preview")]
    state: StateName
    bank: MoneyBody | None
    book: MoneyBody
    residual: Annotated[
        MoneyBody | None, Field(description="Null when no statement tells the bank's balance")
    ]
    items_count: int
    tolerance_id: UUID | None
    sha256: Annotated[str | None, Field(description="Of the frozen statement; null in a preview")]
    made_at: datetime | None
    made_by: str | None


class ReconciliationContent(WireModel):
    """The bank reconciliation statement itself, as it is frozen and hashed."""

    bank_account: str
    ledger_account: str
    day: date
    revision: int
    state: StateName
    bank: BankBalanceBody
    book: MoneyBody
    totals: list[ItemTotalBody]
    items: list[ReconcilingItemBody]
    residual: MoneyBody | None
    tolerance: Annotated[str | None, Field(description="Name of the tolerance that admits the residual")]
    tolerance_id: UUID | None


class ReconciliationBody(ReconciliationContent):
    """With where it is kept: id, hash, who and when are null in a preview."""

    id: UUID | None = None
    sha256: str | None = None
    made_at: datetime | None = None
    made_by: str | None = None


class ReconciliationDraft(WireModel):
    """Which day of which account to reconcile and keep."""

    bank_account: AccountNumber
    day: Day


class OpeningDraft(WireModel):
    bank_account: AccountNumber


class OpeningBody(WireModel):
    journal_entry_id: UUID


class BankLinePostingDraft(WireModel):
    """To which account a line belongs that is no customer's payment."""

    account_code: AccountCode
    note: Note


class BankLinePostingReversalDraft(WireModel):
    reason: Note


class BankLineLinkDraft(WireModel):
    """What the books had before the bank showed it: a refund, or a returned cheque by its receipt."""

    refund_id: UUID | None = None
    returned_receipt_id: UUID | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "BankLineLinkDraft":
        if (self.refund_id is None) == (self.returned_receipt_id is None):
            raise ValueError("expected refund_id or returned_receipt_id, and not both")
        return self

    def source(self) -> tuple[str, UUID]:
        """(kind, id)."""
        if self.refund_id is not None:
            return "refund", self.refund_id
        assert self.returned_receipt_id is not None
        return "returned_cheque", self.returned_receipt_id


class LineStandingBody(WireModel):
    """A line of the bank and how it stands in the books."""

    id: UUID
    bank_account: str
    booked_on: date
    value_on: date
    amount: MoneyBody
    narration: str
    reference: str
    statement_id: UUID
    line_number: int
    decision: str | None
    receipt_id: Annotated[UUID | None, Field(description="The standing receipt, or the one it took back")]
    account_code: Annotated[str | None, Field(description="To which it is posted instead")]
    posting_note: str | None
    rule_id: UUID | None
    linked_kind: Literal["refund", "returned_cheque"] | None
    linked_id: UUID | None
    is_in_books: bool


class LedgerAccountBody(WireModel):
    code: str
    name: str
    takes_bank_lines: Annotated[bool, Field(description="Lines of the bank may be posted to it")]


class LedgerAccountsBody(WireModel):
    items: list[LedgerAccountBody]


def _span_facts(bank: BankBalance) -> dict[str, object]:
    span = bank.span
    return {
        "statement_id": span.statement_id if span else None,
        "file_name": span.file_name if span else None,
        "sha256": span.sha256 if span else None,
        "part_number": span.part_number if span else None,
        "covers_from": span.first_on if span else None,
        "covers_to": span.last_on if span else None,
    }


def reconciliation_content(judged: JudgedReconciliation) -> ReconciliationContent:
    """What is kept of a reconciliation."""
    statement, currency = judged.statement, judged.statement.currency
    residual = statement.residual_minor
    bank = statement.bank
    return ReconciliationContent.model_validate(
        {
            "bank_account": judged.account.number,
            "ledger_account": bank_ledger_account(judged.account.number),
            "day": statement.day,
            "revision": judged.revision,
            "state": judged.state.value,
            "bank": {
                "amount": None if bank.amount_minor is None else money(bank.amount_minor, currency),
                "basis": bank.basis.value,
                **_span_facts(bank),
            },
            "book": money(statement.book_minor, currency),
            "totals": _totals(statement.items, currency),
            "items": [_item(item, currency, statement.day) for item in statement.items],
            "residual": None if residual is None else money(residual, currency),
            "tolerance": judged.tolerance.name if judged.tolerance else None,
            "tolerance_id": judged.tolerance.id if judged.tolerance else None,
        }
    )


def _totals(items: tuple[ReconcilingItem, ...], currency: str) -> list[ItemTotalBody]:
    sums: dict[str, tuple[int, int]] = {}
    for item in items:
        count, amount = sums.get(item.kind.value, (0, 0))
        sums[item.kind.value] = (count + 1, amount + item.amount_minor)
    return [
        ItemTotalBody(kind=kind, count=count, amount=money(amount, currency))
        for kind, (count, amount) in sorted(sums.items())
    ]


def _item(item: ReconcilingItem, currency: str, day: date) -> dict[str, object]:
    return {
        "kind": item.kind.value,
        "amount": money(item.amount_minor, currency),
        "occurred_on": item.occurred_on,
        "age_days": (day - item.occurred_on).days,
        "reference": item.reference,
        "narration": item.narration,
        "bank_line_id": item.bank_line_id,
        "journal_entry_id": item.journal_entry_id,
        "source_id": item.source_id,
        "decision": item.decision,
        "reason": item.reason,
        "exception_id": item.exception_id,
        "owner": item.owner,
    }


def reconciliation_summary(row: Row) -> ReconciliationSummary:
    """One line of the list."""
    return ReconciliationSummary(
        id=row.id,
        bank_account=row.bank_account,
        ledger_account=bank_ledger_account(row.bank_account),
        day=row.day,
        revision=row.revision,
        state=row.state,
        bank=None if row.bank_minor is None else money(row.bank_minor, row.currency),
        book=money(row.book_minor, row.currency),
        residual=None if row.residual_minor is None else money(row.residual_minor, row.currency),
        items_count=row.items_count,
        tolerance_id=row.tolerance_id,
        sha256=row.content_hash.hex(),
        made_at=row.made_at,
        made_by=row.made_by,
    )


def frozen_body(row: Row) -> ReconciliationBody:
    """The statement as it was frozen, with where it is kept."""
    content = ReconciliationContent.model_validate_json(row.content)
    return ReconciliationBody(
        **content.model_dump(),
        id=row.id,
        sha256=row.content_hash.hex(),
        made_at=row.made_at,
        made_by=row.made_by,
    )


def line_standing_body(row: Row) -> LineStandingBody:
    """The reply for one line."""
    return LineStandingBody(
        id=row.id,
        bank_account=row.bank_account,
        booked_on=row.booked_on,
        value_on=row.value_on,
        amount=money(row.amount_minor, row.currency),
        narration=row.narration,
        reference=row.strong_reference or row.bank_reference,
        statement_id=row.statement_id,
        line_number=row.line_number,
        decision=row.decision,
        receipt_id=row.receipt_id,
        account_code=row.account_code,
        posting_note=row.posting_note,
        rule_id=row.rule_id,
        linked_kind=row.linked_kind,
        linked_id=row.linked_id,
        is_in_books=row.is_in_books,
    )
