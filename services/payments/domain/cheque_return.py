"""Why a cheque came back: the return codes of the Cheque Truncation System and what each means for us.

Codes: NPCI, Uniform Regulations and Rules for Bankers' Clearing Houses, Annexure D (CTS return reasons), as used by
banks in 2025. What follows a return: Negotiable Instruments Act 1881, sections 138 and 142.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

NOTICE_DAYS: Final = 30  # s.138 proviso (b): demand in writing after the bank's information
PAYMENT_DAYS: Final = 15  # s.138 proviso (c): the drawer's time from receipt of the demand


class ReturnClass(StrEnum):
    """`financial`: no cover; `drawer_act`: the drawer stopped it; `technical`: a mistake, present it again."""

    FINANCIAL = "financial"
    DRAWER_ACT = "drawer_act"
    TECHNICAL = "technical"


RETURN_REASONS: Final = {
    "01": "Funds insufficient",
    "02": "Exceeds arrangement",
    "03": "Effects not cleared, present again",
    "04": "Refer to drawer",
    "05": "Kindly contact drawer or drawee bank and present again",
    "10": "Drawer's signature incomplete",
    "11": "Drawer's signature illegible",
    "12": "Drawer's signature differs",
    "13": "Drawer's signature required",
    "14": "Drawer's signature not as per mandate",
    "15": "Drawer's signature to operate account not received",
    "16": "Drawer's authority to operate account not received",
    "17": "Alteration requires drawer's authentication",
    "20": "Payment stopped by drawer",
    "21": "Payment stopped by attachment order",
    "22": "Payment stopped by court order",
    "23": "Withdrawal stopped owing to death of account holder",
    "24": "Withdrawal stopped owing to lunacy of account holder",
    "25": "Withdrawal stopped owing to insolvency of account holder",
    "30": "Cheque post-dated",
    "31": "Cheque out of date",
    "32": "Undated, or without proper date",
    "33": "Instrument mutilated; requires bank's guarantee",
    "34": "Amount in words and figures differs",
    "50": "Account closed",
    "51": "Account transferred to another branch",
    "52": "No such account",
    "53": "Title of account required",
    "54": "Title of account wrong or incomplete",
    "55": "Account blocked",
    "84": "Connectivity failure",
}
_FINANCIAL: Final = frozenset({"01", "02", "03"})
# Closing the account has been held to be within section 138 (NEPC Micon v Magma Leasing, Supreme Court, 1999).
_DRAWER_ACT: Final = frozenset({"04", "20", "50"})
UNKNOWN_CODE: Final = ""


@dataclass(frozen=True, slots=True)
class StatutoryClock:
    """The last days of section 138 and 142 for one return; later ones are None until the day before them is known."""

    notice_until: date
    payment_until: date | None = None
    complaint_until: date | None = None


def return_class(code: str) -> ReturnClass:
    """A code nobody told counts as technical: neither charge nor notice rests on a guess."""
    if code in _FINANCIAL:
        return ReturnClass.FINANCIAL
    return ReturnClass.DRAWER_ACT if code in _DRAWER_ACT else ReturnClass.TECHNICAL


def return_reason(code: str) -> str:
    return RETURN_REASONS.get(code, "Reason not told by the bank" if code == UNKNOWN_CODE else f"Code {code}")


def statutory_clock(informed_on: date, *, notice_received_on: date | None = None) -> StatutoryClock:
    """Told of the return on 1 October, the demand goes out by 31 October; received on 5 October, the drawer pays by 20
    October; from the day after, the complaint has one month: until 21 November."""
    notice_until = informed_on + timedelta(days=NOTICE_DAYS)
    if notice_received_on is None:
        return StatutoryClock(notice_until)
    payment_until = notice_received_on + timedelta(days=PAYMENT_DAYS)
    return StatutoryClock(notice_until, payment_until, months_after(payment_until + timedelta(days=1), 1))


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last: 30 November and three months are 28 February."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
