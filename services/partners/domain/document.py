"""A document of a partner: its kinds, its versions, the formats it is given out in, and how long it is kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

TITLE_LENGTH_MAX: Final = 200
_NOT_IN_FILE_NAMES: Final = re.compile(r"[^\w.-]+")


class DocumentKind(StrEnum):
    """What a document is; who may get it and how long it is kept follow from it."""

    ORDER_BOARD = "order_board"
    PAYMENT_SHEET = "payment_sheet"
    ACCOUNT_STATEMENT = "account_statement"
    CREDIT_NOTE = "credit_note"
    BALANCE_CONFIRMATION = "balance_confirmation"
    REPORT = "report"
    UPLOADED_FILE = "uploaded_file"


class Language(StrEnum):
    """What documents and letters are written in."""

    ENGLISH = "en"
    HINDI = "hi"
    MARATHI = "mr"


# What this service sets itself, from content of its own.
SET_HERE: Final = frozenset({DocumentKind.ORDER_BOARD, DocumentKind.PAYMENT_SHEET})
# What a person hands in.
HANDED_IN: Final = frozenset({DocumentKind.REPORT, DocumentKind.UPLOADED_FILE})
# Formats that exist of a document that another service sets.
FORMATS_ELSEWHERE: Final = {
    DocumentKind.ACCOUNT_STATEMENT: ("pdf", "xlsx", "csv"),
    DocumentKind.CREDIT_NOTE: ("pdf", "xlsx"),
    DocumentKind.BALANCE_CONFIRMATION: ("pdf", "xlsx"),
}
SET_FORMATS: Final = ("pdf", "xlsx")


@dataclass(frozen=True, slots=True)
class Period:
    """The days a document is about, both included; a cut-off is a period of one day."""

    first: date
    last: date

    @classmethod
    def cut_off(cls, day: date) -> "Period":
        return cls(day, day)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """From a day on, documents of the kind are kept for so many financial years after their own."""

    kind: str
    valid_from: date
    years: int


def formats_of(kind: DocumentKind) -> tuple[str, ...]:
    """The formats that can be asked for without looking; what was handed in has the one it came in."""
    return SET_FORMATS if kind in SET_HERE else FORMATS_ELSEWHERE.get(kind, ())


def keep_until(kind: str, last_on: date, rules: Iterable[RetentionRule]) -> date:
    """The last day a document is kept: the end of its Indian financial year, and the rule's years.

    The rule is the newest one in force on the document's last day, the earliest one for a document older than all.
    A board of 10 October 2026 (year 2026-27, 8 years) is kept until 31 March 2035.
    """
    own = sorted((rule for rule in rules if rule.kind == kind), key=lambda rule: rule.valid_from)
    if not own:
        raise ValueError(f"there is no retention rule for {kind}")
    rule = next((one for one in reversed(own) if one.valid_from <= last_on), own[0])
    year_end = last_on.year + (1 if last_on.month > 3 else 0)
    return date(year_end + rule.years, 3, 31)


def file_name(stem: Iterable[str], extension: str) -> str:
    """A name that every file system takes: `payment-sheet_CP0001_2026-11-25.pdf`."""
    words = [_NOT_IN_FILE_NAMES.sub("-", word).strip("-.") for word in stem]
    return "_".join(word for word in words if word)[:120] + f".{extension}"
