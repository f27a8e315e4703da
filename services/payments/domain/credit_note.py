"""A credit note: what law and business call it, how far it is, and what it posts."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.payments.domain.base_value import ValueLeft
from services.payments.domain.chart_of_accounts import (
    CUSTOMER_CREDIT_NOTES,
    DISCOUNTS_ALLOWED,
    OUTPUT_CGST,
    OUTPUT_IGST,
    OUTPUT_SGST,
    SALES_RETURNS,
)
from services.payments.domain.credit_split import Credited
from services.payments.domain.errors import MakerIsChecker, NoteState, NotTheMaker
from services.payments.domain.journal import JournalEntry, JournalLine
from services.payments.domain.settlement import Credit, CreditKind
from shared.actors import is_same_person

# Rule 53(1A) of the CGST Rules: at most 16 characters; the portal refuses numbers that begin with 0, / or -.
NUMBER_PATTERN: Final = re.compile(r"[A-Z1-9][A-Z0-9/-]{0,15}")


class NoteType(StrEnum):
    """Of section 34 of the CGST Act, or of business alone: no tax, no return, no registration."""

    GST = "gst"
    COMMERCIAL = "commercial"


class NoteStanding(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ISSUED = "issued"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One line: of an invoice line, of an invoice, or of neither; `quantity` is of goods that came back."""

    position: int
    invoice_id: UUID | None
    line_number: int | None
    description: str
    hsn: str
    unit: str
    tax_rate: Decimal
    credited: Credited


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A note as it is; amounts are minor units of its currency. `number` is empty until it is issued."""

    id: UUID
    note_type: NoteType
    standing: NoteStanding
    partner_code: str
    supplier_gstin: str
    place_of_supply: str
    supply_year: str
    reason_code: str
    currency: str
    amounts: Credited
    requested_by: str
    number: str
    issued_on: date | None
    worth_minor: int | None = None  # of a foreign note once it is issued: paise at the rates of its invoices

    @property
    def total_minor(self) -> int:
        return self.amounts.total_minor

    def refuse_unless(self, *wanted: NoteStanding) -> None:
        """NoteState unless the note stands as one of these."""
        if self.standing not in wanted:
            expected = " or ".join(one.value for one in wanted)
            raise NoteState(f"The note is {self.standing.value}; this needs one that is {expected}")

    def refuse_checker(self, actor: str) -> None:
        """MakerIsChecker: who asks for a note never decides on it."""
        if is_same_person(actor, self.requested_by):
            raise MakerIsChecker("Who asked for a credit note does not decide on it")

    def refuse_stranger(self, actor: str) -> None:
        if not is_same_person(actor, self.requested_by):
            raise NotTheMaker("Only who asked for a credit note withdraws it")

    def credit(self) -> Credit:
        """The issued note as what a partner may pay with."""
        assert self.issued_on is not None
        return Credit(
            self.id, CreditKind.CREDIT_NOTE, self.partner_code, self.currency, self.number, self.issued_on
        )


def note_number(prefix: str, financial_year: str, number: int) -> str:
    """CN/2627/0000123: series, year and a number without gaps, 15 characters with a prefix of two."""
    return f"{prefix}/{financial_year}/{number:07d}"


def entry_for_note(note: CreditNote, *, entry_id: UUID) -> JournalEntry:
    """Dr returns and the tax of each head / Cr credit notes; a commercial note is a discount without tax.

    A GST note over 1,000.00 with 18 % within a State: Dr returns 1,000.00, Dr CGST 90.00, Dr SGST 90.00,
    Cr credit notes 1,180.00.
    """
    amounts = note.amounts
    value_account = SALES_RETURNS if note.note_type is NoteType.GST else DISCOUNTS_ALLOWED
    debits = (
        (value_account, amounts.taxable_minor),
        (OUTPUT_CGST, amounts.cgst_minor),
        (OUTPUT_SGST, amounts.sgst_minor),
        (OUTPUT_IGST, amounts.igst_minor),
    )
    assert note.issued_on is not None
    return JournalEntry(
        id=entry_id,
        kind="credit_note",
        source_id=note.id,
        currency=note.currency,
        effective_on=note.issued_on,
        description=f"Credit note {note.number}",
        lines=(
            *_valued(note, [(account, amount) for account, amount in debits if amount]),
            JournalLine(
                CUSTOMER_CREDIT_NOTES,
                -note.total_minor,
                note.partner_code,
                None if note.worth_minor is None else -note.worth_minor,
            ),
        ),
    )


def _valued(note: CreditNote, debits: list[tuple[str, int]]) -> list[JournalLine]:
    if note.worth_minor is None:
        return [JournalLine(account, amount) for account, amount in debits]
    left = ValueLeft.whole(note.total_minor, note.worth_minor)
    return [JournalLine(account, amount, None, left.take(amount)) for account, amount in debits]
