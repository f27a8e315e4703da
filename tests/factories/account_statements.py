"""Account statements that are valid as they come, for documents."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from services.payments.adapters.account_documents.content import statement_content
from services.payments.domain.account_statement import (
    AccountSection,
    AccountStatement,
    BookFigures,
    MemoCheque,
    MemoDeduction,
    Movement,
    Period,
    StatementKind,
    StatementParty,
    StatementWanted,
)
from services.payments.domain.ageing import BOUNDS_USUAL, AgeingBasis, OpenAmount, ageing_of

FIRST = date(2026, 4, 1)
LAST = date(2026, 10, 31)


def a_statement(
    movements: int = 3,
    *,
    kind: StatementKind = StatementKind.ACTIVITY,
    name: str = "SHREE GANESH ELECTRICALS",
    currencies: tuple[str, ...] = ("INR",),
) -> AccountStatement:
    """Invoices of 1,18,000.00 of which every third is a receipt; a cheque and a deduction below."""
    wanted = StatementWanted("CP0001", kind, Period(FIRST, LAST), AgeingBasis.DUE, BOUNDS_USUAL)
    party = StatementParty("CP0001", name, "12 MG Road", "PUNE", "west", "27AAPFU0939F1ZV")
    return AccountStatement(wanted, party, tuple(a_section(currency, movements) for currency in currencies))


def a_section(currency: str, movements: int) -> AccountSection:
    moved = tuple(_movement(place) for place in range(movements))
    owed = 12_345_678 + sum(one.amount_minor for one in moved)
    items = (OpenAmount(UUID(int=1), "invoice", "ENG/26-27/70001", FIRST, FIRST, owed, owed),)
    return AccountSection(
        currency=currency,
        opening_minor=12_345_678,
        movements=moved,
        items=items if owed else (),
        ageing=ageing_of(items, LAST, AgeingBasis.DUE),
        cheques=(MemoCheque("004211", "STATE BANK OF INDIA", date(2026, 12, 10), LAST, 60_000_000),),
        deductions=(MemoDeduction("TDS194Q", "ENG/26-27/70002", LAST, 11_800),),
        books=BookFigures(owed, owed, None),
    )


def _movement(place: int) -> Movement:
    is_receipt = place % 3 == 2
    return Movement(
        on=FIRST + timedelta(days=place * 200 // 10_000),
        kind="receipt" if is_receipt else "invoice",
        id=UUID(int=place + 1),
        document_number=f"HDFCR52026{place:012d}" if is_receipt else f"ENG/26-27/{place:06d}",
        reference="RTGS" if is_receipt else "",
        amount_minor=-11_800_000 if is_receipt else 11_800_000,
    )


def content_of(statement: AccountStatement) -> dict[str, Any]:
    """The content as it is read back from where it was frozen."""
    numbered = {"number": "AS/2627/CP0001/0001", "published_on": date(2026, 11, 1)}
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(numbered | statement_content(statement)))
    return found
