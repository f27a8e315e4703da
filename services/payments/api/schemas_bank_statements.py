"""Bodies of bank statements and their lines."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.adapters.queries.statements import PartOfStatement, StatementFacts
from shared.wire import MoneyBody, WireModel, money


class StatementCounts(WireModel):
    """Every line of the file is in exactly one of new, duplicate, rejected, information."""

    lines: int
    new: int = Field(description="Stored and decided because of this file")
    duplicate: int = Field(description="Known from an earlier file; nothing was added")
    rejected: int = Field(description="Could not be read; kept with the reason")
    information: int = Field(description="Pending or intraday: never booked as final")
    booked: int = Field(description="Of the new ones: receipts booked without a person")
    other: int = Field(
        description="Of the new ones: cheques taken back and our own payments; nothing is left to do"
    )
    suggested: int = Field(description="Of the new ones: a person has to say yes")
    exceptions: int = Field(description="Of the new ones: a person has to find out")


class CountsNow(WireModel):
    """Of the lines that this file brought, by their latest decisions."""

    booked: int = Field(description="Receipts, booked by the matching or by a person")
    other: int = Field(description="Nothing is left to do: no receipt, or the receipt was taken back")
    suggested: int
    exceptions: int


class StatementPartBody(WireModel):
    """One statement inside the file with the proof of its balances."""

    part_number: int
    account_number: str
    identification: str
    sequence: str
    is_final: bool
    lines: int
    opening_balance: MoneyBody | None
    lines_total: MoneyBody
    closing_balance: MoneyBody | None
    proof: Literal["proved", "mismatch", "not_stated"] = Field(
        description="opening + lines = closing, and the control totals of the format agree. A part that states its closing"
        " balance alone continues the closing balance before it."
    )


class BankStatementBody(WireModel):
    """A received statement file and how far its import is."""

    id: UUID
    bank_account: str
    file_name: str
    format: str
    size_bytes: int
    sha256: str
    state: Literal["received", "importing", "imported", "failed"]
    is_repeated: bool = Field(default=False, description="Exactly this file came before: nothing was added")
    failure: dict[str, str] | None = Field(
        default=None, description="`code` and `detail` when the import failed"
    )
    counts: StatementCounts = Field(description="As decided when the file was imported")
    counts_now: CountsNow
    parts: list[StatementPartBody]
    job_url: str
    lines_url: str
    received_at: datetime
    imported_at: datetime | None


class AllocationBody(WireModel):
    invoice_number: str
    amount: MoneyBody


class DeductionBody(WireModel):
    invoice_number: str
    kind: str = Field(description="TDS194Q (tax deducted) or BANK_CHARGE")
    amount: MoneyBody


class ReasonBody(WireModel):
    code: str
    text: str


class StatementLineBody(WireModel):
    """One line of the file: what the bank said, what was decided and why."""

    line_number: int
    part_number: int
    outcome: Literal["new", "duplicate", "rejected", "information"]
    first_seen_in: UUID | None = Field(
        default=None, description="The statement that brought a duplicate line first"
    )
    bank_line_id: UUID | None
    booked_on: date | None
    value_on: date | None
    amount: MoneyBody | None = Field(description="Positive is money in")
    narration: str
    reference: str
    decision: Literal["auto", "suggested", "exception", "reviewed"] | None
    kind: str | None = Field(description="receipt, bounce, not_a_receipt or debit")
    partner_code: str | None
    allocations: list[AllocationBody]
    deductions: list[DeductionBody]
    on_account: MoneyBody | None
    score: int | None = Field(description="0 to 100")
    reasons: list[ReasonBody]
    receipt_id: UUID | None


def bank_statement_body(row: Row, facts: StatementFacts, *, is_repeated: bool = False) -> BankStatementBody:
    """The reply for one statement."""
    failure = {"code": row.failure_code, "detail": row.failure_detail} if row.failure_code else None
    return BankStatementBody(
        id=row.id,
        bank_account=row.bank_account,
        file_name=row.file_name,
        format=row.statement_format,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        state=row.state,
        is_repeated=is_repeated,
        failure=failure,
        counts=StatementCounts(**facts.counts),
        counts_now=CountsNow(**facts.counts_now),
        parts=[_part(part) for part in facts.parts],
        job_url=f"/v1/jobs/{row.job_id}",
        lines_url=f"/v1/bank-statements/{row.id}/lines",
        received_at=row.received_at,
        imported_at=row.imported_at,
    )


def _part(row: PartOfStatement) -> StatementPartBody:
    currency = row.currency
    return StatementPartBody(
        part_number=row.part_number,
        account_number=row.account_number,
        identification=row.identification,
        sequence=row.sequence,
        is_final=row.is_final,
        lines=row.lines_count,
        opening_balance=None if row.opening_minor is None else money(row.opening_minor, currency),
        lines_total=money(row.lines_minor, currency),
        closing_balance=None if row.closing_minor is None else money(row.closing_minor, currency),
        proof=row.proof,
    )


def statement_line_body(row: Row, *, statement_id: UUID, currency: str) -> StatementLineBody:
    """The reply for one line; rejected ones show what the file had instead of a narration."""
    currency = row.currency or currency
    is_duplicate = row.outcome == "duplicate"
    return StatementLineBody(
        line_number=row.line_number,
        part_number=row.part_number,
        outcome=row.outcome,
        first_seen_in=row.statement_id if is_duplicate and row.statement_id != statement_id else None,
        bank_line_id=row.bank_line_id,
        booked_on=row.booked_on,
        value_on=row.value_on,
        amount=None if row.amount_minor is None else money(row.amount_minor, currency),
        narration=row.narration if row.narration is not None else row.raw,
        reference=row.strong_reference or row.bank_reference or "",
        decision=row.decision,
        kind=row.kind,
        partner_code=row.partner_code,
        allocations=[allocation_body(one, currency) for one in row.allocations or ()],
        deductions=[deduction_body(one, currency) for one in row.deductions or ()],
        on_account=None if row.on_account_minor is None else money(row.on_account_minor, currency),
        score=row.score,
        reasons=_reasons(row),
        receipt_id=row.receipt_id,
    )


def allocation_body(stored: dict[str, Any], currency: str) -> AllocationBody:
    """One stored allocation."""
    return AllocationBody(invoice_number=stored["number"], amount=money(stored["minor"], currency))


def deduction_body(stored: dict[str, Any], currency: str) -> DeductionBody:
    """One stored deduction."""
    return DeductionBody(
        invoice_number=stored["number"], kind=stored["kind"], amount=money(stored["minor"], currency)
    )


def _reasons(row: Row) -> list[ReasonBody]:
    if row.code:
        return [ReasonBody(code=row.code, text=row.detail)]
    return [ReasonBody(code=reason["code"], text=reason["text"]) for reason in row.reasons or ()]
