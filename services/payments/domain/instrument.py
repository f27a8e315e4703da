"""A cheque in hand: a promise until its date, money only once the bank has credited it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.payments.domain.cheque_return import months_after
from services.payments.domain.errors import InstrumentNotDue, InstrumentStale, InstrumentState

VALID_MONTHS: Final = (
    3  # Reserve Bank of India, 4 November 2011: a cheque is paid within three months of its date
)


class Standing(StrEnum):
    """Held and deposited ones are open; a bounced one may be deposited again while it is valid."""

    HELD = "held"
    DEPOSITED = "deposited"
    CLEARED = "cleared"
    BOUNCED = "bounced"
    WITHDRAWN = "withdrawn"


DEPOSITABLE: Final = frozenset({Standing.HELD, Standing.BOUNCED})


@dataclass(frozen=True, slots=True)
class Instrument:
    """A cheque of a partner; `cheque_on` is the date written on it."""

    id: UUID
    partner_code: str
    cheque_number: str
    drawee_bank: str
    amount_minor: int
    currency: str
    cheque_on: date
    standing: Standing

    @property
    def stale_on(self) -> date:
        """From this day no bank pays it."""
        return months_after(self.cheque_on, VALID_MONTHS)

    def refuse_deposit(self, on: date) -> None:
        """InstrumentState, InstrumentNotDue before its date, InstrumentStale from three months after it."""
        if self.standing not in DEPOSITABLE:
            raise InstrumentState(
                f"Cheque {self.cheque_number} is {self.standing.value}; it cannot be deposited"
            )
        if on < self.cheque_on:
            raise InstrumentNotDue(
                f"Cheque {self.cheque_number} is dated {self.cheque_on}; deposit it then or later"
            )
        if on >= self.stale_on:
            raise InstrumentStale(
                f"Cheque {self.cheque_number} of {self.cheque_on} is stale since {self.stale_on}; ask for a new one"
            )

    def refuse_withdrawal(self) -> None:
        """A cheque that the bank has credited, or that was given back before, is not given back."""
        if self.standing in (Standing.CLEARED, Standing.WITHDRAWN):
            raise InstrumentState(f"Cheque {self.cheque_number} is {self.standing.value} already")


def cheque_number_key(number: str) -> str:
    """Cheque numbers have six digits; banks pad them or leave zeros out: 00918178 and 918178 are one."""
    return number.strip().lstrip("0").rjust(6, "0")
