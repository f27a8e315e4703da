"""OFX and QFX downloads, one part per bank statement (STMTRS)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from services.payments.adapters.statement_formats.ofx_entry import (
    EntryPlace,
    amount_from_ofx,
    day_from_ofx,
    line_from_values,
)
from services.payments.adapters.statement_formats.ofx_markup import Tag, tags_of
from services.payments.adapters.statement_formats.text_source import (
    RAW_CHARACTERS_MAX,
    text_encoding,
    text_pieces,
    unreadable,
)
from services.payments.domain.bank_statement import (
    Balance,
    PartClosed,
    PartOpened,
    RejectedLine,
    StatementEvent,
    StatementLine,
)
from services.payments.domain.errors import StatementUnreadable
from shared.money import MoneyError, currency_exponent

_STATEMENT: Final = "STMTRS"
_ENTRIES: Final = {"STMTTRN": True, "STMTTRNP": False}  # STMTTRNP is pending
_INNER: Final = frozenset({"CURRENCY", "ORIGCURRENCY", "PAYEE", "BANKACCTTO", "CCACCTTO"})
_VALUES_MAX: Final = 100
_REMEMBERED_MAX: Final = 500_000  # entries whose repetition in one statement is noticed


def read_ofx(file: BinaryIO, *, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of every bank statement. LEDGERBAL is the closing balance; OFX states no opening one."""
    reader = _Reader(default_currency, account_number)
    for tag in tags_of(text_pieces(file, text_encoding(file))):
        yield from reader.accept(tag)
    reader.end_of_file()


@dataclass(slots=True)
class _Entry:
    name: str
    file_line: int
    values: dict[str, str] = field(default_factory=dict)
    inner: str = ""
    raw: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    currency: str
    account_number: str
    is_opened: bool = False
    ends_on: str = ""
    balance: dict[str, str] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)


class _Reader:
    def __init__(self, default_currency: str, account_number: str) -> None:
        self._default_currency = default_currency
        self._account_number = account_number
        self._part: _Part | None = None
        self._entry: _Entry | None = None
        self._aggregate = ""
        self._severity_code = ""
        self._part_count = 0
        self._line_count = 0
        self._last_line_number = 1

    def accept(self, tag: Tag) -> Iterator[StatementEvent]:
        self._last_line_number = tag.line_number
        if self._entry is not None:
            yield from self._accept_in_entry(self._entry, tag)
        elif tag.is_closing:
            yield from self._close(tag)
        elif tag.text:
            self._take(tag)
        elif tag.name == _STATEMENT:
            if self._part is not None:
                raise unreadable(tag.line_number, "the statement before to end with </STMTRS>")
            self._part = _Part(self._default_currency, self._account_number)
        elif tag.name in _ENTRIES:
            if self._part is None:
                raise unreadable(tag.line_number, "<STMTRS> before the first entry")
            yield from self._open_part(self._part)
            self._entry = _Entry(tag.name, tag.line_number)
        else:
            self._aggregate = tag.name

    def end_of_file(self) -> None:
        if self._part is not None or self._entry is not None:
            raise unreadable(self._last_line_number, "</STMTRS> before the end; the file is cut off")
        if self._part_count == 0:
            raise StatementUnreadable("the file holds no bank statement; expected STMTRS in BANKMSGSRSV1")

    def _take(self, tag: Tag) -> None:
        """Values outside entries: the currency, the account and the closing balance."""
        part = self._part
        if part is None:
            if tag.name == "CODE" and self._aggregate == "STATUS":
                self._severity_code = tag.text
            if tag.name == "SEVERITY" and tag.text.upper() == "ERROR":
                raise unreadable(
                    tag.line_number, f"a statement; the bank answered with error {self._severity_code[:10]}"
                )
        elif tag.name == "CURDEF":
            part.currency = _currency(tag)
        elif tag.name == "ACCTID" and self._aggregate == "BANKACCTFROM":
            part.account_number = tag.text
        elif tag.name == "DTEND":
            part.ends_on = tag.text
        elif tag.name in ("BALAMT", "DTASOF") and self._aggregate == "LEDGERBAL":
            part.balance.setdefault(tag.name, tag.text)

    def _close(self, tag: Tag) -> Iterator[StatementEvent]:
        self._aggregate = ""
        part = self._part
        if tag.name != _STATEMENT or part is None:
            return
        yield from self._open_part(part)
        self._part = None
        closing = _ledger_balance(part, tag)
        if closing is not None and _is_after_the_list(closing, part, tag):
            information = f"The balance of {closing.balance_on} is later than the list, which it cannot prove"
            yield PartClosed(self._part_count, None, None, information=information)
        else:
            yield PartClosed(self._part_count, None, closing)

    def _open_part(self, part: _Part) -> Iterator[PartOpened]:
        if part.is_opened:
            return
        part.is_opened = True
        self._part_count += 1
        yield PartOpened(self._part_count, part.account_number, part.currency, "", "", is_final=True)

    def _accept_in_entry(self, entry: _Entry, tag: Tag) -> Iterator[StatementEvent]:
        entry.raw.append(f"</{tag.name}>" if tag.is_closing else f"<{tag.name}>{tag.text}")
        if tag.is_closing and tag.name == entry.name:
            self._entry = None
            yield self._line(entry)
        elif (tag.is_closing and tag.name == _STATEMENT) or tag.name in _ENTRIES:
            raise unreadable(
                tag.line_number, f"</{entry.name}> of the entry that starts on line {entry.file_line}"
            )
        elif tag.is_closing:
            entry.inner = "" if tag.name == entry.inner else entry.inner
        elif tag.name in _INNER and not tag.text:
            entry.inner = tag.name
        elif tag.text:
            if len(entry.values) >= _VALUES_MAX:
                raise unreadable(tag.line_number, f"at most {_VALUES_MAX} values in one entry")
            entry.values.setdefault(f"{entry.inner}/{tag.name}" if entry.inner else tag.name, tag.text)

    def _line(self, entry: _Entry) -> StatementLine | RejectedLine:
        part = self._part
        assert part is not None, "entries stand in a part"
        self._line_count += 1
        place = EntryPlace(
            self._line_count, self._part_count, entry.file_line, part.currency, _ENTRIES[entry.name]
        )
        raw = f"<{entry.name}>{''.join(entry.raw)}"[:RAW_CHARACTERS_MAX]
        line = line_from_values(entry.values, raw, place)
        if isinstance(line, StatementLine) and self._is_repeated(part, entry):
            fitid = entry.values["FITID"][:80]
            detail = (
                f"file line {entry.file_line}: FITID {fitid} with the same content stands in the file before"
            )
            return RejectedLine(line.line_number, line.part_number, "repeated_entry", detail, raw)
        return line

    def _is_repeated(self, part: _Part, entry: _Entry) -> bool:
        """One entry of the bank told twice: the same FITID with the same content.

        The FITID alone proves nothing: banks use one again for other days and amounts, or write the same on all.
        """
        if not entry.values.get("FITID"):
            return False
        content = "\n".join(f"{name}={text}" for name, text in sorted(entry.values.items()))
        print_ = hashlib.blake2b(content.encode(), digest_size=16).digest()
        is_known = print_ in part.seen
        if len(part.seen) < _REMEMBERED_MAX:
            part.seen.add(print_)
        return is_known


def _currency(tag: Tag) -> str:
    try:
        currency_exponent(tag.text.upper())
    except MoneyError as error:
        raise unreadable(tag.line_number, f"a currency in CURDEF ({error.detail})") from error
    return tag.text.upper()


def _is_after_the_list(balance: Balance, part: _Part, tag: Tag) -> bool:
    """Banks state the balance of the moment of the download, whatever days were asked for."""
    try:
        return (
            bool(part.ends_on)
            and balance.balance_on is not None
            and balance.balance_on > day_from_ofx(part.ends_on)
        )
    except ValueError as error:
        raise unreadable(tag.line_number, f"a date in DTEND ({error})") from error


def _ledger_balance(part: _Part, tag: Tag) -> Balance | None:
    if "BALAMT" not in part.balance:
        return None
    try:
        amount_minor = amount_from_ofx(part.balance["BALAMT"], part.currency)
        as_of = part.balance.get("DTASOF", "")
        return Balance(amount_minor, part.currency, day_from_ofx(as_of) if as_of else None)
    except (MoneyError, ValueError) as error:
        raise unreadable(tag.line_number, f"an amount and a date in LEDGERBAL ({error})") from error
