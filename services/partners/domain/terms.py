"""On which terms a partner buys, and what it has to pay before goods leave."""

from dataclasses import dataclass
from enum import StrEnum

from services.partners.domain.payment_sheet import SheetTotals


class PaymentReason(StrEnum):
    """Why money is needed before dispatch; `nothing_needed` when it is not."""

    NOTHING_NEEDED = "nothing_needed"
    OVER_LIMIT = "over_limit"
    OVERDUE = "overdue"
    PREPAID = "prepaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTerms:
    """The terms as they are now; a partner without any has no limit and pays when invoices are due.

    `credit_limit_minor` is in `currency` and counts for that currency only: None is no limit, 0 is payment before
    dispatch. `stops_on_overdue`: overdue invoices are to be paid before anything leaves.
    """

    payment_days: int | None = None
    credit_limit_minor: int | None = None
    currency: str = "INR"
    stops_on_overdue: bool = False
    is_on_hold: bool = False
    hold_reason: str | None = None


NO_TERMS = PartnerTerms()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentNeeded:
    """What has to be paid in one currency so that everything that is ready may leave.

    `ready_minor` is what stands ready with tax; the rest are the payment sheet's figures of the same instant.
    """

    currency: str
    ready_minor: int
    open_minor: int
    overdue_minor: int
    advances_minor: int
    credit_notes_minor: int
    credit_limit_minor: int | None
    needed_minor: int
    reason: PaymentReason


def payment_needed(terms: PartnerTerms, ready_minor: int, totals: SheetTotals) -> PaymentNeeded:
    """The larger of two: what goods and invoices exceed the limit by, and what is overdue where that stops dispatch.

    Advances and unused credit notes count as paid. With a limit of 5,00,000, 4,20,000 open, 20,000 in advance and
    2,36,000 ready: 4,20,000 - 20,000 + 2,36,000 - 5,00,000 = 1,36,000. Nothing is needed while nothing is ready.
    """
    limit = terms.credit_limit_minor if totals.currency == terms.currency else None
    paid_minor = totals.advances_minor + totals.credit_notes_minor
    over_minor = 0 if limit is None else totals.open_minor - paid_minor + ready_minor - limit
    overdue_minor = totals.overdue_minor - paid_minor if terms.stops_on_overdue else 0
    needed_minor = max(0, over_minor, overdue_minor) if ready_minor > 0 else 0
    return PaymentNeeded(
        currency=totals.currency,
        ready_minor=ready_minor,
        open_minor=totals.open_minor,
        overdue_minor=totals.overdue_minor,
        advances_minor=totals.advances_minor,
        credit_notes_minor=totals.credit_notes_minor,
        credit_limit_minor=limit,
        needed_minor=needed_minor,
        reason=_reason(needed_minor, over_minor, limit),
    )


def _reason(needed_minor: int, over_minor: int, limit: int | None) -> PaymentReason:
    if needed_minor == 0:
        return PaymentReason.NOTHING_NEEDED
    if over_minor < needed_minor:
        return PaymentReason.OVERDUE
    return PaymentReason.PREPAID if limit == 0 else PaymentReason.OVER_LIMIT
