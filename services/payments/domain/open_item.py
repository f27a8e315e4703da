"""An invoice that is not fully paid, as the matching needs it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """Amounts are minor units of `currency`; `open_minor` is what is still owed of `total_minor`.

    `purchases_before_minor`: the partner's taxable purchases of the financial year before this invoice; None when they
    are not known.
    """

    id: UUID
    number: str
    partner_code: str
    issued_on: date
    due_on: date
    currency: str
    taxable_minor: int
    tax_minor: int
    total_minor: int
    open_minor: int
    purchases_before_minor: int | None = None
