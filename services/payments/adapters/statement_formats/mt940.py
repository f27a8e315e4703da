"""MT940 statements and MT942 intraday reports, one part per message."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from services.payments.adapters.statement_formats.mt940_entry import (
    EntryPlace,
    balance_from_field,
    line_from_fields,
    raw_of,
)
from services.payments.adapters.statement_formats.mt940_grammar import (
    MESSAGE_END,
    MESSAGE_HEADER,
    Field,
    fields_of,
)
from services.payments.adapters.statement_formats.text_source import (
    text_encoding,
    text_lines,
    unreadable,
)
from services.payments.domain.bank_statement import (
    Balance,
    PartClosed,
    PartOpened,
    RejectedLine,
    StatementEvent,
)
from services.payments.domain.errors import StatementUnreadable

_INTRADAY_TAGS: Final = frozenset({"13", "13D", "34F", "90C", "90D"})
_MESSAGE_STARTS: Final = frozenset({"20", "25", "25P", "28", "28C", "60F", "60M", "13", "13D", "34F"})


def read_mt940(
    file: BinaryIO, *, default_currency: str, account_number: str, is_intraday: bool
) -> Iterator[StatementEvent]:
    """Yield the events of every message in the file; `is_intraday` says what messages without blocks are."""
    reader = _MessageReader(default_currency, account_number, is_intraday=is_intraday)
    for found in fields_of(text_lines(file, text_encoding(file))):
        yield from reader.accept(found)
    yield from reader.end_of_file()


@dataclass(slots=True)
class _Message:
    part_number: int
    identification: str = ""
    account_number: str = ""
    sequence: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    floor_currency: str = ""
    has_intraday_tag: bool = False
    is_opened: bool = False
    information: list[str] = field(default_factory=list)


class _MessageReader:
    """Follows the order of tags: :86: belongs to the :61: before it, or to the statement after :62:."""

    def __init__(self, default_currency: str, account_number: str, *, is_intraday: bool) -> None:
        self._default_currency = default_currency
        self._account_number = account_number
        self._is_intraday_file = is_intraday
        self._message: _Message | None = None
        self._message_type = ""
        self._entry: Field | None = None
        self._entry_information: tuple[str, ...] = ()
        self._part_count = 0
        self._line_count = 0
        self._last_line_number = 1

    def accept(self, found: Field) -> Iterator[StatementEvent]:
        self._last_line_number = found.line_number
        if found.tag == "86" and self._entry is not None:
            self._entry_information += found.lines
            return
        yield from self._flush_entry()
        if found.tag in (MESSAGE_END, MESSAGE_HEADER):
            yield from self._close_message()
            if found.tag == MESSAGE_HEADER:
                self._message_type = found.first.partition("{2:")[2][1:4]
        elif self._starts_message(found.tag):
            yield from self._close_before(found)
            self._part_count += 1
            self._message = _Message(self._part_count)
        if found.tag == "61":
            self._entry, self._entry_information = found, ()
        elif self._message is not None:
            self._take(self._message, found)

    def end_of_file(self) -> Iterator[StatementEvent]:
        yield from self._flush_entry()
        message = self._message
        if message is not None and message.closing is None and not self._is_intraday(message):
            raise unreadable(self._last_line_number, ":62F: before the end of the file; the file is cut off")
        yield from self._close_message()
        if self._part_count == 0:
            raise StatementUnreadable("no statement in the file: no :20:, :25: or :60F: was found")

    def _starts_message(self, tag: str) -> bool:
        message = self._message
        if message is None:
            return tag in _MESSAGE_STARTS
        return tag == "20" or (message.closing is not None and tag in _MESSAGE_STARTS)

    def _close_before(self, found: Field) -> Iterator[StatementEvent]:
        message = self._message
        if message is not None and message.closing is None and not self._is_intraday(message):
            raise unreadable(found.line_number, f":62F: of the statement before the next :{found.tag}:")
        yield from self._close_message()

    def _take(self, message: _Message, found: Field) -> None:
        match found.tag:
            case "20":
                message.identification = found.first.strip()
            case "25" | "25P":
                message.account_number = found.first.strip()
            case "28" | "28C":
                message.sequence = found.first.strip()
            case "60F" | "60M":
                message.opening = balance_from_field(found)
            case "62F" | "62M":
                message.closing = balance_from_field(found)
            case "86":
                message.information.append(" ".join(found.lines))
            case tag if tag in _INTRADAY_TAGS:
                message.has_intraday_tag = True
                message.floor_currency = found.first[:3] if tag == "34F" else message.floor_currency

    def _flush_entry(self) -> Iterator[StatementEvent]:
        entry, message = self._entry, self._message
        if entry is None:
            return
        self._entry = None
        if message is None or message.closing is not None:
            yield self._outside_statement(entry)
            return
        yield from self._open_part(message, entry.line_number)
        self._line_count += 1
        place = EntryPlace(
            self._line_count, message.part_number, self._currency(message), not self._is_intraday(message)
        )
        yield line_from_fields(entry, self._entry_information, place)

    def _open_part(self, message: _Message, line_number: int) -> Iterator[PartOpened]:
        if message.is_opened:
            return
        is_intraday = self._is_intraday(message)
        if message.opening is None and not is_intraday:
            raise unreadable(line_number, ":60F: or :60M: before the first entry")
        message.is_opened = True
        yield PartOpened(
            part_number=message.part_number,
            account_number=message.account_number or self._account_number,
            currency=self._currency(message),
            identification=message.identification,
            sequence=message.sequence,
            is_final=not is_intraday,
        )

    def _close_message(self) -> Iterator[StatementEvent]:
        message, self._message = self._message, None
        if message is None:
            return
        yield from self._open_part(message, self._last_line_number)
        information = "\n".join(message.information)
        yield PartClosed(message.part_number, message.opening, message.closing, information=information)

    def _outside_statement(self, entry: Field) -> RejectedLine:
        """An entry after a statement's end has no account and no proving balance: a person must look."""
        if self._part_count == 0:
            raise unreadable(entry.line_number, ":20: and :60F: before the first :61:")
        self._line_count += 1
        detail = f"file line {entry.line_number}: the entry stands outside any statement"
        raw = raw_of(entry, self._entry_information)
        return RejectedLine(self._line_count, self._part_count, "outside_statement", detail, raw)

    def _currency(self, message: _Message) -> str:
        if message.opening is not None:
            return message.opening.currency
        return message.floor_currency or self._default_currency

    def _is_intraday(self, message: _Message) -> bool:
        if self._message_type in ("940", "942"):
            return self._message_type == "942"
        return message.opening is None and (message.has_intraday_tag or self._is_intraday_file)
