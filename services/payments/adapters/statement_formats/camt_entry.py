"""One Ntry of a CAMT message as statement lines."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from lxml import etree

from services.payments.adapters.statement_formats.camt_detail import (
    Detail,
    detail_from_element,
    distinct_joined,
)
from services.payments.adapters.statement_formats.camt_xml import (
    child_of,
    children_of,
    line_of,
    local_name,
    text_of,
)
from services.payments.adapters.statement_formats.text_source import RAW_CHARACTERS_MAX
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from services.payments.domain.booking_clock import BANK_TIME_ZONE
from shared.money import MoneyError, minor_from_text

_NAMESPACE: Final = re.compile(r' xmlns(?::\w+)?="[^"]*"')
_INDENTATION: Final = re.compile(r">\s+<")
_SIGNS: Final = {"CRDT": 1, "DBIT": -1}


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What a part says about all of its entries."""

    part_number: int
    currency: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """The values of Ntry itself, whatever its details say."""

    amount_minor: int
    booked_on: date
    value_on: date
    credited_at: datetime | None
    is_final: bool
    is_reversal: bool
    bank_reference: str
    kind_code: str
    information: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Share:
    """What of an entry becomes one line: all of it, or one transaction of a batch."""

    transactions: list[etree._Element]
    amount_minor: int
    element: etree._Element  # the evidence
    information: str = ""  # what the bank says about the entry as a whole
    note: str = ""


class _UnreadableEntryError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def lines_from_entry(
    element: etree._Element, facts: PartFacts, first_line_number: int
) -> list[StatementLine | RejectedLine]:
    """Return one line, or one per transaction of a batch whose amounts sum exactly to the entry."""
    children = children_of(element)
    try:
        entry = _entry(children, facts)
    except _UnreadableEntryError as error:
        detail = f"file line {line_of(element)}: {error.detail}"
        return [RejectedLine(first_line_number, facts.part_number, error.code, detail, _raw(element))]
    transactions = [
        transaction
        for details in element
        if local_name(details) == "NtryDtls"
        for transaction in details
        if local_name(transaction) == "TxDtls"
    ]
    return [
        _line(entry, facts, first_line_number + index, share)
        for index, share in enumerate(_shares(element, transactions, entry, facts.currency))
    ]


def _entry(children: dict[str, etree._Element], facts: PartFacts) -> _Entry:
    sign = _SIGNS.get(text_of(children.get("CdtDbtInd")))
    if sign is None:
        raise _UnreadableEntryError("direction_unknown", "expected CRDT or DBIT in CdtDbtInd")
    amount = children.get("Amt")
    currency = amount.get("Ccy", facts.currency) if amount is not None else facts.currency
    if currency != facts.currency:
        raise _UnreadableEntryError("currency_mismatch", f"{currency} on an account in {facts.currency}")
    amount_minor = _amount_minor(text_of(amount), facts.currency)
    booked_on, value_on = _dates(children)
    status = children.get("Sts")
    status_text = text_of(status) or text_of(status, "Cd")
    notes: tuple[str, ...] = () if status_text else ("no status: not known to be booked",)
    if amount_minor == 0:
        notes += ("zero amount: information only",)
    return _Entry(
        # CdtDbtInd is the direction of the money also when RvslInd is true.
        amount_minor=sign * amount_minor,
        booked_on=booked_on,
        value_on=value_on,
        credited_at=_stated_instant(children.get("BookgDt"), booked_on),
        is_final=facts.is_final and status_text == "BOOK" and amount_minor != 0,
        is_reversal=text_of(children.get("RvslInd")) in ("true", "1"),
        bank_reference=text_of(children.get("AcctSvcrRef")),
        kind_code=_kind_code(children.get("BkTxCd")),
        information=text_of(children.get("AddtlNtryInf")),
        notes=notes,
    )


def _amount_minor(text: str, currency: str) -> int:
    try:
        amount_minor = minor_from_text(text, currency)
    except MoneyError as error:
        raise _UnreadableEntryError("invalid_amount", error.detail) from error
    if amount_minor < 0:
        raise _UnreadableEntryError("invalid_amount", f"'{text}' is negative; the sign is in CdtDbtInd")
    return amount_minor


def _dates(children: dict[str, etree._Element]) -> tuple[date, date]:
    booked, valued = _written_date(children.get("BookgDt")), _written_date(children.get("ValDt"))
    if not booked and not valued:
        raise _UnreadableEntryError("invalid_date", "expected a date in BookgDt or ValDt")
    try:
        return date.fromisoformat(booked or valued), date.fromisoformat(valued or booked)
    except ValueError as error:
        raise _UnreadableEntryError("invalid_date", f"'{booked or valued}' is not a date: {error}") from error


def _written_date(element: etree._Element | None) -> str:
    """The date as the bank wrote it: its own calendar day counts, so an offset after a time moves nothing."""
    return (text_of(element, "Dt") or text_of(element, "DtTm"))[:10]


def _stated_instant(element: etree._Element | None, booked_on: date) -> datetime | None:
    """The instant of the booking, if the bank tells one on that day in India; midnight stands for a day only."""
    try:
        stated = datetime.fromisoformat(text_of(element, "DtTm"))
    except ValueError:
        return None
    local = (stated if stated.tzinfo else stated.replace(tzinfo=BANK_TIME_ZONE)).astimezone(BANK_TIME_ZONE)
    return local if local.date() == booked_on and local.time() != time() else None


def _kind_code(element: etree._Element | None) -> str:
    """Return 'PMNT-RCDT-ESCT' of the ISO domain or the bank's proprietary code."""
    domain = child_of(element, "Domn")
    if domain is None:
        return text_of(element, "Prtry", "Cd")
    codes = (text_of(domain, "Cd"), text_of(domain, "Fmly", "Cd"), text_of(domain, "Fmly", "SubFmlyCd"))
    return "-".join(code for code in codes if code)


def _shares(
    element: etree._Element, transactions: list[etree._Element], entry: _Entry, currency: str
) -> list[_Share]:
    """Return a share for each transaction of a batch, or the whole entry as one and why it stays whole."""
    if len(transactions) < 2:
        return [_Share(transactions, entry.amount_minor, element, entry.information)]
    amounts = [_amount_of(transaction, entry, currency) for transaction in transactions]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        note = f"batch of {len(amounts)} transactions without amounts of their own"
    elif sum(known) != entry.amount_minor:
        note = f"batch_sum_mismatch: {len(amounts)} transactions sum to {sum(known)} minor units"
    else:
        pairs = zip(transactions, known, strict=True)
        return [_Share([transaction], amount, transaction) for transaction, amount in pairs]
    return [_Share(transactions, entry.amount_minor, element, entry.information, note)]


def _amount_of(transaction: etree._Element, entry: _Entry, currency: str) -> int | None:
    sign = _SIGNS.get(text_of(transaction, "CdtDbtInd"), 1 if entry.amount_minor >= 0 else -1)
    for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt")):
        amount = child_of(transaction, *path)
        if amount is not None and amount.get("Ccy") == currency:
            try:
                return sign * _amount_minor(text_of(amount), currency)
            except _UnreadableEntryError:
                return None
    return None


def _line(entry: _Entry, facts: PartFacts, line_number: int, share: _Share) -> StatementLine:
    details = [
        detail_from_element(each, is_credit=share.amount_minor >= 0, is_reversal=entry.is_reversal)
        for each in share.transactions
    ]
    detail = details[0] if len(details) == 1 else Detail()
    texts = [text for each in details for text in each.remittance]
    returned = [each.return_reason for each in details if each.is_return]
    notes = (*entry.notes, *(f"returned: {reason}" for reason in returned if reason), share.note)
    return StatementLine(
        line_number=line_number,
        part_number=facts.part_number,
        booked_on=entry.booked_on,
        value_on=entry.value_on,
        amount_minor=share.amount_minor,
        currency=facts.currency,
        narration=distinct_joined([*texts, share.information]),
        bank_reference=detail.bank_reference or entry.bank_reference or detail.fallback_reference,
        customer_reference=detail.customer_reference,
        counterparty_name=detail.counterparty_name,
        counterparty_account=detail.counterparty_account,
        kind_code=entry.kind_code or ("RTRN" if returned else ""),
        is_reversal=entry.is_reversal or bool(returned),
        is_final=entry.is_final and share.amount_minor != 0,
        document_numbers=tuple(number for each in details for number in each.document_numbers),
        raw=_raw(share.element),
        other_references=tuple(reference for each in details for reference in each.other_references),
        notes=tuple(filter(None, notes)),
        credited_at=entry.credited_at,
    )


def _raw(element: etree._Element) -> str:
    """The element as evidence, without the namespaces and indentation that would fill the room it has."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    head, close, rest = text.partition(">")
    if "\n" in rest:
        rest = _INDENTATION.sub("><", ">" + rest)[1:]
    return f"{_NAMESPACE.sub('', head)}{close}{rest}"[:RAW_CHARACTERS_MAX]
