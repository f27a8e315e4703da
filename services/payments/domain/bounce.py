"""What a returned cheque costs the partner, and the entry that asks for it."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from services.payments.domain.chart_of_accounts import (
    CHARGES_RECOVERED,
    GST_ON_CHARGES,
    RECEIVABLES,
)
from services.payments.domain.journal import JournalEntry, JournalLine


@dataclass(frozen=True, slots=True)
class ChargeRule:
    """Dated: minor units per returned cheque, and the rate of GST on it as a fraction."""

    amount_minor: int
    gst_rate: Decimal

    @property
    def gst_minor(self) -> int:
        """Half up to the paisa: 18 % of 500.00 is 90.00."""
        return int((self.amount_minor * self.gst_rate).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Charge:
    """What a partner owes besides invoices; its id is also its open item's."""

    id: UUID
    number: str
    partner_code: str
    currency: str
    net_minor: int
    gst_minor: int
    charged_on: date

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.gst_minor


def entry_for_charge(charge: Charge, *, entry_id: UUID) -> JournalEntry:
    """Dr receivables / Cr charges recovered and GST: 590.00 owed is 500.00 recovered and 90.00 of tax."""
    lines = [
        JournalLine(RECEIVABLES, charge.total_minor, charge.partner_code),
        JournalLine(CHARGES_RECOVERED, -charge.net_minor),
    ]
    if charge.gst_minor:
        lines.append(JournalLine(GST_ON_CHARGES, -charge.gst_minor))
    return JournalEntry(
        id=entry_id,
        kind="charge",
        source_id=charge.id,
        currency=charge.currency,
        effective_on=charge.charged_on,
        description=f"Charge {charge.number} for a returned cheque",
        lines=tuple(lines),
    )
