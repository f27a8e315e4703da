"""BAI2 values: entries (16), their direction by type code, amounts, days and funds types."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.payments.adapters.statement_formats.bai2_records import Fields, Record
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from shared.money import AMOUNT_MINOR_MAX

_NOTHING_TO_BOOK: Final = "890"  # text of the bank without an amount
# Posted in error, returned or taken back: 252 and 552 reversals, 254 and 554 errors, 257 and 557 returned ACH
# items, 258 and 558 ACH reversals. A returned deposit (555) is no reversal: it takes a partner's cheque back.
_REVERSALS: Final = frozenset({"252", "254", "257", "258", "552", "554", "557", "558"})
_DAYS_LATER: Final = {"1": "one day", "2": "two days"}
_DISTRIBUTIONS_MAX: Final = 100
_DIGITS_MAX: Final = 18


class UnreadableFieldError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where an entry stands and what its account and group say about it."""

    line_number: int
    part_number: int
    currency: str
    booked_on: date
    is_final: bool
    record_length: int


@dataclass(frozen=True, slots=True)
class Funds:
    """When money can be used: the value day the bank names, or words about it."""

    value_on: date | None = None
    note: str = ""


def line_from_record(record: Record, place: EntryPlace) -> tuple[StatementLine | RejectedLine, int]:
    """Return the entry of a 16, or why it cannot be read, and the amount that counts in the control total."""
    fields = Fields(record)
    kind, written = fields.next(), fields.next()
    amount_minor = 0
    try:
        amount_minor = minor_units(written) if written or kind != _NOTHING_TO_BOOK else 0
        line = _line(record, fields, place, kind, amount_minor)
    except UnreadableFieldError as error:
        detail = f"file line {record.line_number}: {error.detail}"
        return RejectedLine(
            place.line_number, place.part_number, error.code, detail, record.raw
        ), amount_minor
    return line, amount_minor


def _line(record: Record, fields: Fields, place: EntryPlace, kind: str, amount_minor: int) -> StatementLine:
    sign = 0 if kind == _NOTHING_TO_BOOK else direction_of(kind)
    if amount_minor < 0:
        raise UnreadableFieldError(
            "direction_unknown", "a negative amount; the type code gives the direction"
        )
    if amount_minor > AMOUNT_MINOR_MAX:
        raise UnreadableFieldError(
            "invalid_amount", f"{amount_minor} minor units are more than one amount can be"
        )
    funds = funds_from_fields(fields)
    bank_reference, customer_reference = fields.next(), fields.next()
    notes = (funds.note, "" if sign * amount_minor else "no amount: information only")
    return StatementLine(
        line_number=place.line_number,
        part_number=place.part_number,
        booked_on=place.booked_on,
        value_on=funds.value_on or place.booked_on,
        amount_minor=sign * amount_minor,
        currency=place.currency,
        narration=fields.text(place.record_length),
        bank_reference=bank_reference,
        customer_reference=customer_reference,
        kind_code=kind,
        is_reversal=kind in _REVERSALS,
        is_final=place.is_final and sign * amount_minor != 0,
        raw=record.raw,
        notes=tuple(filter(None, notes)),
    )


def direction_of(kind: str) -> int:
    """Return 1 for money in and -1 for money out; summaries, loans and status codes have no direction."""
    if len(kind) == 3 and kind.isascii() and kind.isdigit():
        if "101" <= kind <= "399" or "920" <= kind <= "959":
            return 1
        if "401" <= kind <= "699" or "960" <= kind <= "999":
            return -1
    raise UnreadableFieldError("direction_unknown", f"'{kind[:10]}' is no type code of a credit or debit")


def minor_units(text: str) -> int:
    """Return an amount as BAI2 writes it: minor units without a point, with or without a sign."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS_MAX:
        raise UnreadableFieldError(
            "invalid_amount", f"'{text[:30]}' is no amount in minor units without a decimal point"
        )
    return -int(digits) if text.startswith("-") else int(digits)


def day(text: str) -> date:
    """Return the day of YYMMDD or YYYYMMDD."""
    digits = text if len(text) == 8 else f"20{text}"
    try:
        if len(digits) == 8 and digits.isascii() and digits.isdigit():
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        pass
    raise UnreadableFieldError("invalid_date", f"'{text[:20]}' is no day YYMMDD")


def funds_from_fields(fields: Fields) -> Funds:
    """Read a funds type with what belongs to it: V a day and time, S three amounts, D days with amounts."""
    kind = fields.next().upper()
    match kind:
        case "" | "0" | "Z":
            return Funds()
        case "1" | "2":
            return Funds(note=f"can be used {_DAYS_LATER[kind]} later")
        case "V":
            written, _ = fields.next(), fields.next()
            return Funds(day(written) if written else None)
        case "S":
            shares = [fields.next() for _ in range(3)]
            return Funds(note=f"can be used at once, after one day, later: {', '.join(shares)} minor units")
        case "D":
            return _distributed(fields)
    raise UnreadableFieldError(
        "invalid_funds_type", f"'{kind[:10]}' is no funds type; expected 0, 1, 2, V, S, D or Z"
    )


def _distributed(fields: Fields) -> Funds:
    written = fields.next()
    count = int(written) if written.isascii() and written.isdigit() and len(written) < 4 else -1
    if not 0 <= count <= _DISTRIBUTIONS_MAX:
        raise UnreadableFieldError("invalid_funds_type", f"'{written[:10]}' is no number of distributions")
    shares = [f"{fields.next()} days {fields.next()}" for _ in range(count)]
    return Funds(note=f"can be used after {', '.join(shares)} minor units" if shares else "")
