"""The references banks give to a transfer or an instrument: UTR, RRN, cheque number, told apart by their shape."""

import re

from services.payments.domain.bank_statement import StatementLine

IFSC_SHAPE = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
# RTGS and newer NEFT: bank, R or N (or another letter), channel, YYYYMMDD, sequence.
UTR22_SHAPE = re.compile(r"[A-Z]{4}[A-Z][0-9A-Z]\d{16}")
# Older NEFT and others: 16 characters by no common rule but a letter among the first four and nine digits.
UTR16_SHAPE = re.compile(r"(?=[A-Z0-9]{0,3}[A-Z])(?=(?:[A-Z]*\d){9})[A-Z0-9]{16}")
RRN_SHAPE = re.compile(r"\d{12}")
CHEQUE_SHAPE = re.compile(r"\d{6}")
_WORD = re.compile(r"[A-Z0-9]+")
_GLUED = re.compile(r"\b(IMPS|UPI|CHQ|CHQNO|RRN|UTR)[.:]?(\d{6,12})\b")
_PLACEHOLDERS = frozenset({"", "NONREF", "NOTPROVIDED", "NOREF", "NA", "0"})
_UTR_PREFIX_LENGTH = 10


def is_transfer_reference(word: str) -> bool:
    """IFSC codes look like short references, so they are ruled out first."""
    if IFSC_SHAPE.fullmatch(word):
        return False
    return bool(UTR22_SHAPE.fullmatch(word) or UTR16_SHAPE.fullmatch(word))


def with_numbers_apart(text: str) -> str:
    """Some banks glue the rail to the number: IMPS612557523735."""
    return _GLUED.sub(r"\1 \2", text)


def strong_reference(line: StatementLine) -> str:
    """The reference that names the same entry in CSV, CAMT.053 and MT940; '' when the line holds none.

    MT940 has room for 16 characters: a UTR of 22 arrives as its first 16 and, after `//`, its last 16. Numbers lose
    the zeros that banks pad them with.
    """
    customer, bank = _cleaned(line.customer_reference), _cleaned(line.bank_reference)
    joined = _joined(customer, bank)
    if UTR22_SHAPE.fullmatch(joined):
        return joined
    for reference in (bank, customer):
        complete = _completed(reference, line.narration)
        if _is_strong(complete):
            return complete
    return _reference_in(line.narration)


def _cleaned(reference: str) -> str:
    word = re.sub(r"[^A-Z0-9]", "", reference.upper())
    if word in _PLACEHOLDERS:
        return ""
    return _without_padding(word)


def _without_padding(word: str) -> str:
    """Banks pad a cheque number or an RRN with zeros; an RRN keeps its twelve digits, a cheque number its six."""
    if not word.isdigit():
        return word
    stripped = word.lstrip("0")
    if not stripped:
        return ""
    return stripped.zfill(6 if len(stripped) <= 6 else 12 if len(stripped) <= 12 and len(word) >= 12 else 0)


def _joined(start: str, end: str) -> str:
    for overlap in range(min(len(start), len(end)), 3, -1):
        if start.endswith(end[:overlap]):
            return start + end[overlap:]
    return ""


def _completed(reference: str, narration: str) -> str:
    """A reference cut to 16 characters is completed from the narration when that continues it."""
    if len(reference) != 16 or not reference[:4].isalpha():
        return reference
    words: list[str] = _WORD.findall(with_numbers_apart(narration.upper()))
    for word in words:
        if len(word) > 16 and word.startswith(reference) and UTR22_SHAPE.fullmatch(word):
            return word
    return reference


def _is_strong(reference: str) -> bool:
    if reference.isdigit():
        return len(reference) in (6, 12)
    return is_transfer_reference(reference) or (
        len(reference) >= _UTR_PREFIX_LENGTH and reference[:4].isalpha()
    )


def _reference_in(narration: str) -> str:
    words: list[str] = _WORD.findall(with_numbers_apart(narration.upper()))
    for word in words:
        if is_transfer_reference(word):
            return word
    for shape in (RRN_SHAPE, CHEQUE_SHAPE):
        for word in words:
            if shape.fullmatch(word):
                return word
    return ""


def cleaned_reference(text: str) -> str:
    """A reference as people or other systems write it, in the form `strong_reference` gives: capitals, no padding."""
    return _cleaned(text)
