"""OFX values: entries (STMTTRN), amounts with a decimal comma, dates with a time zone, balances."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from services.payments.adapters.statement_formats.delimited_values import amount_from_text
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from shared.money import MoneyError, minor_from_text

_INDIA: Final = ZoneInfo("Asia/Kolkata")
_DATE: Final = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:(\d{2})(?:\.\d{1,6})?)?)?"
    r"\s*(?:\[\s*([+-]?\d{1,2})(?:[.:](\d{1,2}))?\s*(?::\s*[A-Za-z ]{0,10})?\]?)?"
)
_COMMA_DECIMAL: Final = re.compile(r"([+-]?\d+),(\d{1,2})")
_NAME_WIDTH: Final = 32
_TAKEN_BACK: Final = "CORRECTFITID"
_ON_HOLD: Final = "HOLD"


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where an entry stands and what its statement says about it."""

    line_number: int
    part_number: int
    file_line: int
    currency: str
    is_final: bool


class _UnreadableValueError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def line_from_values(values: Mapping[str, str], raw: str, place: EntryPlace) -> StatementLine | RejectedLine:
    """Return the entry, or why it cannot be read. The sign of TRNAMT is the direction, whatever TRNTYPE says."""
    try:
        return _line(values, raw, place)
    except _UnreadableValueError as error:
        code, detail = error.code, error.detail
    except MoneyError as error:
        code, detail = "invalid_amount", error.detail
    except ValueError as error:
        code, detail = "invalid_date", str(error)
    return RejectedLine(
        place.line_number, place.part_number, code, f"file line {place.file_line}: {detail}", raw
    )


def _line(values: Mapping[str, str], raw: str, place: EntryPlace) -> StatementLine:
    symbol = values.get("CURRENCY/CURSYM", place.currency).upper()
    if symbol != place.currency:
        raise _UnreadableValueError("currency_mismatch", f"{symbol[:3]} on an account in {place.currency}")
    amount_minor = amount_from_ofx(values.get("TRNAMT", ""), place.currency)
    booked_on = day_from_ofx(values.get("DTPOSTED", "") or values.get("DTTRAN", ""))
    available = values.get("DTAVAIL", "")
    kind = values.get("TRNTYPE", "").upper()
    notes = list[str]()
    if amount_minor == 0:
        notes.append("zero amount: information only")
    if _TAKEN_BACK in values:
        action = values.get("CORRECTACTION", "").upper() or "CHANGE"
        notes.append(f"{action} of the entry {values[_TAKEN_BACK]}: information only")
    is_booked = amount_minor != 0 and _TAKEN_BACK not in values and kind != _ON_HOLD
    return StatementLine(
        line_number=place.line_number,
        part_number=place.part_number,
        booked_on=booked_on,
        value_on=day_from_ofx(available) if available else booked_on,
        amount_minor=amount_minor,
        currency=place.currency,
        narration=_narration(values),
        bank_reference=values.get("REFNUM", "") or values.get("CHECKNUM", ""),
        customer_reference=values.get("CHECKNUM", "") if values.get("REFNUM") else "",
        counterparty_name=values.get("PAYEE/NAME", ""),
        counterparty_account=values.get("BANKACCTTO/ACCTID", ""),
        kind_code=kind,
        is_final=place.is_final and is_booked,
        raw=raw,
        other_references=tuple(
            f"{label}:{values[tag]}"
            for tag, label in (("FITID", "FITID"), ("SRVRTID", "SRVRTID"))
            if values.get(tag)
        ),
        notes=tuple(notes),
    )


def _narration(values: Mapping[str, str]) -> str:
    """NAME has 32 characters: a full one was cut and MEMO goes on, or MEMO repeats it and says more."""
    name, memo = values.get("NAME", ""), values.get("MEMO", "")
    if not name or not memo:
        return name or memo
    if memo.startswith(name):
        return memo
    if name.startswith(memo):
        return name
    return name + memo if len(name) >= _NAME_WIDTH else f"{name} {memo}"


def amount_from_ofx(text: str, currency: str) -> int:
    """Return minor units of '-1234.56', '1234,56' or '4,12,037.16'; MoneyError when it could mean something else.

    A comma before exactly three digits may group thousands or start decimals, so '1,000' is no amount.
    """
    if matched := _COMMA_DECIMAL.fullmatch(text.strip()):
        return minor_from_text(f"{matched[1]}.{matched[2]}", currency)
    if "," in text and "." in text:
        found = amount_from_text(text.strip(), currency)
        if found is not None and not found.mark:
            return found.amount_minor
    return minor_from_text(text, currency)


def day_from_ofx(text: str) -> date:
    """Return the bank's day of '20261014183000.000[+5.5:IST]'; ValueError when it is none.

    The day the bank wrote in its own zone counts. A time in GMT is no bank's calendar: its day is the one in India.
    """
    matched = _DATE.fullmatch(text.strip())
    if matched is None:
        raise ValueError(f"'{text[:40]}' is no date YYYYMMDD with an optional time and zone")
    written = date(int(matched[1]), int(matched[2]), int(matched[3]))
    if matched[4] is None or matched[7] is None:
        return written
    offset = _offset(matched[7], matched[8] or "")
    if offset or int(matched[4]) > 23 or int(matched[5]) > 59:
        return written
    at = datetime(
        written.year, written.month, written.day, int(matched[4]), int(matched[5]), tzinfo=timezone(offset)
    )
    return at.astimezone(_INDIA).date()


def _offset(hours: str, fraction: str) -> timedelta:
    """'+5' and '5' are five and a half hours, as are '+5' and '30': banks write decimals or minutes."""
    minutes = 0
    if fraction:
        minutes = int(fraction) if len(fraction) == 2 and int(fraction) < 60 else int(fraction) * 6
    sign = -1 if hours.startswith("-") else 1
    return sign * timedelta(hours=abs(int(hours)), minutes=minutes)
