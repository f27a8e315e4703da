"""BAI2 balance reports, one part per account record (03), proved by the control totals 49, 98 and 99."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import BinaryIO, Final

from services.payments.adapters.statement_formats.bai2_entry import (
    EntryPlace,
    UnreadableFieldError,
    day,
    funds_from_fields,
    line_from_record,
    minor_units,
)
from services.payments.adapters.statement_formats.bai2_records import Fields, Record, records_of
from services.payments.adapters.statement_formats.text_source import text_encoding, text_lines, unreadable
from services.payments.domain.bank_statement import (
    Balance,
    Finding,
    PartClosed,
    PartOpened,
    StatementEvent,
)
from services.payments.domain.errors import StatementUnreadable
from shared.money import MoneyError, currency_exponent

_OPENING, _CLOSING = "010", "015"
_UPDATE: Final = "1"
_STATUS_WORDS: Final = {
    "2": "the bank deletes what it sent before",
    "3": "the bank corrects what it sent before",
    "4": "a test of the bank",
}
_INTERIM_MODIFIERS: Final = frozenset(
    {"1", "3"}
)  # 1 previous day interim, 3 same day interim; 2 and 4 are final
_FINDINGS_MAX: Final = 20


def read_bai2(file: BinaryIO, *, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of every account; only groups that are an update and final are final."""
    reader = _Reader(default_currency, account_number)
    for record in records_of(text_lines(file, text_encoding(file))):
        yield from reader.accept(record)
    yield from reader.end_of_file()


@dataclass(slots=True)
class _Totals:
    """What a trailer has to say about the records before it."""

    amount_minor: int = 0
    record_count: int = 0
    member_count: int = 0  # accounts of a group, groups of a file

    def add(self, other: "_Totals") -> None:
        self.amount_minor += other.amount_minor
        self.record_count += other.record_count
        self.member_count += 1


@dataclass(slots=True)
class _Group:
    booked_on: date
    currency: str
    status: str
    is_final: bool
    identification: str
    totals: _Totals = field(default_factory=_Totals)


@dataclass(slots=True)
class _Account:
    number: str
    currency: str
    opening_minor: int | None = None
    closing_minor: int | None = None
    totals: _Totals = field(default_factory=_Totals)


class _Reader:
    """Follows the nesting of file, groups and accounts; a part is told when its last control total was read."""

    def __init__(self, default_currency: str, account_number: str) -> None:
        self._default_currency = default_currency
        self._account_number = account_number
        self._record_length = 0
        self._file: _Totals | None = None
        self._group: _Group | None = None
        self._account: _Account | None = None
        self._pending: PartClosed | None = None
        self._is_any_file = False
        self._part_count = 0
        self._line_count = 0
        self._last_line_number = 1

    def accept(self, record: Record) -> Iterator[StatementEvent]:
        self._last_line_number = record.line_number
        match record.code:
            case "01":
                yield from self._open_file(record)
            case "02":
                self._open_group(record)
            case "03":
                yield from self._open_account(record)
            case "16":
                yield self._entry(record)
            case "49":
                self._close_account(record)
            case "98":
                self._close_group(record)
            case "99":
                self._close_file(record)

    def end_of_file(self) -> Iterator[StatementEvent]:
        if not self._is_any_file:
            raise StatementUnreadable("no file header: expected a record 01 on the first line")
        if self._file is not None:
            raise unreadable(self._last_line_number, "a file trailer 99 before the end; the file is cut off")
        yield from self._closed()

    def _open_file(self, record: Record) -> Iterator[StatementEvent]:
        if self._file is not None:
            raise unreadable(record.line_number, "a file trailer 99 before the next 01")
        yield from self._closed()
        fields = Fields(record)
        values = [fields.next() for _ in range(6)]
        is_stated = values[5].isascii() and values[5].isdigit() and len(values[5]) < 6
        self._record_length = int(values[5]) if is_stated else 0
        self._file = _Totals(record_count=len(record.pieces))
        self._is_any_file = True

    def _open_group(self, record: Record) -> None:
        if self._file is None or self._group is not None:
            raise unreadable(
                record.line_number, "a file header 01, or the trailer 98 of the group before, first"
            )
        fields = Fields(record)
        receiver, originator, status, as_of, _, currency, modifier = (fields.next() for _ in range(7))
        try:
            booked_on = day(as_of)
        except UnreadableFieldError as error:
            raise unreadable(record.line_number, f"an as-of date in 02 ({error.detail})") from error
        self._group = _Group(
            booked_on,
            _known_currency(currency or self._default_currency, record),
            status,
            is_final=status == _UPDATE and modifier not in _INTERIM_MODIFIERS,
            identification=f"{originator} {as_of}".strip() or receiver,
            totals=_Totals(record_count=len(record.pieces)),
        )

    def _open_account(self, record: Record) -> Iterator[StatementEvent]:
        group = self._group
        if group is None or self._account is not None:
            raise unreadable(
                record.line_number, "a group header 02, or the trailer 49 of the account before, first"
            )
        yield from self._closed()
        fields = Fields(record)
        number, currency = fields.next(), fields.next()
        account = _Account(
            number or self._account_number,
            _known_currency(currency, record) if currency else group.currency,
            totals=_Totals(record_count=len(record.pieces)),
        )
        try:
            _read_summary(fields, account)
        except UnreadableFieldError as error:
            raise unreadable(record.line_number, f"type codes with amounts in 03 ({error.detail})") from error
        self._account = account
        self._part_count += 1
        yield PartOpened(
            self._part_count, account.number, account.currency, group.identification, "", group.is_final
        )

    def _entry(self, record: Record) -> StatementEvent:
        group, account = self._group, self._account
        if group is None or account is None:
            raise unreadable(record.line_number, "an account record 03 before the entry 16")
        self._line_count += 1
        place = EntryPlace(
            self._line_count,
            self._part_count,
            account.currency,
            group.booked_on,
            group.is_final,
            self._record_length,
        )
        line, amount_minor = line_from_record(record, place)
        account.totals.amount_minor += amount_minor
        account.totals.record_count += len(record.pieces)
        return line

    def _close_account(self, record: Record) -> None:
        group, account = self._group, self._account
        if group is None or account is None:
            raise unreadable(record.line_number, "an account record 03 before its trailer 49")
        account.totals.record_count += len(record.pieces)
        differences = _differences(record, account.totals, "the account", has_members=False)
        self._pending = PartClosed(
            self._part_count,
            _balance(account.opening_minor, account, group),
            _balance(account.closing_minor, account, group),
            information=_STATUS_WORDS.get(group.status, ""),
            is_complete=not differences,
            findings=(*_status_findings(group), *differences),
        )
        group.totals.add(_as_stated(record, account.totals))
        self._account = None

    def _close_group(self, record: Record) -> None:
        group, file = self._group, self._file
        if group is None or file is None or self._account is not None:
            raise unreadable(record.line_number, "the trailer 49 of an account before the group trailer 98")
        group.totals.record_count += len(record.pieces)
        self._find(_differences(record, group.totals, "the group", has_members=True), record)
        file.add(_as_stated(record, group.totals))
        self._group = None

    def _close_file(self, record: Record) -> None:
        file = self._file
        if file is None or self._group is not None:
            raise unreadable(record.line_number, "the group trailer 98 before the file trailer 99")
        file.record_count += len(record.pieces)
        self._find(_differences(record, file, "the file", has_members=True), record)
        self._file = None

    def _find(self, differences: tuple[Finding, ...], record: Record) -> None:
        """A difference of a group or file is told with its last account."""
        if not differences:
            return
        if self._pending is None:
            raise unreadable(record.line_number, f"totals that agree ({differences[0].detail})")
        findings = (*self._pending.findings, *differences)[:_FINDINGS_MAX]
        self._pending = replace(self._pending, is_complete=False, findings=findings)

    def _closed(self) -> Iterator[PartClosed]:
        part, self._pending = self._pending, None
        if part is not None:
            yield part


def _known_currency(code: str, record: Record) -> str:
    try:
        currency_exponent(code.upper())
    except MoneyError as error:
        raise unreadable(record.line_number, f"a currency code ({error.detail})") from error
    return code.upper()


def _read_summary(fields: Fields, account: _Account) -> None:
    """Type codes with amount, item count and funds type; all amounts count in the control total."""
    while fields.has_more:
        kind = fields.next()
        if not kind:
            continue
        written = fields.next()
        amount_minor = minor_units(written) if written else 0
        fields.next()
        funds_from_fields(fields)
        account.totals.amount_minor += amount_minor
        if written and kind == _OPENING:
            account.opening_minor = amount_minor
        elif written and kind == _CLOSING:
            account.closing_minor = amount_minor


def _differences(record: Record, counted: _Totals, whose: str, *, has_members: bool) -> tuple[Finding, ...]:
    """What a trailer states differently from what was read: amount, members and physical records."""
    fields = Fields(record)
    stated_amount = fields.next()
    members = fields.next() if has_members else ""
    records = fields.next()
    found = [_difference("control total in minor units", stated_amount, counted.amount_minor)]
    if has_members:
        found.append(_difference("number of members", members, counted.member_count))
    found.append(_difference("number of records", records, counted.record_count))
    place = f"line {record.line_number}: {whose}"
    return tuple(
        Finding("control_total_mismatch", f"{place} has another {difference}")
        for difference in found
        if difference
    )


def _as_stated(record: Record, counted: _Totals) -> _Totals:
    """A trailer adds up the totals stated below it, so an error is told once, where it stands."""
    try:
        amount_minor = minor_units(Fields(record).next())
    except UnreadableFieldError:
        return counted
    return replace(counted, amount_minor=amount_minor)


def _difference(name: str, stated: str, counted: int) -> str:
    try:
        is_equal = not stated or minor_units(stated) == counted
    except UnreadableFieldError:
        is_equal = False
    return "" if is_equal else f"{name}: {stated[:30]} stated, {counted} read"


def _status_findings(group: _Group) -> tuple[Finding, ...]:
    if group.status in ("2", "3"):
        detail = f"{_STATUS_WORDS[group.status]}; compare it with what is booked"
        return (Finding("statement_corrected", detail),)
    return ()


def _balance(amount_minor: int | None, account: _Account, group: _Group) -> Balance | None:
    return None if amount_minor is None else Balance(amount_minor, account.currency, group.booked_on)
