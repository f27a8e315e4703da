"""What a payment sheet shows for memory: it changes nothing that is owed, and somebody waits for it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

# Where the cheque still is a promise: in our hands, at the bank, or back from it.
OPEN_STANDINGS: Final = ("held", "deposited", "bounced")
PROMISING_STANDINGS: Final = ("held", "deposited")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCheque:
    """A cheque in hand: never counted as received before the bank credits it. `items` are the partner's own words."""

    cheque_number: str
    drawee_bank: str
    currency: str
    amount_minor: int
    cheque_on: date
    received_on: date
    stale_on: date
    standing: str
    items: tuple[str, ...]

    def is_post_dated(self, on: date) -> bool:
        """No bank takes it yet."""
        return self.cheque_on > on

    def is_promise(self, on: date) -> bool:
        """It may still become money; one that came back or is stale may not."""
        return self.standing in PROMISING_STANDINGS and on < self.stale_on


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxAwaited:
    """Tax that the partner kept back in a quarter (1 is April to June), less what certificates show of it."""

    financial_year: str
    quarter: int
    quarter_ends_on: date
    currency: str
    deducted_minor: int
    certified_minor: int

    @property
    def awaited_minor(self) -> int:
        return self.deducted_minor - self.certified_minor


class Awaited(StrEnum):
    """Whose turn it is in a question."""

    OUR_ANSWER = "our_answer"
    PARTNERS_WORD = "partners_word"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetQuery:
    """A question or dispute that is not closed. The amount is what its documents are about, if it names any we know.

    Of an invoice what is open, of a receipt and a credit note the whole.
    """

    number: str
    category: str
    subject: str
    opened_at: datetime
    opened_on: date
    due_at: datetime
    answered_at: datetime | None
    about: tuple[str, ...]
    currency: str | None
    amount_minor: int | None

    @property
    def waits_for(self) -> Awaited:
        return Awaited.OUR_ANSWER if self.answered_at is None else Awaited.PARTNERS_WORD

    def age_days(self, on: date) -> int:
        """Days since it was opened."""
        return max(0, (on - self.opened_on).days)
