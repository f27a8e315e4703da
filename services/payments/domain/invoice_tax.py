"""The tax of an invoice by line and head, as the law divides it between Centre and State."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.payments.domain.indian_state import STATE_NAMES, state_of_gstin
from shared.errors import FieldProblem
from shared.gstin import is_gstin

# Section 170 of the CGST Act 2017 lets an amount of tax be rounded to the rupee; billing may do so in each line.
LINE_ROUND_OFF_MINOR: Final = 100
DERIVED_DESCRIPTION: Final = "As invoiced"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line; `tax_rate` is a fraction (0.18), amounts are minor units of the invoice's currency."""

    line_number: int
    description: str
    hsn: str
    quantity: Decimal
    unit: str
    taxable_minor: int
    tax_rate: Decimal
    cgst_minor: int
    sgst_minor: int
    igst_minor: int

    @property
    def tax_minor(self) -> int:
        return self.cgst_minor + self.sgst_minor + self.igst_minor


@dataclass(frozen=True, slots=True)
class InvoiceTax:
    """Who supplied to which State, and the lines; an empty `place_of_supply` or no lines: not told."""

    supplier_gstin: str
    place_of_supply: str
    lines: tuple[InvoiceLine, ...] = ()

    @property
    def is_within_state(self) -> bool:
        return state_of_gstin(self.supplier_gstin) == self.place_of_supply

    def problems(self, taxable_minor: int, tax_minor: int) -> list[FieldProblem]:
        """What contradicts the invoice's own sums, the States or the rates."""
        found = []
        if not is_gstin(self.supplier_gstin):
            found.append(
                FieldProblem("/supplier_gstin", "expected a GSTIN of ours, with its check character")
            )
        if self.place_of_supply not in STATE_NAMES:
            found.append(FieldProblem("/place_of_supply", "expected a State code of two digits, e.g. 27"))
        if self.lines:
            found += self._sum_problems(taxable_minor, tax_minor)
            found += [problem for place, line in enumerate(self.lines) for problem in self._of(place, line)]
        return found

    def _sum_problems(self, taxable_minor: int, tax_minor: int) -> list[FieldProblem]:
        found = []
        if sum(line.taxable_minor for line in self.lines) != taxable_minor:
            found.append(FieldProblem("/lines", "expected taxable amounts that sum to taxable_amount"))
        if sum(line.tax_minor for line in self.lines) != tax_minor:
            found.append(FieldProblem("/lines", "expected tax of all heads that sums to tax_amount"))
        if len({line.line_number for line in self.lines}) < len(self.lines):
            found.append(FieldProblem("/lines", "expected every line_number once"))
        return found

    def _of(self, place: int, line: InvoiceLine) -> list[FieldProblem]:
        found = []
        at = f"/lines/{place}"
        if self.is_within_state and (line.igst_minor or abs(line.cgst_minor - line.sgst_minor) > 1):
            found.append(
                FieldProblem(at, "expected equal halves of cgst and sgst, no igst: it is within a State")
            )
        if not self.is_within_state and (line.cgst_minor or line.sgst_minor):
            found.append(FieldProblem(at, "expected igst alone: supplier and place of supply differ"))
        if abs(line.tax_minor - line.taxable_minor * line.tax_rate) > LINE_ROUND_OFF_MINOR:
            found.append(
                FieldProblem(f"{at}/tax_rate", "expected the rate of the taxes told, within 1.00 of rounding")
            )
        return found


def halves(tax_minor: int) -> tuple[int, int]:
    """Central and State tax: 1,801 is 901 and 900."""
    return tax_minor - tax_minor // 2, tax_minor // 2


def derived_line(taxable_minor: int, tax_minor: int, *, is_within_state: bool) -> InvoiceLine:
    """The whole invoice as one line, when billing told none; the rate is what the sums say, to four digits."""
    cgst, sgst = halves(tax_minor) if is_within_state else (0, 0)
    rate = Decimal(tax_minor) / Decimal(taxable_minor) if taxable_minor else Decimal(0)
    return InvoiceLine(
        line_number=1,
        description=DERIVED_DESCRIPTION,
        hsn="",
        quantity=Decimal(1),
        unit="",
        taxable_minor=taxable_minor,
        tax_rate=min(rate.quantize(Decimal("0.0001")), Decimal(1)),
        cgst_minor=cgst,
        sgst_minor=sgst,
        igst_minor=0 if is_within_state else tax_minor,
    )


def tax_facts(tax: InvoiceTax) -> tuple[object, ...]:
    """What has to be the same when an invoice is told again."""
    return tax.supplier_gstin, tax.place_of_supply, _by_number(tax.lines)


def _by_number(lines: Sequence[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    return tuple(sorted(lines, key=lambda line: line.line_number))
