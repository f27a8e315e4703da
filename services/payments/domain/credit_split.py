"""How much of each head of tax goes with a part of an invoice line: exactly, however many parts there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from services.payments.domain.invoice_tax import InvoiceLine
from shared.money import Money


@dataclass(frozen=True, slots=True)
class Credited:
    """What notes credit of a line so far, or one note does; `quantity` counts goods that came back."""

    taxable_minor: int = 0
    cgst_minor: int = 0
    sgst_minor: int = 0
    igst_minor: int = 0
    quantity: Decimal = Decimal(0)

    @property
    def total_minor(self) -> int:
        return self.taxable_minor + self.cgst_minor + self.sgst_minor + self.igst_minor

    def plus(self, other: "Credited") -> "Credited":
        return Credited(
            self.taxable_minor + other.taxable_minor,
            self.cgst_minor + other.cgst_minor,
            self.sgst_minor + other.sgst_minor,
            self.igst_minor + other.igst_minor,
            self.quantity + other.quantity,
        )

    def exceeds(self, line: InvoiceLine) -> bool:
        """Whether anything of it is more than the line has."""
        mine, whole = (self.taxable_minor, *_heads(self)), (line.taxable_minor, *_heads(line))
        return self.quantity > line.quantity or any(
            one > other for one, other in zip(mine, whole, strict=True)
        )


def credit_of_value(
    line: InvoiceLine, before: Credited, taxable_minor: int, quantity: Decimal = Decimal(0)
) -> Credited:
    """The value with the tax of the original supply on it.

    Tax is what it is on all credited so far less what was credited before, so that parts that sum to the line credit
    its tax to the paisa. Of 3 paise value with 1 paisa of tax, three notes over 1 paisa credit 0, 1 and 0 of it.
    """
    after = before.taxable_minor + taxable_minor
    cgst, sgst, igst = (
        max(0, min(_share(whole, after, line.taxable_minor), whole) - already)
        for whole, already in zip(_heads(line), _heads(before), strict=True)
    )
    return Credited(taxable_minor, cgst, sgst, igst, quantity)


def credit_of_goods(line: InvoiceLine, before: Credited, quantity: Decimal) -> Credited:
    """Goods that came back, at the price they were billed; the last piece takes what is left of the line."""
    left = max(0, line.taxable_minor - before.taxable_minor)
    if before.quantity + quantity == line.quantity:
        return credit_of_value(line, before, left, quantity)
    exact = (line.taxable_minor * quantity / line.quantity).to_integral_value(ROUND_HALF_UP)
    return credit_of_value(line, before, min(int(exact), left), quantity)


def credit_of_tax(line: InvoiceLine, tax_minor: int) -> Credited:
    """Tax alone, charged too high: divided as the line divides it, paise left over to the largest remainders."""
    weights = _heads(line)
    if sum(weights) == 0:
        return Credited(cgst_minor=tax_minor)  # more than the line has: refused as such
    cgst, sgst, igst = (part.amount_minor for part in Money(tax_minor, "INR").split(weights))
    return Credited(0, cgst, sgst, igst)


def split_over_lines(
    lines: Sequence[InvoiceLine], before: Mapping[int, Credited], taxable_minor: int
) -> dict[int, int]:
    """A value for a whole invoice, by line number: in proportion to what is left of each, exactly in sum."""
    left = [
        max(0, line.taxable_minor - before.get(line.line_number, Credited()).taxable_minor) for line in lines
    ]
    if sum(left) == 0:
        return {lines[0].line_number: taxable_minor}  # more than the invoice has: refused as such
    parts = Money(taxable_minor, "INR").split(left)
    return {
        line.line_number: part.amount_minor
        for line, part in zip(lines, parts, strict=True)
        if part.amount_minor
    }


def _heads(of: InvoiceLine | Credited) -> tuple[int, int, int]:
    return of.cgst_minor, of.sgst_minor, of.igst_minor


def _share(head_minor: int, part_minor: int, whole_minor: int) -> int:
    """Rounded to the nearest, halves up; nothing of nothing."""
    if whole_minor == 0:
        return 0
    return (2 * head_minor * part_minor + whole_minor) // (2 * whole_minor)
