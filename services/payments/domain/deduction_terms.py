"""What a payer may keep back of an invoice, as dated rules: tax by law, discounts and freight by agreement."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shared.errors import FieldProblem, Invalid

ANY_PARTNER = ""


@dataclass(frozen=True, slots=True)
class TdsRule:
    """Tax a buyer deducts from what he pays for goods; dated, because sections and rates change by notification.

    It is due on the part of the partner's taxable purchases of a financial year that lies beyond `threshold_minor`.
    """

    kind: str
    rate: Decimal
    valid_from: date
    valid_to: date | None
    source: str
    rate_without_pan: Decimal = Decimal("0.05")
    threshold_minor: int = 0
    section: str = ""

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class DeductorStanding:
    """What is known of a partner as one who deducts tax, from a day on; `has_pan`: it was given our PAN."""

    partner_code: str
    valid_from: date
    is_deductor: bool
    has_pan: bool


@dataclass(frozen=True, slots=True)
class DiscountTerm:
    """`percent` off for who pays within so many days of the invoice's date; of all partners or of one."""

    partner_code: str
    percent: Decimal
    within_days: int
    valid_from: date
    valid_to: date | None

    def is_earned(self, issued_on: date, paid_on: date) -> bool:
        is_valid = self.valid_from <= issued_on and (self.valid_to is None or issued_on <= self.valid_to)
        return is_valid and paid_on <= issued_on + timedelta(days=self.within_days)


@dataclass(frozen=True, slots=True)
class FreightTerm:
    """Freight the payer advances for us: just `amount_minor` a payment, or anything up to `cap_minor`."""

    partner_code: str
    amount_minor: int | None
    cap_minor: int | None
    valid_from: date
    valid_to: date | None

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class DeductionTerms:
    """All agreements and standings; the newest of a partner counts, and one for the partner before one for all."""

    discounts: tuple[DiscountTerm, ...] = ()
    freights: tuple[FreightTerm, ...] = ()
    deductors: tuple[DeductorStanding, ...] = ()


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """What holds for one partner."""

    discounts: tuple[DiscountTerm, ...] = ()
    freights: tuple[FreightTerm, ...] = ()
    deductors: tuple[DeductorStanding, ...] = ()

    def deductor_on(self, day: date) -> DeductorStanding | None:
        """The newest standing on the day; None when nothing is known."""
        known = [standing for standing in self.deductors if standing.valid_from <= day]
        return max(known, key=lambda standing: standing.valid_from, default=None)

    def highest_discount_on(self, day: date) -> Decimal:
        """In percent; the most that any invoice paid on the day may be short by."""
        return max((t.percent for t in self.discounts if t.valid_from <= day), default=Decimal(0))


NO_TERMS: Final = DeductionTerms()
NO_PARTNER_TERMS: Final = PartnerTerms()


class TermsByPartner:
    """Terms looked up by partner; built once for a batch."""

    def __init__(self, terms: DeductionTerms) -> None:
        self._discounts: dict[str, list[DiscountTerm]] = defaultdict(list)
        self._freights: dict[str, list[FreightTerm]] = defaultdict(list)
        self._deductors: dict[str, list[DeductorStanding]] = defaultdict(list)
        for discount in terms.discounts:
            self._discounts[discount.partner_code].append(discount)
        for freight in terms.freights:
            self._freights[freight.partner_code].append(freight)
        for standing in terms.deductors:
            self._deductors[standing.partner_code].append(standing)

    def of(self, partner_code: str) -> PartnerTerms:
        return PartnerTerms(
            tuple(self._discounts.get(partner_code, self._discounts.get(ANY_PARTNER, []))),
            tuple(self._freights.get(partner_code, self._freights.get(ANY_PARTNER, []))),
            tuple(self._deductors.get(partner_code, ())),
        )


def checked_tan(tan: str) -> str:
    """A TAN in capital letters: four letters, five digits, one letter; TanInvalid otherwise."""
    text = tan.strip().upper()
    is_shaped = len(text) == 10 and text[:4].isalpha() and text[4:9].isdigit() and text[9].isalpha()
    if not is_shaped or not text.isascii():
        problem = FieldProblem("/tan", "expected four letters, five digits and a letter, e.g. PNES12345A")
        raise TanInvalid(f"{text[:20]} is no TAN", problems=[problem])
    return text


class TanInvalid(Invalid):
    code, title = "tan_invalid", "Not a tax deduction account number"
