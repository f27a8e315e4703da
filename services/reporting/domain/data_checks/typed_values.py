"""Values as people type them: read where they can be, and said what is wrong where they cannot."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from services.reporting.domain.data_checks.rule import TypedKind
from shared.gstin import gstin_check_character, is_gstin

DIGITS_MAX: Final = 24
_NUMBER: Final = re.compile(r"[+-]?\d{1,18}(\.\d{1,6})?", re.ASCII)
# Groups of three, or of two behind the first three as in India: 1,234,567.50 and 12,34,567.50.
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d{1,6})?", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}"
)
# National Numbering Plan of India, 2003: ten digits; those of mobiles begin with 6 to 9, of area codes with 1 to 8.
_PHONE: Final = re.compile(r"(\+?91|0)?[1-9]\d{9}", re.ASCII)
_PHONE_MARKS: Final = re.compile(r"[\s().-]")
# Income-tax Rules 1962, rule 114: five letters of which the fourth says what the holder is, four digits, a letter.
_PAN: Final = re.compile(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", re.ASCII)
# Reserve Bank of India: four letters of the bank, a nought, six characters of the branch.
_IFSC: Final = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}", re.ASCII)
# Department of Posts: six digits, of which the first names one of nine regions.
_PIN_CODE: Final = re.compile(r"[1-9]\d{5}", re.ASCII)
_DATE_FORMS: Final = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y")
_TRUTHS: Final = frozenset({"true", "false", "yes", "no", "y", "n", "0", "1"})


def number_of(text: str) -> Decimal | None:
    """The number of a plain or grouped text, e.g. 12,34,567.50; None for anything else."""
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _GROUPED.fullmatch(text):
        try:
            return Decimal(text.replace(",", ""))
        except InvalidOperation:
            return None
    return None


def day_of(text: str) -> date | None:
    """The day of a date or of an instant's beginning; days before months, as they are written in India."""
    head = text[:10] if len(text) > 10 and text[10] in "T " and text[4:5] == "-" else text
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(head, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def complaint(kind: TypedKind, text: str) -> str | None:
    """Why the text is no value of the kind; None for one that is."""
    is_right, expected = _KINDS[kind]
    if is_right(text):
        return None
    if kind is TypedKind.GSTIN and (likely := _mended_gstin(text)):
        return f"the check character is wrong: {likely[-1]} belongs to the fourteen before it"
    return f"expected {expected}"


def _mended_gstin(text: str) -> str | None:
    begins = text[:14]
    if len(text) != 15 or not re.fullmatch(r"[0-9A-Z]{14}", begins):
        return None
    mended = begins + gstin_check_character(begins)
    return mended if is_gstin(mended) else None


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(_PHONE_MARKS.sub("", text)) is not None


_KINDS: Final[Mapping[TypedKind, tuple[Callable[[str], bool], str]]] = {
    TypedKind.INTEGER: (lambda text: _INTEGER.fullmatch(text) is not None, "a whole number"),
    TypedKind.DECIMAL: (lambda text: number_of(text) is not None, "a number, e.g. 1234.50"),
    TypedKind.DATE: (lambda text: day_of(text) is not None, "a day, e.g. 2026-10-31"),
    TypedKind.TRUTH: (lambda text: text.lower() in _TRUTHS, "true or false"),
    TypedKind.EMAIL: (lambda text: _EMAIL.fullmatch(text) is not None, "an address as name@example.com"),
    TypedKind.PHONE: (_is_phone, "ten digits, with or without 0 or +91"),
    TypedKind.GSTIN: (is_gstin, "a GSTIN of 15 characters with its check character"),
    TypedKind.PAN: (lambda text: _PAN.fullmatch(text) is not None, "a PAN as AAPFU0939F"),
    TypedKind.IFSC: (lambda text: _IFSC.fullmatch(text) is not None, "an IFSC as HDFC0000123"),
    TypedKind.PIN_CODE: (lambda text: _PIN_CODE.fullmatch(text) is not None, "six digits, the first not 0"),
}
