"""What came in: receipts of a day, a zone or a bank account, less those that were taken back."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Grouping(StrEnum):
    DAY = "day"
    ZONE = "zone"
    BANK_ACCOUNT = "bank_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Sums in one currency; the group's day, zone or account is set, the others are None.

    A reversal counts on the day it happened, as at the bank, so that past days keep their figures.
    """

    currency: str
    day: date | None = None
    zone: str | None = None
    bank_account: str | None = None
    amount_minor: int
    receipts_count: int
    on_time_count: int
    reversed_minor: int
    reversed_count: int

    @property
    def net_minor(self) -> int:
        return self.amount_minor - self.reversed_minor

    @property
    def on_time_share(self) -> Decimal | None:
        """Receipts booked in time of all receipts, to four digits; None without receipts. 3 of 4 are 0.7500."""
        if not self.receipts_count:
            return None
        return (Decimal(self.on_time_count) / self.receipts_count).quantize(Decimal("0.0001"))
