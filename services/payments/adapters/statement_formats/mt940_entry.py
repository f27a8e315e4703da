"""MT940 values: entries (:61:), balances (:60:, :62:) and their dates."""

import re
from calendar import isleap
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.payments.adapters.statement_formats.mt940_grammar import Field
from services.payments.adapters.statement_formats.mt940_information import information_from_lines
from services.payments.adapters.statement_formats.text_source import RAW_CHARACTERS_MAX, unreadable
from services.payments.domain.bank_statement import Balance, RejectedLine, StatementLine
from shared.money import MoneyError, minor_from_text

# Value date, entry date (may be blanks), mark, funds code, amount, kind, references. `R` of a reversal comes
# before C or D and a funds code after it, so `RC` and `CR` cannot be confused.
_ENTRY: Final = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}|[ ]{4})?\s*(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?"
    r"\s*(?P<amount>\d[\d.,]*)(?P<kind>[A-Z][A-Z0-9]{3})(?P<customer>.*?)(?://(?P<bank>.*))?"
)
_BALANCE: Final = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d[\d.,]*)\s*")
_ABSENT_REFERENCES: Final = frozenset({"NONREF", "NOTPROVIDED"})
_REFERENCE_ELSEWHERE: Final = frozenset({"", "KREF+", "EREF+"})


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where an entry stands and what its statement says about it."""

    line_number: int
    part_number: int
    currency: str
    is_final: bool


def line_from_fields(
    entry: Field, information: tuple[str, ...], place: EntryPlace
) -> StatementLine | RejectedLine:
    """Return the line of a :61: with the lines of its :86:, or why it cannot be read."""
    raw = raw_of(entry, information)
    try:
        matched = _ENTRY.fullmatch(entry.first.rstrip())
        if matched is not None:
            return _line(matched, entry.lines[1:], information, place, raw)
        code, detail = "invalid_entry", "expected value date, mark C or D, amount and kind in :61:"
    except MoneyError as error:
        code, detail = "invalid_amount", error.detail
    except ValueError as error:
        code, detail = "invalid_date", str(error)
    detail = f"file line {entry.line_number}: {detail}"
    return RejectedLine(place.line_number, place.part_number, code, detail, raw)


def raw_of(entry: Field, information: tuple[str, ...]) -> str:
    """Return :61: and :86: as the file had them."""
    fields = (f":61:{entry.first}", *entry.lines[1:], *((f":86:{information[0]}",) if information else ()))
    return "\n".join((*fields, *information[1:]))[:RAW_CHARACTERS_MAX]


def _line(
    matched: re.Match[str],
    supplementary: tuple[str, ...],
    information: tuple[str, ...],
    place: EntryPlace,
    raw: str,
) -> StatementLine:
    amount_minor = minor_from_text(_point_decimal(matched["amount"]), place.currency)
    value_on, notes = _value_date(matched["value"])
    booked_on, entry_notes = _entry_date((matched["entry"] or "").strip(), value_on)
    if matched["funds"] and matched["funds"] != place.currency[2]:
        notes += (f"funds code {matched['funds']} is not the third letter of {place.currency}",)
    if amount_minor == 0:
        notes += ("zero amount: information only",)
    said = information_from_lines(information)
    extra = " ".join(text.strip() for text in supplementary if text.strip())
    mark = matched["mark"]
    reference = _reference(matched["customer"])
    return StatementLine(
        line_number=place.line_number,
        part_number=place.part_number,
        booked_on=booked_on,
        value_on=value_on,
        # RC takes back a credit: money out. RD takes back a debit: money in.
        amount_minor=amount_minor if mark in ("C", "RD", "EC") else -amount_minor,
        currency=place.currency,
        narration=said.narration if extra in said.narration else f"{said.narration} {extra}".strip(),
        bank_reference=_reference(matched["bank"] or ""),
        customer_reference=said.customer_reference if reference in _REFERENCE_ELSEWHERE else reference,
        counterparty_name=said.counterparty_name,
        counterparty_account=said.counterparty_account,
        kind_code=matched["kind"],
        is_reversal=mark[0] == "R",
        is_final=place.is_final and mark[0] != "E" and amount_minor != 0,
        raw=raw,
        notes=notes + entry_notes,
    )


def balance_from_field(field: Field) -> Balance:
    """Return the balance of a :60: or :62:; StatementUnreadable when it has another shape."""
    matched = _BALANCE.fullmatch(field.first)
    if matched is None:
        raise unreadable(field.line_number, f"C or D, YYMMDD, currency and amount in :{field.tag}:")
    try:
        balance_on, _ = _value_date(matched[2])
        amount_minor = minor_from_text(_point_decimal(matched[4]), matched[3])
    except (MoneyError, ValueError) as error:
        raise unreadable(field.line_number, f"a balance in :{field.tag}: ({error})") from error
    return Balance(amount_minor if matched[1] == "C" else -amount_minor, matched[3], balance_on)


def _reference(text: str) -> str:
    reference = text.strip()
    return "" if reference in _ABSENT_REFERENCES else reference


def _point_decimal(text: str) -> str:
    """Return '300,' as '300.'; amounts here are never grouped, so two marks stay two and are refused."""
    return text.replace(",", ".")


def _value_date(text: str) -> tuple[date, tuple[str, ...]]:
    year = int(text[:2])
    return _real_date(year + (1900 if year >= 70 else 2000), int(text[2:4]), int(text[4:6]))


def _entry_date(text: str, value_on: date) -> tuple[date, tuple[str, ...]]:
    """The entry date has no year: it is the one nearest to the value date, also around New Year."""
    if not text:
        return value_on, ()
    month, day = int(text[:2]), int(text[2:])
    years = (value_on.year - 1, value_on.year, value_on.year + 1)
    candidates = [_real_date(year, month, day) for year in years]
    return min(candidates, key=lambda candidate: abs((candidate[0] - value_on).days))


def _real_date(year: int, month: int, day: int) -> tuple[date, tuple[str, ...]]:
    """Banks that count interest as 30/360 give February 30 days: its 30th means the last day there is."""
    last_of_february = 29 if isleap(year) else 28
    if month == 2 and last_of_february < day <= 30:
        real = date(year, 2, last_of_february)
        return real, (f"{day} February {year} does not exist; read as {real.isoformat()} (30/360 month end)",)
    return date(year, month, day), ()
