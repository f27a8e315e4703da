"""Dates and amounts as Indian banks print them in their downloads."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from services.payments.domain.booking_clock import BANK_TIME_ZONE
from shared.money import minor_from_text

_TIME: Final = (
    r"(?:[ T,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_WRITTEN_TIME: Final = re.compile(
    r"[ T,](?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?$"
)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4}|\d{2})" + _TIME)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([/.\-])(\d{1,2})\2(\d{1,2})" + _TIME)
_MONTH_NAMED: Final = re.compile(r"(\d{1,2})[ /.\-]?([A-Za-z]{3,9})[ /.\-,']{0,2}(\d{4}|\d{2})" + _TIME)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# Groups of two or three digits, the last of three: 4,12,037.16 and 412,037.16; so 1,50 is no amount.
_AMOUNT: Final = re.compile(
    r"(?P<bracket>\()?\s*(?:₹|rs\.?|inr)?\s*(?P<sign>[+-])?\s*(?:₹|rs\.?|inr)?\s*"
    r"(?P<digits>\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?P<after>-)?(?(bracket)\s*\))"
    r"\s*(?:\(?(?P<mark>cr|dr|c|d)\.?\)?)?",
    re.IGNORECASE,
)
_ABSENT: Final = frozenset({"", "-", "--", "nil", "na", "n/a", "null"})


@dataclass(frozen=True, slots=True)
class WrittenAmount:
    """An amount with the sign and the mark ('CR', 'DR' or '') it was written with."""

    amount_minor: int
    mark: str


def cleaned(cell: str) -> str:
    """Return a cell without what spreadsheets put around text: blanks, `="…"`, a leading apostrophe."""
    text = cell.replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "").strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return text.removeprefix("'")


def is_absent(cell: str) -> bool:
    return cell.casefold() in _ABSENT


def date_from_text(text: str) -> date | None:
    """Return the date, day before month always; None when the text is no date of the calendar."""
    if matched := _DAY_FIRST.fullmatch(text):
        parts = (matched[4], matched[3], matched[1])
    elif matched := _YEAR_FIRST.fullmatch(text):
        parts = (matched[1], matched[3], matched[4])
    elif (matched := _MONTH_NAMED.fullmatch(text)) and matched[2][:3].casefold() in _MONTHS:
        parts = (matched[3], str(_MONTHS.index(matched[2][:3].casefold()) + 1), matched[1])
    else:
        return None
    year = int(parts[0]) + (2000 if len(parts[0]) == 2 else 0)
    try:
        return date(year, int(parts[1]), int(parts[2]))
    except ValueError:
        return None


def instant_from_text(text: str) -> datetime | None:
    """Return the instant of a day with a time, in India unless a zone is written; midnight stands for a day only.

    None as well when the zone makes it another day in India than the one that is written.
    """
    day, matched = date_from_text(text), _WRITTEN_TIME.search(text)
    if day is None or matched is None:
        return None
    hour = int(matched["hour"])
    if matched["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if matched["half"] in "Pp" else 0)
    try:
        written = datetime.combine(day, time(hour, int(matched["minute"]), int(matched["second"] or 0)))
        stated = datetime.fromisoformat(f"{written.isoformat()}{matched['zone'] or '+05:30'}")
    except ValueError:
        return None
    local = stated.astimezone(BANK_TIME_ZONE)
    return local if local.date() == day and local.time() != time() else None


def amount_from_text(text: str, currency: str) -> WrittenAmount | None:
    """Return the amount, None for an empty cell; MoneyError for anything else that is no amount."""
    if is_absent(text):
        return None
    matched = _AMOUNT.fullmatch(text)
    amount_minor = minor_from_text(matched["digits"].replace(",", "") if matched else text, currency)
    if matched is None:
        return WrittenAmount(amount_minor, "")
    is_negative = bool(matched["bracket"] or matched["after"] or matched["sign"] == "-")
    mark = (matched["mark"] or "").upper()
    return WrittenAmount(
        -amount_minor if is_negative else amount_minor, mark + "R" if len(mark) == 1 else mark
    )
