"""What a :86: field says: free text, numbered subfields (`?20`) or code words (`/EREF/…`)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_LINE_WIDTH: Final = 65
_SUBFIELD_WIDTH: Final = 27
_NUMBERED: Final = re.compile(r"\s*\d{3}([?<>~^§])(?=\d\d)")
# HDFC Bank and ICICI Bank put these in front of the narration they print in their CSV files.
_BANK_PREFIX: Final = re.compile(r"/(?:INF|TXT)/")
_CODE_WORD: Final = re.compile(
    r"/(EREF|KREF|PREF|MARF|TRTP|REMI|NAME|IBAN|BIC|CSID|ORDP|BENM|ID|ISDT|RTRN|ULTD|ULTC|PURP|CNTP|SVCL)/"
)
_PURPOSE_KEY: Final = re.compile(r"(?:EREF|KREF)\+\s*(.+?)(?=\s*[A-Z]{4}\+|$)")


@dataclass(frozen=True, slots=True)
class Information:
    narration: str
    counterparty_name: str = ""
    counterparty_account: str = ""
    customer_reference: str = ""


def information_from_lines(lines: Sequence[str]) -> Information:
    """Return the narration and what a structured variant names beside it."""
    numbered = _NUMBERED.match(lines[0]) if lines else None
    if numbered:
        return _from_subfields(_joined(lines, first_is_full_at=_LINE_WIDTH - len(":86:")), numbered[1])
    text = _joined(lines, first_is_full_at=_LINE_WIDTH)
    words = _code_words(text)
    if words:
        return _from_code_words(text, words)
    return Information(_BANK_PREFIX.sub("", text, count=1) if _BANK_PREFIX.match(text) else text)


def _joined(lines: Sequence[str], *, first_is_full_at: int) -> str:
    """Join continuation lines: a full line was cut wherever it stood, a shorter one ended at a blank.

    The field has lines of 65 characters. Banks that write numbered subfields may count the tag as well, so
    their first line is full at 61.
    """
    text, previous_is_full = "", True
    for index, line in enumerate(lines):
        text = text + line if previous_is_full else f"{text.rstrip()} {line.lstrip()}"
        is_first_at_limit = index == 0 and len(line) == first_is_full_at
        previous_is_full = len(line) >= _LINE_WIDTH or is_first_at_limit
    return text.strip()


def _from_subfields(text: str, separator: str) -> Information:
    """German banks' subfields: 00 posting text, 20–29 and 60–65 purpose, 31 and 38 account, 32–33 name."""
    pieces = re.split(re.escape(separator) + r"(\d\d)", text)
    values = dict[str, list[str]]()
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        values.setdefault(key, []).append(value)
    purpose = _collected(values, (*map(str, range(20, 30)), *map(str, range(60, 66))))
    reference = _PURPOSE_KEY.search(purpose)
    return Information(
        narration=" ".join(part for part in (_collected(values, ("00",)), purpose) if part),
        counterparty_name=_collected(values, ("32", "33")),
        counterparty_account=_collected(values, ("31",)) or _collected(values, ("38",)),
        customer_reference=reference[1].strip() if reference else "",
    )


def _collected(values: Mapping[str, Sequence[str]], keys: Sequence[str]) -> str:
    text, previous_is_full = "", True
    for key in keys:
        for value in values.get(key, ()):
            text = text + value if previous_is_full else f"{text.rstrip()} {value.lstrip()}"
            previous_is_full = len(value) >= _SUBFIELD_WIDTH
    return " ".join(text.split())


def _code_words(text: str) -> dict[str, str]:
    if not text.startswith("/") or not _CODE_WORD.match(text):
        return {}
    pieces = _CODE_WORD.split(text)
    words = dict[str, str]()
    for key, value in zip(pieces[1::2], pieces[2::2], strict=True):
        words.setdefault(key, value.strip("/ "))
    return words


def _from_code_words(text: str, words: Mapping[str, str]) -> Information:
    remittance = re.sub(r"^(?:USTD|STRD)//?", "", words.get("REMI", ""))
    reference = words.get("EREF", "")
    return Information(
        narration=remittance or text,
        counterparty_name=words.get("NAME", ""),
        counterparty_account=words.get("IBAN", ""),
        customer_reference="" if reference == "NOTPROVIDED" else reference,
    )
