"""Works out the lines of a credit note from what is asked for and what earlier notes left of the invoices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.payments.domain.credit_note import NoteLine
from services.payments.domain.credit_note_rules import CreditPart, Reason
from services.payments.domain.credit_split import (
    Credited,
    credit_of_goods,
    credit_of_tax,
    credit_of_value,
    split_over_lines,
)
from services.payments.domain.errors import CreditBeyondInvoice, CreditNoteInvalid
from services.payments.domain.invoice_tax import InvoiceLine

Before = dict[tuple[UUID, int | None], Credited]


@dataclass(frozen=True, slots=True)
class CreditedInvoice:
    """An invoice of which something is credited; no lines for a commercial note, which takes it whole."""

    id: UUID
    number: str
    issued_on: date
    total_minor: int
    lines: tuple[InvoiceLine, ...]

    def line(self, number: int) -> InvoiceLine:
        for line in self.lines:
            if line.line_number == number:
                return line
        raise CreditNoteInvalid(f"Invoice {self.number} has no line {number}")


@dataclass(slots=True)
class _Draft:
    before: Before
    lines: list[NoteLine] = field(default_factory=list)

    def add(
        self, invoice: CreditedInvoice | None, line: InvoiceLine | None, text: str, part: Credited
    ) -> None:
        """Append the line and count it against what is left, so that two parts on one line see each other."""
        if part.total_minor <= 0:
            raise CreditNoteInvalid("Each part credits something")
        self.lines.append(
            NoteLine(
                position=len(self.lines) + 1,
                invoice_id=invoice.id if invoice else None,
                line_number=line.line_number if line else None,
                description=text or (line.description if line else ""),
                hsn=line.hsn if line else "",
                unit=line.unit if line else "",
                tax_rate=line.tax_rate if line else Decimal(0),
                credited=part,
            )
        )
        if invoice is None:
            return
        key = (invoice.id, line.line_number if line else None)
        self.before[key] = self.before.get(key, Credited()).plus(part)
        if line is not None and self.before[key].exceeds(line):
            raise CreditBeyondInvoice(
                f"Line {line.line_number} of {invoice.number} has less left than is asked for"
            )


def lines_of_note(
    parts: Sequence[CreditPart],
    invoices: Mapping[str, CreditedInvoice],
    before: Mapping[tuple[UUID, int | None], Credited],
    reason: Reason,
) -> list[NoteLine]:
    """The lines, none beyond what its invoice has left. CreditNoteInvalid, CreditBeyondInvoice."""
    draft = _Draft(dict(before))
    for part in parts:
        invoice = None if part.invoice is None else invoices[part.invoice]
        if reason.note_type == "commercial":
            _add_discount(draft, part, invoice)
        else:
            assert invoice is not None
            _add_taxed(draft, part, invoice, reason)
    for invoice in {one.id: one for one in invoices.values()}.values():
        credited = sum(one.total_minor for (key, _), one in draft.before.items() if key == invoice.id)
        if credited > invoice.total_minor:
            raise CreditBeyondInvoice(f"Credit notes would be more than invoice {invoice.number}")
    return draft.lines


def _add_discount(draft: _Draft, part: CreditPart, invoice: CreditedInvoice | None) -> None:
    if part.amount_minor is None or part.quantity is not None or part.tax_minor is not None:
        raise CreditNoteInvalid("A commercial note credits amounts: no quantities, no tax")
    if part.line_number is not None:
        raise CreditNoteInvalid("A commercial note credits whole invoices, not their lines")
    draft.add(invoice, None, part.description, Credited(part.amount_minor))


def _add_taxed(draft: _Draft, part: CreditPart, invoice: CreditedInvoice, reason: Reason) -> None:
    kinds = (part.amount_minor, part.quantity, part.tax_minor)
    if sum(one is not None for one in kinds) != 1:
        raise CreditNoteInvalid("Each part says an amount, a quantity or a tax: one of them")
    if (part.tax_minor is not None) != reason.is_tax_only or (
        part.quantity is not None
    ) != reason.counts_goods:
        wanted = "a tax" if reason.is_tax_only else "a quantity" if reason.counts_goods else "an amount"
        raise CreditNoteInvalid(f"{reason.name} credits {wanted} of each line")
    if part.line_number is None:
        _add_spread(draft, part, invoice)
        return
    line = invoice.line(part.line_number)
    so_far = draft.before.get((invoice.id, line.line_number), Credited())
    if part.quantity is not None:
        if so_far.quantity + part.quantity > line.quantity:
            raise CreditBeyondInvoice(
                f"Of line {line.line_number} of {invoice.number}, {line.quantity - so_far.quantity:f} {line.unit}"
                " can still come back"
            )
        credited = credit_of_goods(line, so_far, part.quantity)
    elif part.tax_minor is not None:
        credited = credit_of_tax(line, part.tax_minor)
    else:
        credited = credit_of_value(line, so_far, part.amount_minor or 0)
    draft.add(invoice, line, part.description, credited)


def _add_spread(draft: _Draft, part: CreditPart, invoice: CreditedInvoice) -> None:
    """A value for the whole invoice, over its lines."""
    if part.amount_minor is None:
        raise CreditNoteInvalid("Quantities and taxes are of a line: say line_number")
    before = {
        line.line_number: draft.before.get((invoice.id, line.line_number), Credited())
        for line in invoice.lines
    }
    for number, taxable in split_over_lines(invoice.lines, before, part.amount_minor).items():
        line = invoice.line(number)
        draft.add(invoice, line, part.description, credit_of_value(line, before[number], taxable))


def sum_of(lines: Sequence[NoteLine]) -> Credited:
    """The note's amounts; quantities of different goods have no sum."""
    total = Credited()
    for line in lines:
        total = total.plus(line.credited)
    return Credited(total.taxable_minor, total.cgst_minor, total.sgst_minor, total.igst_minor)
