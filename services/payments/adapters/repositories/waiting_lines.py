"""Bank lines while somebody decides about them: locked, with their latest decision and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.decision_store import stored_decision
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.exceptions import LINE_IN_BOOKS
from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.decision import Decision, LineKind
from services.payments.domain.line_receipt import LineOrigin

# A receipt stands on its line until it is taken back; one that another channel told stands on the line that confirms it.
STANDING_ON_LINE = (
    "(SELECT r.id FROM receipts r WHERE r.bank_line_id = l.id"
    "  AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)"
    " UNION ALL SELECT c.receipt_id FROM receipt_confirmations c WHERE c.bank_line_id = l.id"
    "  AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = c.receipt_id) LIMIT 1)"
)
_STATES = (
    "SELECT l.*, b.number AS bank_account_number, b.currency AS account_currency, d.revision, d.decision, d.kind,"
    " d.partner_code, d.allocations, d.deductions, d.on_account_minor, d.score, d.reasons, d.alternatives, d.note,"
    " ARRAY(SELECT r.partner_code FROM receipts r JOIN receipt_reversals v ON v.receipt_id = r.id"
    "  WHERE r.bank_line_id = l.id AND v.reason_code = 'wrong_partner') AS wrong_partners,"
    f" {STANDING_ON_LINE} AS standing_receipt_id, {LINE_IN_BOOKS} AS is_in_books,"
    " (SELECT count(*) FROM receipts r WHERE r.bank_line_id = l.id) AS receipts_before,"
    " EXISTS (SELECT FROM line_decisions h WHERE h.bank_line_id = l.id AND h.policy_version = 'review') AS is_in_hands"
    " FROM bank_lines l JOIN bank_accounts b ON b.id = l.bank_account_id"
    " JOIN LATERAL (SELECT * FROM line_decisions d WHERE d.bank_line_id = l.id ORDER BY revision DESC LIMIT 1) d ON true"
)


@dataclass(frozen=True, slots=True)
class LineState:
    """A line, its latest decision and whether a receipt stands on it.

    `receipts_before` counts the receipts it ever booked; `is_in_hands`: a person has decided about it before;
    `wrong_partners`: whom it was booked for and is not from.
    """

    id: UUID
    statement_id: UUID
    bank_account_id: UUID
    bank_account_number: str
    account_currency: str
    line: StatementLine
    strong_reference: str
    narration_key: str
    revision: int
    decision: Decision
    standing_receipt_id: UUID | None
    is_in_books: bool
    receipts_before: int
    is_in_hands: bool
    note: str
    wrong_partners: tuple[str, ...]

    @property
    def is_reviewable(self) -> bool:
        """A credit that is not in the books and waits, or that somebody took for no receipt."""
        is_open = self.decision.outcome.waits or self.decision.kind is LineKind.NOT_A_RECEIPT
        is_booked = self.is_in_books or self.standing_receipt_id is not None
        return self.line.amount_minor > 0 and is_open and not is_booked

    @property
    def origin(self) -> LineOrigin:
        """Where its next receipt would come from."""
        reference = self.strong_reference or self.line.bank_reference
        return LineOrigin(
            self.id,
            self.bank_account_id,
            self.bank_account_number,
            self.line,
            reference,
            self.receipts_before + 1,
        )


async def lock_lines(connection: AsyncConnection, line_ids: Iterable[UUID]) -> None:
    """Whoever decides about lines that are stored locks them first, in sorted order, before receipts and open items."""
    await connection.execute(
        sa.text("SELECT FROM bank_lines WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": sorted(set(line_ids))},
    )


async def line_states(connection: AsyncConnection, line_ids: Iterable[UUID]) -> dict[UUID, LineState]:
    """The lines as they stand; ask once they are locked: the statement that waits still sees the time before."""
    rows = await connection.execute(
        sa.text(f"{_STATES} WHERE l.id = ANY(CAST(:ids AS uuid[])) ORDER BY l.id"),
        {"ids": sorted(set(line_ids))},
    )
    return {row.id: _state(row) for row in rows}


async def line_of_receipt(connection: AsyncConnection, receipt_id: UUID) -> UUID | None:
    """The bank line that the receipt was booked for or is confirmed by."""
    line_id: UUID | None = await connection.scalar(
        sa.text(
            "SELECT coalesce(r.bank_line_id, c.bank_line_id) FROM receipts r"
            " LEFT JOIN receipt_confirmations c ON c.receipt_id = r.id WHERE r.id = :id"
        ),
        {"id": receipt_id},
    )
    return line_id


async def partners_by_code(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, Row]:
    """`name` and `zone` of each partner that exists."""
    rows = await connection.execute(
        sa.text("SELECT code, name, zone FROM partners WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return {row.code: row for row in rows}


def _state(row: Row) -> LineState:
    return LineState(
        id=row.id,
        statement_id=row.statement_id,
        bank_account_id=row.bank_account_id,
        bank_account_number=row.bank_account_number,
        account_currency=row.account_currency,
        line=stored_line(row),
        strong_reference=row.strong_reference,
        narration_key=row.narration_key,
        revision=row.revision,
        decision=stored_decision(row),
        standing_receipt_id=row.standing_receipt_id,
        is_in_books=row.is_in_books,
        receipts_before=row.receipts_before,
        is_in_hands=row.is_in_hands,
        note=row.note,
        wrong_partners=tuple(row.wrong_partners),
    )


def stored_line(row: Row) -> StatementLine:
    """What the file said, from a row of `bank_lines`."""
    return StatementLine(
        line_number=row.line_number,
        part_number=1,
        booked_on=row.booked_on,
        value_on=row.value_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        narration=row.narration,
        bank_reference=row.bank_reference,
        customer_reference=row.customer_reference,
        counterparty_name=row.counterparty_name,
        counterparty_account=row.counterparty_account,
        kind_code=row.kind_code,
        is_reversal=row.is_reversal,
        document_numbers=tuple(row.document_numbers),
        raw=row.raw,
        other_references=tuple(row.other_references),
    )
