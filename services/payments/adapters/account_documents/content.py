"""An account statement as JSON: what the API answers, what is frozen when it is published, what documents are set from."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from services.payments.domain.account_statement import (
    AccountSection,
    AccountStatement,
    MemoCheque,
    MemoDeduction,
    StatementKind,
    running,
)
from services.payments.domain.ageing import Ageing, AgeingBasis, Bucket, OpenAmount
from shared.money import currency_exponent

Content = dict[str, Any]
PROOF_NAMES: Final = ("ledger", "closing", "ageing", "open_items")


def statement_content(statement: AccountStatement) -> Content:
    """Everything of the statement that depends on the books; the same books give the same content."""
    wanted = statement.wanted
    partner = statement.partner
    return {
        "kind": wanted.kind.value,
        "partner": {
            "code": partner.code,
            "name": partner.name,
            "address": partner.address,
            "city": partner.city,
            "zone": partner.zone,
            "gstin": partner.gstin,
        },
        "from": wanted.period.first,
        "to": wanted.period.last,
        "ageing_by": wanted.basis.value,
        "sections": [_section(section, wanted.kind) for section in statement.sections],
        "is_proved": True,
    }


def plain_content(content: Content) -> Content:
    """The content as it is read back from JSON: what documents are set from."""
    plain: Content = msgspec.json.decode(msgspec.json.encode(content))
    return plain


def _section(section: AccountSection, kind: StatementKind) -> Content:
    money = _MoneyOf(section.currency)
    is_activity = kind is StatementKind.ACTIVITY
    return {
        "currency": section.currency,
        "opening": money(section.opening_minor),
        "movements": _movements(section) if is_activity else [],
        "totals": {"debit": money(section.debit_minor), "credit": money(section.credit_minor)},
        "closing": money(section.closing_minor),
        "open_items": [_open_item(item, section.ageing, money) for item in section.items],
        "ageing": ageing_content(section.ageing, section.currency),
        "cheques": [_cheque(cheque, money) for cheque in section.cheques],
        "cheques_total": money(sum(cheque.amount_minor for cheque in section.cheques)),
        "certificates_awaited": [_deduction(one, money) for one in section.deductions],
        "certificates_total": money(sum(one.amount_minor for one in section.deductions)),
        "proof": {
            "ledger": money(section.books.ledger_minor),
            "closing": money(section.closing_minor),
            "ageing": money(section.ageing.total_minor),
            "open_items": money(section.items_minor),
        },
    }


class _MoneyOf:
    """Amounts of one currency in the form of the wire."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._text = _text_of(currency)

    def __call__(self, amount_minor: int) -> dict[str, str]:
        return {"amount": self._text(amount_minor), "currency": self._currency}


def _text_of(currency: str) -> Callable[[int], str]:
    """As text_from_minor, which looks the currency up for each amount."""
    digits = currency_exponent(currency)

    def text(amount_minor: int) -> str:
        plain = str(abs(amount_minor)).rjust(digits + 1, "0")
        sign = "-" if amount_minor < 0 else ""
        return f"{sign}{plain[:-digits]}.{plain[-digits:]}"

    return text if digits else str


class _Money(msgspec.Struct, gc=False):
    amount: str
    currency: str


class _Movement(msgspec.Struct, gc=False):
    """One line on the wire; made by the ten thousand, so in C rather than as a dict."""

    on: date
    kind: str
    document_id: UUID
    document_number: str
    reference: str
    debit: _Money | None
    credit: _Money | None
    balance: _Money


def _movements(section: AccountSection) -> list[_Movement]:
    currency, text = section.currency, _text_of(section.currency)
    return [
        _Movement(
            one.on,
            one.kind,
            one.id,
            one.document_number,
            one.reference,
            _Money(text(one.amount_minor), currency) if one.amount_minor > 0 else None,
            _Money(text(-one.amount_minor), currency) if one.amount_minor < 0 else None,
            _Money(text(balance), currency),
        )
        for one, balance in running(section.opening_minor, section.movements)
    ]


def _open_item(item: OpenAmount, ageing: Ageing, money: _MoneyOf) -> Content:
    return {
        "id": item.id,
        "kind": item.kind,
        "document_number": item.document_number,
        "document_on": item.document_on,
        "due_on": item.due_on,
        "age_days": item.age_days(ageing.as_of, ageing.basis),
        "original": money(item.original_minor),
        "open": money(item.signed_minor),
    }


def ageing_content(ageing: Ageing, currency: str) -> Content:
    """Buckets with their labels, credits apart, and the total."""
    money = _MoneyOf(currency)
    return {
        "by": ageing.basis.value,
        "as_of": ageing.as_of,
        "buckets": bucket_contents(ageing.buckets, ageing.basis, currency),
        "credits": money(ageing.credits_minor),
        "total": money(ageing.total_minor),
    }


def bucket_contents(buckets: Sequence[Bucket], basis: AgeingBasis, currency: str) -> list[Content]:
    """`not_due`, `1-30`, …, `121+`; by document date the first is `0-30`."""
    money = _MoneyOf(currency)
    return [
        {
            "label": bucket_label(bucket, basis),
            "first_days": bucket.first_days,
            "last_days": bucket.last_days,
            "amount": money(bucket.amount_minor),
        }
        for bucket in buckets
    ]


def bucket_label(bucket: Bucket, basis: AgeingBasis) -> str:
    if bucket.first_days is None:
        return "not_due" if basis is AgeingBasis.DUE else f"0-{bucket.last_days}"
    return f"{bucket.first_days}+" if bucket.last_days is None else f"{bucket.first_days}-{bucket.last_days}"


def _cheque(cheque: MemoCheque, money: _MoneyOf) -> Content:
    return {
        "cheque_number": cheque.cheque_number,
        "drawee_bank": cheque.drawee_bank,
        "cheque_on": cheque.cheque_on,
        "received_on": cheque.received_on,
        "amount": money(cheque.amount_minor),
    }


def _deduction(deduction: MemoDeduction, money: _MoneyOf) -> Content:
    return {
        "kind": deduction.kind,
        "document_number": deduction.document_number,
        "deducted_on": deduction.deducted_on,
        "amount": money(deduction.amount_minor),
    }
